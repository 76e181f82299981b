"""`batchUpdate` requests for the spreadsheet, its tabs, and their rows and columns."""

from __future__ import annotations

from collections.abc import Callable

from awardspider.sandbox.services.sheets import dimensions
from awardspider.sandbox.services.sheets.describe import book_properties, tab_properties
from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.formats import displayed_text
from awardspider.sandbox.services.sheets.grid import EMPTY, MAX_TABS, Book, Column, Tab
from awardspider.sandbox.services.sheets.masks import merge, update_mask

GRID_FIELDS = ("rowCount", "columnCount", "frozenRowCount", "frozenColumnCount")


def _update_book(book: Book, request: Json) -> Json:
    new = merge(book_properties(book), request.get("properties"), update_mask(request, "SpreadsheetProperties"))
    book.title, book.locale, book.timezone = new["title"], new["locale"], new["timeZone"]
    return {}


def _add_sheet(book: Book, request: Json) -> Json:
    properties = request.get("properties") or {}
    title = properties.get("title") or _default_title(book)
    _check_title(book, title, None)
    if len(book.tabs) >= MAX_TABS:
        raise invalid(f"This action would increase the number of sheets above the limit of {MAX_TABS}.")
    tab_id = properties.get("sheetId")
    if tab_id is None:
        tab_id = book.new_id()
    elif any(tab.id == tab_id for tab in book.tabs):
        raise invalid(f'A sheet with the ID "{tab_id}" already exists. Please use another ID.')
    grid = properties.get("gridProperties") or {}
    tab = Tab(id=tab_id, title=title, row_count=grid.get("rowCount", 1000), column_count=grid.get("columnCount", 26))
    if tab.row_count < 1 or tab.column_count < 1:
        raise invalid("The number of rows and columns must be at least 1.")
    book.check_size(tab.row_count * tab.column_count)
    index = properties.get("index", len(book.tabs))
    if not 0 <= index <= len(book.tabs):
        raise invalid(f"Cannot add a sheet at index {index}.")
    book.tabs.insert(index, tab)
    new = {**tab_properties(book, tab), **properties, "title": title, "sheetId": tab_id, "index": index}
    _set_properties(book, tab, new)
    return {"properties": tab_properties(book, tab)}


def _default_title(book: Book) -> str:
    number = len(book.tabs) + 1
    while book.tab_by_title(f"Sheet{number}"):
        number += 1
    return f"Sheet{number}"


def _check_title(book: Book, title: str, own: Tab | None) -> None:
    """Raise ApiError if a title is invalid or used by a tab other than `own`."""
    if not title:
        raise invalid("The name of a sheet cannot be empty.")
    if len(title) > 100:
        raise invalid("The name of a sheet cannot be longer than 100 characters.")
    other = book.tab_by_title(title)
    if other is not None and other is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')


def _tab(book: Book, request: Json) -> Tab:
    """Return the tab that a request refers to. Raise ApiError if there is none."""
    tab_id = request.get("sheetId", 0)
    found = next((tab for tab in book.tabs if tab.id == tab_id), None)
    if found is None:
        raise invalid(f"No sheet with id: {tab_id}")
    return found


def _delete_sheet(book: Book, request: Json) -> Json:
    tab = _tab(book, request)
    book.tabs = [other for other in book.tabs if other is not tab]
    if all(other.hidden for other in book.tabs):
        raise invalid("You can't remove all the visible sheets in a document.")
    return {}


def _duplicate_sheet(book: Book, request: Json) -> Json:
    source = _tab(book, {"sheetId": request.get("sourceSheetId", 0)})
    title = request.get("newSheetName") or f"Copy of {source.title}"
    _check_title(book, title, None)
    book.check_size(source.row_count * source.column_count)
    tab = source.clone()
    tab.id = request["newSheetId"] if request.get("newSheetId") is not None else book.new_id()
    tab.title = title
    for grid in [
        *(grid for rule in tab.rules for grid in rule["ranges"]),
        *([tab.filter["range"]] if tab.filter else []),
    ]:
        grid["sheetId"] = tab.id
    book.tabs.insert(request.get("insertSheetIndex", 0), tab)
    return {"properties": tab_properties(book, tab)}


def _update_sheet(book: Book, request: Json) -> Json:
    properties = request.get("properties") or {}
    tab = _tab(book, properties)
    new = merge(tab_properties(book, tab), properties, update_mask(request, "SheetProperties"))
    # Two fields can contain the color; the newer one takes precedence.
    if "tabColorStyle" in request["fields"]:
        new["tabColor"] = (new.get("tabColorStyle") or {}).get("rgbColor")
    _set_properties(book, tab, new)
    return {}


def _set_properties(book: Book, tab: Tab, new: Json) -> None:
    """Set the properties of a tab. Raise ApiError if they are invalid."""
    _check_title(book, new.get("title", ""), tab)
    grid = new.get("gridProperties") or {}
    rows, columns = grid.get("rowCount", tab.row_count), grid.get("columnCount", tab.column_count)
    frozen_rows, frozen_columns = grid.get("frozenRowCount", 0), grid.get("frozenColumnCount", 0)
    if not 0 <= frozen_rows < rows:
        raise invalid("You can't freeze all visible rows on the sheet.")
    if not 0 <= frozen_columns < columns:
        raise invalid("You can't freeze all visible columns on the sheet.")
    if new.get("hidden") and all(other.hidden for other in book.tabs if other is not tab):
        raise invalid("You can't hide all the sheets in a document.")
    tab.frozen_rows, tab.frozen_columns = frozen_rows, frozen_columns
    if (rows, columns) != (tab.row_count, tab.column_count):
        dimensions.resize(book, tab, rows, columns)
    tab.title, tab.hidden = new["title"], bool(new.get("hidden"))
    tab.color = new.get("tabColor")
    tab.grid_options = {name: value for name, value in grid.items() if name not in GRID_FIELDS}
    index = new.get("index", 0)
    current = next(position for position, other in enumerate(book.tabs) if other is tab)
    if index != current:
        book.tabs.pop(current)
        # As in the real API, the index refers to the tab order before the move.
        book.tabs.insert(index - 1 if index > current else index, tab)


