"""A spreadsheet in memory: tabs, rows, what is in the cells and how they look.

Rows are never changed in place but replaced, so that a copy of a tab is a copy of a list, and a batch that fails can be
forgotten whole.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, NamedTuple

from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.ranges import Area, Box, a1, parse_box, quoted, split_title

MOST_CELLS = 10_000_000
MOST_CHARACTERS = 50_000
MOST_TABS = 200


class Formula(NamedTuple):
    """A formula, the value it gave, and its link where it is a HYPERLINK. An error value begins with `#`."""

    text: str
    value: str | float | bool | None
    link: str = ""


Value = str | int | float | bool | Formula | None
# What a cell has besides its value: userEnteredFormat, note, dataValidation. Shared between cells, never changed.
Extras = Json | None


class Row(NamedTuple):
    """The cells of a row as far as they go; `size` in pixels where somebody set it."""

    values: Sequence[Value] = ()
    extras: tuple[Extras, ...] = ()
    hidden: bool = False
    size: int | None = None

    def value(self, column: int) -> Value:
        return self.values[column] if column < len(self.values) else None

    def extra(self, column: int) -> Extras:
        return self.extras[column] if column < len(self.extras) else None

    def with_values(self, left: int, values: Sequence[Value]) -> Row:
        """The row with other values from a column on."""
        own = list(self.values)
        own.extend([None] * (left - len(own)))
        own[left : left + len(values)] = values
        return self._replace(values=own)

    def with_extras(self, left: int, extras: Sequence[Extras]) -> Row:
        own = [*self.extras, *[None] * (left - len(self.extras))]
        own[left : left + len(extras)] = extras
        return self._replace(extras=tuple(own))


EMPTY = Row()


@dataclass(slots=True)
class Column:
    hidden: bool = False
    size: int | None = None


@dataclass(slots=True, kw_only=True)
class Tab:
    """One sheet of a spreadsheet. `rules`, `protected` and `filter` are kept as the API was given them."""

    id: int
    title: str
    row_count: int = 1000
    column_count: int = 26
    frozen_rows: int = 0
    frozen_columns: int = 0
    hidden: bool = False
    color: Json | None = None
    more: Json = field(default_factory=dict)  # hideGridlines, rightToLeft and the like
    rows: list[Row] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    filter: Json | None = None
    rules: list[Json] = field(default_factory=list)
    protected: list[Json] = field(default_factory=list)

    def clone(self) -> Tab:
        parts = {name: copy.deepcopy(getattr(self, name)) for name in ("columns", "filter", "rules", "protected")}
        return replace(self, rows=list(self.rows), more=dict(self.more), **parts)

    def row(self, index: int) -> Row:
        return self.rows[index] if index < len(self.rows) else EMPTY

    def set_row(self, index: int, row: Row) -> None:
        if index >= len(self.rows):
            self.rows.extend([EMPTY] * (index + 1 - len(self.rows)))
        self.rows[index] = row

    def column(self, index: int) -> Column:
        """The column, made on demand."""
        while len(self.columns) <= index:
            self.columns.append(Column())
        return self.columns[index]

    def filled(self, row: int, left: int, right: int) -> bool:
        """Whether any cell of a row has something in it, from `left` up to and without `right`."""
        values = self.row(row).values[max(left, 0) : right]
        return any(value is not None for value in values)

    def last_row(self) -> int:
        """How many rows there are up to the last one with something in it."""
        for index in range(len(self.rows) - 1, -1, -1):
            if any(value is not None for value in self.rows[index].values):
                return index + 1
        return 0

    def name_of(self, box: Box | Area) -> str:
        """A box as answers write it: `Offers!A1:C3`."""
        return f"{quoted(self.title)}!{a1(box.top, box.left, box.bottom, box.right)}"

    def closed(self, box: Box) -> Area:
        """The box with its open ends at the grid's. Raises ApiError where it is outside of the grid."""
        bottom = self.row_count if box.bottom is None else box.bottom
        right = self.column_count if box.right is None else box.right
        outside = box.top >= self.row_count or box.left >= self.column_count
        if outside or bottom > self.row_count or right > self.column_count:
            raise invalid(
                f"Range ({self.name_of(box)}) exceeds grid limits. "
                f"Max rows: {self.row_count}, max columns: {self.column_count}"
            )
        return Area(box.top, box.left, bottom, right)


@dataclass(slots=True, kw_only=True)
class Book:
    """One spreadsheet. `shared` says whether the accounts that ask may edit it."""

    id: str
    title: str
    shared: bool = True
    locale: str = "en_US"
    zone: str = "Etc/GMT"
    tabs: list[Tab] = field(default_factory=list)
    next_number: int = 1

    def clone(self) -> Book:
        return replace(self, tabs=[tab.clone() for tab in self.tabs])

    def take(self, other: Book) -> None:
        """Becomes what a copy of it became."""
        for name in ("title", "locale", "zone", "tabs", "next_number"):
            setattr(self, name, getattr(other, name))

    @property
    def cells(self) -> int:
        return sum(tab.row_count * tab.column_count for tab in self.tabs)

    def check_size(self, more: int = 0) -> None:
        """Raises ApiError where there would be more cells than a spreadsheet may have."""
        if self.cells + more > MOST_CELLS:
            raise invalid(
                f"This action would increase the number of cells in the workbook above the limit of {MOST_CELLS} cells."
            )

    def fresh_id(self) -> int:
        """An id for a new tab or rule, like the real ones in size, and always the same ones in the same order."""
        taken = {tab.id for tab in self.tabs}
        while True:
            self.next_number += 1
            number = Random(f"{self.id} {self.next_number}").randrange(1, 2**31)
            if number not in taken:
                return number

    def tab(self, number: Any) -> Tab:
        """The tab with an id (0 where none is given, as in the real API). Raises ApiError."""
        found = next((tab for tab in self.tabs if tab.id == (number or 0)), None)
        if found is None:
            raise invalid(f"No grid with id: {number or 0}")
        return found

    def titled(self, title: str) -> Tab | None:
        same = [tab for tab in self.tabs if tab.title.casefold() == title.casefold()]
        return next((tab for tab in same if tab.title == title), same[0] if same else None)

    def locate(self, text: str) -> tuple[Tab, Box]:
        """The tab and the box that a range means. Raises ApiError where it cannot be parsed or names no tab."""
        title, rest = split_title(text)
        if title is None:
            box = parse_box(rest)
            if box is not None:
                return next((tab for tab in self.tabs if not tab.hidden), self.tabs[0]), box
            title, rest = rest, ""
        tab = self.titled(title)
        box = parse_box(rest) if rest else Box()
        if tab is None or box is None:
            raise invalid(f"Unable to parse range: {text}")
        return tab, box
