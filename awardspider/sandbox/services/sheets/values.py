"""The `values` part of the API: get, update, append, clear, each alone and in batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from awardspider.sandbox.services.sheets import cell_input
from awardspider.sandbox.services.sheets.checking import snake, wrong_value
from awardspider.sandbox.services.sheets.dimensions import insert_rows, table_around
from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.formats import is_date, shown
from awardspider.sandbox.services.sheets.grid import Book, Formula, Row, Tab, Value
from awardspider.sandbox.services.sheets.messages import ENUMS
from awardspider.sandbox.services.sheets.ranges import Area, Box, column_letters

# An option's enum, and what it is where none is given.
OPTIONS = {
    "majorDimension": ("Dimension", "ROWS"),
    "valueInputOption": ("ValueInputOption", "RAW"),
    "insertDataOption": ("values.append.InsertDataOption", "OVERWRITE"),
    "dateTimeRenderOption": ("DateTimeRenderOption", "SERIAL_NUMBER"),
    "valueRenderOption": ("ValueRenderOption", "FORMATTED_VALUE"),
}


def chosen(options: Mapping[str, Any], name: str) -> str:
    """An option of a closed list, its default where none is given. Raises ApiError."""
    kind, default = OPTIONS[name]
    value = options.get(name) or default
    if value not in ENUMS[kind]:
        raise invalid(wrong_value(value, kind, snake(name)))
    return default if value.endswith("_UNSPECIFIED") else str(value)


def _entered(options: Mapping[str, Any]) -> bool:
    """Whether values are to be read as typed. Raises ApiError where the option is missing."""
    if options.get("valueInputOption") in (None, "", "INPUT_VALUE_OPTION_UNSPECIFIED"):
        raise invalid("'valueInputOption' is required but not specified")
    return chosen(options, "valueInputOption") == "USER_ENTERED"


def _flag(options: Mapping[str, Any], name: str) -> bool:
    return str(options.get(name, "")).lower() == "true"


# ---- reading ----


def get(book: Book, text: str, options: Mapping[str, Any]) -> Json:
    """`values.get`: the values of a range without its empty tail."""
    tab, box = book.locate(text)
    area = tab.closed(box)
    major = chosen(options, "majorDimension")
    answer: Json = {"range": tab.name_of(area), "majorDimension": major}
    if values := rendered(tab, area, options, book.locale, major):
        answer["values"] = values
    return answer


def batch_get(book: Book, texts: Sequence[str], options: Mapping[str, Any]) -> Json:
    return {"spreadsheetId": book.id, "valueRanges": [get(book, text, options) for text in texts]}


def rendered(tab: Tab, box: Area, options: Mapping[str, Any], locale: str, major: str = "ROWS") -> list[list[Any]]:
    """A closed box as lists of JSON values: no empty cells at the end of a line, no empty lines at the end."""
    show = _renderer(options, locale)
    lines: list[list[Any]] = []
    for row in tab.rows[box.top : box.bottom]:
        values = row.values[box.left : box.right]
        lines.append([show(value, row, box.left + at) for at, value in enumerate(values)])
    if major == "COLUMNS":
        lines = [list(line) for line in zip_longest(*lines, fillvalue="")]
    for line in lines:
        while line and line[-1] == "":
            line.pop()
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _renderer(options: Mapping[str, Any], locale: str) -> Callable[[Value, Row, int], Any]:
    """What makes JSON of a cell: its value, its row, its column."""
    how = chosen(options, "valueRenderOption")
    dates_as_text = chosen(options, "dateTimeRenderOption") == "FORMATTED_STRING"

    def show(value: Value, row: Row, column: int) -> Any:
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if how == "FORMATTED_VALUE":
            return shown(value, row.extra(column), locale)
        if isinstance(value, Formula):
            if how == "FORMULA":
                return value.text
            value = value.value
        if dates_as_text and not isinstance(value, bool) and is_date(row.extra(column)):
            return shown(value, row.extra(column), locale)
        # JSON knows one kind of number: 3.0 is written 3.
        return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value

    return show


# ---- writing ----


def update(book: Book, text: str, body: Json, options: Mapping[str, Any]) -> Json:
    """`values.update`."""
    if body.get("range") and book.locate(body["range"]) != book.locate(text):
        raise invalid(f"Requested range [{text}] doesn't match the range of the values [{body['range']}]")
    entered = _entered(options)
    tab, box = book.locate(text)
    reached, cells = write(book, tab, box, _lines(body, "data"), entered, "data")
    return _update_answer(book, tab, reached, cells, _values_back(options))


def batch_update(book: Book, body: Json) -> Json:
    """`values.batchUpdate`: all ranges or, where one is wrong, none, as the caller gives a copy of the book."""
    entered = _entered(body)
    back = _values_back(body)
    answers: list[Json] = []
    rows: set[tuple[int, int, int]] = set()
    columns: set[tuple[int, int, int]] = set()
    total = 0
    for index, one in enumerate(_list(body, "data")):
        place = f"data[{index}]"
        tab, box = book.locate(str(one.get("range", "")))
        reached, cells = write(book, tab, box, _lines(one, place), entered, place)
        answers.append(_update_answer(book, tab, reached, cells, back))
        if cells:
            total += cells
            rows.add((tab.id, reached.top, reached.bottom))
            columns.add((tab.id, reached.left, reached.right))
    totals = {
        "totalUpdatedRows": _distinct(rows),
        "totalUpdatedColumns": _distinct(columns),
        "totalUpdatedCells": total,
        "totalUpdatedSheets": len({number for number, _, _ in rows}),
    }
    return {"spreadsheetId": book.id, **{name: count for name, count in totals.items() if count}, "responses": answers}


def _distinct(spans: set[tuple[int, int, int]]) -> int:
    """How many rows or columns there are in spans of tab, start and end."""
    return len({(number, at) for number, start, end in spans for at in range(start, end)})


def append(book: Book, text: str, body: Json, options: Mapping[str, Any]) -> Json:
    """`values.append`: below the last table in the range, or at the range's start where there is none."""
    entered = _entered(options)
    inserting = chosen(options, "insertDataOption") == "INSERT_ROWS"
    tab, box = book.locate(text)
    area = tab.closed(box)
    lines = _lines(body, "data")
    table = _last_table(tab, area)
    top, left = (table.bottom, table.left) if table else (area.top, area.left)
    if inserting and lines:
        insert_rows(book, tab, min(top, tab.row_count), len(lines), like_above=True)
    missing = top + len(lines) - tab.row_count
    if missing > 0:
        insert_rows(book, tab, tab.row_count, missing, like_above=True)
    written, cells = write(book, tab, Box(top, left, top + 1, left + 1), lines, entered, "data")
    answer: Json = {"spreadsheetId": book.id}
    if table:
        answer["tableRange"] = tab.name_of(table)
    return {**answer, "updates": _update_answer(book, tab, written, cells, _values_back(options))}


