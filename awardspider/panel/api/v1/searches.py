"""Searches: what was requested of each program, and whether it was found, empty or failed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from awardspider.items import SearchKind
from awardspider.outcomes import Outcome, Reason
from awardspider.panel.access import Viewer
from awardspider.panel.api.v1.replies import Cursor, Size, page_reply
from awardspider.panel.api.v1.schemas import ERRORS, Page
from awardspider.panel.configuration import config_of
from awardspider.search.past_times import past_time
from awardspider.storage.records import search_record
from awardspider.storage.search_pages import search_page
from awardspider.storage.search_queries import SearchQuery

router = APIRouter(prefix="/api/v1", tags=["searches"], responses=ERRORS)

_TIME = "90m, 24h, 7d, or a day or time such as 2026-11-22T10:00Z"


@router.get("/searches", response_model=Page)
def list_searches(
    request: Request,
    visitor: Viewer,
    program: Annotated[list[str] | None, Query(description="Keys of programs")] = None,
    outcome: Annotated[list[Outcome] | None, Query(description="Outcomes")] = None,
    reason: Annotated[list[Reason] | None, Query(description="Reasons of failed searches")] = None,
    kind: Annotated[list[SearchKind] | None, Query(description="Kinds")] = None,
    origin: Annotated[list[str] | None, Query(alias="from", description="Airport codes")] = None,
    destination: Annotated[list[str] | None, Query(alias="to", description="Airport codes")] = None,
    run: Annotated[str | None, Query(description="Id of a run")] = None,
    since: Annotated[str | None, Query(description=f"Requested since: {_TIME}")] = None,
    until: Annotated[str | None, Query(description=f"Requested before: {_TIME}")] = None,
    after: Cursor = None,
    size: Size = 50,
) -> Response:
    """List searches, latest first."""
    config, now = config_of(request), config_of(request).now()
    query = SearchQuery(
        programs=tuple(program or ()),
        outcomes=tuple(outcome or ()),
        reasons=tuple(reason or ()),
        kinds=tuple(kind or ()),
        origins=tuple(origin or ()),
        destinations=tuple(destination or ()),
        run_id=run,
        since=past_time("since", since, now),
        until=past_time("until", until, now),
    )
    page = search_page(config.store, query, cursor=after, size=size)
    items = [search_record(row) for row in page.searches]
    return page_reply(request, items, page.next_cursor, page.count, is_capped=page.count_is_capped)
