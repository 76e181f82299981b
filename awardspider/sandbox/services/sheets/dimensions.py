"""Rows and columns that come, go and move, and what has to move with them: filter, rules, protected ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.grid import EMPTY, Book, Column, Extras, Row, Tab, Value
from awardspider.sandbox.services.sheets.ranges import Area

# Where a boundary of a range goes: its index, and whether it is an end.
Moved = Callable[[int, bool], int]


def insert_rows(book: Book, tab: Tab, start: int, count: int, *, like_above: bool) -> None:
    """Empty rows that look like the row above or below. Raises ApiError beyond the limit of cells."""
    book.check_size(count * tab.column_count)
    if start < len(tab.rows) or (like_above and start == len(tab.rows)):
        model = tab.row(start - 1) if like_above and start else tab.row(start)
        tab.rows[start:start] = [Row((), model.extras, size=model.size)] * count
    tab.row_count += count
    _move_ranges(tab, "Row", _inserted(start, count))


def insert_columns(book: Book, tab: Tab, start: int, count: int, *, like_left: bool) -> None:
    book.check_size(count * tab.row_count)
    model = start - 1 if like_left and start else start

    def widened(row: Row) -> Row:
        values: list[Value] = list(row.values)
        extras: list[Extras] = list(row.extras)
        if start < len(values):
            values[start:start] = [None] * count
        if start < len(extras):
            extras[start:start] = [row.extra(model)] * count
        return row._replace(values=values, extras=tuple(extras))

    tab.rows = [widened(row) if len(row.values) > start or len(row.extras) > start else row for row in tab.rows]
    if start < len(tab.columns):
        tab.columns[start:start] = [Column() for _ in range(count)]
    tab.column_count += count
    _move_ranges(tab, "Column", _inserted(start, count))


def delete_rows(tab: Tab, start: int, end: int) -> None:
    """Raises ApiError where no row, or none but frozen ones, would be left."""
    end = min(end, tab.row_count)
    if start <= 0 and end >= tab.row_count:
        raise invalid("You can't delete all the rows on the sheet.")
    if start <= tab.frozen_rows and end >= tab.row_count and tab.frozen_rows:
        raise invalid("Sorry, it is not possible to delete all non-frozen rows.")
    del tab.rows[start:end]
    tab.row_count -= end - start
    tab.frozen_rows -= max(0, min(end, tab.frozen_rows) - start)
    _move_ranges(tab, "Row", _deleted(start, end))


def delete_columns(tab: Tab, start: int, end: int) -> None:
    end = min(end, tab.column_count)
    if start <= 0 and end >= tab.column_count:
        raise invalid("You can't delete all the columns on the sheet.")
    if start <= tab.frozen_columns and end >= tab.column_count and tab.frozen_columns:
        raise invalid("Sorry, it is not possible to delete all non-frozen columns.")
    tab.rows = [
        row._replace(values=[*row.values[:start], *row.values[end:]], extras=row.extras[:start] + row.extras[end:])
        for row in tab.rows
    ]
    del tab.columns[start:end]
    tab.column_count -= end - start
    tab.frozen_columns -= max(0, min(end, tab.frozen_columns) - start)
    _move_ranges(tab, "Column", _deleted(start, end))


def move_rows(tab: Tab, start: int, end: int, target: int) -> None:
    """Rows go before `target`, an index of before the move."""
    tab.rows.extend([EMPTY] * (max(end, target) - len(tab.rows)))
    order = _moved_order(len(tab.rows), start, end, target)
    tab.rows = [tab.rows[index] for index in order]


def move_columns(tab: Tab, start: int, end: int, target: int) -> None:
    tab.column(tab.column_count - 1)
    order = _moved_order(tab.column_count, start, end, target)
    tab.columns = [tab.columns[index] for index in order]
    tab.rows = [
        row._replace(values=[row.value(at) for at in order], extras=tuple(row.extra(at) for at in order))
        for row in tab.rows
    ]


def _moved_order(length: int, start: int, end: int, target: int) -> list[int]:
    if start <= target <= end:
        return list(range(length))
    moving = list(range(start, end))
    before = [index for index in range(target) if not start <= index < end]
    return [*before, *moving, *(index for index in range(target, length) if not start <= index < end)]


def resize(book: Book, tab: Tab, rows: int, columns: int) -> None:
    """The grid's new size; what is outside is lost. Raises ApiError."""
    if rows < 1 or columns < 1:
        raise invalid("The number of rows and columns must be at least 1.")
    book.check_size(max(0, rows * columns - tab.row_count * tab.column_count))
    if rows < tab.row_count:
        delete_rows(tab, rows, tab.row_count)
    if columns < tab.column_count:
        delete_columns(tab, columns, tab.column_count)
    tab.row_count, tab.column_count = rows, columns


# ---- ranges that go along ----


def _inserted(start: int, count: int) -> Moved:
    return lambda index, is_end: index + count if index > start or (index == start and not is_end) else index


def _deleted(start: int, end: int) -> Moved:
    return lambda index, _: index if index <= start else max(start, index - (end - start))


def _move_ranges(tab: Tab, axis: str, moved: Moved) -> None:
    """Moves the boundaries of all ranges of a tab; a range that has become empty is dropped with its rule."""
    if tab.filter and not _moved_range(tab.filter["range"], axis, moved):
        tab.filter = None
    tab.protected = [one for one in tab.protected if "range" not in one or _moved_range(one["range"], axis, moved)]
    for rule in tab.rules:
        rule["ranges"] = [grid for grid in rule["ranges"] if _moved_range(grid, axis, moved)]
    tab.rules = [rule for rule in tab.rules if rule["ranges"]]


def _moved_range(grid: Json, axis: str, moved: Moved) -> bool:
    """Changes a range; False where nothing is left of it."""
    start, end = f"start{axis}Index", f"end{axis}Index"
    first = moved(grid.get(start, 0), False)
    if grid.get(start):
        grid[start] = first
    if end in grid:
        grid[end] = moved(grid[end], True)
        return bool(grid[end] > (grid.get(start) or 0))
    return True


def table_around(tab: Tab, row: int, column: int) -> Area | None:
    """The block of filled cells that a cell is in; None where it is in none.

    Blocks are parted by wholly empty rows and columns, so an empty cell can be inside of one.
    """
    for near_row, near_column in _near(row, column):
        if tab.row(near_row).value(near_column) is not None:
            block = _block(tab, near_row, near_column)
            if block.top <= row < block.bottom and block.left <= column < block.right:
                return block
    return None


def _near(row: int, column: int) -> Iterator[tuple[int, int]]:
    """The cell itself first, then those around it."""
    yield row, column
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            if (down or across) and row + down >= 0 and column + across >= 0:
                yield row + down, column + across


def _block(tab: Tab, row: int, column: int) -> Area:
    """Grows from a filled cell as long as a neighbor of the block is filled."""
    top, left, bottom, right = row, column, row + 1, column + 1
    grown = True
    while grown:
        before = (top, left, bottom, right)
        while tab.filled(bottom, left - 1, right + 1):
            bottom += 1
        while top and tab.filled(top - 1, left - 1, right + 1):
            top -= 1
        edges = range(max(top - 1, 0), bottom + 1)
        while any(tab.row(index).value(right) is not None for index in edges):
            right += 1
        while left and any(tab.row(index).value(left - 1) is not None for index in edges):
            left -= 1
        grown = before != (top, left, bottom, right)
    return Area(top, left, bottom, right)
