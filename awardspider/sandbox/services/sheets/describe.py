"""The response of `spreadsheets.get`: a spreadsheet's properties, and its grid data if requested."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from awardspider.sandbox.services.sheets.errors import Json
from awardspider.sandbox.services.sheets.formats import displayed_text, is_date, number_format
from awardspider.sandbox.services.sheets.grid import Book, Extras, Formula, Row, Tab, Value, strip_end
from awardspider.sandbox.services.sheets.ranges import Area, Box

ROW_PIXELS, COLUMN_PIXELS = 21, 100
LINK = re.compile(r"https?://\S+")
DEFAULT_FORMAT: Json = {
    "backgroundColor": {"red": 1, "green": 1, "blue": 1},
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "Arial",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
    },
}


def book_properties(book: Book) -> Json:
    """Return the properties of a spreadsheet."""
    return {
        "title": book.title,
        "locale": book.locale,
        "autoRecalc": "ON_CHANGE",
        "timeZone": book.timezone,
        "defaultFormat": DEFAULT_FORMAT,
    }


def tab_properties(book: Book, tab: Tab) -> Json:
    """Return the properties of a tab."""
    grid: Json = {"rowCount": tab.row_count, "columnCount": tab.column_count}
    if tab.frozen_rows:
        grid["frozenRowCount"] = tab.frozen_rows
    if tab.frozen_columns:
        grid["frozenColumnCount"] = tab.frozen_columns
    properties: Json = {
        "sheetId": tab.id,
        "title": tab.title,
        "index": next(index for index, other in enumerate(book.tabs) if other is tab),
        "sheetType": "GRID",
        "gridProperties": {**grid, **tab.grid_options},
    }
    if tab.hidden:
        properties["hidden"] = True
    if tab.color is not None:
        properties |= {"tabColor": tab.color, "tabColorStyle": {"rgbColor": tab.color}}
    return properties


def describe(book: Book, ranges: Sequence[str] = (), *, with_data: bool = False) -> Json:
    """Return a spreadsheet. If `ranges` are given, include only their tabs and cells."""
    requested: list[tuple[Tab, Area]] = []
    for text in ranges:
        tab, box = book.locate(text)
        requested.append((tab, tab.area(box)))
    sheets = []
    for tab in book.tabs:
        areas = [area for requested_tab, area in requested if requested_tab is tab]
        if ranges and not areas:
            continue
        sheet: Json = {"properties": tab_properties(book, tab)}
        if with_data:
            sheet["data"] = [_grid_data(book, tab, area) for area in areas or [tab.area(Box())]]
        optional = {"conditionalFormats": tab.rules, "protectedRanges": tab.protected, "basicFilter": tab.filter}
        sheet |= {name: value for name, value in optional.items() if value}
        sheets.append(sheet)
    return {
        "spreadsheetId": book.id,
        "properties": book_properties(book),
        "sheets": sheets,
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{book.id}/edit",
    }


def _grid_data(book: Book, tab: Tab, area: Area) -> Json:
    data: Json = {}
    if area.top:
        data["startRow"] = area.top
    if area.left:
        data["startColumn"] = area.left
    if rows := strip_end([_row_data(row, area, book.locale) for row in tab.rows[area.top : area.bottom]], {}):
        data["rowData"] = rows
    all_rows = [tab.row(index) for index in range(area.top, area.bottom)]
    data["rowMetadata"] = [_dimension(row.hidden, row.size or ROW_PIXELS) for row in all_rows]
    columns = [tab.column(index) for index in range(area.left, area.right)]
    data["columnMetadata"] = [_dimension(column.hidden, column.size or COLUMN_PIXELS) for column in columns]
    return data


def _dimension(hidden: bool, pixels: int) -> Json:
    return {"hiddenByUser": True, "pixelSize": pixels} if hidden else {"pixelSize": pixels}


def _row_data(row: Row, area: Area, locale: str) -> Json:
    end = min(area.right, max(len(row.values), len(row.extras)))
    cells = [_cell_data(row.value(column), row.extra(column), locale) for column in range(area.left, end)]
    return {"values": cells} if strip_end(cells, {}) else {}


def _cell_data(value: Value, extras: Extras, locale: str = "en_US") -> Json:
    """Return one cell with its entered, effective and displayed values, and its formats."""
    cell: Json = {}
    if value is not None:
        cell["userEnteredValue"] = _extended(value, entered=True)
        cell["effectiveValue"] = _extended(value, entered=False)
        cell["formattedValue"] = displayed_text(value, extras, locale)
        if link := find_link(value, extras):
            cell["hyperlink"] = link
    if extras:
        cell |= extras
        kind, pattern = number_format(extras)
        cell_format = {**DEFAULT_FORMAT, **extras.get("userEnteredFormat", {})}
        cell_format["textFormat"] = {**DEFAULT_FORMAT["textFormat"], **cell_format.get("textFormat", {})}
        cell["effectiveFormat"] = cell_format | ({"numberFormat": {"type": kind, "pattern": pattern}} if kind else {})
    elif value is not None:
        cell["effectiveFormat"] = DEFAULT_FORMAT
    return cell


def _extended(value: Value, *, entered: bool) -> Json:
    """Return an ExtendedValue: an object whose only key is the type of the value."""
    if isinstance(value, Formula):
        if entered:
            return {"formulaValue": value.text}
        if isinstance(value.value, str) and value.value.startswith("#"):
            return {"errorValue": {"type": value.value.strip("#!?/0"), "message": "Formula parse error."}}
        value = value.value
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"numberValue": value}


def find_link(value: Value, extras: Extras) -> str:
    """Return a cell's link, from its formula or format, or its text if that is a URL; empty if it has no link."""
    if isinstance(value, Formula) and value.link:
        return value.link
    format_link = (((extras or {}).get("userEnteredFormat") or {}).get("textFormat") or {}).get("link") or {}
    if uri := format_link.get("uri"):
        return str(uri)
    runs = (extras or {}).get("textFormatRuns") or []
    for run in runs:
        if uri := ((run.get("format") or {}).get("link") or {}).get("uri"):
            return str(uri)
    return value if isinstance(value, str) and LINK.fullmatch(value) else ""


def sort_key(value: Value) -> tuple[int, Any]:
    """Return the sort key of a value: numbers first, then text (ignoring case), then booleans."""
    if isinstance(value, Formula):
        value = value.value
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, str):
        return 1, value.casefold()
    return 0, value


def duplicate_key(value: Value, extras: Extras) -> Any:
    """Return a key that duplicate cells share: numbers and dates match by value, and text matches ignoring case."""
    return *(sort_key(value) if value is not None else (3, None)), is_date(extras)
