"""The columns of the Offers tab and the values of its rows.

A row is a fare, which may be available for several parties. Its id determines the values that never change (program,
route, date, cabin, flights, fare), so only the other columns of an existing row are updated; they are contiguous. The
hidden column `check` contains a prefix of the id and a hash of the state. A row whose check is up to date is not
rewritten. A row that contains another fare's check shows that someone sorted the tab during an update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from itertools import groupby
from typing import Any, TypeAlias

import orjson

from awardspider.items import FieldRole
from awardspider.offer_fields import OFFER_COLUMNS, ColumnType, OfferColumn
from awardspider.programs import all_programs
from awardspider.storage.offer_status import OfferStatus
from awardspider.storage.offers import WatchedOffer

Value: TypeAlias = str | int | float | bool | None

# Day 0 of a spreadsheet's calendar (sinks.md, 4.4).
_DAY_ZERO = date(1899, 12, 30)
_MAX_TEXT = 1_000  # characters; Google allows 50,000

ID, CHECK, STATUS, DEAL = "offer id", "check", "status", "deal"
ON_SALE, SAVER, DROPPED, GONE = "on sale", "saver", "dropped", "gone"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferSheetColumn(SheetColumn):
    """A column of the Offers tab."""

    value: Callable[[WatchedOffer], Value]
    #: True if the value can change during an offer's lifetime.
    changes: bool = False


def date_serial(value: date | None) -> int | None:
    """Convert a date to a spreadsheet's serial number."""
    return None if value is None else (value - _DAY_ZERO).days


def utc_serial(value: datetime | None) -> float | None:
    """Convert a time to a spreadsheet's serial number, in UTC."""
    return None if value is None else local_serial(value.astimezone(UTC))


def local_serial(value: datetime | None) -> float | None:
    """Convert a time to a spreadsheet's serial number, ignoring its time zone."""
    if value is None:
        return None
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return (value.date() - _DAY_ZERO).days + round(seconds / 86_400, 6)


def deal(offer: WatchedOffer) -> str:
    """Return the most important label that applies to an offer, or an empty string.

    The labels of a price apply only to an available offer.
    """
    if offer.gone_at:
        return GONE
    if offer.current_status is not OfferStatus.AVAILABLE:
        return ""
    if offer.on_sale:
        return ON_SALE
    if offer.price_dropped:
        return DROPPED
    return SAVER if offer.saver else ""


def program_name(key: str) -> str:
    """Return the name of a program, or its key if the program is unknown."""
    program = all_programs().get(key)
    return program.name if program else key


_CONVERTERS: dict[ColumnType, Callable[[Any], Value]] = {
    ColumnType.AMOUNT: float,
    ColumnType.DATE: date_serial,
    ColumnType.TIME: utc_serial,
    ColumnType.LOCAL_TIME: local_serial,
}
_FIELD_CONVERTERS: dict[str, Callable[[Any], Value]] = {
    "program": program_name,
    "cabin": lambda cabin: str(cabin).replace("_", " "),
}
_CHANGING_ROLES = (FieldRole.STATE, FieldRole.PARTY)  # a row shows the smallest party that has the fare
_FIRST_FIELDS = ("program", "origin", "destination", "departure_date", "cabin")


def _field_column(field: OfferColumn) -> OfferSheetColumn:
    """Return the column for a field of an offer."""
    convert = _FIELD_CONVERTERS.get(field.name) or _CONVERTERS.get(field.type)

    def value(offer: WatchedOffer) -> Value:
        found: Any = field.value(offer)
        return found if convert is None or found is None else convert(found)

    return OfferSheetColumn(
        title=field.label,
        type=field.type,
        width=field.width,
        link=field.name == "booking_link",
        value=value,
        changes=field.role in _CHANGING_ROLES,
    )


def _time_column(title: str, value: Callable[[WatchedOffer], datetime | None], *, changes: bool) -> OfferSheetColumn:
    return OfferSheetColumn(
        title=title, type=ColumnType.TIME, width=130, value=lambda offer: utc_serial(value(offer)), changes=changes
    )


def _columns() -> Iterator[OfferSheetColumn]:
    fields = {field.name: field for field in OFFER_COLUMNS}
    remaining = [field for field in OFFER_COLUMNS if field.name not in _FIRST_FIELDS]
    yield OfferSheetColumn(title=ID, value=lambda offer: offer.fare_id, hidden=True)
    yield from (_field_column(fields[name]) for name in _FIRST_FIELDS)
    yield OfferSheetColumn(title=STATUS, width=90, value=lambda offer: str(offer.current_status), changes=True)
    yield OfferSheetColumn(title=DEAL, width=80, value=deal, changes=True)
    yield from (_field_column(field) for field in remaining if field.role in _CHANGING_ROLES)
    yield OfferSheetColumn(title="watches", width=160, value=lambda offer: "; ".join(offer.watches), changes=True)
    yield _time_column("seen (UTC)", lambda offer: offer.last_seen_at, changes=True)
    yield _time_column("gone since (UTC)", lambda offer: offer.gone_at, changes=True)
    yield OfferSheetColumn(title=CHECK, value=lambda offer: None, changes=True, hidden=True)
    yield from (_field_column(field) for field in remaining if field.role is FieldRole.IDENTITY)
    yield _time_column("first seen (UTC)", lambda offer: offer.first_seen_at, changes=False)
    yield from (_field_column(field) for field in remaining if field.role is FieldRole.NONE)


