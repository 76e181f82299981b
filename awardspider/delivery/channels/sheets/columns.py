"""The columns of the Offers tab and the values of its rows.

A row is a fare, which may be available for several parties. Its id determines the values that never change (program,
route, date, cabin, flights, fare), so only the other columns of an existing row are updated; they are contiguous,
except for the first ones. The hidden column `check` contains a prefix of the id and a hash of the state. A row whose
check is up to date is not rewritten. A row that contains another fare's check shows that someone sorted the tab during
an update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import groupby
from typing import Any

import orjson

from awardspider.delivery.channels.sheets.cells import (
    SheetColumn,
    Value,
    cell_data,
    column_letters,
    contiguous_ranges,
    date_serial,
    encode,
    local_serial,
    normalize_value,
    utc_serial,
)
from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.why import why_text
from awardspider.items import FieldRole
from awardspider.offer_fields import OFFER_COLUMNS, ColumnType, OfferColumn
from awardspider.programs import program_name
from awardspider.search.city_names import city_name
from awardspider.search.judgments import DealClass
from awardspider.storage.offer_status import OfferStatus
from awardspider.storage.offers import OfferRow, WatchedOffer

ID, CHECK, CLASS, STATUS, DEAL, AGE = "offer id", "check", "class", "status", "deal", "age (h)"
ON_SALE, SAVER, DROPPED, GONE = "on sale", "saver", "dropped", "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The language and the time in which a spreadsheet shows offers."""

    language: Language
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferSheetColumn(SheetColumn):
    """A column with a value of an offer."""

    value: Callable[[Any, View], Value]
    #: True if the value can change during an offer's lifetime.
    changes: bool = False


def class_text(offer: OfferRow, status: OfferStatus) -> str:
    """Return the class of an available offer, `on sale` if only its program's own sale makes it a deal, or the status.

    The text is empty if there is too little evidence for a class.
    """
    if status is not OfferStatus.AVAILABLE:
        return str(status)
    deal_class = offer.judgment.deal_class if offer.judgment else DealClass.UNKNOWN
    if offer.on_sale and deal_class.rank > DealClass.GOOD.rank:
        return ON_SALE
    return "" if deal_class is DealClass.UNKNOWN else deal_class.value.replace("_", " ")


def deal(offer: WatchedOffer) -> str:
    """Return the most important label that applies to an offer, or an empty string.

    The labels of a price apply only to an available offer.
    """
    if offer.gone_at:
        return GONE
    if offer.current_status is not OfferStatus.AVAILABLE:
        return ""
    if offer.on_sale:
        return ON_SALE
    if offer.price_dropped:
        return DROPPED
    return SAVER if offer.saver else ""


