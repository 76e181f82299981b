"""Requests about the spreadsheet, its tabs, and their rows and columns."""

from __future__ import annotations

from collections.abc import Callable

from awardspider.sandbox.services.sheets import dimensions
from awardspider.sandbox.services.sheets.describe import book_properties, tab_properties
from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.formats import shown
from awardspider.sandbox.services.sheets.grid import EMPTY, MOST_TABS, Book, Tab
from awardspider.sandbox.services.sheets.masks import changed, update_mask

GRID_FIELDS = ("rowCount", "columnCount", "frozenRowCount", "frozenColumnCount")


def _update_book(book: Book, request: Json) -> Json:
    new = changed(book_properties(book), request.get("properties"), update_mask(request, "SpreadsheetProperties"))
    book.title, book.locale, book.zone = new["title"], new["locale"], new["timeZone"]
    return {}


def _add_sheet(book: Book, request: Json) -> Json:
    given = request.get("properties") or {}
    title = given.get("title") or _free_title(book)
    _check_title(book, title, None)
    if len(book.tabs) >= MOST_TABS:
        raise invalid(f"This action would increase the number of sheets above the limit of {MOST_TABS}.")
    number = given.get("sheetId")
    if number is None:
        number = book.fresh_id()
    elif any(tab.id == number for tab in book.tabs):
        raise invalid(f'A sheet with the ID "{number}" already exists. Please use another ID.')
    grid = given.get("gridProperties") or {}
    tab = Tab(id=number, title=title, row_count=grid.get("rowCount", 1000), column_count=grid.get("columnCount", 26))
    if tab.row_count < 1 or tab.column_count < 1:
        raise invalid("The number of rows and columns must be at least 1.")
    book.check_size(tab.row_count * tab.column_count)
    index = given.get("index", len(book.tabs))
    if not 0 <= index <= len(book.tabs):
        raise invalid(f"Cannot add a sheet at index {index}.")
    book.tabs.insert(index, tab)
    _apply(book, tab, {**tab_properties(book, tab), **given, "title": title, "sheetId": number, "index": index})
    return {"properties": tab_properties(book, tab)}


def _free_title(book: Book) -> str:
    number = len(book.tabs) + 1
    while book.titled(f"Sheet{number}"):
        number += 1
    return f"Sheet{number}"


def _check_title(book: Book, title: str, own: Tab | None) -> None:
    if not title:
        raise invalid("The name of a sheet cannot be empty.")
    if len(title) > 100:
        raise invalid("The name of a sheet cannot be longer than 100 characters.")
    other = book.titled(title)
    if other is not None and other is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')


def _tab(book: Book, request: Json) -> Tab:
    """The tab that a request about a whole tab names. Raises ApiError."""
    number = request.get("sheetId", 0)
    found = next((tab for tab in book.tabs if tab.id == number), None)
    if found is None:
        raise invalid(f"No sheet with id: {number}")
    return found


def _delete_sheet(book: Book, request: Json) -> Json:
    tab = _tab(book, request)
    book.tabs = [one for one in book.tabs if one is not tab]
    if not any(not one.hidden for one in book.tabs):
        raise invalid("You can't remove all the visible sheets in a document.")
    return {}


def _duplicate_sheet(book: Book, request: Json) -> Json:
    source = _tab(book, {"sheetId": request.get("sourceSheetId", 0)})
    title = request.get("newSheetName") or f"Copy of {source.title}"
    _check_title(book, title, None)
    book.check_size(source.row_count * source.column_count)
    tab = source.clone()
    tab.id = request["newSheetId"] if request.get("newSheetId") is not None else book.fresh_id()
    tab.title = title
    for grid in [
        *(grid for rule in tab.rules for grid in rule["ranges"]),
        *([tab.filter["range"]] if tab.filter else []),
    ]:
        grid["sheetId"] = tab.id
    book.tabs.insert(request.get("insertSheetIndex", 0), tab)
    return {"properties": tab_properties(book, tab)}


def _update_sheet(book: Book, request: Json) -> Json:
    given = request.get("properties") or {}
    tab = _tab(book, given)
    new = changed(tab_properties(book, tab), given, update_mask(request, "SheetProperties"))
    # The color has two spellings, and the newer one wins.
    if "tabColorStyle" in request["fields"]:
        new["tabColor"] = (new.get("tabColorStyle") or {}).get("rgbColor")
    _apply(book, tab, new)
    return {}


