"""A table that shows as many columns as fit in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

_INDENT = 2  # of the lines below a row
_GAP = 2  # width between two columns, including the table's one-character divider

Row = TypeVar("Row")


@dataclass(kw_only=True)
class Column(Generic[Row]):
    """A column; if the terminal is too narrow, columns with the highest `rank` are hidden first.

    A column with `min_width` is shrunk, at most to that width, before it is hidden; its text is then cut, or continues
    on further lines if it `wraps`. An `optional` column is omitted if all of its cells are empty. `below` is the text
    that the lines below a row contain while the column is hidden.
    """

    title: str
    text: Callable[[Row], str | Text]
    rank: int
    right: bool = False
    min_width: int | None = None
    optional: bool = False
    wraps: bool = False
    below: Callable[[Row], str] | None = None


class FittedTable(Generic[Row]):
    """A table for `Console.print`, followed by notes and the names of the columns that did not fit.

    Without rows, only the notes are shown, if there are any. `below` returns the lines below a row, which are as wide
    as the terminal, given the texts of hidden columns; then no column may wrap.
    """

    def __init__(
        self,
        rows: Iterable[Row],
        columns: Sequence[Column[Row]],
        notes: Sequence[str] = (),
        *,
        below: Callable[[Row, Sequence[str]], Sequence[Text]] | None = None,
    ) -> None:
        assert below is None or not any(column.wraps for column in columns)
        self._notes = [note for note in notes if note]
        self._columns: list[Column[Row]] = []
        self._cells: list[list[Text]] = []
        all_rows = list(rows)
        self._rows = all_rows
        self._below = below
        self._is_shown = bool(all_rows) or not self._notes
        for column in columns:
            cells = [_one_line(column.text(row)) for row in all_rows]
            if any(cell.plain for cell in cells) or not column.optional:
                self._columns.append(column)
                self._cells.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = self._fit(options.max_width)
        omitted = [column for index, column in enumerate(self._columns) if index not in widths]
        hidden = ", ".join(column.title for column in omitted if not column.below)
        if self._rows and self._below:
            yield from self._rows_with_lines(widths, self._lines_below(omitted), console, options)
        elif self._is_shown:
            yield self._table(widths)
        for note in self._notes:
            yield Text(note, style="dim")
        if self._is_shown and hidden:
            yield Text(f"not shown (too narrow): {hidden}", style="dim")

    def _lines_below(self, omitted: Sequence[Column[Row]]) -> list[Sequence[Text]]:
        assert self._below
        return [
            self._below(row, [text for column in omitted if column.below and (text := column.below(row))])
            for row in self._rows
        ]

    def _rows_with_lines(
        self, widths: Mapping[int, int], lines_below: list[Sequence[Text]], console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType | Segment]:
        lines = console.render_lines(self._table(widths), options, pad=False)
        header, rows = lines[: -len(lines_below)], lines[-len(lines_below) :]
        for line in header:
            yield from (*line, Segment.line())
        for line, texts in zip(rows, lines_below, strict=True):
            yield from (*line, Segment.line())
            for text in texts:
                yield Padding(text, (0, 0, 0, _INDENT))

    def _table(self, widths: Mapping[int, int]) -> Table:
        table = Table(box=box.SIMPLE_HEAD, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False)
        for index, width in widths.items():
            column = self._columns[index]
            table.add_column(
                column.title,
                justify="right" if column.right else "left",
                width=width,
                no_wrap=not column.wraps,
                overflow="fold" if column.wraps else "ellipsis",
            )
        for cells in zip(*(self._cells[index] for index in widths), strict=True):
            table.add_row(*cells)
        return table

    def _fit(self, max_width: int) -> dict[int, int]:
        """Return the widths of the columns that fit, keyed by column index."""
        widths = {
            index: max(cell_len(column.title), *(cell.cell_len for cell in self._cells[index]), 0)
            for index, column in enumerate(self._columns)
        }
        smallest = {index: min(width, self._columns[index].min_width or width) for index, width in widths.items()}
        while len(smallest) > 1 and _total(smallest) > max_width:
            del smallest[max(smallest, key=lambda index: self._columns[index].rank)]
        fitted = {index: widths[index] for index in smallest}
        # The column with the most to spare first: a long text is readable on several lines, a number or date is not.
        for index, minimum in sorted(smallest.items(), key=lambda item: item[1] - widths[item[0]]):
            fitted[index] -= max(0, min(_total(fitted) - max_width, fitted[index] - minimum))
        return fitted


def label_table(rows: Iterable[tuple[str, str]]) -> Table:
    """Return a table of labels and texts, in which a long text continues below itself."""
    table = Table.grid(padding=(0, _GAP, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows:
        table.add_row(label, _one_line(text))
    return table


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1)


def _one_line(text: str | Text) -> Text:
    """Return a cell with control characters replaced by spaces: names from a site may contain line breaks."""
    if isinstance(text, Text):
        return text
    return Text("".join(letter if letter.isprintable() else " " for letter in text))
