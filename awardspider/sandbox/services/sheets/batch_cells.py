"""Requests about cells: what is in them, how they look, their order."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from awardspider.sandbox.services.sheets import cell_input
from awardspider.sandbox.services.sheets.describe import same_value, sort_key
from awardspider.sandbox.services.sheets.dimensions import delete_rows, insert_rows
from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.grid import Book, Extras, Row, Tab, Value
from awardspider.sandbox.services.sheets.masks import EVERYTHING, Tree, changed, update_mask
from awardspider.sandbox.services.sheets.ranges import Area

EXTRAS = ("userEnteredFormat", "note", "dataValidation", "textFormatRuns")


def area_of(book: Book, grid: Json | None) -> tuple[Tab, Area]:
    """The tab and cells of a GridRange; an end beyond the grid is the grid's. Raises ApiError."""
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


def _value_of(entered: Json | None) -> Value:
    """An ExtendedValue as a cell's value. Raises ApiError."""
    if not entered:
        return None
    ((kind, value),) = entered.items()

    match kind, value:
        case "formulaValue", str() if value.startswith("="):
            return cell_input.formula(value)
        case "formulaValue", str():
            raise invalid("formulaValue must start with =")
        case ("stringValue", str()) | ("boolValue", bool()):
            return cell_input.raw(value, kind)
        case "numberValue", int() | float():
            return cell_input.raw(value, kind)
    raise invalid(f"Invalid value at 'user_entered_value.{kind}'")


def _put(row: Row, column: int, cell: Json, mask: Tree) -> Row:
    """A row with one cell as CellData says, as far as the mask goes."""
    if "userEnteredValue" in mask or EVERYTHING in mask:
        row = row.with_values(column, [_value_of(cell.get("userEnteredValue"))])
    looks = _extras_mask(mask)
    return row.with_extras(column, [_looks(row.extra(column), cell, looks)]) if looks else row


def _extras_mask(mask: Tree) -> Tree:
    if EVERYTHING in mask:
        return {name: {} for name in EXTRAS}
    return {name: branch for name, branch in mask.items() if name in EXTRAS}


def _looks(old: Extras, cell: Json, mask: Tree) -> Extras:
    return changed(old, {name: cell[name] for name in EXTRAS if name in cell}, mask) or None


def _put_rows(tab: Tab, top: int, left: int, rows: list[Json], mask: Tree) -> None:
    for down, given in enumerate(rows):
        row = tab.row(top + down)
        for across, cell in enumerate(given.get("values") or []):
            row = _put(row, left + across, cell, mask)
        tab.set_row(top + down, row)


def _update_cells(book: Book, request: Json) -> Json:
    mask, rows = update_mask(request, "CellData"), request.get("rows") or []
    if start := request.get("start"):
        tab = book.tab(start.get("sheetId"))
        top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
        width = max((len(row.get("values") or []) for row in rows), default=0)
        if top + len(rows) > tab.row_count:
            raise invalid(
                f"Attempting to write row: {tab.row_count}, beyond the last requested row of: {tab.row_count - 1}"
            )
        if left + width > tab.column_count:
            last = tab.column_count
            raise invalid(f"Attempting to write column: {last}, beyond the last requested column of: {last - 1}")
        _put_rows(tab, top, left, rows, mask)
        return {}
    tab, area = area_of(book, request.get("range"))
    # What the rows don't reach in the range is cleared, as far as the mask goes.
    for down in range(area.bottom - area.top):
        cells = (rows[down].get("values") or []) if down < len(rows) else []
        cells = [*cells, *[{}] * (area.right - area.left - len(cells))][: area.right - area.left]
        if any(cells) or area.top + down < len(tab.rows):
            _put_rows(tab, area.top + down, area.left, [{"values": cells}], mask)
    return {}


def _append_cells(book: Book, request: Json) -> Json:
    tab, rows = book.tab(request.get("sheetId")), request.get("rows") or []
    width = max((len(row.get("values") or []) for row in rows), default=0)
    if width > tab.column_count:
        raise invalid(f"Attempting to append {width} columns to a sheet of {tab.column_count}.")
    top = tab.last_row()
    missing = top + len(rows) - tab.row_count
    if missing > 0:
        insert_rows(book, tab, tab.row_count, missing, like_above=True)
    _put_rows(tab, top, 0, rows, update_mask(request, "CellData"))
    return {}


def _repeat_cell(book: Book, request: Json) -> Json:
    mask, cell = update_mask(request, "CellData"), request.get("cell") or {}
    tab, area = area_of(book, request.get("range"))
    looks = _extras_mask(mask)
    if "userEnteredValue" in mask or EVERYTHING in mask:
        values = [_value_of(cell.get("userEnteredValue"))] * (area.right - area.left)
        for index in range(area.top, area.bottom):
            tab.set_row(index, tab.row(index).with_values(area.left, values))
    if looks:
        _paint(tab, area, lambda old: _looks(old, cell, looks))
    return {}


def _paint(tab: Tab, area: Area, new: Callable[[Extras], Extras]) -> None:
    """Changes the looks of an area; rows that looked alike go on sharing them."""
    done: dict[int, tuple[tuple[Extras, ...], tuple[Extras, ...]]] = {}
    for index in range(area.top, area.bottom):
        row = tab.row(index)
        if id(row.extras) not in done:
            extras = [new(row.extra(at)) for at in range(area.left, area.right)]
            done[id(row.extras)] = row.extras, row.with_extras(area.left, extras).extras
        tab.set_row(index, row._replace(extras=done[id(row.extras)][1]))


