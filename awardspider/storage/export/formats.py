"""The formats of an export: CSV and JSON lines in blocks of bytes, and Parquet files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

import orjson

from awardspider.offer_fields import ColumnType
from awardspider.storage.export.rows import Row
from awardspider.storage.store import ROWS_PER_FETCH

FORMATS = ("csv", "jsonl", "parquet")

# Excel needs this mark to read a CSV file as UTF-8. Most programs that read from a pipe do not expect it.
BYTE_ORDER_MARK = "\ufeff"

# Spreadsheets treat CSV text that begins with one of these as a formula, unless it is a number.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*")

# Rows in each group of a Parquet file. Larger groups are faster to read, but a group stays in memory until complete.
_ROWS_PER_GROUP = 20_000
# Total digits and decimal places, which exceed those of any amount.
_DECIMAL_DIGITS = (24, 6)

Layout = Mapping[str, ColumnType]


def without_formula(text: str) -> str:
    """Return CSV text with a leading apostrophe if a spreadsheet would treat it as a formula; numbers are unchanged."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) and not _NUMBER.fullmatch(text) else text


def csv_blocks(layout: Layout, rows: Iterable[Row], *, byte_order_mark: bool) -> Iterator[bytes]:
    """Yield CSV with a header: UTF-8, commas, minimal quoting, ISO dates, UTC times with Z, and decimal points.

    Text that a spreadsheet would treat as a formula gets a leading apostrophe. Files for Excel need `byte_order_mark`.
    The first block has the first rows too, so that an error of theirs is raised before anything was written.
    """
    converters = [(place, _TO_CSV[kind]) for place, kind in enumerate(layout.values()) if kind in _TO_CSV]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    buffer.write(BYTE_ORDER_MARK if byte_order_mark else "")
    writer.writerow(layout)
    for block in _blocks(rows):
        columns: list[Iterable[Any]] = list(zip(*block, strict=True))
        for place, convert in converters:
            columns[place] = [None if value is None else convert(value) for value in columns[place]]
        writer.writerows(zip(*columns, strict=True))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def jsonl_blocks(layout: Layout, rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield one JSON object per line, with amounts as numbers, dates and times as in CSV, and text unchanged."""
    names = tuple(layout)
    options = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
    for block in _blocks(rows):
        yield b"".join(orjson.dumps(dict(zip(names, row, strict=True)), _json_number, options) for row in block)


def write_parquet(layout: Layout, rows: Iterable[Row], file: BinaryIO) -> None:
    """Write a Parquet file with typed decimals, dates and UTC times, and with text unchanged."""
    # Imported here because it takes a quarter of a second, and only this format needs it.
    import pyarrow  # type: ignore[import-untyped]  # it ships no types
    from pyarrow import parquet

    types = {
        ColumnType.TEXT: pyarrow.string(),
        ColumnType.INTEGER: pyarrow.int64(),
        ColumnType.NUMBER: pyarrow.float64(),
        ColumnType.AMOUNT: pyarrow.decimal128(*_DECIMAL_DIGITS),
        ColumnType.FLAG: pyarrow.bool_(),
        ColumnType.DATE: pyarrow.date32(),
        ColumnType.TIME: pyarrow.timestamp("us", tz="UTC"),
        ColumnType.LOCAL_TIME: pyarrow.timestamp("us"),
    }
    schema = pyarrow.schema([(name, types[kind]) for name, kind in layout.items()])
    amounts = [place for place, kind in enumerate(layout.values()) if kind is ColumnType.AMOUNT]
    blocks = _blocks(rows)
    with parquet.ParquetWriter(file, schema, compression="snappy") as writer:
        while group := list(
            islice(_record_batches(pyarrow, schema, amounts, blocks), _ROWS_PER_GROUP // ROWS_PER_FETCH)
        ):
            writer.write_table(pyarrow.Table.from_batches(group))


def write_table(table_format: str, layout: Layout, rows: Iterable[Row], file: BinaryIO) -> int:
    """Write a table to a file in one of FORMATS and return the number of rows."""
    counted = _Counted(rows)
    if table_format == "parquet":
        write_parquet(layout, counted, file)
    elif table_format == "csv":
        file.writelines(csv_blocks(layout, counted, byte_order_mark=True))
    else:
        file.writelines(jsonl_blocks(layout, counted))
    return counted.count


class _Counted:
    """An iterable that counts its rows."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.count += 1
            yield row


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while block := list(islice(iterator, ROWS_PER_FETCH)):
        yield block


def _record_batches(pyarrow: Any, schema: Any, amounts: list[int], blocks: Iterator[list[Row]]) -> Iterator[Any]:
    smallest = Decimal(1).scaleb(-_DECIMAL_DIGITS[1])
    for block in blocks:
        columns: list[Iterable[Any]] = list(zip(*block, strict=True))
        for place in amounts:
            # Arrow refuses to round. Six decimal places are more than any amount needs.
            columns[place] = [None if value is None else value.quantize(smallest) for value in columns[place]]
        yield pyarrow.record_batch(columns, schema=schema)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _utc(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _json_number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{value!r} has no JSON form")


_TO_CSV: dict[ColumnType, Callable[[Any], str]] = {
    ColumnType.TEXT: without_formula,
    ColumnType.AMOUNT: lambda amount: f"{amount:f}",
    ColumnType.FLAG: _flag,
    ColumnType.TIME: _utc,
    ColumnType.LOCAL_TIME: datetime.isoformat,
}
