"""A table that shows as many of its columns as the terminal has room for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

_GAP = 2  # blanks between two columns, one of them the table's own divider

Row = TypeVar("Row")


@dataclass(kw_only=True)
class Column(Generic[Row]):
    """A column; where the terminal is too narrow, the one with the highest `rank` goes first.

    One with `least` shrinks to that width before it goes; one that is `optional` is left out where it says nothing.
    """

    title: str
    text: Callable[[Row], str | Text]
    rank: int
    right: bool = False
    least: int | None = None
    optional: bool = False


class FittedTable(Generic[Row]):
    """Rows for `Console.print`; below them `notes`, and which columns had no room."""

    def __init__(self, rows: Iterable[Row], columns: Sequence[Column[Row]], notes: Sequence[str] = ()) -> None:
        self._notes = notes
        self._columns: list[Column[Row]] = []
        self._cells: list[list[Text]] = []
        shown = list(rows)
        for column in columns:
            cells = [_one_line(column.text(row)) for row in shown]
            if any(cell.plain for cell in cells) or not column.optional:
                self._columns.append(column)
                self._cells.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = self._fitting(options.max_width)
        table = Table(box=box.SIMPLE_HEAD, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False)
        for place, width in widths.items():
            column = self._columns[place]
            table.add_column(
                column.title,
                justify="right" if column.right else "left",
                width=width,
                no_wrap=True,
                overflow="ellipsis",
            )
        for cells in zip(*(self._cells[place] for place in widths), strict=True):
            table.add_row(*cells)
        yield table
        hidden = ", ".join(column.title for place, column in enumerate(self._columns) if place not in widths)
        for note in (*self._notes, f"no room for {hidden}" if hidden else ""):
            if note:
                yield Text(note, style="dim")

    def _fitting(self, room: int) -> dict[int, int]:
        """The width of each column that fits into `room` cells, by its place."""
        widths = {
            place: max(cell_len(column.title), *(cell.cell_len for cell in self._cells[place]), 0)
            for place, column in enumerate(self._columns)
        }
        least = {place: min(width, self._columns[place].least or width) for place, width in widths.items()}
        while len(least) > 1 and _total(least) > room:
            del least[max(least, key=lambda place: self._columns[place].rank)]
        fitted = {place: widths[place] for place in least}
        for place, smallest in least.items():
            fitted[place] -= max(0, min(_total(fitted) - room, fitted[place] - smallest))
        return fitted


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1)


def _one_line(text: str | Text) -> Text:
    """A cell without line breaks and other control characters, which a website could have put into a name."""
    if isinstance(text, Text):
        return text
    return Text("".join(letter if letter.isprintable() else " " for letter in text))
