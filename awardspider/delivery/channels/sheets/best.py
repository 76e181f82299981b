"""The Best tab: the best current offer of each route and departure month. It is rewritten completely if it changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from awardspider.delivery.channels.sheets.cells import (
    Value,
    column_letters,
    date_serial,
    encode,
    normalize_value,
    rewrite_rows,
)
from awardspider.delivery.channels.sheets.columns import (
    AGE_COLUMN,
    CABIN_COLUMN,
    CENTS_COLUMN,
    CLASS,
    DATE_COLUMN,
    FLIGHTS_COLUMN,
    LINK_COLUMN,
    PRICE_COLUMNS,
    PROGRAM_COLUMN,
    ROUTE_COLUMNS,
    SEEN_COLUMN,
    WHY_COLUMN,
    OfferSheetColumn,
    View,
    class_text,
)
from awardspider.offer_fields import ColumnType
from awardspider.storage.offer_status import OfferStatus
from awardspider.storage.offers import OfferRow

BEST_COLUMNS = (
    OfferSheetColumn(title=CLASS, width=95, value=lambda offer, view: class_text(offer, OfferStatus.AVAILABLE)),
    *ROUTE_COLUMNS,
    OfferSheetColumn(
        title="month",
        type=ColumnType.DATE,
        pattern="yyyy-mm",
        width=75,
        value=lambda offer, view: date_serial(offer.departure_date.replace(day=1)),
    ),
    DATE_COLUMN,
    CABIN_COLUMN,
    *PRICE_COLUMNS,
    PROGRAM_COLUMN,
    WHY_COLUMN,
    CENTS_COLUMN,
    FLIGHTS_COLUMN,
    LINK_COLUMN,
    SEEN_COLUMN,
    AGE_COLUMN,
)
_AGE = BEST_COLUMNS.index(AGE_COLUMN)


def best_table(offers: Sequence[OfferRow], view: View) -> list[list[Value]]:
    """Return the rows of the tab with its header, in the order of the offers."""
    rows = [[normalize_value(column.value(offer, view)) for column in BEST_COLUMNS] for offer in offers]
    return [[column.title for column in BEST_COLUMNS], *rows]


def is_up_to_date(table: Sequence[Sequence[Value]], columns: Sequence[Sequence[Any]]) -> bool:
    """Return True if columns read from the tab have the values of a table; ages do not count."""
    for index in range(len(BEST_COLUMNS)):
        expected = [row[index] for row in table]
        found = columns[index] if index < len(columns) else []
        if index != _AGE and _without_blanks(expected) != _without_blanks(found):
            return False
    return True


def best_requests(gid: int, rows: int, columns: int, table: Sequence[Sequence[Value]]) -> list[bytes]:
    """Return the requests that rewrite the tab. `rows` and `columns` are the size of its grid."""
    missing = len(BEST_COLUMNS) - columns
    more = [encode({"appendDimension": {"sheetId": gid, "dimension": "COLUMNS", "length": missing}})]
    return [*(more if missing > 0 else []), *rewrite_rows(gid, rows, BEST_COLUMNS, table, first_row=0)]


def _without_blanks(values: Sequence[Any]) -> list[Any]:
    """Return values without the blank ones at the end, and with None for the others."""
    kept = [None if value == "" else value for value in values]
    while kept and kept[-1] is None:
        kept.pop()
    return kept


def best_range(tab: str, rows: int, columns: int) -> str:
    """Return the range of the tab's content in A1 notation, limited to its grid."""
    return f"'{tab}'!A1:{column_letters(min(len(BEST_COLUMNS), columns) - 1)}{rows}"
