"""Runs: crawls that ran or run, with the outcomes of their searches."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from awardspider.panel.access import Operator
from awardspider.panel.api.v1.replies import Cursor, Size, json_reply, page_reply
from awardspider.panel.api.v1.schemas import ERRORS, NOT_FOUND, Page, Reply
from awardspider.panel.configuration import config_of
from awardspider.storage.records import run_record
from awardspider.storage.run_listing import failure_reasons, find_run
from awardspider.storage.run_pages import RunQuery, RunResult, run_page

router = APIRouter(prefix="/api/v1", tags=["runs"], responses=ERRORS)


@router.get("/runs", response_model=Page)
def list_runs(
    request: Request,
    visitor: Operator,
    program: Annotated[list[str] | None, Query(description="Keys of programs or names of spiders")] = None,
    result: Annotated[RunResult | None, Query(description="Result")] = None,
    host: Annotated[str, Query(description="Name of the machine")] = "",
    after: Cursor = None,
    size: Size = 50,
) -> Response:
    """List runs, latest first."""
    config, now = config_of(request), config_of(request).now()
    query = RunQuery(programs=tuple(program or ()), result=result, host=host)
    page = run_page(config.store, query, now, cursor=after, size=size)
    return page_reply(request, [run_record(row, now) for row in page.runs], page.next_cursor)


@router.get("/runs/{run_id}", response_model=Reply, responses=NOT_FOUND)
def get_run(request: Request, visitor: Operator, run_id: str) -> Response:
    """Return a run with the reasons of failed searches and the results of its monitors."""
    config, now = config_of(request), config_of(request).now()
    row = find_run(config.store, run_id, now)
    if row is None:
        raise HTTPException(404, f"there is no run {run_id}")
    more = {"failure_reasons": failure_reasons(config.store, row.run_id), "monitors": list(row.monitors)}
    return json_reply(request, run_record(row, now) | more)
