"""Requests to the seats.aero Partner API. Endpoints, fields and their sources: docs/sources/seatsaero.md."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response

from awardspider.crawling.responses import block_pattern, number_header
from awardspider.crawling.spider import RECHECK_PRIORITY, AwardSpider
from awardspider.items import Search, SearchKind
from awardspider.outcomes import NotServed, Reason, SearchFailed, UnexpectedResponse
from awardspider.search.bulk import bulk_searches, parse_bulk_programs
from awardspider.search.route_lists import due_list_searches, is_monitored, watched_programs

SITE = "https://seats.aero"

ROWS_PER_PAGE = 1000  # the maximum; a page costs one call, however long it is
RESERVED_CALLS = 50  # of the 1,000 daily calls, kept for other uses of the key
SOURCE_KEYS = {"sas": "eurobonus"}  # our key of a program -> their key, if it differs


class SeatsaeroSpider(AwardSpider):
    """seats.aero: rows of many programs for a route over the entire window, in pages, or the flights of a row or a day.

    With the argument `bulk`, the rows cover entire regions. Lists of monitored routes are requested once a week.
    """

    name = "seatsaero"
    search_kinds = (SearchKind.CALENDAR, SearchKind.ITINERARY)
    days_per_request = 366
    status_reasons: ClassVar = {404: Reason.BAD_REQUEST}  # the id of a row that no longer exists
    block_patterns = (block_pattern(r"pro_key_required|missing_partner_key|bad_partner_key", Reason.SIGN_IN_NEEDED),)
    extra_arguments: ClassVar = {"bulk": partial(parse_bulk_programs, source="seatsaero", source_keys=SOURCE_KEYS)}

    def plan(self, searches: list[Search]) -> list[Search]:
        """Return the searches for due route lists, then the given searches, replaced by bulk searches with `bulk`."""
        context, now, source = self.context, self.now(), self.program
        programs = self.extra.get("bulk")
        if programs:
            last = context.last_bulk_searches
            searches = bulk_searches(programs, self.watches, source=source, now=now, last_searches=last)
        programs = programs or watched_programs(self.watches, source)
        lists = due_list_searches(programs, source=source, lists=context.route_lists, now=now)
        return [*lists, *searches] if searches else []

    def booking_url(self, search: Search) -> str:
        # The search page of seats.aero; flights have links to the programs' sites.
        query = {
            "min_seats": search.travelers,
            "applicable_cabin": "any",
            "date": search.first.isoformat(),
            "origins": search.origin,
            "destinations": search.destination,
        }
        return f"{SITE}/search?{urlencode(query)}"

    def build_request(self, search: Search) -> Request:
        if search.source_id:
            return _api_request(self.access_key, f"trips/{search.source_id}")
        if search.kind == SearchKind.ROUTES:  # sent first: route lists determine what an empty response means
            return _api_request(self.access_key, "routes", {"source": _source_key(search)}).replace(
                priority=RECHECK_PRIORITY + 1
            )
        if _is_monitored(self, search) is False:
            raise _not_monitored(search)
        return _api_request(self.access_key, *_rows_query(search))

    def next_request(self, search: Search, response: Response) -> Request | None:
        """Build the request for the next page, with the first page's cursor and the number of rows received so far.

        Raise SearchFailed if there are no rows and the route is not known to be monitored; NotServed if it is known
        not to be.
        """
        page = _json_or_empty(response.body)
        rows, received = page.get("data"), response.meta.get("received", 0)
        is_empty = "data" in page and not rows and not received and not search.source_id
        if is_empty and (monitored := _is_monitored(self, search)) is not True:
            if monitored is False:
                raise _not_monitored(search)
            note = "and no route list confirms that it is monitored (the next crawl requests missing lists)"
            raise SearchFailed(Reason.BAD_REQUEST, f"no row for {_route(search)}, {note}")
        if page.get("hasMore") is not True or not isinstance(rows, list) or not rows:
            return None
        received += len(rows)
        cursor = response.meta.get("cursor", page.get("cursor"))
        if cursor is None:
            raise UnexpectedResponse("hasMore is true, but the cursor is missing")
        path, query = _rows_query(search)
        paging = {"cursor": cursor, "skip": received}
        return _api_request(self.access_key, path, query | paging, {"received": received, "cursor": cursor})

    def parse_quota(self, response: Response) -> tuple[int, float] | None:
        calls, seconds = number_header(response, "x-ratelimit-remaining"), number_header(response, "x-ratelimit-reset")
        return None if calls is None or seconds is None else (max(0, int(calls) - RESERVED_CALLS), seconds)


def _api_request(
    key: str, path: str, query: dict[str, object] | None = None, meta: dict[str, Any] | None = None
) -> Request:
    prefix = "Bearer " if key.startswith("seats:ota:") else ""  # for an application's key, not a personal one
    headers = {"Accept": "application/json", "Partner-Authorization": f"{prefix}{key}"}
    url = f"{SITE}/partnerapi/{path}"
    return Request(f"{url}?{urlencode(query)}" if query else url, headers=headers, meta=meta)


def _rows_query(search: Search) -> tuple[str, dict[str, object]]:
    """Return the path and the query for rows."""
    paging = {"start_date": search.first.isoformat(), "end_date": search.last.isoformat(), "take": ROWS_PER_PAGE}
    if search.kind == SearchKind.BULK:
        regions = {"origin_region": search.origin, "destination_region": search.destination}
        return "availability", {"source": _source_key(search)} | regions | paging
    flights = {"include_trips": "true"} if search.kind == SearchKind.ITINERARY else {}
    source = {"sources": _source_key(search)} if search.target_program else {}
    route = {"origin_airport": search.origin, "destination_airport": search.destination}
    return "search", route | paging | source | flights


def _source_key(search: Search) -> str:
    return SOURCE_KEYS.get(search.target_program, search.target_program)


def _is_monitored(spider: AwardSpider, search: Search) -> bool | None:
    lists, now = spider.context.route_lists, spider.now()
    return is_monitored(search, spider.watches, source=spider.program, lists=lists, now=now)


def _not_monitored(search: Search) -> NotServed:
    return NotServed(f"{_route(search)} is not monitored for any watched program", conclusive=False)


def _route(search: Search) -> str:
    return f"{search.origin}-{search.destination}"


def _json_or_empty(body: bytes) -> dict[str, Any]:
    try:
        page = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return page if isinstance(page, dict) else {}
