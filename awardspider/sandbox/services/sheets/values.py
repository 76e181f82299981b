"""The `spreadsheets.values` methods: get, update, append and clear, single or batched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from awardspider.sandbox.services.sheets import cell_input
from awardspider.sandbox.services.sheets.checking import invalid_value, snake
from awardspider.sandbox.services.sheets.dimensions import find_table, insert_rows
from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.formats import displayed_text, is_date
from awardspider.sandbox.services.sheets.grid import Book, Formula, Row, Tab, Value, strip_end
from awardspider.sandbox.services.sheets.messages import ENUMS
from awardspider.sandbox.services.sheets.ranges import Area, Box, column_letters

# Each option's enum and default.
OPTIONS = {
    "majorDimension": ("Dimension", "ROWS"),
    "valueInputOption": ("ValueInputOption", "RAW"),
    "insertDataOption": ("values.append.InsertDataOption", "OVERWRITE"),
    "dateTimeRenderOption": ("DateTimeRenderOption", "SERIAL_NUMBER"),
    "valueRenderOption": ("ValueRenderOption", "FORMATTED_VALUE"),
}


def _option(options: Mapping[str, Any], name: str) -> str:
    """Return the value of an option. Raise ApiError if it is not in the enum."""
    kind, default = OPTIONS[name]
    value = options.get(name) or default
    if value not in ENUMS[kind]:
        raise invalid(invalid_value(value, kind, snake(name)))
    return default if value.endswith("_UNSPECIFIED") else str(value)


def _is_user_entered(options: Mapping[str, Any]) -> bool:
    """Return whether the input option is USER_ENTERED. Raise ApiError if it is missing."""
    if options.get("valueInputOption") in (None, "", "INPUT_VALUE_OPTION_UNSPECIFIED"):
        raise invalid("'valueInputOption' is required but not specified")
    return _option(options, "valueInputOption") == "USER_ENTERED"


# ---- reading ----


def get(book: Book, text: str, options: Mapping[str, Any]) -> Json:
    """Carry out `values.get`."""
    tab, box = book.locate(text)
    area = tab.area(box)
    major = _option(options, "majorDimension")
    response: Json = {"range": tab.range_name(area), "majorDimension": major}
    if values := _render(tab, area, options, book.locale, major):
        response["values"] = values
    return response


def batch_get(book: Book, texts: Sequence[str], options: Mapping[str, Any]) -> Json:
    """Carry out `values.batchGet`."""
    return {"spreadsheetId": book.id, "valueRanges": [get(book, text, options) for text in texts]}


def _render(tab: Tab, area: Area, options: Mapping[str, Any], locale: str, major: str = "ROWS") -> list[list[Any]]:
    """Return the JSON values of an area, without trailing empty cells in each line or trailing empty lines."""
    render = _renderer(options, locale)
    lines: list[list[Any]] = []
    for row in tab.rows[area.top : area.bottom]:
        values = row.values[area.left : area.right]
        lines.append([render(value, row, column) for column, value in enumerate(values, area.left)])
    if major == "COLUMNS":
        lines = [list(line) for line in zip_longest(*lines, fillvalue="")]
    return strip_end([strip_end(line, "") for line in lines], [])


def _renderer(options: Mapping[str, Any], locale: str) -> Callable[[Value, Row, int], Any]:
    """Return a function that converts a cell's value, given also its row and column, to JSON."""
    value_option = _option(options, "valueRenderOption")
    dates_as_text = _option(options, "dateTimeRenderOption") == "FORMATTED_STRING"

    def render(value: Value, row: Row, column: int) -> Any:
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if value_option == "FORMATTED_VALUE":
            return displayed_text(value, row.extra(column), locale)
        if isinstance(value, Formula):
            if value_option == "FORMULA":
                return value.text
            value = value.value
        if dates_as_text and not isinstance(value, bool) and is_date(row.extra(column)):
            return displayed_text(value, row.extra(column), locale)
        # Google writes 3.0 as 3.
        return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value

    return render


# ---- writing ----


def update(book: Book, text: str, body: Json, options: Mapping[str, Any]) -> Json:
    """Carry out `values.update`."""
    if body.get("range") and book.locate(body["range"]) != book.locate(text):
        raise invalid(f"Requested range [{text}] doesn't match the range of the values [{body['range']}]")
    user_entered = _is_user_entered(options)
    tab, box = book.locate(text)
    area, cells = _write(book, tab, box, _lines(body, "data"), user_entered, "data")
    return _update_response(book, tab, area, cells, _response_options(options))


def batch_update(book: Book, body: Json) -> Json:
    """Carry out `values.batchUpdate`. The caller passes a copy of the book and discards it if a range is invalid."""
    user_entered = _is_user_entered(body)
    response_options = _response_options(body)
    responses: list[Json] = []
    rows: set[tuple[int, int]] = set()
    columns: set[tuple[int, int]] = set()
    total = 0
    for index, value_range in enumerate(_value_ranges(body)):
        path = f"data[{index}]"
        tab, box = book.locate(str(value_range.get("range", "")))
        area, cells = _write(book, tab, box, _lines(value_range, path), user_entered, path)
        responses.append(_update_response(book, tab, area, cells, response_options))
        if cells:
            total += cells
            rows |= {(tab.id, row) for row in range(area.top, area.bottom)}
            columns |= {(tab.id, column) for column in range(area.left, area.right)}
    totals = {
        "totalUpdatedRows": len(rows),
        "totalUpdatedColumns": len(columns),
        "totalUpdatedCells": total,
        "totalUpdatedSheets": len({tab_id for tab_id, _ in rows}),
    }
    updated = {name: count for name, count in totals.items() if count}
    return {"spreadsheetId": book.id, **updated, "responses": responses}


