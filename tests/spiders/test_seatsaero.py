"""Requests to seats.aero: bulk searches, route lists, pages, and the meaning of empty responses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy import Request
from scrapy.http import TextResponse
from scrapy.settings import Settings

from awardspider.crawling.context import CrawlContext
from awardspider.items import MonitoredRoute, MonitoredRoutes, Search, SearchKind
from awardspider.outcomes import InvalidArgument, NotServed, Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers import seatsaero as parser
from awardspider.search.route_lists import RouteLists
from awardspider.spiders.seatsaero import SOURCE_KEYS, SeatsaeroSpider

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CALENDAR = Search(
    program="seatsaero",
    kind=SearchKind.CALENDAR,
    origin="JFK",
    destination="LHR",
    first=date(2027, 3, 1),
    last=date(2027, 3, 31),
)
ITINERARY = replace(CALENDAR, kind=SearchKind.ITINERARY)
BULK = replace(CALENDAR, kind=SearchKind.BULK, origin="North America", destination="Europe", target_program="sas")
ROUTES = replace(CALENDAR, kind=SearchKind.ROUTES, origin="any", destination="any", target_program="sas")
JFK_LHR = MonitoredRoute("JFK", "LHR", 330)


class TestSpider(SeatsaeroSpider):
    """The spider with a key and a fixed time."""

    __test__ = False
    settings = Settings({"AWARD_KEYS": {"seatsaero": "pro_key"}})
    now = staticmethod(lambda: NOW)


def spider_for_jfk_lhr(*lists: MonitoredRoutes, **arguments: str) -> SeatsaeroSpider:
    spider = TestSpider(**{"origin": "JFK", "destination": "LHR", "dates": "2027-03"} | arguments)
    route_lists = RouteLists([("JFK", "LHR")])
    for listed in lists:
        route_lists.add(listed)
    spider.context = CrawlContext(route_lists=route_lists)
    return spider


def lists(*routes: MonitoredRoute, of: tuple[str, ...] = ()) -> list[MonitoredRoutes]:
    """Return the same route list for each program."""
    programs = of or SeatsaeroSpider().program.covers
    return [MonitoredRoutes(program=key, source="seatsaero", routes=routes, seen_at=NOW) for key in programs]


def path_and_query(request: Request) -> tuple[str, dict[str, str]]:
    parts = urlsplit(request.url)
    return parts.path, {name: value for name, (value,) in parse_qs(parts.query).items()}


def page(request: Request, rows: int = 0, **fields: Any) -> TextResponse:
    body = {"data": [{"ID": str(number)} for number in range(rows)], "count": rows, "hasMore": False} | fields
    return TextResponse(request.url, body=json.dumps(body).encode(), request=request)


def test_source_keys_are_those_of_the_parser() -> None:
    assert {theirs: ours for ours, theirs in SOURCE_KEYS.items()} == parser.PROGRAMS


# ---- requests ------------------------------------------------------------------------------------------------------


def test_a_bulk_request_is_for_one_program_between_two_regions() -> None:
    assert path_and_query(spider_for_jfk_lhr().build_request(BULK)) == (
        "/partnerapi/availability",
        {
            "source": "eurobonus",
            "origin_region": "North America",
            "destination_region": "Europe",
            "start_date": "2027-03-01",
            "end_date": "2027-03-31",
            "take": "1000",
        },
    )


def test_route_lists_are_requested_before_all_others() -> None:
    spider = spider_for_jfk_lhr()
    request = spider.build_request(ROUTES)
    assert path_and_query(request) == ("/partnerapi/routes", {"source": "eurobonus"})
    assert request.priority > spider.build_request(CALENDAR).priority
    assert spider.next_request(ROUTES, TextResponse(request.url, body=b"[]", request=request)) is None


@pytest.mark.parametrize("search", [CALENDAR, BULK], ids=["search", "bulk"])
def test_the_next_page_has_the_first_cursor_and_the_number_of_rows_so_far(search: Search) -> None:
    spider = spider_for_jfk_lhr()
    first = spider.build_request(search)
    second = spider.next_request(search, page(first, 3, hasMore=True, cursor=7))
    assert second is not None
    third = spider.next_request(search, page(second, 2, hasMore=True, cursor=9))
    assert third is not None
    path, query = path_and_query(first)
    assert path_and_query(second) == (path, query | {"cursor": "7", "skip": "3"})
    assert path_and_query(third) == (path, query | {"cursor": "7", "skip": "5"})
    assert spider.next_request(search, page(third, 1)) is None
    assert spider.next_request(search, page(third, 0, hasMore=True)) is None, "an empty page is the last one"
    with pytest.raises(UnexpectedResponse):
        spider.next_request(search, page(first, 1, hasMore=True))


def test_a_search_for_one_program_has_its_source_key() -> None:
    search = replace(ITINERARY, target_program="sas")
    assert path_and_query(spider_for_jfk_lhr().build_request(search))[1]["sources"] == "eurobonus"
    assert "sources" not in path_and_query(spider_for_jfk_lhr().build_request(CALENDAR))[1]


# ---- arguments and plan --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "programs"),
    [("united", ("united",)), (" SAS, delta,eurobonus ", ("sas", "delta")), ("delta,", ("delta",))],
)
def test_bulk_programs_are_named_by_our_key_or_theirs(text: str, programs: tuple[str, ...]) -> None:
    assert SeatsaeroSpider(bulk=text).extra == {"bulk": programs}


def test_bulk_can_be_all_programs_or_none() -> None:
    assert SeatsaeroSpider(bulk="all").extra["bulk"] == SeatsaeroSpider().program.covers
    assert SeatsaeroSpider(bulk="").extra == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bulk": "united,lifemiles"}, r"bulk: unknown program lifemiles \(write all, or any of sas, virginatlantic"),
        ({"bulk": "united", "detail": "itinerary"}, "bulk searches return days and cannot be combined"),
        ({"source": "united"}, r"unknown argument source \(known: .* transport, bulk\)"),
    ],
)
def test_invalid_arguments_are_explained(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        SeatsaeroSpider(**arguments)


def test_the_plan_starts_with_the_route_lists_that_are_due() -> None:
    old = [replace(listed, seen_at=NOW - timedelta(days=8)) for listed in lists(of=("delta",))]
    planned = spider_for_jfk_lhr(*lists(), *old).plan([CALENDAR])
    assert [(search.kind, search.target_program) for search in planned] == [
        (SearchKind.ROUTES, "delta"),
        (SearchKind.CALENDAR, ""),
    ]
    assert spider_for_jfk_lhr().plan([]) == [], "without searches, no list is needed"


def test_bulk_searches_replace_the_searches_by_route() -> None:
    planned = spider_for_jfk_lhr(bulk="sas,delta").plan([CALENDAR])
    assert [(search.kind, search.target_program) for search in planned] == [
        (SearchKind.ROUTES, "sas"),
        (SearchKind.ROUTES, "delta"),
        (SearchKind.BULK, "delta"),
        (SearchKind.BULK, "sas"),
    ]
    assert planned[2] == replace(BULK, target_program="delta")


# ---- empty responses -----------------------------------------------------------------------------------------------


def test_no_rows_on_a_monitored_route_are_evidence() -> None:
    spider = spider_for_jfk_lhr(*lists(JFK_LHR, of=("delta",)))
    assert spider.next_request(CALENDAR, page(spider.build_request(CALENDAR))) is None


def test_no_rows_on_a_route_that_may_not_be_monitored_prove_nothing() -> None:
    spider = spider_for_jfk_lhr(*lists(of=("delta",)))
    with pytest.raises(SearchFailed, match="no row for JFK-LHR, and no route list") as raised:
        spider.next_request(CALENDAR, page(spider.build_request(CALENDAR)))
    assert raised.value.reason is Reason.BAD_REQUEST


def test_null_means_no_rows() -> None:
    spider = spider_for_jfk_lhr()
    with pytest.raises(SearchFailed, match="no route list") as raised:
        spider.next_request(CALENDAR, page(spider.build_request(CALENDAR), data=None))
    assert raised.value.reason is Reason.BAD_REQUEST


def test_rows_are_evidence_whatever_the_lists_say() -> None:
    spider = spider_for_jfk_lhr()
    assert spider.next_request(CALENDAR, page(spider.build_request(CALENDAR), 1)) is None


@pytest.mark.parametrize("search", [CALENDAR, ITINERARY, replace(BULK, target_program="delta")])
def test_routes_that_are_not_monitored_are_not_requested(search: Search) -> None:
    with pytest.raises(NotServed, match="is not monitored for any watched program") as raised:
        spider_for_jfk_lhr(*lists()).build_request(search)
    assert not raised.value.conclusive


def test_flights_of_a_row_are_requested_whatever_the_lists_say() -> None:
    search = replace(ITINERARY, target_program="delta", source_id="abc")
    spider = spider_for_jfk_lhr(*lists())
    request = spider.build_request(search)
    assert path_and_query(request)[0] == "/partnerapi/trips/abc"
    assert spider.next_request(search, page(request)) is None


# ---- quota ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "quota"),
    [
        ({"x-ratelimit-remaining": "120", "x-ratelimit-reset": "3600"}, (70, 3600.0)),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "60.5"}, (0, 60.5)),
        ({"x-ratelimit-remaining": "120"}, None),
        ({"x-ratelimit-remaining": "many", "x-ratelimit-reset": "3600"}, None),
        ({"x-ratelimit-remaining": "inf", "x-ratelimit-reset": "3600"}, None),
        ({}, None),
    ],
)
def test_parse_quota_leaves_calls_for_other_uses_of_the_key(
    headers: dict[str, str], quota: tuple[int, float] | None
) -> None:
    assert SeatsaeroSpider().parse_quota(TextResponse("https://seats.aero/", headers=headers)) == quota
