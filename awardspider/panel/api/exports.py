"""The tables of an export as files, for Power BI, Looker Studio and other tools."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from awardspider.panel.access import Viewer
from awardspider.panel.api.v1.schemas import ERRORS
from awardspider.panel.configuration import config_of
from awardspider.panel.long_responses import GeneratedFile
from awardspider.programs import all_programs
from awardspider.search.past_times import past_time
from awardspider.storage.export.formats import FORMATS, Layout, csv_blocks, jsonl_blocks, write_parquet
from awardspider.storage.export.layout import TABLES
from awardspider.storage.export.rows import Row, open_export

router = APIRouter(tags=["exports"], responses=ERRORS)

#: The tables and formats as enums, for the description of the API.
Table = StrEnum("Table", {name: name for name in TABLES})  # type: ignore[misc]  # the names are those of the export
FileFormat = StrEnum("FileFormat", {name: name for name in FORMATS})  # type: ignore[misc]

_MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {name: {"schema": {"type": "string"}} for name in _MEDIA_TYPES.values()},
    }
}
_MEMORY_BYTES = 8_000_000
_BLOCK_BYTES = 256 * 1024


@router.get("/export/{table}.{file_format}", response_class=Response, responses=_FILES)
def export_table(
    request: Request,
    visitor: Viewer,
    table: Table,
    file_format: FileFormat,
    since: Annotated[str | None, Query(description="Only rows seen or searched since: 24h, 7d or 2026-11-22")] = None,
) -> Response:
    """Return a table of `scrapy export` as CSV, JSON lines or Parquet. Long tables are streamed."""
    config = config_of(request)
    now = config.now()
    begin = past_time("since", since, now)
    layout = TABLES[table]

    def blocks() -> Iterator[bytes]:
        with (
            open_export(config.store, all_programs(), begin, now=now, max_age=config.max_age) as export,
            closing(export.rows(table)) as rows,
        ):
            if file_format == "csv":
                yield from csv_blocks(layout, rows, byte_order_mark=True)
            elif file_format == "jsonl":
                yield from jsonl_blocks(layout, rows)
            else:
                yield from _parquet_blocks(layout, rows)

    return GeneratedFile(blocks(), f"{table}.{file_format}", _MEDIA_TYPES[file_format])


def _parquet_blocks(layout: Layout, rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a Parquet file, which is written to a temporary file first if it is large."""
    with tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES) as file:
        write_parquet(layout, rows, file)  # type: ignore[arg-type]  # it has the methods of a binary file
        file.seek(0)
        while block := file.read(_BLOCK_BYTES):
            yield block
