"""An export as CSV, JSON lines and Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import repeat
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from awardspider.offer_fields import ColumnType
from awardspider.storage.export.formats import BYTE_ORDER_MARK, csv_blocks, jsonl_blocks, write_table

# One column of each type.
LAYOUT = {column_type.value: column_type for column_type in ColumnType}
SEEN = datetime(2026, 11, 22, 10, 0, 0, 250, tzinfo=UTC)
LEAVES = datetime.fromisoformat("2027-03-10T08:05:00")
ROWS: list[tuple[Any, ...]] = [
    ("São Paulo", 12_500, Decimal("5.60"), 1.25, True, date(2027, 3, 10), SEEN, LEAVES),
    ('a "b", c\nd', -1, Decimal("5610.00"), 0.1, False, date(2026, 1, 1), SEEN - timedelta(microseconds=250), LEAVES),
    (None,) * 8,
]


def csv_bytes(rows: list[tuple[Any, ...]], *, byte_order_mark: bool = False) -> bytes:
    return b"".join(csv_blocks(LAYOUT, rows, byte_order_mark=byte_order_mark))


def csv_text_column(text: str) -> str:
    return b"".join(csv_blocks({"text": ColumnType.TEXT}, [(text,)], byte_order_mark=False)).decode()


def test_csv_has_iso_dates_and_times_in_utc() -> None:
    assert csv_bytes(ROWS).decode() == (
        "text,integer,amount,number,flag,date,time,local_time\n"
        "São Paulo,12500,5.60,1.25,true,2027-03-10,2026-11-22T10:00:00.000250Z,2027-03-10T08:05:00\n"
        '"a ""b"", c\nd",-1,5610.00,0.1,false,2026-01-01,2026-11-22T10:00:00Z,2027-03-10T08:05:00\n'
        ",,,,,,,\n"
    )


def test_a_byte_order_mark_is_written_on_request() -> None:
    assert csv_bytes(ROWS, byte_order_mark=True) == BYTE_ORDER_MARK.encode() + csv_bytes(ROWS)
    header = "text,integer,amount,number,flag,date,time,local_time\n"
    assert csv_bytes([], byte_order_mark=True).decode("utf-8-sig") == header


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_text_is_never_a_formula(sign: str) -> None:
    """Only CSV gets the apostrophe."""
    text = f'{sign}HYPERLINK("https://evil.example")'
    [row] = csv.DictReader(io.StringIO(csv_text_column(text), newline=""))
    assert row == {"text": f"'{text}"}
    assert json.loads(b"".join(jsonl_blocks({"text": ColumnType.TEXT}, [(text,)]))) == {"text": text}
    file = io.BytesIO()
    write_table("parquet", {"text": ColumnType.TEXT}, [(text,)], file)
    assert parquet.read_table(file).to_pylist() == [{"text": text}]


@pytest.mark.parametrize("text", ["", "a=b", " =1", "1-2", "'quoted'", "Ação"])
def test_other_text_is_unchanged(text: str) -> None:
    [row] = csv.DictReader(io.StringIO(csv_text_column(text), newline=""))
    assert row == {"text": text}


def test_a_negative_number_is_not_a_formula() -> None:
    assert b"".join(csv_blocks({"n": ColumnType.INTEGER}, [(-5,)], byte_order_mark=False)) == b"n\n-5\n"


def test_json_lines_have_typed_values() -> None:
    first, second, third = b"".join(jsonl_blocks(LAYOUT, ROWS)).decode().splitlines()
    assert first == (
        '{"text":"São Paulo","integer":12500,"amount":5.6,"number":1.25,"flag":true,"date":"2027-03-10",'
        '"time":"2026-11-22T10:00:00.000250Z","local_time":"2027-03-10T08:05:00"}'
    )
    assert json.loads(second)["text"] == 'a "b", c\nd'
    assert json.loads(third) == dict.fromkeys(LAYOUT)


def test_parquet_has_typed_values() -> None:
    file = io.BytesIO()
    assert write_table("parquet", LAYOUT, ROWS, file) == 3
    table = parquet.read_table(file)
    assert {field.name: field.type for field in table.schema} == {
        "text": pyarrow.string(),
        "integer": pyarrow.int64(),
        "amount": pyarrow.decimal128(24, 6),
        "number": pyarrow.float64(),
        "flag": pyarrow.bool_(),
        "date": pyarrow.date32(),
        "time": pyarrow.timestamp("us", tz="UTC"),
        "local_time": pyarrow.timestamp("us"),
    }
    assert [tuple(row.values()) for row in table.to_pylist()] == ROWS


def test_an_empty_table_has_columns() -> None:
    file = io.BytesIO()
    assert write_table("parquet", LAYOUT, [], file) == 0
    assert parquet.read_table(file).column_names == list(LAYOUT)
    assert b"".join(jsonl_blocks(LAYOUT, [])) == b""


def test_a_large_parquet_file_has_long_row_groups() -> None:
    file = io.BytesIO()
    assert write_table("parquet", {"n": ColumnType.INTEGER}, ((n,) for n in range(50_000)), file) == 50_000
    metadata = parquet.ParquetFile(file).metadata
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [20_000, 20_000, 10_000]
    assert parquet.read_table(file).column("n").to_pylist() == list(range(50_000))


@pytest.mark.parametrize("blocks_function", [csv_blocks, jsonl_blocks])
def test_blocks_are_written_before_the_last_row_is_read(blocks_function: Any) -> None:
    endless: Iterator[tuple[int]] = repeat((1,))
    options = {"byte_order_mark": True} if blocks_function is csv_blocks else {}
    blocks = blocks_function({"n": ColumnType.INTEGER}, endless, **options)
    assert sum(len(next(blocks)) for _ in range(3)) > 1000