def _last_table(tab: Tab, box: Area) -> Area | None:
    """The lowest table that has a cell in a closed box."""
    for row in range(min(box.bottom, len(tab.rows)) - 1, box.top - 1, -1):
        if tab.filled(row, box.left, box.right):
            line = tab.row(row)
            column = next(at for at in range(box.left, box.right) if line.value(at) is not None)
            return table_around(tab, row, column)
    return table_around(tab, box.top, box.left)


def clear(book: Book, text: str) -> str:
    """Empties a range, not its formats; returns what was cleared."""
    tab, box = book.locate(text)
    area = tab.closed(box)
    for index in range(area.top, min(area.bottom, len(tab.rows))):
        row = tab.rows[index]
        count = min(area.right, len(row.values)) - area.left
        if count > 0:
            tab.rows[index] = row.with_values(area.left, [None] * count)
    return tab.name_of(area)


def write(book: Book, tab: Tab, box: Box, lines: list[list[Any]], entered: bool, place: str) -> tuple[Area, int]:
    """Puts lines of JSON values into a box; null leaves a cell as it is. Returns what was reached, and how many cells.

    A single cell as the box is a start, any other box a border. Raises ApiError.
    """
    width = max(map(len, lines), default=0)
    reached = Area(box.top, box.left, box.top + max(len(lines), 1), box.left + max(width, 1))
    if box.is_cell:
        tab.closed(Box(*reached))
    else:
        _check_border(tab, tab.closed(box), len(lines), width)
    cells = 0
    for down, line in enumerate(lines):
        index = box.top + down
        row = tab.row(index)
        new = _row_with(row, box.left, line, entered, book.locale, f"{place}.values[{down}]")
        if new is not row:
            tab.set_row(index, new)
            cells += sum(value is not None for value in line)
    return reached, cells


def _row_with(row: Row, left: int, line: list[Any], entered: bool, locale: str, place: str) -> Row:
    """A row with a line of JSON values in it."""
    if not line:
        return row
    if entered:
        values: list[Value] = []
        for at, given in enumerate(line):
            value, number_format = cell_input.typed(given, f"{place}[{at}]", locale)
            values.append(value)
            if number_format:
                extras = cell_input.with_number_format(row.extra(left + at), number_format)
                row = row.with_extras(left + at, [extras])
    else:
        values = cell_input.raw_line(line, place)
    if None in line:
        values = [
            row.value(at) if line[at - left] is None else values[at - left] for at in range(left, left + len(line))
        ]
    return row.with_values(left, values)


def _check_border(tab: Tab, box: Area, height: int, width: int) -> None:
    if box.top + height > box.bottom:
        beyond = f"row [{box.bottom + 1}]"
    elif box.left + width > box.right:
        beyond = f"column [{column_letters(box.right + 1)}]"
    else:
        return
    raise invalid(f"Requested writing within range [{tab.name_of(box)}], but tried writing to {beyond}")


def _list(body: Json, name: str) -> list[Json]:
    found = body.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise invalid(f"Invalid value at '{name}': a list of objects is due")
    return found


def _lines(body: Json, place: str) -> list[list[Any]]:
    """The rows of a ValueRange, turned where it gives columns. Raises ApiError."""
    lines = body.get("values") or []
    if not isinstance(lines, list) or not all(isinstance(line, list) for line in lines):
        raise invalid(f"Invalid value at '{place}.values' (type.googleapis.com/google.protobuf.ListValue)")
    if chosen(body, "majorDimension") == "COLUMNS":
        return [list(line) for line in zip_longest(*lines)]
    return lines


def _values_back(options: Mapping[str, Any]) -> Mapping[str, str] | None:
    """How to render the values that go back with the answer; None where nobody wants them."""
    if not _flag(options, "includeValuesInResponse"):
        return None
    return {
        "valueRenderOption": options.get("responseValueRenderOption", ""),
        "dateTimeRenderOption": options.get("responseDateTimeRenderOption", ""),
    }


def _update_answer(book: Book, tab: Tab, box: Area, cells: int, back: Mapping[str, str] | None) -> Json:
    answer: Json = {"spreadsheetId": book.id, "updatedRange": tab.name_of(box)}
    if cells:
        answer |= {"updatedRows": box.bottom - box.top, "updatedColumns": box.right - box.left, "updatedCells": cells}
    if back is not None:
        values = rendered(tab, box, back, book.locale)
        answer["updatedData"] = {"range": tab.name_of(box), "majorDimension": "ROWS", "values": values}
    return answer