def hours_since(time: datetime, now: datetime) -> int:
    """Return the complete hours from a time until `now`."""
    return max(0, int((now - time).total_seconds() // 3600))


_CONVERTERS: dict[ColumnType, Callable[[Any], Value]] = {
    ColumnType.AMOUNT: float,
    ColumnType.DATE: date_serial,
    ColumnType.TIME: utc_serial,
    ColumnType.LOCAL_TIME: local_serial,
}
_FIELD_CONVERTERS: dict[str, Callable[[Any], Value]] = {
    "program": program_name,
    "cabin": lambda cabin: str(cabin).replace("_", " "),
}
_CHANGING_ROLES = (FieldRole.STATE, FieldRole.PARTY)  # a row shows the smallest party that has the fare


def _field_column(name: str) -> OfferSheetColumn:
    """Return the column for a field of an offer."""
    field = _FIELDS[name]
    convert = _FIELD_CONVERTERS.get(field.name) or _CONVERTERS.get(field.type)

    def value(offer: OfferRow, view: View) -> Value:
        found: Any = field.value(offer)
        return found if convert is None or found is None else convert(found)

    return OfferSheetColumn(
        title=field.label,
        type=field.type,
        width=field.width,
        link=field.name == "booking_link",
        value=value,
        changes=field.role in _CHANGING_ROLES,
    )


def _city_column(title: str, airport: Callable[[OfferRow], str]) -> OfferSheetColumn:
    def value(offer: OfferRow, view: View) -> Value:
        city = city_name(airport(offer))
        return city and view.language.city(airport(offer), city)

    return OfferSheetColumn(title=title, width=120, value=value)


def _time_column(title: str, value: Callable[[Any], datetime | None], *, changes: bool) -> OfferSheetColumn:
    return OfferSheetColumn(
        title=title,
        type=ColumnType.TIME,
        width=130,
        value=lambda offer, view: utc_serial(value(offer)),
        changes=changes,
    )


def _why(offer: OfferRow, view: View) -> Value:
    return why_text(offer, offer.judgment, view.language)


def _cents(offer: OfferRow, view: View) -> Value:
    cents = offer.judgment.cents_per_point if offer.judgment else None
    return None if cents is None else float(cents)


_FIELDS: dict[str, OfferColumn] = {field.name: field for field in OFFER_COLUMNS}
#: From and to, each as a code, which can be filtered, and as a city.
ROUTE_COLUMNS = (
    _field_column("origin"),
    _city_column("from city", lambda offer: offer.origin),
    _field_column("destination"),
    _city_column("to city", lambda offer: offer.destination),
)
PRICE_COLUMNS = tuple(map(_field_column, ("miles", "taxes", "taxes_currency", "seats")))
PROGRAM_COLUMN, FLIGHTS_COLUMN, LINK_COLUMN = map(_field_column, ("program", "flights", "booking_link"))
DATE_COLUMN, CABIN_COLUMN = map(_field_column, ("departure_date", "cabin"))
WHY_COLUMN = OfferSheetColumn(title="why", width=520, value=_why, changes=True)
CENTS_COLUMN = OfferSheetColumn(title="cents per point", type=ColumnType.AMOUNT, width=105, value=_cents, changes=True)
SEEN_COLUMN = _time_column("seen (UTC)", lambda offer: offer.last_seen_at, changes=True)
AGE_COLUMN = OfferSheetColumn(
    title=AGE,
    type=ColumnType.INTEGER,
    width=60,
    value=lambda offer, view: hours_since(offer.last_seen_at, view.now),
    changes=True,
)


def _columns() -> Iterator[OfferSheetColumn]:
    yield OfferSheetColumn(
        title=CLASS, width=95, value=lambda offer, view: class_text(offer, offer.current_status), changes=True
    )
    yield from (*ROUTE_COLUMNS, DATE_COLUMN, CABIN_COLUMN, *PRICE_COLUMNS)
    yield from (PROGRAM_COLUMN, FLIGHTS_COLUMN, LINK_COLUMN)
    yield OfferSheetColumn(title="watch", width=160, value=lambda offer, view: "; ".join(offer.watches), changes=True)
    yield from (AGE_COLUMN, SEEN_COLUMN)
    yield OfferSheetColumn(title=STATUS, width=90, value=lambda offer, view: str(offer.current_status), changes=True)
    yield OfferSheetColumn(title=DEAL, width=80, value=lambda offer, view: deal(offer), changes=True)
    yield from (WHY_COLUMN, CENTS_COLUMN)
    remaining = [field for field in OFFER_COLUMNS if field.name not in _FIRST_FIELDS]
    yield from (_field_column(field.name) for field in remaining if field.role in _CHANGING_ROLES)
    yield _time_column("gone since (UTC)", lambda offer: offer.gone_at, changes=True)
    yield OfferSheetColumn(title=CHECK, value=lambda offer, view: None, changes=True, hidden=True)
    yield OfferSheetColumn(title=ID, value=lambda offer, view: offer.fare_id, hidden=True)
    yield from (_field_column(field.name) for field in remaining if field.role not in _CHANGING_ROLES)
    yield _time_column("first seen (UTC)", lambda offer: offer.first_seen_at, changes=False)


_FIRST_FIELDS = frozenset(
    {"origin", "destination", "departure_date", "cabin", "miles", "taxes", "taxes_currency", "seats"}
    | {"program", "flights", "booking_link"}
)
COLUMNS = tuple(_columns())
#: Title -> index in COLUMNS.
INDEX = {column.title: index for index, column in enumerate(COLUMNS)}
_CHANGING = tuple(index for index, column in enumerate(COLUMNS) if column.changes)
_STATE = tuple(index for index in _CHANGING if COLUMNS[index].title != AGE)


def row_values(offer: WatchedOffer, view: View) -> list[Value]:
    """Return the values of an offer's row, in the order of COLUMNS."""
    row = [normalize_value(column.value(offer, view)) for column in COLUMNS]
    state = orjson.dumps([row[index] for index in _STATE])
    row[INDEX[CHECK]] = f"{fare_prefix(offer.fare_id)}-{blake2b(state, digest_size=4).hexdigest()}"
    return row


def fare_prefix(fare: str) -> str:
    """Return the prefix of a fare's id that its check begins with."""
    return fare[:8]


class Header:
    """The positions of our columns in a sheet. Columns are found by title, so people may move them.

    Raise KeyError if the id column is missing.
    """

    def __init__(self, titles: Sequence[Any]) -> None:
        found: dict[str, int] = {}
        for position, title in enumerate(titles):
            found.setdefault(_normalize_title(title), position)
        #: Index in COLUMNS -> position in the sheet. Columns that someone removed or renamed are missing.
        self.positions = {
            index: found[title]
            for index, column in enumerate(COLUMNS)
            if (title := _normalize_title(column.title)) in found
        }
        self.id = found[ID]
        self.check = found.get(CHECK)
        self.width = 1 + max(self.positions.values())
        self.missing = [column for index, column in enumerate(COLUMNS) if index not in self.positions]
        changing = sorted((self.positions[index], index) for index in _CHANGING if index in self.positions)
        #: The contiguous runs of changing columns, each as its first position and its indexes in COLUMNS.
        self.runs: list[tuple[int, tuple[int, ...]]] = []
        for _, group in groupby(enumerate(changing), lambda item: item[1][0] - item[0]):
            run = [item for _, item in group]
            self.runs.append((run[0][0], tuple(index for _, index in run)))

    def new_row(self, row: Sequence[Value]) -> dict[str, Any]:
        """Return a complete row as RowData."""
        cells: list[dict[str, Any]] = [{}] * self.width
        for index, position in self.positions.items():
            cells[position] = cell_data(row[index], COLUMNS[index].link)
        return {"values": cells}

    def update_cells(self, gid: int, rows: Sequence[tuple[int, bytes]], max_rows: int) -> Iterator[bytes]:
        """Yield the spreadsheets.batchUpdate requests that write the changing columns of existing rows.

        `rows` contains pairs of a row number (from 0) and the row's values as JSON.
        """
        for first, block in _blocks(rows, max_rows):
            for start, indexes in self.runs:
                cells = [{"values": [cell_data(row[index]) for index in indexes]} for row in block]
                position = {"sheetId": gid, "rowIndex": first, "columnIndex": start}
                yield encode({"updateCells": {"start": position, "rows": cells, "fields": "userEnteredValue"}})

    def update_ages(self, gid: int, ages: Mapping[int, int]) -> Iterator[bytes]:
        """Yield the requests that write only the ages of rows, keyed by row number."""
        position = self.positions.get(INDEX[AGE])
        for first, end in contiguous_ranges(ages) if position is not None else []:
            cells = [{"values": [cell_data(ages[row])]} for row in range(first, end)]
            start = {"sheetId": gid, "rowIndex": first, "columnIndex": position}
            yield encode({"updateCells": {"start": start, "rows": cells, "fields": "userEnteredValue"}})

    def value_ranges(self, tab: str, rows: Sequence[tuple[int, bytes]], max_rows: int) -> Iterator[bytes]:
        """Yield ValueRange objects that write the same cells with values:batchUpdate, in a third of the bytes."""
        for first, block in _blocks(rows, max_rows):
            for start, indexes in self.runs:
                last = column_letters(start + len(indexes) - 1)
                area = f"'{tab}'!{column_letters(start)}{first + 1}:{last}{first + len(block)}"
                values = [["" if row[index] is None else row[index] for index in indexes] for row in block]
                yield encode({"range": area, "values": values})


def _blocks(rows: Sequence[tuple[int, bytes]], max_rows: int) -> Iterator[tuple[int, list[list[Value]]]]:
    """Yield each run of up to `max_rows` consecutive rows: the number of the first row, and the values of all rows."""
    block: list[list[Value]] = []
    first = 0
    for number, values in rows:
        if block and (number != first + len(block) or len(block) == max_rows):
            yield first, block
            block = []
        if not block:
            first = number
        block.append(orjson.loads(values))
    if block:
        yield first, block


def _normalize_title(title: Any) -> str:
    """Normalize a header for comparison: case-folded, without leading, trailing or repeated spaces."""
    return " ".join(str(title).split()).casefold()