# ---- rows and columns ----


def _span(book: Book, grid: Json) -> tuple[Tab, bool, int, int]:
    """Return a DimensionRange's tab, whether it spans rows, its start and its end. Raise ApiError if it is invalid."""
    tab = book.tab(grid.get("sheetId"))
    if grid.get("dimension") not in ("ROWS", "COLUMNS"):
        raise invalid("No dimension specified.")
    rows = grid["dimension"] == "ROWS"
    length = tab.row_count if rows else tab.column_count
    start, end = grid.get("startIndex", 0), grid.get("endIndex", length)
    if not 0 <= start < end:
        raise invalid(f"range.endIndex[{end}] must be greater than range.startIndex[{start}]")
    return tab, rows, start, end


def _existing_span(book: Book, grid: Json) -> tuple[Tab, bool, int, int]:
    """Return a span, clipped to the grid. Raise ApiError if it starts beyond the grid."""
    tab, rows, start, end = _span(book, grid)
    length = tab.row_count if rows else tab.column_count
    if start >= length:
        raise invalid(f"range.startIndex[{start}] is after last {'row' if rows else 'column'} in grid[{length}]")
    return tab, rows, start, min(end, length)


def _append_dimension(book: Book, request: Json) -> Json:
    tab = book.tab(request.get("sheetId"))
    count = request.get("length", 0)
    if count < 1 or request.get("dimension") not in ("ROWS", "COLUMNS"):
        raise invalid("length must be greater than 0 and a dimension specified.")
    if request["dimension"] == "ROWS":
        dimensions.insert_rows(book, tab, tab.row_count, count, like_above=True)
    else:
        dimensions.insert_columns(book, tab, tab.column_count, count, like_left=True)
    return {}


def _insert_dimension(book: Book, request: Json) -> Json:
    tab, rows, start, end = _span(book, request.get("range") or {})
    before = bool(request.get("inheritFromBefore"))
    if start > (tab.row_count if rows else tab.column_count):
        raise invalid(f"range.startIndex[{start}] is after the grid's end")
    if before and not start:
        raise invalid("inheritFromBefore cannot be true when inserting at the start of the sheet.")
    if rows:
        dimensions.insert_rows(book, tab, start, end - start, like_above=before)
    else:
        dimensions.insert_columns(book, tab, start, end - start, like_left=before)
    return {}


def _delete_dimension(book: Book, request: Json) -> Json:
    tab, rows, start, end = _existing_span(book, request.get("range") or {})
    (dimensions.delete_rows if rows else dimensions.delete_columns)(tab, start, end)
    return {}


def _move_dimension(book: Book, request: Json) -> Json:
    tab, rows, start, end = _existing_span(book, request.get("source") or {})
    target = request.get("destinationIndex", 0)
    if not 0 <= target <= (tab.row_count if rows else tab.column_count):
        raise invalid(f"destinationIndex[{target}] is after the grid's end")
    (dimensions.move_rows if rows else dimensions.move_columns)(tab, start, end, target)
    return {}


def _update_dimension(book: Book, request: Json) -> Json:
    tab, rows, start, end = _existing_span(book, request.get("range") or {})
    mask, properties = update_mask(request, "DimensionProperties"), request.get("properties") or {}
    for index in range(start, end):
        old = tab.row(index) if rows else tab.column(index)
        new = merge({"hiddenByUser": old.hidden, "pixelSize": old.size}, properties, mask)
        hidden, size = bool(new.get("hiddenByUser")), new.get("pixelSize")
        if rows:
            tab.set_row(index, tab.row(index)._replace(hidden=hidden, size=size))
        else:
            tab.columns[index] = Column(hidden, size)
    return {}


def _auto_resize(book: Book, request: Json) -> Json:
    """Make columns as wide as their longest text, and reset the height of rows."""
    tab, rows, start, end = _existing_span(book, request.get("dimensions") or {})
    for index in range(start, end):
        if rows:
            if index < len(tab.rows) and tab.rows[index] is not EMPTY:
                tab.set_row(index, tab.rows[index]._replace(size=None))
        else:
            texts = (displayed_text(row.value(index), row.extra(index), book.locale) for row in tab.rows)
            tab.column(index).size = 12 + 7 * max(map(len, texts), default=1)
    return {}


TAB_REQUESTS: dict[str, Callable[[Book, Json], Json]] = {
    "updateSpreadsheetProperties": _update_book,
    "addSheet": _add_sheet,
    "deleteSheet": _delete_sheet,
    "duplicateSheet": _duplicate_sheet,
    "updateSheetProperties": _update_sheet,
    "appendDimension": _append_dimension,
    "insertDimension": _insert_dimension,
    "deleteDimension": _delete_dimension,
    "moveDimension": _move_dimension,
    "updateDimensionProperties": _update_dimension,
    "autoResizeDimensions": _auto_resize,
}