def _set_validation(book: Book, request: Json) -> Json:
    tab, area = area_of(book, request.get("range"))
    rule = request.get("rule")
    _paint(
        tab, area, lambda old: changed(old, {"dataValidation": rule} if rule else {}, {"dataValidation": {}}) or None
    )
    return {}


# ---- order ----


def _cells(tab: Tab, index: int, area: Area) -> tuple[list[Value], list[Extras]]:
    """Values and looks of a row, as wide as the area."""
    row, width = tab.row(index), area.right - area.left
    values, extras = list(row.values[area.left : area.right]), list(row.extras[area.left : area.right])
    return values + [None] * (width - len(values)), extras + [None] * (width - len(extras))


def _sort_range(book: Book, request: Json) -> Json:
    """Sorts the rows of a range; what is beside the range stays where it is."""
    tab, area = area_of(book, request.get("range"))
    area = area._replace(bottom=min(area.bottom, max(len(tab.rows), area.top)))
    lines = [_cells(tab, index, area) for index in range(area.top, area.bottom)]
    for spec in reversed(request.get("sortSpecs") or []):
        at = spec.get("dimensionIndex", 0) - area.left
        if not 0 <= at < area.right - area.left:
            raise invalid(f"sortSpecs.dimensionIndex[{at + area.left}] is outside of the range")
        down = spec.get("sortOrder") == "DESCENDING"
        filled = [line for line in lines if line[0][at] is not None]
        filled.sort(key=lambda line, at=at: sort_key(line[0][at]), reverse=down)  # type: ignore[misc]
        lines = [*filled, *(line for line in lines if line[0][at] is None)]
    for index, (values, extras) in enumerate(lines, area.top):
        tab.set_row(index, tab.row(index).with_values(area.left, values).with_extras(area.left, extras))
    return {}


def _delete_range(book: Book, request: Json) -> Json:
    """Takes cells away and moves those below up, or those to the right left."""
    tab, area = area_of(book, request.get("range"))
    if request.get("shiftDimension") not in ("ROWS", "COLUMNS"):
        raise invalid("No shift dimension specified.")
    if request["shiftDimension"] == "ROWS":
        height = area.bottom - area.top
        for index in range(area.top, len(tab.rows)):
            values, extras = _cells(tab, index + height, area)
            tab.rows[index] = tab.rows[index].with_values(area.left, values).with_extras(area.left, extras)
        return {}
    for index in range(area.top, min(area.bottom, len(tab.rows))):
        row = tab.rows[index]
        extras_left = row.extras[: area.left] + row.extras[area.right :]
        tab.rows[index] = row._replace(values=[*row.values[: area.left], *row.values[area.right :]], extras=extras_left)
    return {}


def _delete_duplicates(book: Book, request: Json) -> Json:
    """The first row of each kind stays; hidden rows count too. Only the range's cells move up."""
    tab, area = area_of(book, request.get("range"))
    area = area._replace(bottom=min(area.bottom, max(len(tab.rows), area.top)))
    spans = request.get("comparisonColumns") or [{}]
    columns = [
        at - area.left
        for span in spans
        for at in range(span.get("startIndex", area.left), span.get("endIndex", area.right))
        if area.left <= at < area.right
    ]
    seen: set[tuple[Any, ...]] = set()
    kept = []
    for index in range(area.top, area.bottom):
        values, extras = _cells(tab, index, area)
        key = tuple(same_value(values[at], extras[at]) for at in columns)
        if key not in seen:
            seen.add(key)
            kept.append((values, extras))
    removed = area.bottom - area.top - len(kept)
    if removed and area.left == 0 and area.right == tab.column_count and len(kept) + area.top < tab.row_count:
        for index, (values, extras) in enumerate(kept, area.top):
            tab.set_row(index, Row(values, tuple(extras)))
        delete_rows(tab, area.top + len(kept), area.bottom)
        return {"duplicatesRemovedCount": removed}
    width = area.right - area.left
    blank: tuple[list[Value], list[Extras]] = ([None] * width, [None] * width)
    for index, (values, extras) in enumerate([*kept, *[blank] * removed], area.top):
        tab.set_row(index, tab.row(index).with_values(area.left, values).with_extras(area.left, extras))
    return {"duplicatesRemovedCount": removed}


def _find_replace(book: Book, request: Json) -> Json:
    """Text only: formulas and numbers are left alone."""
    pattern = request.get("find") or ""
    if not pattern:
        raise invalid("find is required.")
    flags = re.NOFLAG if request.get("matchCase") else re.IGNORECASE
    search = re.compile(pattern if request.get("searchByRegex") else re.escape(pattern), flags)
    if request.get("allSheets"):
        places = [(tab, Area(0, 0, tab.row_count, tab.column_count)) for tab in book.tabs]
    else:
        places = [area_of(book, request.get("range") or {"sheetId": request.get("sheetId", 0)})]
    new, whole = str(request.get("replacement", "")), bool(request.get("matchEntireCell"))
    counts = {"valuesChanged": 0, "rowsChanged": 0, "sheetsChanged": 0, "occurrencesChanged": 0}
    for tab, area in places:
        before = counts["valuesChanged"]
        for index in range(area.top, min(area.bottom, len(tab.rows))):
            row, hits = tab.rows[index], 0
            for at in range(area.left, min(area.right, len(row.values))):
                value = row.values[at]
                if not isinstance(value, str) or (whole and not search.fullmatch(value)):
                    continue
                text, times = search.subn(lambda _: new, value)
                if times:
                    row, hits = row.with_values(at, [text or None]), hits + 1
                    counts["occurrencesChanged"] += times
            tab.rows[index] = row
            counts["valuesChanged"] += hits
            counts["rowsChanged"] += hits > 0
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
