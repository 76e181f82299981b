"""The plan for what programs can be asked: spans of days, groups of cabins, the control search."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from awardspider.items import Cabin
from awardspider.programs import programs
from awardspider.search.planner import Asks, control
from tests.search.test_planner import BOTH, NOW, WINDOW, planned, watch

ECONOMY, BUSINESS, FIRST = ((Cabin.ECONOMY,), (Cabin.BUSINESS,), (Cabin.FIRST,))
ONE_CABIN_EACH = Asks(kinds=("calendar",), cabins={"calendar": (ECONOMY, BUSINESS + FIRST)})
ECONOMY_ONLY = Asks(kinds=("calendar", "itinerary"), cabins={"calendar": (ECONOMY,)})


def test_a_day_is_asked_once_for_all_who_want_it() -> None:
    searches = planned(
        watch("one", dates="2027-03-10..2027-03-11", cabins=BUSINESS),
        watch("two", dates="2027-03-11..2027-03-12", cabins=ECONOMY),
        detail="itinerary",
    )
    assert [(search.kind, search.first.day, search.cabins) for search in searches] == [
        ("itinerary", day, ()) for day in (10, 11, 12)
    ]


def test_a_request_for_some_cabins_is_made_for_those_who_want_one_of_them() -> None:
    assert [search.cabins for search in planned(watch(cabins=FIRST), asks=ONE_CABIN_EACH)] == [BUSINESS + FIRST]
    assert [search.cabins for search in planned(watch(), asks=ONE_CABIN_EACH)] == [ECONOMY, BUSINESS + FIRST]


def test_cabins_that_the_calendar_does_not_know_are_asked_day_by_day() -> None:
    days = "2027-03-10..2027-03-12"
    assert {search.kind for search in planned(watch(dates=days), asks=ECONOMY_ONLY)} == {"calendar"}
    searches = planned(watch(dates=days, cabins=ECONOMY + BUSINESS), asks=ECONOMY_ONLY)
    assert [search.kind for search in searches] == ["calendar"] + 3 * ["itinerary"]
    assert {search.kind for search in planned(watch(dates=days, cabins=BUSINESS), asks=ECONOMY_ONLY)} == {"itinerary"}
    assert planned(watch(dates=days, cabins=BUSINESS), asks=ECONOMY_ONLY, detail="day") == []


def test_a_cabin_that_is_not_sold_is_not_asked_for() -> None:
    one_cabin = Asks(kinds=("itinerary",), cabins={"itinerary": (ECONOMY,)})
    assert planned(watch(cabins=BUSINESS), asks=one_cabin) == []


@pytest.mark.parametrize("days", [7, 31])
def test_blocks_of_days_stay_where_they_are_as_days_go_by(days: int) -> None:
    asks = Asks(kinds=("calendar",), days_per_request=days)
    today = planned(watch(dates="2027-03-01..2027-05-31"), asks=asks)
    later = planned(watch(dates="2027-03-01..2027-05-31"), asks=asks, now=NOW + timedelta(days=3))
    assert today == later
    assert {(search.last - search.first).days + 1 for search in today} == {days}
    wanted = {date(2027, 3, 1) + timedelta(days=day) for day in range(92)}
    asked = [search.first + timedelta(days=day) for search in today for day in range(days)]
    assert wanted <= set(asked)
    assert len(asked) == len(set(asked))
    assert len(today) <= 92 // days + 2


def test_one_search_may_hold_the_whole_window() -> None:
    asks = Asks(kinds=("calendar",), days_per_request=366)
    (search,) = planned(watch(dates="2027-03-10"), watch("two", dates="2027-06"), asks=asks)
    assert (search.first, search.last) == (date(2026, 11, 22), date(2026, 11, 22) + timedelta(days=WINDOW))
    looked = {("calendar", "LAX", "AUS", date(2026, 11, 20), 1, ""): NOW - timedelta(days=2)}
    first, last = planned(watch("one"), watch("two", route="SFO-AUS"), asks=asks, last_searches=looked)
    assert (first.origin, last.origin) == ("SFO", "LAX")


def test_the_control_search_is_the_dense_route_a_month_ahead() -> None:
    program = programs()["united"]
    search = control(program, BOTH, "calendar", NOW)
    assert search is not None
    assert (search.origin, search.destination) == program.control_route
    assert (search.first, search.last) == (date(2026, 12, 1), date(2026, 12, 31))
    search = control(program, ONE_CABIN_EACH, "itinerary", NOW)
    assert search is not None
    assert search.first == search.last == date(2026, 12, 27)
    assert control(replace(program, control_route=None), BOTH, "calendar", NOW) is None


def test_no_cabin_waits_for_ever_behind_another_of_the_same_month() -> None:
    looked = {("calendar", "LAX", "AUS", date(2027, 3, 1), 1, "economy"): NOW - timedelta(minutes=1)}
    first, last = planned(watch(), asks=ONE_CABIN_EACH, last_searches=looked)
    assert (first.cabins, last.cabins) == (BUSINESS + FIRST, ECONOMY)
