"""`batchUpdate` requests that change the values, formats or order of cells."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from awardspider.sandbox.services.sheets import cell_input
from awardspider.sandbox.services.sheets.describe import duplicate_key, sort_key
from awardspider.sandbox.services.sheets.dimensions import delete_rows, insert_rows
from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.grid import Book, Extras, Row, Tab, Value
from awardspider.sandbox.services.sheets.masks import EVERYTHING, Tree, merge, update_mask
from awardspider.sandbox.services.sheets.ranges import Area, Box

EXTRAS = ("userEnteredFormat", "note", "dataValidation", "textFormatRuns")


def grid_area(book: Book, grid: Json | None) -> tuple[Tab, Area]:
    """Return the tab and the cells of a GridRange, clipped to the grid. Raise ApiError if it is invalid."""
    if not isinstance(grid, dict):
        raise invalid("range is required.")
    tab = book.tab(grid.get("sheetId"))
    spans = []
    for axis, length in (("Row", tab.row_count), ("Column", tab.column_count)):
        start, end = grid.get(f"start{axis}Index", 0), grid.get(f"end{axis}Index", length)
        if start >= length:
            raise invalid(f"range.start{axis}Index[{start}] is after last {axis.lower()} in grid[{length}]")
        if not 0 <= start < end:
            name = f"{axis}Index"
            raise invalid(f"range.end{name}[{end}] must be greater than range.start{name}[{start}]")
        spans.append((start, min(end, length)))
    (top, bottom), (left, right) = spans
    return tab, Area(top, left, bottom, right)


def _parse_value(entered: Json | None) -> Value:
    """Return the cell value of an ExtendedValue. Raise ApiError if it is invalid."""
    if not entered:
        return None
    ((kind, value),) = entered.items()

    match kind, value:
        case "formulaValue", str() if value.startswith("="):
            return cell_input.evaluate_formula(value)
        case "formulaValue", str():
            raise invalid("formulaValue must start with =")
        case ("stringValue", str()) | ("boolValue", bool()) | ("numberValue", int() | float()):
            return cell_input.raw_value(value, kind)
    raise invalid(f"Invalid value at 'user_entered_value.{kind}'")


def _sets_values(mask: Tree) -> bool:
    return "userEnteredValue" in mask or EVERYTHING in mask


def _update_cell(row: Row, column: int, cell: Json, mask: Tree) -> Row:
    """Return a row with one cell updated from the fields of a CellData that the mask selects."""
    if _sets_values(mask):
        row = row.with_values(column, [_parse_value(cell.get("userEnteredValue"))])
    extras_mask = _extras_mask(mask)
    return row.with_extras(column, [_update_extras(row.extra(column), cell, extras_mask)]) if extras_mask else row


def _extras_mask(mask: Tree) -> Tree:
    if EVERYTHING in mask:
        return {name: {} for name in EXTRAS}
    return {name: branch for name, branch in mask.items() if name in EXTRAS}


def _update_extras(old: Extras, cell: Json, mask: Tree) -> Extras:
    return merge(old, {name: cell[name] for name in EXTRAS if name in cell}, mask) or None


def _update_rows(tab: Tab, top: int, left: int, rows: list[Json], mask: Tree) -> None:
    for row_index, row_data in enumerate(rows, top):
        row = tab.row(row_index)
        for column, cell in enumerate(row_data.get("values") or [], left):
            row = _update_cell(row, column, cell, mask)
        tab.set_row(row_index, row)


def _width(rows: list[Json]) -> int:
    return max((len(row.get("values") or []) for row in rows), default=0)


def _update_cells(book: Book, request: Json) -> Json:
    mask, rows = update_mask(request, "CellData"), request.get("rows") or []
    if (start := request.get("start")) is not None:
        tab = book.tab(start.get("sheetId"))
        top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
        width = _width(rows)
        if top + len(rows) > tab.row_count:
            raise invalid(
                f"Attempting to write row: {tab.row_count}, beyond the last requested row of: {tab.row_count - 1}"
            )
        if left + width > tab.column_count:
            last = tab.column_count
            raise invalid(f"Attempting to write column: {last}, beyond the last requested column of: {last - 1}")
        _update_rows(tab, top, left, rows, mask)
        return {}
    tab, area = grid_area(book, request.get("range"))
    # In cells of the range that the rows do not cover, clear the fields that the mask selects.
    for down in range(area.bottom - area.top):
        cells = (rows[down].get("values") or []) if down < len(rows) else []
        cells = [*cells, *[{}] * (area.right - area.left - len(cells))][: area.right - area.left]
        if any(cells) or area.top + down < len(tab.rows):
            _update_rows(tab, area.top + down, area.left, [{"values": cells}], mask)
    return {}


def _append_cells(book: Book, request: Json) -> Json:
    tab, rows = book.tab(request.get("sheetId")), request.get("rows") or []
    width = _width(rows)
    if width > tab.column_count:
        raise invalid(f"Attempting to append {width} columns to a sheet of {tab.column_count}.")
    top = tab.last_row()
    missing = top + len(rows) - tab.row_count
    if missing > 0:
        insert_rows(book, tab, tab.row_count, missing, like_above=True)
    _update_rows(tab, top, 0, rows, update_mask(request, "CellData"))
    return {}


def _repeat_cell(book: Book, request: Json) -> Json:
    mask, cell = update_mask(request, "CellData"), request.get("cell") or {}
    tab, area = grid_area(book, request.get("range"))
    extras_mask = _extras_mask(mask)
    if _sets_values(mask):
        values = [_parse_value(cell.get("userEnteredValue"))] * (area.right - area.left)
        for index in range(area.top, area.bottom):
            tab.set_row(index, tab.row(index).with_values(area.left, values))
    if extras_mask:
        _set_extras(tab, area, cell, extras_mask)
    return {}


def _set_extras(tab: Tab, area: Area, cell: Json, mask: Tree) -> None:
    """Update the properties of an area's cells. Rows with the same properties keep sharing one tuple."""
    done: dict[int, tuple[tuple[Extras, ...], tuple[Extras, ...]]] = {}
    for index in range(area.top, area.bottom):
        row = tab.row(index)
        if id(row.extras) not in done:
            extras = [_update_extras(row.extra(column), cell, mask) for column in range(area.left, area.right)]
            done[id(row.extras)] = row.extras, row.with_extras(area.left, extras).extras
        tab.set_row(index, row._replace(extras=done[id(row.extras)][1]))


