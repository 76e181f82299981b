"""`spreadsheets.get`: a spreadsheet as the API describes it, with its grid data where they are asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from awardspider.sandbox.services.sheets.errors import Json
from awardspider.sandbox.services.sheets.formats import is_date, number_format, shown
from awardspider.sandbox.services.sheets.grid import Book, Extras, Formula, Row, Tab, Value
from awardspider.sandbox.services.sheets.ranges import Area

DEFAULT_SIZE = {"ROWS": 21, "COLUMNS": 100}
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
    return {
        "title": book.title,
        "locale": book.locale,
        "autoRecalc": "ON_CHANGE",
        "timeZone": book.zone,
        "defaultFormat": DEFAULT_FORMAT,
    }


def tab_properties(book: Book, tab: Tab) -> Json:
    grid: Json = {"rowCount": tab.row_count, "columnCount": tab.column_count}
    if tab.frozen_rows:
        grid["frozenRowCount"] = tab.frozen_rows
    if tab.frozen_columns:
        grid["frozenColumnCount"] = tab.frozen_columns
    properties: Json = {
        "sheetId": tab.id,
        "title": tab.title,
        "index": next(index for index, one in enumerate(book.tabs) if one is tab),
        "sheetType": "GRID",
        "gridProperties": {**grid, **tab.more},
    }
    if tab.hidden:
        properties["hidden"] = True
    if tab.color is not None:
        properties |= {"tabColor": tab.color, "tabColorStyle": {"rgbColor": tab.color}}
    return properties


def described(book: Book, ranges: Sequence[str] = (), *, with_data: bool = False) -> Json:
    """The whole resource; with ranges only their tabs, with data the cells of the ranges or of everything."""
    wanted: list[tuple[Tab, Area]] = []
    for text in ranges:
        tab, box = book.locate(text)
        wanted.append((tab, tab.closed(box)))
    sheets = []
    for tab in book.tabs:
        areas = [area for one, area in wanted if one is tab]
        if ranges and not areas:
            continue
        sheet: Json = {"properties": tab_properties(book, tab)}
        if with_data:
            whole = Area(0, 0, tab.row_count, tab.column_count)
            sheet["data"] = [_grid_data(book, tab, area) for area in areas or [whole]]
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
    rows = tab.rows[area.top : area.bottom]
    data["rowData"] = [_row_data(row, area, book.locale) for row in rows]
    while data["rowData"] and not data["rowData"][-1]:
        data["rowData"].pop()
    if not data["rowData"]:
        del data["rowData"]
    all_rows = [tab.row(index) for index in range(area.top, area.bottom)]
    data["rowMetadata"] = [_dimension(row.hidden, row.size, "ROWS") for row in all_rows]
    columns = [tab.column(index) for index in range(area.left, area.right)]
    data["columnMetadata"] = [_dimension(column.hidden, column.size, "COLUMNS") for column in columns]
    return data


def _dimension(hidden: bool, size: int | None, dimension: str) -> Json:
    about: Json = {"pixelSize": size or DEFAULT_SIZE[dimension]}
    return {"hiddenByUser": True, **about} if hidden else about


def _row_data(row: Row, area: Area, locale: str) -> Json:
    end = min(area.right, max(len(row.values), len(row.extras)))
    cells = [cell_data(row.value(at), row.extra(at), locale) for at in range(area.left, end)]
    while cells and not cells[-1]:
        cells.pop()
    return {"values": cells} if cells else {}


def cell_data(value: Value, extras: Extras, locale: str = "en_US") -> Json:
    """One cell, with what was entered, what came of it and how it shows."""
    cell: Json = {}
    if value is not None:
        cell["userEnteredValue"] = _extended(value, entered=True)
        cell["effectiveValue"] = _extended(value, entered=False)
        cell["formattedValue"] = shown(value, extras, locale)
        if link := link_of(value, extras):
            cell["hyperlink"] = link
    if extras:
        cell |= extras
        kind, pattern = number_format(extras)
        form = {**DEFAULT_FORMAT, **extras.get("userEnteredFormat", {})}
        form["textFormat"] = {**DEFAULT_FORMAT["textFormat"], **form.get("textFormat", {})}
        cell["effectiveFormat"] = form | ({"numberFormat": {"type": kind, "pattern": pattern}} if kind else {})
    elif value is not None:
        cell["effectiveFormat"] = DEFAULT_FORMAT
    return cell


def _extended(value: Value, *, entered: bool) -> Json:
    """A value under the name of its kind."""
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


def link_of(value: Value, extras: Extras) -> str:
    """Where a click on a cell goes: its formula's link, its format's, or its text where that is an address."""
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
    """How a sort compares: numbers, then text without regard to case, then booleans."""
    if isinstance(value, Formula):
        value = value.value
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, str):
        return 1, value.casefold()
    return 0, value


def same_value(one: Value, extras: Extras) -> Any:
    """What two cells must share to be duplicates: dates and numbers by value, text without regard to case."""
    kind, value = sort_key(one) if one is not None else (3, None)
    return kind, value, is_date(extras)
