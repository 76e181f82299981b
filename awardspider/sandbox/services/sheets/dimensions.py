"""Inserting, deleting and moving rows and columns, with the ranges of filters, rules and protection."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.grid import EMPTY, Book, Column, Extras, Row, Tab, Value
from awardspider.sandbox.services.sheets.ranges import Area

# Returns the new index of a range boundary. The arguments are its old index and whether it is an end.
MoveBoundary = Callable[[int, bool], int]


def insert_rows(book: Book, tab: Tab, start: int, count: int, *, like_above: bool) -> None:
    """Insert empty rows with the formats of the row above or below. Raise ApiError if this exceeds the cell limit."""
    book.check_size(count * tab.column_count)
    if start < len(tab.rows) or (like_above and start == len(tab.rows)):
        model = tab.row(start - 1) if like_above and start else tab.row(start)
        tab.rows[start:start] = [Row((), model.extras, size=model.size)] * count
    tab.row_count += count
    _move_ranges(tab, "Row", _after_insertion(start, count))


def insert_columns(book: Book, tab: Tab, start: int, count: int, *, like_left: bool) -> None:
    """Insert empty columns formatted like the column to the left or right. Raise ApiError over the cell limit."""
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
    _move_ranges(tab, "Column", _after_insertion(start, count))


def delete_rows(tab: Tab, start: int, end: int) -> None:
    """Delete rows. Raise ApiError if no row, or only frozen ones, would remain."""
    end = min(end, tab.row_count)
    _check_deletion("rows", start, end, tab.row_count, tab.frozen_rows)
    del tab.rows[start:end]
    tab.row_count -= end - start
    tab.frozen_rows -= max(0, min(end, tab.frozen_rows) - start)
    _move_ranges(tab, "Row", _after_deletion(start, end))


def delete_columns(tab: Tab, start: int, end: int) -> None:
    """Delete columns. Raise ApiError if no column, or only frozen ones, would remain."""
    end = min(end, tab.column_count)
    _check_deletion("columns", start, end, tab.column_count, tab.frozen_columns)
    tab.rows = [
        row._replace(values=[*row.values[:start], *row.values[end:]], extras=row.extras[:start] + row.extras[end:])
        for row in tab.rows
    ]
    del tab.columns[start:end]
    tab.column_count -= end - start
    tab.frozen_columns -= max(0, min(end, tab.frozen_columns) - start)
    _move_ranges(tab, "Column", _after_deletion(start, end))


def _check_deletion(dimension: str, start: int, end: int, count: int, frozen: int) -> None:
    if start <= 0 and end >= count:
        raise invalid(f"You can't delete all the {dimension} on the sheet.")
    if start <= frozen and end >= count and frozen:
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {dimension}.")


def move_rows(tab: Tab, start: int, end: int, target: int) -> None:
    """Move rows to the index `target`, counted before the move."""
    tab.rows.extend([EMPTY] * (max(end, target) - len(tab.rows)))
    order = _moved_order(len(tab.rows), start, end, target)
    tab.rows = [tab.rows[index] for index in order]


def move_columns(tab: Tab, start: int, end: int, target: int) -> None:
    """Move columns to the index `target`, counted before the move."""
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
    """Change the size of the grid and delete the cells outside it. Raise ApiError if the size is invalid."""
    if rows < 1 or columns < 1:
        raise invalid("The number of rows and columns must be at least 1.")
    book.check_size(max(0, rows * columns - tab.row_count * tab.column_count))
    if rows < tab.row_count:
        delete_rows(tab, rows, tab.row_count)
    if columns < tab.column_count:
        delete_columns(tab, columns, tab.column_count)
    tab.row_count, tab.column_count = rows, columns


# ---- the ranges of filters, rules and protection ----


def _after_insertion(start: int, count: int) -> MoveBoundary:
    return lambda index, is_end: index + count if index > start or (index == start and not is_end) else index


def _after_deletion(start: int, end: int) -> MoveBoundary:
    return lambda index, _: index if index <= start else max(start, index - (end - start))


def _move_ranges(tab: Tab, axis: str, move: MoveBoundary) -> None:
    """Move the boundaries of all ranges of a tab; remove empty ranges, and rules without ranges."""
    if tab.filter and not _move_range(tab.filter["range"], axis, move):
        tab.filter = None
    tab.protected = [
        protected
        for protected in tab.protected
        if "range" not in protected or _move_range(protected["range"], axis, move)
    ]
    for rule in tab.rules:
        rule["ranges"] = [grid for grid in rule["ranges"] if _move_range(grid, axis, move)]
    tab.rules = [rule for rule in tab.rules if rule["ranges"]]


def _move_range(grid: Json, axis: str, move: MoveBoundary) -> bool:
    """Move a GridRange in place; return False if it becomes empty."""
    start, end = f"start{axis}Index", f"end{axis}Index"
    if grid.get(start):
        grid[start] = move(grid[start], False)
    if end in grid:
        grid[end] = move(grid[end], True)
        return bool(grid[end] > (grid.get(start) or 0))
    return True


# ---- tables, as `values.append` finds them ----


def find_table(tab: Tab, row: int, column: int) -> Area | None:
    """Return the block of cells with values that a cell belongs to, or None.

    Only empty rows and columns separate blocks, so a block can contain empty cells.
    """
    for near_row, near_column in _adjacent(row, column):
        if tab.row(near_row).value(near_column) is not None:
            block = _block(tab, near_row, near_column)
            if block.top <= row < block.bottom and block.left <= column < block.right:
                return block
    return None


def _adjacent(row: int, column: int) -> Iterator[tuple[int, int]]:
    """Yield a cell and the cells around it."""
    yield row, column
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            if (down or across) and row + down >= 0 and column + across >= 0:
                yield row + down, column + across


def _block(tab: Tab, row: int, column: int) -> Area:
    """Extend a cell with a value to a block, as long as adjacent cells have values."""
    top, left, bottom, right = row, column, row + 1, column + 1
    extended = True
    while extended:
        before = (top, left, bottom, right)
        while tab.has_values(bottom, left - 1, right + 1):
            bottom += 1
        while top and tab.has_values(top - 1, left - 1, right + 1):
            top -= 1
        rows = range(max(top - 1, 0), bottom + 1)
        while any(tab.row(index).value(right) is not None for index in rows):
            right += 1
        while left and any(tab.row(index).value(left - 1) is not None for index in rows):
            left -= 1
        extended = before != (top, left, bottom, right)
    return Area(top, left, bottom, right)
