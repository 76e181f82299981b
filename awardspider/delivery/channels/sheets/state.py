"""The current content of the Offers tab: the row of each offer, and the rows that need repair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from awardspider.delivery.channels.sheets.best import best_range
from awardspider.delivery.channels.sheets.cells import column_letters, contiguous_ranges
from awardspider.delivery.channels.sheets.client import SheetsClient
from awardspider.delivery.channels.sheets.columns import CHECK, COLUMNS, ID, INDEX, Header, fare_prefix
from awardspider.delivery.channels.sheets.errors import SheetsError
from awardspider.delivery.channels.sheets.layout import BEST, HEALTH, OFFERS, TABS, Layout, Tab, read_layout, repair
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
    #: Rows with a value in a column that is not ours.
    noted: frozenset[int]
    last_row: int
    notes: Notes
    #: The columns of the tab Best, with the header.
    best: list[list[Any]]

    @property
    def tab(self) -> Tab:
        """The Offers tab."""
        return self.layout.tabs[OFFERS]

    def check(self, row: int) -> str:
        """Return the check of a row, or an empty string."""
        return self.checks[row] if row < len(self.checks) else ""


@dataclass(frozen=True, slots=True)
class _Places:
    """The positions of the columns to read: id, check, and the ranges (end exclusive) of people's columns."""

    id: int
    check: int
    own: tuple[tuple[int, int], ...]

    def ranges(self, tab: Tab) -> list[str]:
        """Return the ranges of the columns in A1 notation, limited to the tab's grid."""
        last = tab.columns - 1
        spans = [(self.id, self.id), (self.check, self.check), *((first, end - 1) for first, end in self.own)]
        return [
            f"'{OFFERS}'!{column_letters(min(first, last))}:{column_letters(min(end, last))}" for first, end in spans
        ]


class SheetLoader:
    """A loader of snapshots. It remembers where the columns are; after a move, it needs one more call."""

    def __init__(self, client: SheetsClient) -> None:
        self._client = client
        self._places: _Places | None = None

    def load(self) -> SheetState:
        """Load a snapshot with two calls. Creating missing tabs takes more calls.

        Raise SheetsError if a call fails, and InvalidArgument if one of our tabs has someone else's content.
        """
        layout = read_layout(self._client)
        if any(name not in layout.tabs for name in TABS):
            repair(self._client)
            layout = read_layout(self._client)
        offers, health, best = (layout.tabs[name] for name in (OFFERS, HEALTH, BEST))
        others = [best_range(BEST, best.rows, best.columns)]
        if health.columns >= len(HEALTH_COLUMNS) and health.rows > 1:
            others.append(NOTES_RANGE)
        own = ((len(COLUMNS), offers.columns),) if offers.columns > len(COLUMNS) else ()
        expected = self._places or _Places(INDEX[ID], INDEX[CHECK], own)
        first, *columns = self._client.read_columns([f"'{OFFERS}'!1:1", *expected.ranges(offers), *others])
        header = _header(first)
        self._places = _find_places(header, offers)
        if self._places != expected:
            columns = self._client.read_columns([*self._places.ranges(offers), *others])
        count = len(self._places.own)
        noted = frozenset().union(*map(_filled_rows, columns[2 : 2 + count]))
        checks = _texts(columns[1]) if header.check is not None else []
        notes = Notes(columns[3 + count] if len(others) > 1 else [])
        return _state(layout, header, _texts(columns[0]), checks, noted, notes, columns[2 + count])


def _find_places(header: Header, tab: Tab) -> _Places:
    own = contiguous_ranges(set(range(tab.columns)) - set(header.positions.values()))
    return _Places(header.id, header.id if header.check is None else header.check, tuple(own))


def _filled_rows(columns: Sequence[Sequence[Any]]) -> frozenset[int]:
    """Return the rows with a value below the header."""
    return frozenset(
        row for column in columns for row, value in enumerate(column) if row and value is not None and value != ""
    )


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


def _state(
    layout: Layout,
    header: Header,
    ids: list[str],
    checks: list[str],
    noted: frozenset[int],
    notes: Notes,
    best: list[list[Any]],
) -> SheetState:
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
        noted=noted,
        last_row=max(len(ids) - 1, 0),
        notes=notes,
        best=best,
    )
