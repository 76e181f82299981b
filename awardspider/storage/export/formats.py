"""An export's rows as bytes: CSV and JSON lines in blocks, for a file or whoever asked, and Parquet files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

import orjson

from awardspider.outcomes import InvalidArgument
from awardspider.storage.export.layout import Kind
from awardspider.storage.export.rows import ROWS_AT_ONCE, Row

FORMS = ("csv", "jsonl", "parquet")

# What tells Excel that a file is UTF-8; without it every ã and é is garbled there. Programs that read from a pipe
# mostly don't expect it.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# A spreadsheet that opens a CSV takes a text that begins with one of these for a formula, and would run it.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")

# Of a Parquet file. Fewer, longer groups are read faster, but a group is held until it is complete.
_ROWS_OF_A_GROUP = 20_000
# Digits in all and after the point: more than any amount has.
_DECIMAL_DIGITS = (24, 6)

Layout = Mapping[str, Kind]


def csv_blocks(layout: Layout, rows: Iterable[Row], *, for_a_file: bool) -> Iterator[bytes]:
    """CSV with a header: UTF-8, comma, quotes where needed, ISO dates, times in UTC with Z, a point in decimals.

    Text that a spreadsheet would take for a formula gets an apostrophe in front. `for_a_file` puts a byte order mark
    first, for Excel.
    """
    if for_a_file:
        yield BYTE_ORDER_MARK
    changes = [(place, _CSV_VALUES[kind]) for place, kind in enumerate(layout.values()) if kind in _CSV_VALUES]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(layout)
    for block in _blocks(rows):
        columns: list[Iterable[Any]] = list(zip(*block, strict=True))
        for place, change in changes:
            columns[place] = [None if value is None else change(value) for value in columns[place]]
        writer.writerows(zip(*columns, strict=True))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


def jsonl_blocks(layout: Layout, rows: Iterable[Row]) -> Iterator[bytes]:
    """One JSON object a line: numbers as numbers, dates and times as in CSV, every text as it came."""
    names = tuple(layout)
    options = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
    for block in _blocks(rows):
        yield b"".join(orjson.dumps(dict(zip(names, row, strict=True)), _as_number, options) for row in block)


def write_parquet(layout: Layout, rows: Iterable[Row], file: BinaryIO) -> None:
    """A Parquet file: decimals, dates and times with their types, times in UTC, every text as it came.

    Raises BadArgument where pyarrow is not installed.
    """
    require_parquet()
    import pyarrow  # type: ignore[import-untyped]  # it ships no types
    from pyarrow import parquet

    types = {
        Kind.TEXT: pyarrow.string(),
        Kind.WHOLE: pyarrow.int64(),
        Kind.NUMBER: pyarrow.float64(),
        Kind.AMOUNT: pyarrow.decimal128(*_DECIMAL_DIGITS),
        Kind.FLAG: pyarrow.bool_(),
        Kind.DAY: pyarrow.date32(),
        Kind.TIME: pyarrow.timestamp("us", tz="UTC"),
        Kind.LOCAL: pyarrow.timestamp("us"),
    }
    schema = pyarrow.schema([(name, types[kind]) for name, kind in layout.items()])
    amounts = [place for place, kind in enumerate(layout.values()) if kind is Kind.AMOUNT]
    blocks = _blocks(rows)
    with parquet.ParquetWriter(file, schema, compression="snappy") as writer:
        while group := list(islice(_batches(pyarrow, schema, amounts, blocks), _ROWS_OF_A_GROUP // ROWS_AT_ONCE)):
            writer.write_table(pyarrow.Table.from_batches(group))


def require_parquet() -> None:
    """Raise BadArgument, which says what to install, where Parquet cannot be written."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise InvalidArgument("Parquet needs pyarrow, which is not installed: pip install pyarrow") from None


def write_form(form: str, layout: Layout, rows: Iterable[Row], file: BinaryIO) -> int:
    """Write a table to a file in one of FORMS; returns how many rows."""
    counted = _Counted(rows)
    if form == "parquet":
        write_parquet(layout, counted, file)
    else:
        blocks = csv_blocks(layout, counted, for_a_file=True) if form == "csv" else jsonl_blocks(layout, counted)
        file.writelines(blocks)
    return counted.count


class _Counted:
    """Rows that are counted as they pass."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.count += 1
            yield row


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while block := list(islice(waiting, ROWS_AT_ONCE)):
        yield block


def _batches(pyarrow: Any, schema: Any, amounts: list[int], blocks: Iterator[list[Row]]) -> Iterator[Any]:
    smallest = Decimal(1).scaleb(-_DECIMAL_DIGITS[1])
    for block in blocks:
        columns: list[Iterable[Any]] = list(zip(*block, strict=True))
        for place in amounts:
            # Arrow refuses to round; six decimals are finer than any price.
            columns[place] = [None if value is None else value.quantize(smallest) for value in columns[place]]
        yield pyarrow.record_batch(columns, schema=schema)


def _inert(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA_SIGNS) else value


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _utc(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _as_number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{value!r} has no form in JSON")


_CSV_VALUES: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: _inert,
    Kind.AMOUNT: lambda amount: f"{amount:f}",
    Kind.FLAG: _flag,
    Kind.TIME: _utc,
    Kind.LOCAL: datetime.isoformat,
}
