"""Cells of any tab: columns, values, and the requests that write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias

import orjson

from awardspider.offer_fields import ColumnType

Value: TypeAlias = str | int | float | bool | None

# Day 0 of a spreadsheet's calendar (sinks.md, 4.4).
_DAY_ZERO = date(1899, 12, 30)
_MAX_TEXT = 1_000  # characters; Google allows 50,000


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumn:
    """A column of any tab."""

    #: The header that identifies the column.
    title: str
    type: ColumnType = ColumnType.TEXT
    #: The width in pixels.
    width: int = 110
    hidden: bool = False
    #: True if the values are links.
    link: bool = False
    #: The pattern of the number format, if it is not that of the type.
    pattern: str = ""


def date_serial(value: date | None) -> int | None:
    """Convert a date to a spreadsheet's serial number."""
    return None if value is None else (value - _DAY_ZERO).days


def utc_serial(value: datetime | None) -> float | None:
    """Convert a time to a spreadsheet's serial number, in UTC."""
    return None if value is None else local_serial(value.astimezone(UTC))


def time_of_serial(serial: float) -> datetime:
    """Convert a spreadsheet's serial number, in UTC, to a time."""
    return datetime.combine(_DAY_ZERO, time(), UTC) + timedelta(days=serial)


def local_serial(value: datetime | None) -> float | None:
    """Convert a time to a spreadsheet's serial number, ignoring its time zone."""
    if value is None:
        return None
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return (value.date() - _DAY_ZERO).days + round(seconds / 86_400, 6)


def cell_data(value: Value, link: bool = False) -> dict[str, Any]:
    """Return a value as CellData, which Google does not parse, so text cannot become a formula."""
    if value is None or value == "":
        return {}
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, (int, float)):
        return {"userEnteredValue": {"numberValue": value}}
    data: dict[str, Any] = {"userEnteredValue": {"stringValue": value}}
    if link and value.startswith(("https://", "http://")) and " " not in value:
        data["userEnteredFormat"] = {"textFormat": {"link": {"uri": value}}}
    return data


def encode(value: object) -> bytes:
    """Return a request, or a part of one, as JSON."""
    # Copied, because orjson's result keeps an eight-kilobyte buffer in memory.
    return bytes(memoryview(orjson.dumps(value)))


def column_letters(position: int) -> str:
    """Return a column's letters: A for 0, AA for 26."""
    letters = ""
    position += 1
    while position:
        position, remainder = divmod(position - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return letters


def contiguous_ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Group numbers into contiguous ranges of start and end (exclusive)."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number:
            ranges[-1] = (ranges[-1][0], number + 1)
        else:
            ranges.append((number, number + 1))
    return ranges


def normalize_value(value: Value) -> Value:
    """Remove unprintable characters from text and limit its length; return None for empty text."""
    if not isinstance(value, str):
        return value
    text = "".join(letter for letter in value if letter.isprintable() or letter in "\n\t")
    return text[:_MAX_TEXT] or None


def rewrite_rows(
    gid: int,
    rows: int,
    columns: Sequence[SheetColumn],
    lines: Sequence[Sequence[Value]],
    first_row: int = 1,
) -> list[bytes]:
    """Return the requests that rewrite a tab from a row on. `rows` is the number of rows in its grid."""
    requests: list[bytes] = []
    end = first_row + len(lines) + 1
    if end > rows:
        requests.append(encode({"appendDimension": {"sheetId": gid, "dimension": "ROWS", "length": end - rows}}))
        rows = end
    # A range, because Google then clears the cells in it that get no value.
    area = {
        "sheetId": gid,
        "startRowIndex": first_row,
        "endRowIndex": rows,
        "startColumnIndex": 0,
        "endColumnIndex": len(columns),
    }
    cells = [
        {"values": [cell_data(value, column.link) for value, column in zip(line, columns, strict=True)]}
        for line in lines
    ]
    fields = "userEnteredValue,userEnteredFormat.textFormat.link"
    return [*requests, encode({"updateCells": {"range": area, "rows": cells, "fields": fields}})]
