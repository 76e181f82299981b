"""The current content of the Offers tab: the row of each offer, and the rows that need repair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from awardspider.delivery.channels.sheets.client import SheetsClient
from awardspider.delivery.channels.sheets.columns import CHECK, INDEX, Header, column_letters, fare_prefix
from awardspider.delivery.channels.sheets.errors import SheetsError
from awardspider.delivery.channels.sheets.layout import HEALTH, OFFERS, TABS, Layout, Tab, read_layout, repair
from awardspider.delivery.channels.sheets.reports import HEALTH_COLUMNS, NOTES_RANGE, Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetState:
    """A snapshot of a spreadsheet. Rows are numbered from 0; the header is row 0."""

    layout: Layout
    header: Header
    #: Fare id -> the first row that contains it.
    rows: dict[str, int]
    #: The values of the `check` column, starting at row 0.
    checks: list[str]
    #: Duplicate rows, left behind by a crash.
    duplicates: list[int]
    #: Fares whose row contains another fare's state, or whose state is in another fare's row, because someone
    #: sorted the tab during an update.
    misplaced: frozenset[str]
    last_row: int
    notes: Notes

    @property
    def tab(self) -> Tab:
        """The Offers tab."""
        return self.layout.tabs[OFFERS]

    def check(self, row: int) -> str:
        """Return the check of a row, or an empty string."""
        return self.checks[row] if row < len(self.checks) else ""


class SheetLoader:
    """A loader of snapshots. It remembers where the hidden columns are; after a move, it needs one more call."""

    def __init__(self, client: SheetsClient) -> None:
        self._client = client
        self._positions = (0, INDEX[CHECK])

    def load(self) -> SheetState:
        """Load a snapshot with two calls. Creating missing tabs takes more calls.

        Raise SheetsError if a call fails, and InvalidArgument if one of our tabs has someone else's content.
        """
        layout = read_layout(self._client)
        if any(name not in layout.tabs for name in TABS):
            repair(self._client)
            layout = read_layout(self._client)
        offers, health = layout.tabs[OFFERS], layout.tabs[HEALTH]
        notes = [NOTES_RANGE] if health.columns >= len(HEALTH_COLUMNS) and health.rows > 1 else []
        expected = (min(position, offers.columns - 1) for position in self._positions)
        first, *columns = self._client.read_columns([f"'{OFFERS}'!1:1", *map(_column_range, expected), *notes])
        header = _header(first)
        positions = (header.id, header.id if header.check is None else header.check)
        if positions != self._positions:
            self._positions = positions
            columns = self._client.read_columns([*map(_column_range, positions), *notes])
        ids = _texts(columns[0])
        checks = _texts(columns[1]) if header.check is not None else []
        return _state(layout, header, ids, checks, Notes(columns[2] if notes else []))


def _column_range(position: int) -> str:
    return f"'{OFFERS}'!{column_letters(position)}:{column_letters(position)}"


def _header(columns: list[list[Any]]) -> Header:
    try:
        return Header([column[0] if column else "" for column in columns])
    except KeyError:
        message = (
            "the tab Offers has no column `offer id` in its first row; restore it from the version history, "
            "or rename the tab and run scrapy sheets setup, which creates a new one"
        )
        raise SheetsError(message, pauses=True) from None


def _texts(columns: Sequence[Sequence[Any]]) -> list[str]:
    return [str(value).strip() for value in columns[0]] if columns else []


def _state(layout: Layout, header: Header, ids: list[str], checks: list[str], notes: Notes) -> SheetState:
    rows: dict[str, int] = {}
    duplicates: list[int] = []
    for row, fare in enumerate(ids):
        if row and fare and rows.setdefault(fare, row) != row:
            duplicates.append(row)
    by_prefix = {fare_prefix(fare): fare for fare in rows}
    misplaced: set[str] = set()
    for fare, row in rows.items():
        check = checks[row] if row < len(checks) else ""
        prefix = check.partition("-")[0]
        if check and prefix != fare_prefix(fare):
            misplaced |= {fare, by_prefix.get(prefix, fare)}
    return SheetState(
        layout=layout,
        header=header,
        rows=rows,
        checks=checks,
        duplicates=duplicates,
        misplaced=frozenset(misplaced),
        last_row=max(len(ids) - 1, 0),
        notes=notes,
    )