def _apply(book: Book, tab: Tab, new: Json) -> None:
    """Makes a tab as its properties say. Raises ApiError."""
    _check_title(book, new.get("title", ""), tab)
    grid = new.get("gridProperties") or {}
    rows, columns = grid.get("rowCount", tab.row_count), grid.get("columnCount", tab.column_count)
    frozen_rows, frozen_columns = grid.get("frozenRowCount", 0), grid.get("frozenColumnCount", 0)
    if not 0 <= frozen_rows < rows:
        raise invalid("You can't freeze all visible rows on the sheet.")
    if not 0 <= frozen_columns < columns:
        raise invalid("You can't freeze all visible columns on the sheet.")
    if new.get("hidden") and all(one.hidden for one in book.tabs if one is not tab):
        raise invalid("You can't hide all the sheets in a document.")
    tab.frozen_rows, tab.frozen_columns = frozen_rows, frozen_columns
    if (rows, columns) != (tab.row_count, tab.column_count):
        dimensions.resize(book, tab, rows, columns)
    tab.title, tab.hidden = new["title"], bool(new.get("hidden"))
    tab.color = new.get("tabColor")
    tab.more = {name: value for name, value in grid.items() if name not in GRID_FIELDS}
    index = new.get("index", 0)
    here = next(at for at, one in enumerate(book.tabs) if one is tab)
    if index != here:
        book.tabs.pop(here)
        # As in the real API the index counts the tabs from before the move.
        book.tabs.insert(index - 1 if index > here else index, tab)


# ---- rows and columns ----


def _span(book: Book, grid: Json) -> tuple[Tab, bool, int, int]:
    """Tab, whether rows are meant, start and end of a DimensionRange. Raises ApiError."""
    tab = book.tab(grid.get("sheetId"))
    if grid.get("dimension") not in ("ROWS", "COLUMNS"):
        raise invalid("No dimension specified.")
    rows = grid["dimension"] == "ROWS"
    length = tab.row_count if rows else tab.column_count
    start, end = grid.get("startIndex", 0), grid.get("endIndex", length)
    if not 0 <= start < end:
        raise invalid(f"range.endIndex[{end}] must be greater than range.startIndex[{start}]")
    return tab, rows, start, end


def _within(tab: Tab, rows: bool, start: int, end: int) -> int:
    """The end, at most the grid's. Raises ApiError where the start is beyond it."""
    length = tab.row_count if rows else tab.column_count
    if start >= length:
        raise invalid(f"range.startIndex[{start}] is after last {'row' if rows else 'column'} in grid[{length}]")
    return min(end, length)


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
    tab, rows, start, end = _span(book, request.get("range") or {})
    end = _within(tab, rows, start, end)
    (dimensions.delete_rows if rows else dimensions.delete_columns)(tab, start, end)
    return {}


def _move_dimension(book: Book, request: Json) -> Json:
    tab, rows, start, end = _span(book, request.get("source") or {})
    end = _within(tab, rows, start, end)
    target = request.get("destinationIndex", 0)
    if not 0 <= target <= (tab.row_count if rows else tab.column_count):
        raise invalid(f"destinationIndex[{target}] is after the grid's end")
    (dimensions.move_rows if rows else dimensions.move_columns)(tab, start, end, target)
    return {}


def _update_dimension(book: Book, request: Json) -> Json:
    tab, rows, start, end = _span(book, request.get("range") or {})
    end = _within(tab, rows, start, end)
    mask, given = update_mask(request, "DimensionProperties"), request.get("properties") or {}
    for index in range(start, end):
        old = tab.row(index) if rows else tab.column(index)
        new = changed({"hiddenByUser": old.hidden, "pixelSize": old.size}, given, mask)
        _set_dimension(tab, rows, index, bool(new.get("hiddenByUser")), new.get("pixelSize"))
    return {}


def _set_dimension(tab: Tab, rows: bool, index: int, hidden: bool, size: int | None) -> None:
    if rows:
        tab.set_row(index, tab.row(index)._replace(hidden=hidden, size=size))
    else:
        column = tab.column(index)
        column.hidden, column.size = hidden, size


def _auto_resize(book: Book, request: Json) -> Json:
    """Columns as wide as their longest text; rows back to their usual height."""
    tab, rows, start, end = _span(book, request.get("dimensions") or {})
    end = _within(tab, rows, start, end)
    for index in range(start, end):
        if rows:
            if index < len(tab.rows) and tab.rows[index] is not EMPTY:
                tab.set_row(index, tab.rows[index]._replace(size=None))
        else:
            texts = (shown(row.value(index), row.extra(index), book.locale) for row in tab.rows)
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
