"""How to ask the seats.aero Partner API. Endpoints, fields and their sources: docs/sources/seatsaero.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response

from awardspider.crawling.responses import block_pattern
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Search, SearchKind
from awardspider.outcomes import InvalidArgument, Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers._values import float_or_none
from awardspider.parsers.seatsaero import PROGRAMS
from awardspider.programs import programs
from awardspider.search.bulk import bulk_searches
from awardspider.search.monitored import is_scanned, lists_due, wanted_programs

SITE = "https://seats.aero"

ROWS_A_PAGE = 1000  # the most; a page costs one call however long it is
CALLS_LEFT_ALONE = 50  # of the 1,000 a day: for whoever else uses the key
KEYS = {ours: theirs for theirs, ours in PROGRAMS.items()}  # of the programs whose key is another one there


def sources_of(text: str, arguments: Mapping[str, str]) -> tuple[str, ...]:
    """Our keys of the programs in `all` or a list of keys, theirs or ours. Raises BadArgument."""
    every = programs()["seatsaero"].covers
    if arguments.get("detail") == "itinerary":
        raise InvalidArgument("bulk asks for days, and detail is itinerary: leave one of them out")
    if text.strip().lower() == "all":
        return every
    keys = [PROGRAMS.get(key, key) for part in text.split(",") if (key := part.strip().lower())]
    if unknown := [key for key in keys if key not in every]:
        raise InvalidArgument(f"bulk: {', '.join(unknown)} is not among all, {', '.join(every)}")
    return tuple(dict.fromkeys(keys))


class SeatsaeroSpider(AwardSpider):
    """Many programs at once: a route's whole window in pages of rows, then the flights behind one row.

    With `bulk` the rows of whole regions instead. Once a week it asks which routes are scanned for the wanted programs.
    """

    name = "seatsaero"
    search_kinds = (SearchKind.CALENDAR, SearchKind.ITINERARY)
    days_per_request = 366
    status_reasons: ClassVar = {404: Reason.BAD_REQUEST}  # a handle that they do not know any more
    block_patterns = (block_pattern(r"pro_key_required|missing_partner_key|bad_partner_key", Reason.SIGN_IN_NEEDED),)
    extra_arguments: ClassVar = {"bulk": sources_of}

    def plan(self, searches: list[Search]) -> list[Search]:
        """The lists of routes that are due, then what is wanted: in bulk where the arguments say so."""
        known, now, watches = self.context, self.now(), self.watches
        wanted = self.own.get("bulk")
        if wanted:
            looks = known.last_bulk_searches
            searches = bulk_searches(wanted, watches, source=self.program, now=now, last_searches=looks)
        due = lists_due(
            wanted or wanted_programs(watches, self.program), source=self.program, monitored=known.monitored, now=now
        )
        return [*due, *searches] if searches else []

    def booking_url(self, search: Search) -> str:
        """Their own search page; the flights bring links into the programs themselves."""
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
            return _call(self.access_key, f"trips/{search.source_id}")
        if search.kind == SearchKind.ROUTES:  # ahead of all others: what these bring is understood with its help
            source = KEYS.get(search.target_program, search.target_program)
            return _call(self.access_key, "routes", {"source": source}).replace(priority=1)
        if _is_scanned(self, search) is False:
            raise SearchFailed(Reason.BAD_REQUEST, f"no wanted program is scanned on {_where(search)}")
        return _call(self.access_key, *_asked(search))

    def next_request(self, search: Search, response: Response) -> Request | None:
        """The next page: the first page's cursor again, and how many rows have come so far."""
        page = _opened(response.body)
        rows, received = page.get("data"), response.meta.get("received", 0)
        if "data" in page and not rows and not received and not search.source_id and not _is_scanned(self, search):
            raise SearchFailed(Reason.BAD_REQUEST, _nobody_knows(search))
        if page.get("hasMore") is not True or not isinstance(rows, list) or not rows:
            return None
        received += len(rows)
        cursor = response.meta.get("cursor", page.get("cursor"))
        if cursor is None:
            raise UnexpectedResponse("hasMore is true, and there is no cursor")
        path, query = _asked(search)
        paging = {"cursor": cursor, "skip": received}
        return _call(self.access_key, path, query | paging, {"received": received, "cursor": cursor})

    def parse_quota(self, response: Response) -> tuple[int, float] | None:
        left = float_or_none((response.headers.get("x-ratelimit-remaining") or b"").decode("latin-1"))
        seconds = float_or_none((response.headers.get("x-ratelimit-reset") or b"").decode("latin-1"))
        return None if left is None or seconds is None else (max(0, int(left) - CALLS_LEFT_ALONE), seconds)


def _call(key: str, path: str, query: dict[str, object] | None = None, meta: dict[str, Any] | None = None) -> Request:
    bearer = "Bearer " if key.startswith("seats:ota:") else ""  # an application's; a person's key stands alone
    headers = {"Accept": "application/json", "Partner-Authorization": f"{bearer}{key}"}
    address = f"{SITE}/partnerapi/{path}"
    return Request(f"{address}?{urlencode(query)}" if query else address, headers=headers, meta=meta)


def _asked(search: Search) -> tuple[str, dict[str, object]]:
    """The path and the query for rows."""
    paging = {"start_date": search.first.isoformat(), "end_date": search.last.isoformat(), "take": ROWS_A_PAGE}
    if search.kind == SearchKind.BULK:
        regions = {"origin_region": search.origin, "destination_region": search.destination}
        return "availability", {"source": KEYS.get(search.target_program, search.target_program)} | regions | paging
    flights = {"include_trips": "true"} if search.kind == SearchKind.ITINERARY else {}
    subject = {"sources": KEYS.get(search.target_program, search.target_program)} if search.target_program else {}
    route = {"origin_airport": search.origin, "destination_airport": search.destination}
    return "search", route | paging | subject | flights


def _is_scanned(spider: AwardSpider, search: Search) -> bool | None:
    monitored, now = spider.context.monitored, spider.now()
    return is_scanned(search, spider.watches, source=spider.program, monitored=monitored, now=now)


def _where(search: Search) -> str:
    return f"{search.origin}-{search.destination}"


def _nobody_knows(search: Search) -> str:
    """The sentence for an answer without rows where it is not known that anybody looks there."""
    return (
        f"there is no row for {_where(search)}, and no list of routes that was read says that it is scanned: "
        "the next crawl asks for the lists that are missing"
    )


def _opened(body: bytes) -> dict[str, Any]:
    try:
        page = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return page if isinstance(page, dict) else {}