def _set_validation(book: Book, request: Json) -> Json:
    tab, area = grid_area(book, request.get("range"))
    rule = request.get("rule")
    _set_extras(tab, area, {"dataValidation": rule} if rule else {}, {"dataValidation": {}})
    return {}


# ---- order ----


# The values and other properties of a row's cells.
Cells = tuple[list[Value], list[Extras]]


def _row_cells(tab: Tab, index: int, area: Area) -> Cells:
    """Return the cells of a row within the columns of an area."""
    row, width = tab.row(index), area.right - area.left
    values, extras = list(row.values[area.left : area.right]), list(row.extras[area.left : area.right])
    return values + [None] * (width - len(values)), extras + [None] * (width - len(extras))


def _set_rows(tab: Tab, area: Area, rows: list[Cells]) -> None:
    """Replace the cells of an area's first rows; cells beside the area are unchanged."""
    for index, (values, extras) in enumerate(rows, area.top):
        tab.set_row(index, tab.row(index).with_values(area.left, values).with_extras(area.left, extras))


def _used_area(book: Book, grid: Json | None) -> tuple[Tab, Area]:
    """Return the tab and the cells of a GridRange, without the unused rows at the end of the tab."""
    tab, area = grid_area(book, grid)
    return tab, area._replace(bottom=min(area.bottom, max(len(tab.rows), area.top)))


def _sort_range(book: Book, request: Json) -> Json:
    tab, area = _used_area(book, request.get("range"))
    rows = [_row_cells(tab, index, area) for index in range(area.top, area.bottom)]
    for spec in reversed(request.get("sortSpecs") or []):
        column = spec.get("dimensionIndex", 0) - area.left
        if not 0 <= column < area.right - area.left:
            raise invalid(f"sortSpecs.dimensionIndex[{column + area.left}] is outside of the range")
        descending = spec.get("sortOrder") == "DESCENDING"
        filled = [row for row in rows if row[0][column] is not None]
        filled.sort(key=lambda row, column=column: sort_key(row[0][column]), reverse=descending)  # type: ignore[misc]
        rows = [*filled, *(row for row in rows if row[0][column] is None)]
    _set_rows(tab, area, rows)
    return {}