COLUMNS = tuple(_columns())
#: Title -> index in COLUMNS.
INDEX = {column.title: index for index, column in enumerate(COLUMNS)}
_CHANGING = tuple(index for index, column in enumerate(COLUMNS) if column.changes)


def row_values(offer: WatchedOffer) -> list[Value]:
    """Return the values of an offer's row, in the order of COLUMNS."""
    row = [_normalize_value(column.value(offer)) for column in COLUMNS]
    state = orjson.dumps([row[index] for index in _CHANGING])
    row[INDEX[CHECK]] = f"{fare_prefix(offer.fare_id)}-{blake2b(state, digest_size=4).hexdigest()}"
    return row


def fare_prefix(fare: str) -> str:
    """Return the prefix of a fare's id that its check begins with."""
    return fare[:8]


# ---- JSON ----------------------------------------------------------------------------------------------------------


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


class Header:
    """The positions of our columns in a sheet. Columns are found by title, so people may move them.

    Raise KeyError if the id column is missing.
    """

    def __init__(self, titles: Sequence[Any]) -> None:
        found: dict[str, int] = {}
        for position, title in enumerate(titles):
            found.setdefault(_normalize_title(title), position)
        #: Index in COLUMNS -> position in the sheet. Columns that someone removed or renamed are missing.
        self.positions = {
            index: found[title]
            for index, column in enumerate(COLUMNS)
            if (title := _normalize_title(column.title)) in found
        }
        self.id = found[ID]
        self.check = found.get(CHECK)
        self.width = 1 + max(self.positions.values())
        self.missing = [column for index, column in enumerate(COLUMNS) if index not in self.positions]
        changing = sorted((self.positions[index], index) for index in _CHANGING if index in self.positions)
        #: The contiguous runs of changing columns, each as its first position and its indexes in COLUMNS.
        self.runs: list[tuple[int, tuple[int, ...]]] = []
        for _, group in groupby(enumerate(changing), lambda item: item[1][0] - item[0]):
            run = [item for _, item in group]
            self.runs.append((run[0][0], tuple(index for _, index in run)))

    def new_row(self, row: Sequence[Value]) -> dict[str, Any]:
        """Return a complete row as RowData."""
        cells: list[dict[str, Any]] = [{}] * self.width
        for index, position in self.positions.items():
            cells[position] = cell_data(row[index], COLUMNS[index].link)
        return {"values": cells}

    def update_cells(self, gid: int, rows: Sequence[tuple[int, bytes]], max_rows: int) -> Iterator[bytes]:
        """Yield the spreadsheets.batchUpdate requests that write the changing columns of existing rows.

        `rows` contains pairs of a row number (from 0) and the row's values as JSON.
        """
        for first, block in _blocks(rows, max_rows):
            for start, indexes in self.runs:
                cells = [{"values": [cell_data(row[index]) for index in indexes]} for row in block]
                position = {"sheetId": gid, "rowIndex": first, "columnIndex": start}
                yield encode({"updateCells": {"start": position, "rows": cells, "fields": "userEnteredValue"}})

    def value_ranges(self, tab: str, rows: Sequence[tuple[int, bytes]], max_rows: int) -> Iterator[bytes]:
        """Yield ValueRange objects that write the same cells with values:batchUpdate, in a third of the bytes."""
        for first, block in _blocks(rows, max_rows):
            for start, indexes in self.runs:
                last = column_letters(start + len(indexes) - 1)
                area = f"'{tab}'!{column_letters(start)}{first + 1}:{last}{first + len(block)}"
                values = [["" if row[index] is None else row[index] for index in indexes] for row in block]
                yield encode({"range": area, "values": values})


def _blocks(rows: Sequence[tuple[int, bytes]], max_rows: int) -> Iterator[tuple[int, list[list[Value]]]]:
    """Yield each run of up to `max_rows` consecutive rows: the number of the first row, and the values of all rows."""
    block: list[list[Value]] = []
    first = 0
    for number, values in rows:
        if block and (number != first + len(block) or len(block) == max_rows):
            yield first, block
            block = []
        if not block:
            first = number
        block.append(orjson.loads(values))
    if block:
        yield first, block


def contiguous_ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Group numbers into contiguous ranges of start and end (exclusive)."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number:
            ranges[-1] = (ranges[-1][0], number + 1)
        else:
            ranges.append((number, number + 1))
    return ranges


def _normalize_title(title: Any) -> str:
    """Normalize a header for comparison: case-folded, without leading, trailing or repeated spaces."""
    return " ".join(str(title).split()).casefold()


def _normalize_value(value: Value) -> Value:
    """Remove unprintable characters from text and limit its length; return None for empty text."""
    if not isinstance(value, str):
        return value
    text = "".join(letter for letter in value if letter.isprintable() or letter in "\n\t")
    return text[:_MAX_TEXT] or None
