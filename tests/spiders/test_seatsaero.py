"""What is particular about asking seats.aero: bulk, lists of routes, and what an empty answer is worth."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy import Request
from scrapy.http import TextResponse
from scrapy.settings import Settings

from awardspider.crawling.context import CrawlContext
from awardspider.items import MonitoredRoute, MonitoredRoutes, Search
from awardspider.outcomes import InvalidArgument, Reason, SearchFailed, UnexpectedResponse
from awardspider.search.monitored import Monitored
from awardspider.spiders.seatsaero import SeatsaeroSpider
from tests.support.parser_cases import LISTING, Case, odd_of, over

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CALENDAR = Search(
    program="seatsaero",
    kind="calendar",
    origin="JFK",
    destination="LHR",
    first=date(2027, 3, 1),
    last=date(2027, 3, 31),
)
BULK = replace(CALENDAR, kind="bulk", origin="North America", destination="Europe", target_program="sas")
ROUTES = replace(CALENDAR, kind="routes", origin="any", destination="any", target_program="sas")


class Told(SeatsaeroSpider):
    """The spider with a key, at a time of its own."""

    settings = Settings({"AWARD_KEYS": {"seatsaero": "pro_key"}})
    now = staticmethod(lambda: NOW)


def a_spider(*lists: MonitoredRoutes, **arguments: str) -> SeatsaeroSpider:
    """A spider that is to look for JFK-LHR and has these lists of routes."""
    given = {"origin": "JFK", "destination": "LHR", "dates": "2027-03"} | arguments
    spider = Told(**given)
    monitored = Monitored([("JFK", "LHR")])
    for listed in lists:
        monitored.note(listed)
    spider.context = CrawlContext(monitored=monitored)
    return spider


def lists(*routes: MonitoredRoute, of: tuple[str, ...] = ()) -> list[MonitoredRoutes]:
    """The same list of routes for each program."""
    programs = of or SeatsaeroSpider().program.covers
    return [MonitoredRoutes(program=key, source="seatsaero", routes=routes, seen_at=NOW) for key in programs]


def query_of(request: Request) -> tuple[str, dict[str, str]]:
    parts = urlsplit(request.url)
    return parts.path, {name: value for name, (value,) in parse_qs(parts.query).items()}


def page(request: Request, rows: int = 0, **known: Any) -> TextResponse:
    answer = {"data": [{"ID": str(number)} for number in range(rows)], "count": rows, "hasMore": False} | known
    return TextResponse(request.url, body=json.dumps(answer).encode(), request=request)


# ---- requests ------------------------------------------------------------------------------------------------------


def test_bulk_asks_for_one_program_between_two_regions() -> None:
    assert query_of(a_spider().build_request(BULK)) == (
        "/partnerapi/availability",
        {
            "source": "eurobonus",  # their key of it
            "origin_region": "North America",
            "destination_region": "Europe",
            "start_date": "2027-03-01",
            "end_date": "2027-03-31",
            "take": "1000",
        },
    )


def test_the_lists_of_routes_go_ahead_of_all_others() -> None:
    spider = a_spider()
    request = spider.build_request(ROUTES)
    assert query_of(request) == ("/partnerapi/routes", {"source": "eurobonus"})
    assert request.priority > spider.build_request(CALENDAR).priority
    assert spider.next_request(ROUTES, TextResponse(request.url, body=b"[]", request=request)) is None


@pytest.mark.parametrize("search", [CALENDAR, BULK], ids=["search", "bulk"])
def test_pages_go_on_with_the_first_cursor_and_what_has_come(search: Search) -> None:
    spider = a_spider()
    first = spider.build_request(search)
    second = spider.next_request(search, page(first, 3, hasMore=True, cursor=7))
    assert second is not None
    third = spider.next_request(search, page(second, 2, hasMore=True, cursor=9))
    assert third is not None
    path, asked = query_of(first)
    assert query_of(second) == (path, asked | {"cursor": "7", "skip": "3"})
    assert query_of(third) == (path, asked | {"cursor": "7", "skip": "5"})
    assert spider.next_request(search, page(third, 1)) is None
    assert spider.next_request(search, page(third, 0, hasMore=True)) is None, "an empty page is the end"
    with pytest.raises(UnexpectedResponse):
        spider.next_request(search, page(first, 1, hasMore=True))


def test_a_search_about_one_program_asks_for_it_alone() -> None:
    of_one = replace(CALENDAR, kind="itinerary", target_program="sas")
    assert query_of(a_spider().build_request(of_one))[1]["sources"] == "eurobonus"  # their key of it
    assert "sources" not in query_of(a_spider().build_request(CALENDAR))[1]


# ---- arguments and plan --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "programs"),
    [("united", ("united",)), (" SAS, delta,eurobonus ", ("sas", "delta")), ("delta,", ("delta",))],
)
def test_sources_are_named_by_their_key_or_ours(text: str, programs: tuple[str, ...]) -> None:
    assert SeatsaeroSpider(bulk=text).own == {"bulk": programs}


def test_all_sources() -> None:
    assert SeatsaeroSpider(bulk="all").own["bulk"] == SeatsaeroSpider().program.covers
    assert SeatsaeroSpider(bulk="").own == {}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"bulk": "united,lifemiles"}, "bulk: lifemiles is not among all, sas, virginatlantic"),
        ({"bulk": "united", "detail": "itinerary"}, "bulk asks for days, and detail is itinerary"),
        ({"source": "united"}, "source: no such argument; there are .* transport, bulk"),
    ],
)
def test_arguments_that_cannot_be(arguments: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidArgument, match=sentence):
        SeatsaeroSpider(**arguments)


def test_the_plan_begins_with_the_lists_that_are_due() -> None:
    old = [replace(listed, seen_at=NOW - timedelta(days=8)) for listed in lists(of=("delta",))]
    planned = a_spider(*lists(), *old).plan([CALENDAR])
    assert [(search.kind, search.target_program) for search in planned] == [("routes", "delta"), ("calendar", "")]
    assert a_spider().plan([]) == [], "nothing to look for, nothing to know"


def test_bulk_takes_the_place_of_what_is_asked_by_the_route() -> None:
    planned = a_spider(bulk="sas,delta").plan([CALENDAR])
    assert [(search.kind, search.target_program) for search in planned] == [
        ("routes", "sas"),
        ("routes", "delta"),
        ("bulk", "delta"),
        ("bulk", "sas"),
    ]
    assert planned[2] == replace(BULK, target_program="delta")


# ---- what an empty answer is worth ---------------------------------------------------------------------------------

JFK_LHR = MonitoredRoute("JFK", "LHR", 330)


def test_no_rows_on_a_route_that_is_scanned_is_none() -> None:
    spider = a_spider(*lists(JFK_LHR, of=("delta",)))
    assert spider.next_request(CALENDAR, page(spider.build_request(CALENDAR))) is None


def test_no_rows_on_a_route_that_nobody_may_scan_is_no_evidence() -> None:
    spider = a_spider(*lists(of=("delta",)))
    with pytest.raises(SearchFailed, match=r"no row for JFK-LHR.* no list") as raised:
        spider.next_request(CALENDAR, page(spider.build_request(CALENDAR)))
    assert raised.value.reason is Reason.BAD_REQUEST


def test_rows_that_are_null_are_no_rows() -> None:
    spider = a_spider()
    with pytest.raises(SearchFailed, match="no list of routes") as raised:
        spider.next_request(CALENDAR, page(spider.build_request(CALENDAR), data=None))
    assert raised.value.reason is Reason.BAD_REQUEST


def test_rows_speak_for_themselves_whatever_the_lists_say() -> None:
    spider = a_spider()
    assert spider.next_request(CALENDAR, page(spider.build_request(CALENDAR), 1)) is None


@pytest.mark.parametrize(
    "search", [CALENDAR, replace(CALENDAR, kind="itinerary"), replace(BULK, target_program="delta")]
)
def test_what_nobody_scans_is_not_asked(search: Search) -> None:
    with pytest.raises(SearchFailed, match="no wanted program is scanned on") as raised:
        a_spider(*lists()).build_request(search)
    assert raised.value.reason is Reason.BAD_REQUEST


def test_flights_behind_a_row_are_asked_whatever_the_lists_say() -> None:
    search = replace(CALENDAR, kind="itinerary", target_program="delta", source_id="abc")
    spider = a_spider(*lists())
    request = spider.build_request(search)
    assert query_of(request)[0] == "/partnerapi/trips/abc"
    assert spider.next_request(search, page(request)) is None


# ---- calls left ----------------------------------------------------------------------------------------------------


def test_what_was_made_ahead_does_not_leave_when_the_calls_are_used_up() -> None:
    spider = a_spider()
    leaves = spider.allowance.before_send
    assert leaves() is None, "nobody knows yet how many there are"
    spider.allowance.told((2, 3600.0))
    assert [leaves(), leaves()] == [None, None]
    spider.allowance.told((7, 3600.0))  # an answer to an earlier request, come late
    spent = leaves()
    assert spent is not None
    assert (spent.reason, "2026-11-22 13:00Z" in spent.note) == (Reason.OUT_OF_BUDGET, True)
    spider.now = staticmethod(lambda: NOW + timedelta(hours=1))  # type: ignore[method-assign]
    assert leaves() is None


# ---- broken lists of routes ----------------------------------------------------------------------------------------


def swapped(value: Any) -> Callable[[dict[str, Any], str], None]:
    return lambda route, name: route.__setitem__(name, value)


def renamed(route: dict[str, Any], name: str) -> None:
    route[f"{name}New"] = route.pop(name)


VALUES: list[Any] = [None, "", " ", 7, -1, 1e400, True, [], {"odd": 1}, "odd", "\x00"]
CHANGES = [*map(swapped, VALUES), renamed]


@over(LISTING)
@pytest.mark.parametrize("change", CHANGES)
def test_an_odd_list_of_routes_is_refused_or_told(case: Case, change: Callable[[dict[str, Any], str], None]) -> None:
    """Where a route goes is never lost in silence: that would read as a route that nobody scans."""
    for name in ("OriginAirport", "DestinationAirport", "NumDaysOut", "Source"):
        for place in range(len(json.loads(case.body))):
            routes = json.loads(case.body)
            if name not in routes[place]:
                continue
            change(routes[place], name)
            try:
                items = case.read(json.dumps(routes).encode())
            except SearchFailed:
                continue
            [listed] = [item for item in items if isinstance(item, MonitoredRoutes)]
            told = len(listed.routes) + sum(odd.path == "nearby" for odd in odd_of(items))
            assert told == len(routes)
            assert all(route.days_ahead is None or route.days_ahead > 0 for route in listed.routes)


@over(LISTING)
@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'"routes"', b'{"data": []}', b"[1]", b"[[]]", b"[" * 100_000])
def test_what_is_no_list_of_routes(case: Case, body: bytes) -> None:
    with pytest.raises(UnexpectedResponse):
        case.read(body)
    with pytest.raises(UnexpectedResponse):
        case.read(case.body[: len(case.body) // 2])