def _delete_range(book: Book, request: Json) -> Json:
    """Delete cells and shift the cells below up, or the cells to the right left."""
    tab, area = grid_area(book, request.get("range"))
    if request.get("shiftDimension") not in ("ROWS", "COLUMNS"):
        raise invalid("No shift dimension specified.")
    if request["shiftDimension"] == "ROWS":
        height = area.bottom - area.top
        _set_rows(tab, area, [_row_cells(tab, index + height, area) for index in range(area.top, len(tab.rows))])
        return {}
    for index in range(area.top, min(area.bottom, len(tab.rows))):
        row = tab.rows[index]
        values = [*row.values[: area.left], *row.values[area.right :]]
        tab.rows[index] = row._replace(values=values, extras=row.extras[: area.left] + row.extras[area.right :])
    return {}


def _delete_duplicates(book: Book, request: Json) -> Json:
    """Delete duplicate rows, even hidden ones, but keep the first of each. Only cells within the range move up."""
    tab, area = _used_area(book, request.get("range"))
    columns = [
        column - area.left
        for span in request.get("comparisonColumns") or [{}]
        for column in range(span.get("startIndex", area.left), span.get("endIndex", area.right))
        if area.left <= column < area.right
    ]
    unique: dict[tuple[Any, ...], Cells] = {}
    for index in range(area.top, area.bottom):
        values, extras = _row_cells(tab, index, area)
        unique.setdefault(tuple(duplicate_key(values[at], extras[at]) for at in columns), (values, extras))
    kept = list(unique.values())
    removed = area.bottom - area.top - len(kept)
    if removed and area.left == 0 and area.right == tab.column_count and len(kept) + area.top < tab.row_count:
        for index, (values, extras) in enumerate(kept, area.top):
            tab.set_row(index, Row(values, tuple(extras)))
        delete_rows(tab, area.top + len(kept), area.bottom)
        return {"duplicatesRemovedCount": removed}
    width = area.right - area.left
    empty: Cells = ([None] * width, [None] * width)
    _set_rows(tab, area, [*kept, *[empty] * removed])
    return {"duplicatesRemovedCount": removed}


def _find_replace(book: Book, request: Json) -> Json:
    """Find and replace text in cells; formulas and numbers are unchanged."""
    pattern = request.get("find") or ""
    if not pattern:
        raise invalid("find is required.")
    flags = re.NOFLAG if request.get("matchCase") else re.IGNORECASE
    search = re.compile(pattern if request.get("searchByRegex") else re.escape(pattern), flags)
    if request.get("allSheets"):
        areas = [(tab, tab.area(Box())) for tab in book.tabs]
    else:
        areas = [grid_area(book, request.get("range") or {"sheetId": request.get("sheetId", 0)})]
    new, entire = str(request.get("replacement", "")), bool(request.get("matchEntireCell"))
    counts = {"valuesChanged": 0, "rowsChanged": 0, "sheetsChanged": 0, "occurrencesChanged": 0}
    for tab, area in areas:
        before = counts["valuesChanged"]
        for index in range(area.top, min(area.bottom, len(tab.rows))):
            row, changed = tab.rows[index], 0
            for column in range(area.left, min(area.right, len(row.values))):
                value = row.values[column]
                if not isinstance(value, str) or (entire and not search.fullmatch(value)):
                    continue
                text, occurrences = search.subn(lambda _: new, value)
                if occurrences:
                    row, changed = row.with_values(column, [text or None]), changed + 1
                    counts["occurrencesChanged"] += occurrences
            tab.rows[index] = row
            counts["valuesChanged"] += changed
            counts["rowsChanged"] += changed > 0
        counts["sheetsChanged"] += counts["valuesChanged"] > before
    return {name: count for name, count in counts.items() if count}


CELL_REQUESTS: dict[str, Callable[[Book, Json], Json]] = {
    "updateCells": _update_cells,
    "appendCells": _append_cells,
    "repeatCell": _repeat_cell,
    "setDataValidation": _set_validation,
    "sortRange": _sort_range,
    "deleteRange": _delete_range,
    "deleteDuplicates": _delete_duplicates,
    "findReplace": _find_replace,
}
