"""Plans for tests: United's, with the capabilities that a test chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from awardspider.items import Cabin, Detail, Search, SearchKind
from awardspider.programs import programs
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.planner import plan
from awardspider.search.search_needs import Knowledge, SearchKey
from awardspider.search.watches import Watch
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WINDOW = 337

PROGRAM = replace(programs()["united"], booking_window_days=WINDOW)
BOTH = SearchCapabilities(kinds=(SearchKind.CALENDAR, SearchKind.ITINERARY))
ECONOMY, BUSINESS, FIRST = ((Cabin.ECONOMY,), (Cabin.BUSINESS,), (Cabin.FIRST,))
ONE_CABIN_EACH = SearchCapabilities(
    kinds=(SearchKind.CALENDAR,), cabins_per_request={SearchKind.CALENDAR: (ECONOMY, BUSINESS + FIRST)}
)
ECONOMY_ONLY = SearchCapabilities(
    kinds=(SearchKind.CALENDAR, SearchKind.ITINERARY), cabins_per_request={SearchKind.CALENDAR: (ECONOMY,)}
)


def make_route_watch(name: str = "one", route: str = "LAX-AUS", dates: str = "2027-03", **fields: Any) -> Watch:
    origin, destination = route.replace("+", ",").split("-")
    return make_watch(name=name, origin=origin, destination=destination, dates=dates, **fields)


def planned(
    *watches: Watch,
    program: str = "united",
    capabilities: SearchCapabilities = BOTH,
    now: datetime = NOW,
    last_searches: Mapping[SearchKey, datetime] | None = None,
    detail: Detail | None = None,
) -> list[Search]:
    return plan(
        watches,
        program=replace(PROGRAM, key=program),
        capabilities=capabilities,
        now=now,
        knowledge=Knowledge(last_searches=last_searches or {}),
        detail=detail,
    ).searches()


def lines(searches: list[Search]) -> list[str]:
    return [str(search).removeprefix("united ") for search in searches]
