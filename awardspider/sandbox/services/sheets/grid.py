"""A spreadsheet in memory: tabs, rows, and the values and formats of cells.

Rows are replaced and never modified in place, so a tab is copied by copying its list of rows, and a failed batch can be
discarded.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, NamedTuple

from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.ranges import Area, Box, a1, parse_box, quoted, split_title

MAX_CELLS = 10_000_000
MAX_CHARACTERS = 50_000
MAX_TABS = 200


class Formula(NamedTuple):
    """A formula, its value, and the link of a HYPERLINK. An error value begins with `#`."""

    text: str
    value: str | float | bool | None
    link: str = ""


Value = str | int | float | bool | Formula | None
# A cell's other properties: userEnteredFormat, note, dataValidation. Shared between cells and never modified.
Extras = Json | None


class Row(NamedTuple):
    """The cells of a row, without trailing empty cells; `size` is the height in pixels, if set."""

    values: Sequence[Value] = ()
    extras: tuple[Extras, ...] = ()
    hidden: bool = False
    size: int | None = None

    def value(self, column: int) -> Value:
        """Return the value of a cell."""
        return self.values[column] if column < len(self.values) else None

    def extra(self, column: int) -> Extras:
        """Return the other properties of a cell."""
        return self.extras[column] if column < len(self.extras) else None

    def with_values(self, left: int, values: Sequence[Value]) -> Row:
        """Return the row with new values, starting at a column."""
        new = [*self.values, *[None] * (left - len(self.values))]
        new[left : left + len(values)] = values
        return self._replace(values=new)

    def with_extras(self, left: int, extras: Sequence[Extras]) -> Row:
        """Return the row with new properties, starting at a column."""
        new = [*self.extras, *[None] * (left - len(self.extras))]
        new[left : left + len(extras)] = extras
        return self._replace(extras=tuple(new))


EMPTY = Row()


def strip_end(items: list[Any], empty: object) -> list[Any]:
    """Remove the empty items at the end of a list, and return the list."""
    while items and items[-1] == empty:
        items.pop()
    return items


@dataclass(slots=True)
class Column:
    """A column; `size` is its width in pixels, if set."""

    hidden: bool = False
    size: int | None = None


@dataclass(slots=True, kw_only=True)
class Tab:
    """A sheet of a spreadsheet. `rules`, `protected` and `filter` are the JSON objects of the requests."""

    id: int
    title: str
    row_count: int = 1000
    column_count: int = 26
    frozen_rows: int = 0
    frozen_columns: int = 0
    hidden: bool = False
    color: Json | None = None
    grid_options: Json = field(default_factory=dict)  # such as hideGridlines
    rows: list[Row] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    filter: Json | None = None
    rules: list[Json] = field(default_factory=list)
    protected: list[Json] = field(default_factory=list)

    def clone(self) -> Tab:
        """Return an independent copy."""
        parts = {name: copy.deepcopy(getattr(self, name)) for name in ("columns", "filter", "rules", "protected")}
        return replace(self, rows=list(self.rows), grid_options=dict(self.grid_options), **parts)

    def row(self, index: int) -> Row:
        """Return a row."""
        return self.rows[index] if index < len(self.rows) else EMPTY

    def set_row(self, index: int, row: Row) -> None:
        """Replace a row."""
        if index >= len(self.rows):
            self.rows.extend([EMPTY] * (index + 1 - len(self.rows)))
        self.rows[index] = row

    def column(self, index: int) -> Column:
        """Return a column, creating it if needed."""
        while len(self.columns) <= index:
            self.columns.append(Column())
        return self.columns[index]

    def has_values(self, row: int, left: int, right: int) -> bool:
        """Return whether a row has a value in any column from `left` up to, but not including, `right`."""
        values = self.row(row).values[max(left, 0) : right]
        return any(value is not None for value in values)

    def last_row(self) -> int:
        """Return the number of rows up to the last one with a value."""
        for index in range(len(self.rows) - 1, -1, -1):
            if any(value is not None for value in self.rows[index].values):
                return index + 1
        return 0

    def range_name(self, box: Box | Area) -> str:
        """Format a box as responses do: `Offers!A1:C3`."""
        return f"{quoted(self.title)}!{a1(box.top, box.left, box.bottom, box.right)}"

    def area(self, box: Box) -> Area:
        """Return the box with its open ends set to the limits of the grid. Raise ApiError if it exceeds the grid."""
        bottom = self.row_count if box.bottom is None else box.bottom
        right = self.column_count if box.right is None else box.right
        outside = box.top >= self.row_count or box.left >= self.column_count
        if outside or bottom > self.row_count or right > self.column_count:
            raise invalid(
                f"Range ({self.range_name(box)}) exceeds grid limits. "
                f"Max rows: {self.row_count}, max columns: {self.column_count}"
            )
        return Area(box.top, box.left, bottom, right)


@dataclass(slots=True, kw_only=True)
class Book:
    """A spreadsheet. If `shared`, every account may edit it."""

    id: str
    title: str
    shared: bool = True
    locale: str = "en_US"
    timezone: str = "Etc/GMT"
    tabs: list[Tab] = field(default_factory=list)
    ids_drawn: int = 1

    def clone(self) -> Book:
        """Return an independent copy."""
        return replace(self, tabs=[tab.clone() for tab in self.tabs])

    def replace_with(self, other: Book) -> None:
        """Take over the state of a modified copy."""
        for name in ("title", "locale", "timezone", "tabs", "ids_drawn"):
            setattr(self, name, getattr(other, name))

    @property
    def cells(self) -> int:
        """The total number of cells in all tabs."""
        return sum(tab.row_count * tab.column_count for tab in self.tabs)

    def check_size(self, added: int) -> None:
        """Raise ApiError if `added` cells would put the spreadsheet over the cell limit."""
        if self.cells + added > MAX_CELLS:
            raise invalid(
                f"This action would increase the number of cells in the workbook above the limit of {MAX_CELLS} cells."
            )

    def new_id(self) -> int:
        """Return an id for a tab or protected range, as large as real ones. The sequence is always the same."""
        used = {tab.id for tab in self.tabs}
        while True:
            self.ids_drawn += 1
            new_id = Random(f"{self.id} {self.ids_drawn}").randrange(1, 2**31)
            if new_id not in used:
                return new_id

    def tab(self, tab_id: Any) -> Tab:
        """Return the tab with an id; a missing id is 0, as in the real API. Raise ApiError if there is none."""
        found = next((tab for tab in self.tabs if tab.id == (tab_id or 0)), None)
        if found is None:
            raise invalid(f"No grid with id: {tab_id or 0}")
        return found

    def tab_by_title(self, title: str) -> Tab | None:
        """Return the tab with a title, ignoring case but preferring an exact match."""
        same = [tab for tab in self.tabs if tab.title.casefold() == title.casefold()]
        return next((tab for tab in same if tab.title == title), same[0] if same else None)

    def locate(self, text: str) -> tuple[Tab, Box]:
        """Return the tab and the box of a range. Raise ApiError if it is invalid or the tab does not exist."""
        title, rest = split_title(text)
        if title is None:
            box = parse_box(rest)
            if box is not None:
                return next((tab for tab in self.tabs if not tab.hidden), self.tabs[0]), box
            title, rest = rest, ""
        tab = self.tab_by_title(title)
        box = parse_box(rest) if rest else Box()
        if tab is None or box is None:
            raise invalid(f"Unable to parse range: {text}")
        return tab, box
