"""The tables of an export as files, for Power BI, Looker Studio and other tools."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from awardspider.outcomes import InvalidArgument
from awardspider.panel.access import Viewer
from awardspider.panel.configuration import config_of
from awardspider.programs import all_programs
from awardspider.search.past_times import past_time
from awardspider.storage.export.formats import FORMATS, Layout, csv_blocks, jsonl_blocks, require_parquet, write_parquet
from awardspider.storage.export.layout import TABLES
from awardspider.storage.export.rows import Row, open_export

router = APIRouter(tags=["exports"])

_MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
_MEMORY_BYTES = 8_000_000
_BLOCK_BYTES = 256 * 1024


@router.get("/export/{table}.{file_format}")
def export_table(
    request: Request,
    visitor: Viewer,
    table: str,
    file_format: str,
    since: Annotated[str | None, Query(description="Only rows seen or searched since: 24h, 7d or 2026-11-22")] = None,
) -> Response:
    """Return a table of `scrapy export` as CSV, JSON lines or Parquet. Long tables are streamed."""
    if table not in TABLES:
        raise InvalidArgument(f"there is no table {table!r}; choose from {', '.join(TABLES)}")
    if file_format not in FORMATS:
        raise InvalidArgument(f"there is no format {file_format!r}; choose from {', '.join(FORMATS)}")
    if file_format == "parquet":
        require_parquet()
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

    return StreamingResponse(
        blocks(),
        media_type=_MEDIA_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="{table}.{file_format}"'},
    )


def _parquet_blocks(layout: Layout, rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a Parquet file, which is written to a temporary file first if it is large."""
    with tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES) as file:
        write_parquet(layout, rows, file)  # type: ignore[arg-type]  # it has the methods of a binary file
        file.seek(0)
        while block := file.read(_BLOCK_BYTES):
            yield block
