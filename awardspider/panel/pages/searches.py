"""The page of searches: every search with its outcome, filtered, and the CSV of exactly that view."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request
from starlette.responses import Response

from awardspider.items import SearchKind
from awardspider.outcomes import Outcome, Reason
from awardspider.panel.access import Viewer
from awardspider.panel.configuration import config_of
from awardspider.panel.long_responses import GeneratedFile
from awardspider.panel.preferences import preferences_of
from awardspider.panel.program_choices import spider_choices
from awardspider.panel.rendering import render
from awardspider.panel.search_filters import parse_search_filters, require_valid
from awardspider.storage.export.formats import csv_blocks
from awardspider.storage.export.layout import SEARCHES
from awardspider.storage.export.rows import Row
from awardspider.storage.search_pages import find_all_searches, search_page
from awardspider.storage.searches import SearchRow

router = APIRouter()


@router.get("/searches")
def searches_page(request: Request, visitor: Viewer) -> Response:
    """Show a page of searches, the latest first."""
    config = config_of(request)
    zone = preferences_of(request, config.settings).zone
    filters = parse_search_filters(request.query_params, zone)
    cursor = request.query_params.get("after") or None
    page = search_page(config.store, filters.query, cursor=cursor)
    return render(
        request,
        visitor,
        "searches.html",
        page=page,
        filters=filters,
        is_first=cursor is None,
        programs=spider_choices(),
        outcomes=list(Outcome),
        reasons=list(Reason),
        kinds=list(SearchKind),
    )


@router.get("/searches.csv")
def searches_csv(request: Request, visitor: Viewer) -> Response:
    """Return all searches of the filter as CSV, without text that a spreadsheet would treat as a formula."""
    config = config_of(request)
    zone = preferences_of(request, config.settings).zone
    query = require_valid(parse_search_filters(request.query_params, zone))
    blocks = csv_blocks(SEARCHES, _export_rows(find_all_searches(config.store, query)), byte_order_mark=True)
    return GeneratedFile(blocks, "searches.csv", "text/csv; charset=utf-8")


def _export_rows(searches: Iterator[SearchRow]) -> Iterator[Row]:
    for search in searches:
        reason = search.reason.value if search.reason else None
        yield (
            search.id, search.requested_at, search.requested_at.date(), search.program, search.kind.value,
            search.origin, search.destination, search.first_day, search.last_day, search.cabins or None,
            search.travelers, search.target_program, search.outcome.value, reason, search.note or None,
            search.http_status, search.offers, search.invalid, search.seconds, search.run_id,
        )  # fmt: skip