def append(book: Book, text: str, body: Json, options: Mapping[str, Any]) -> Json:
    """Carry out `values.append`: below the last table in the range, or at the start of the range if it has none."""
    user_entered = _is_user_entered(options)
    insert = _option(options, "insertDataOption") == "INSERT_ROWS"
    tab, box = book.locate(text)
    area = tab.area(box)
    lines = _lines(body, "data")
    table = _last_table(tab, area)
    top, left = (table.bottom, table.left) if table else (area.top, area.left)
    if insert and lines:
        insert_rows(book, tab, min(top, tab.row_count), len(lines), like_above=True)
    missing = top + len(lines) - tab.row_count
    if missing > 0:
        insert_rows(book, tab, tab.row_count, missing, like_above=True)
    written, cells = _write(book, tab, Box(top, left, top + 1, left + 1), lines, user_entered, "data")
    response: Json = {"spreadsheetId": book.id}
    if table:
        response["tableRange"] = tab.range_name(table)
    return {**response, "updates": _update_response(book, tab, written, cells, _response_options(options))}


def _last_table(tab: Tab, area: Area) -> Area | None:
    """Return the lowest table that has a cell in an area."""
    for index in range(min(area.bottom, len(tab.rows)) - 1, area.top - 1, -1):
        if tab.has_values(index, area.left, area.right):
            row = tab.row(index)
            column = next(column for column in range(area.left, area.right) if row.value(column) is not None)
            return find_table(tab, index, column)
    return find_table(tab, area.top, area.left)


def clear(book: Book, text: str) -> str:
    """Clear a range's values, but not its formats, and return the range."""
    tab, box = book.locate(text)
    area = tab.area(box)
    for index in range(area.top, min(area.bottom, len(tab.rows))):
        row = tab.rows[index]
        count = min(area.right, len(row.values)) - area.left
        if count > 0:
            tab.rows[index] = row.with_values(area.left, [None] * count)
    return tab.range_name(area)


def _write(book: Book, tab: Tab, box: Box, lines: list[list[Any]], user_entered: bool, path: str) -> tuple[Area, int]:
    """Write lines of JSON values; null leaves a cell unchanged. Return the area and the number of cells written.

    A single-cell box marks the top left corner; otherwise all values must fit in the box. Raise ApiError if not.
    """
    width = max(map(len, lines), default=0)
    written = Area(box.top, box.left, box.top + max(len(lines), 1), box.left + max(width, 1))
    if box.is_cell:
        tab.area(Box(*written))
    else:
        _check_size(tab, tab.area(box), len(lines), width)
    cells = 0
    for down, line in enumerate(lines):
        index = box.top + down
        row = tab.row(index)
        new = _row_with(row, box.left, line, user_entered, book.locale, f"{path}.values[{down}]")
        if new is not row:
            tab.set_row(index, new)
            cells += sum(value is not None for value in line)
    return written, cells


def _row_with(row: Row, left: int, line: list[Any], user_entered: bool, locale: str, path: str) -> Row:
    """Return the row with JSON values written from column `left` on."""
    if not line:
        return row
    if user_entered:
        values: list[Value] = []
        for position, json_value in enumerate(line):
            value, number_format = cell_input.entered_value(json_value, f"{path}[{position}]", locale)
            values.append(value)
            if number_format:
                extras = cell_input.with_number_format(row.extra(left + position), number_format)
                row = row.with_extras(left + position, [extras])
    else:
        values = cell_input.raw_line(line, path)
    if None in line:
        values = [
            row.value(column) if line[column - left] is None else values[column - left]
            for column in range(left, left + len(line))
        ]
    return row.with_values(left, values)


def _check_size(tab: Tab, area: Area, height: int, width: int) -> None:
    """Raise ApiError if the values do not fit in an area."""
    if area.top + height > area.bottom:
        outside = f"row [{area.bottom + 1}]"
    elif area.left + width > area.right:
        outside = f"column [{column_letters(area.right + 1)}]"
    else:
        return
    raise invalid(f"Requested writing within range [{tab.range_name(area)}], but tried writing to {outside}")


def _value_ranges(body: Json) -> list[Json]:
    data = body.get("data") or []
    if not isinstance(data, list) or not all(isinstance(value_range, dict) for value_range in data):
        raise invalid("Invalid value at 'data': expected a list of objects")
    return data


def _lines(value_range: Json, path: str) -> list[list[Any]]:
    """Return the values of a ValueRange by row. Raise ApiError if they are invalid."""
    lines = value_range.get("values") or []
    if not isinstance(lines, list) or not all(isinstance(line, list) for line in lines):
        raise invalid(f"Invalid value at '{path}.values' (type.googleapis.com/google.protobuf.ListValue)")
    if _option(value_range, "majorDimension") == "COLUMNS":
        return [list(line) for line in zip_longest(*lines)]
    return lines


def _response_options(options: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Return the options for the values in the response; None if they are not requested."""
    if str(options.get("includeValuesInResponse", "")).lower() != "true":
        return None
    return {
        "valueRenderOption": options.get("responseValueRenderOption", ""),
        "dateTimeRenderOption": options.get("responseDateTimeRenderOption", ""),
    }


def _update_response(book: Book, tab: Tab, area: Area, cells: int, options: Mapping[str, str] | None) -> Json:
    response: Json = {"spreadsheetId": book.id, "updatedRange": tab.range_name(area)}
    if cells:
        rows, columns = area.bottom - area.top, area.right - area.left
        response |= {"updatedRows": rows, "updatedColumns": columns, "updatedCells": cells}
    if options is not None:
        values = _render(tab, area, options, book.locale)
        response["updatedData"] = {"range": tab.range_name(area), "majorDimension": "ROWS", "values": values}
    return response
