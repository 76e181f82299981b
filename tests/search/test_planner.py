"""The plan of a crawl: its searches and their order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from awardspider.items import Cabin, Detail, Priority, Search, SearchKind
from awardspider.outcomes import InvalidArgument
from awardspider.programs import programs
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.main_airports import by_size
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.planner import control_search, plan
from awardspider.search.search_needs import Knowledge, MonthPrice, SearchKey
from awardspider.search.watch_fields import Nights
from awardspider.search.watch_file import load_watches
from tests.support.paths import ROOT
from tests.support.plans import (
    BOTH,
    BUSINESS,
    ECONOMY,
    ECONOMY_ONLY,
    FIRST,
    NOW,
    ONE_CABIN_EACH,
    PROGRAM,
    WINDOW,
    lines,
    planned,
)
from tests.support.plans import make_route_watch as watch

# ---- searches -----------------------------------------------------------------------------------------------------


def test_overlapping_watches_share_one_calendar_of_the_month() -> None:
    searches = planned(
        watch("one", dates="2027-03-10..2027-03-12", cabins=(Cabin.ECONOMY,)),
        watch("two", dates="2027-03-25", cabins=(Cabin.FIRST,), max_miles=5),
    )
    assert searches == [
        Search(
            program="united",
            kind=SearchKind.CALENDAR,
            origin="LAX",
            destination="AUS",
            first=date(2027, 3, 1),
            last=date(2027, 3, 31),
        )
    ]


def test_every_route_of_a_watch_is_searched_for_each_of_its_months() -> None:
    assert sorted(lines(planned(watch(route="LAX+SFO-NRT+SFO", dates="2027-03-31..2027-04-01")))) == [
        "calendar LAX-NRT 2027-03-01..2027-03-31",
        "calendar LAX-NRT 2027-04-01..2027-04-30",
        "calendar LAX-SFO 2027-03-01..2027-03-31",
        "calendar LAX-SFO 2027-04-01..2027-04-30",
        "calendar SFO-NRT 2027-03-01..2027-03-31",
        "calendar SFO-NRT 2027-04-01..2027-04-30",
    ]


def test_a_round_trip_is_searched_in_both_directions() -> None:
    round_trip = watch(dates="2027-03-10..2027-03-12", nights=Nights(5, 7))
    assert sorted(lines(planned(round_trip, detail=Detail.ITINERARY))) == [
        *(f"itinerary AUS-LAX 2027-03-{day}" for day in range(15, 20)),
        *(f"itinerary LAX-AUS 2027-03-{day}" for day in range(10, 13)),
    ]


def test_an_expired_watch_has_no_searches() -> None:
    assert planned(watch(expires=date(2026, 11, 21))) == []
    assert planned(watch(expires=date(2026, 11, 22)))


def test_parties_of_different_size_have_separate_searches() -> None:
    searches = planned(watch("one"), watch("two", travelers=4), watch("three", travelers=4))
    assert sorted(search.travelers for search in searches) == [1, 4]


def test_months_are_cut_to_the_booking_window() -> None:
    searches = sorted(planned(watch(dates="2020-01-01..2030-01-01")), key=lambda search: search.first)
    assert lines(searches)[::11] == [
        "calendar LAX-AUS 2026-11-22..2026-11-30",
        "calendar LAX-AUS 2027-10-01..2027-10-25",
    ]


def test_a_past_or_distant_watch_has_no_searches() -> None:
    assert planned(watch(dates="2026-01"), watch(dates="2028-01")) == []


def test_today_is_the_local_date_at_the_origin() -> None:
    late = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)  # still November in Los Angeles
    assert lines(planned(watch(route="LAX-AUS", dates="+0"), now=late)) == ["calendar LAX-AUS 2026-11-30"]
    assert lines(planned(watch(route="NRT-LAX", dates="+0"), now=late)) == ["calendar NRT-LAX 2026-12-01..2026-12-31"]


def test_only_active_watches_that_include_the_program_are_searched() -> None:
    assert planned(watch(active=False), watch(programs=("delta",))) == []
    assert len(planned(watch(programs=("delta", "united")), watch(programs=()))) == 1


def test_a_program_without_a_calendar_is_searched_day_by_day() -> None:
    assert {
        search.kind for search in planned(watch(), capabilities=SearchCapabilities(kinds=(SearchKind.ITINERARY,)))
    } == {SearchKind.ITINERARY}


@pytest.mark.parametrize(
    ("detail", "capabilities", "message"),
    [
        (
            Detail.DAY,
            SearchCapabilities(kinds=(SearchKind.ITINERARY,)),
            'detail: united has no search with detail "day" (write itinerary)',
        ),
        (
            Detail.ITINERARY,
            SearchCapabilities(kinds=(SearchKind.CALENDAR,)),
            'detail: united has no search with detail "itinerary" (write day)',
        ),
        (Detail.SEATS, BOTH, 'detail: united has no search with detail "seats" (write day or itinerary)'),
    ],
)
def test_a_detail_that_the_program_does_not_offer_is_rejected(
    detail: Detail, capabilities: SearchCapabilities, message: str
) -> None:
    with pytest.raises(InvalidArgument) as raised:
        planned(watch(), capabilities=capabilities, detail=detail)
    assert str(raised.value) == message


# ---- cabins and blocks of days -------------------------------------------------------------------------------------


def test_watches_share_the_search_of_a_day() -> None:
    searches = planned(
        watch("one", dates="2027-03-10..2027-03-11", cabins=BUSINESS),
        watch("two", dates="2027-03-11..2027-03-12", cabins=ECONOMY),
        detail=Detail.ITINERARY,
    )
    assert [(search.kind, search.first.day, search.cabins) for search in searches] == [
        (SearchKind.ITINERARY, day, ()) for day in (11, 10, 12)
    ], "both watches wait for the 11th"


def test_a_group_of_cabins_is_searched_if_a_watch_includes_one_of_them() -> None:
    assert [search.cabins for search in planned(watch(cabins=FIRST), capabilities=ONE_CABIN_EACH)] == [BUSINESS + FIRST]
    assert {search.cabins for search in planned(watch(), capabilities=ONE_CABIN_EACH)} == {ECONOMY, BUSINESS + FIRST}


def test_cabins_outside_the_calendar_are_searched_day_by_day() -> None:
    days = "2027-03-10..2027-03-12"
    economy, business = watch(dates=days, cabins=ECONOMY), watch(dates=days, cabins=BUSINESS)
    assert lines(planned(economy, capabilities=ECONOMY_ONLY)) == ["calendar LAX-AUS 2027-03-01..2027-03-31"]
    by_day = [f"itinerary LAX-AUS 2027-03-{day}" for day in (10, 11, 12)]
    assert lines(planned(business, capabilities=ECONOMY_ONLY)) == by_day
    assert planned(business, capabilities=ECONOMY_ONLY, detail=Detail.DAY) == []
    calendars = planned(economy, business, capabilities=ECONOMY_ONLY)
    assert Counter(search.kind for search in calendars) == {SearchKind.CALENDAR: 1, SearchKind.ITINERARY: 3}


@pytest.mark.parametrize("cabins", [(), tuple(Cabin), ECONOMY + BUSINESS])
def test_a_watch_whose_days_are_all_searched_needs_no_calendar(cabins: tuple[Cabin, ...]) -> None:
    several = watch(dates="2027-03-10..2027-03-12", cabins=cabins)
    searches = planned(several, capabilities=ECONOMY_ONLY)
    assert lines(searches) == [f"itinerary LAX-AUS 2027-03-{day}" for day in (10, 11, 12)]
    of_calendar = planned(several, capabilities=ECONOMY_ONLY, detail=Detail.DAY)
    assert lines(of_calendar) == ["calendar LAX-AUS 2027-03-01..2027-03-31"]


def test_a_calendar_is_kept_for_a_cabin_that_no_day_search_finds() -> None:
    apart = {SearchKind.CALENDAR: (ECONOMY,), SearchKind.ITINERARY: (ECONOMY, BUSINESS + FIRST)}
    capabilities = replace(ECONOMY_ONLY, cabins_per_request=apart)
    searches = planned(watch(dates="2027-03-10"), capabilities=capabilities)
    assert {(search.kind, search.cabins) for search in searches} == {
        (SearchKind.CALENDAR, ECONOMY),
        (SearchKind.ITINERARY, BUSINESS + FIRST),
    }


def test_a_cabin_that_the_program_does_not_sell_is_not_searched() -> None:
    one_cabin = SearchCapabilities(kinds=(SearchKind.ITINERARY,), cabins_per_request={SearchKind.ITINERARY: (ECONOMY,)})
    assert planned(watch(cabins=BUSINESS), capabilities=one_cabin) == []


@pytest.mark.parametrize("days", [7, 31])
def test_blocks_of_days_do_not_move_from_day_to_day(days: int) -> None:
    capabilities = SearchCapabilities(kinds=(SearchKind.CALENDAR,), days_per_request=days)
    today = planned(watch(dates="2027-03-01..2027-05-31"), capabilities=capabilities)
    later = planned(watch(dates="2027-03-01..2027-05-31"), capabilities=capabilities, now=NOW + timedelta(days=3))
    assert today == later
    assert {(search.last - search.first).days + 1 for search in today} == {days}
    watched = {date(2027, 3, 1) + timedelta(days=day) for day in range(92)}
    searched = [search.first + timedelta(days=day) for search in today for day in range(days)]
    assert watched <= set(searched)
    assert len(searched) == len(set(searched))
    assert len(today) <= 92 // days + 2


def test_one_search_can_cover_the_entire_window() -> None:
    capabilities = SearchCapabilities(kinds=(SearchKind.CALENDAR,), days_per_request=366)
    (search,) = planned(watch(dates="2027-03-10"), watch("two", dates="2027-06"), capabilities=capabilities)
    assert (search.first, search.last) == (date(2026, 11, 22), date(2026, 11, 22) + timedelta(days=WINDOW))
    last_searches = {(SearchKind.CALENDAR, "LAX", "AUS", date(2026, 11, 20), 1, ""): NOW - timedelta(hours=2)}
    first, last = planned(
        watch("one"), watch("two", route="SFO-AUS"), capabilities=capabilities, last_searches=last_searches
    )
    assert (first.origin, last.origin) == ("SFO", "LAX")


def test_the_control_search_is_the_control_route_a_month_ahead() -> None:
    program = programs()["united"]
    search = control_search(program, BOTH, SearchKind.CALENDAR, NOW)
    assert search is not None
    assert (search.origin, search.destination) == program.control_route
    assert (search.first, search.last) == (date(2026, 12, 1), date(2026, 12, 31))
    search = control_search(program, ONE_CABIN_EACH, SearchKind.ITINERARY, NOW)
    assert search is not None
    assert search.first == search.last == date(2026, 12, 27)
    assert control_search(replace(program, control_route=None), BOTH, SearchKind.CALENDAR, NOW) is None


def test_cabins_of_one_month_take_turns() -> None:
    last_searches = {(SearchKind.CALENDAR, "LAX", "AUS", date(2027, 3, 1), 1, "economy"): NOW - timedelta(minutes=1)}
    first, last = planned(watch(), capabilities=ONE_CABIN_EACH, last_searches=last_searches)
    assert (first.cabins, last.cabins) == (BUSINESS + FIRST, ECONOMY)


# ---- order --------------------------------------------------------------------------------------------------------


def calendar_key(first: date, route: str = "LAX-AUS", party: int = 1) -> SearchKey:
    origin, destination = route.split("-")
    return SearchKind.CALENDAR, origin, destination, first, party, ""


def test_new_searches_come_first_then_those_of_the_highest_value() -> None:
    last_searches = {
        calendar_key(date(2027, 1, 1)): NOW - timedelta(hours=1),
        calendar_key(date(2027, 2, 1)): NOW - timedelta(hours=3),
        calendar_key(date(2027, 3, 1)): NOW - timedelta(hours=12),
        (SearchKind.ITINERARY, *calendar_key(date(2027, 4, 1))[1:]): NOW - timedelta(days=3),  # another kind of search
        calendar_key(date(2027, 5, 1), "AUS-LAX"): NOW - timedelta(days=3),  # another route
    }
    order = [search.first.month for search in planned(watch(dates="2027-01..2027-05"), last_searches=last_searches)]
    assert order == [4, 5, 3, 2, 1]


def test_a_search_of_the_current_month_counts_although_its_first_day_moves() -> None:
    last_searches = {
        calendar_key(date(2026, 11, 21)): NOW - timedelta(hours=1),
        calendar_key(date(2026, 11, 20)): NOW - timedelta(hours=5),
        calendar_key(date(2026, 12, 1)): NOW - timedelta(hours=6),
    }
    order = [search.first.month for search in planned(watch(dates="2026-11..2027-01"), last_searches=last_searches)]
    assert order == [1, 12, 11]


@pytest.mark.parametrize(
    ("priority", "hours", "is_first"),
    [("urgent", 5, False), ("urgent", 6, True), ("normal", 20, False), ("normal", 24, True), ("digest", 44, True)],
)
def test_a_search_at_its_maximum_age_precedes_all_others(priority: str, hours: int, is_first: bool) -> None:
    prefs = NotifyPrefs(channels=(("phone", Priority(priority)),))
    rare, popular = watch("rare", "AUS-LAX", "2027-10", notify=prefs), watch("popular", dates="2026-12")
    last_searches = {
        calendar_key(date(2027, 10, 1), "AUS-LAX"): NOW - timedelta(hours=hours),
        calendar_key(date(2026, 12, 1)): NOW - timedelta(hours=5),
    }
    watches = [rare, *(replace(popular, name=f"popular {number}", notify=prefs) for number in range(50))]
    watches[1:] = [replace(each, notify=None) for each in watches[1:]]
    first, _ = planned(*watches, last_searches=last_searches)
    assert (first.origin == "AUS") is is_first


def test_no_search_starves_in_crawls_with_a_small_budget() -> None:
    watches = watch(route="LAX+SFO+SEA-AUS+ORD", dates="2027-01..2027-06"), watch(route="SEA-HNL")
    last_searches: dict[SearchKey, datetime] = {}
    total = len(planned(*watches))
    for run in range(60):
        now = NOW + timedelta(hours=3 * run)
        for search in planned(*watches, now=now, last_searches=last_searches)[:5]:
            key = search.kind, search.origin, search.destination, search.first, search.travelers, ""
            before = last_searches.get(key)
            assert before is None or now - before <= timedelta(hours=24 + 3)
            last_searches[key] = now
    assert len(last_searches) == total


def test_prices_near_the_limit_come_first() -> None:
    far, near = watch("far", "LAX-AUS", max_miles=20_000), watch("near", "SFO-AUS", max_miles=20_000)
    prices = {
        ("LAX", "AUS"): [MonthPrice(date(2027, 3, 1), Cabin.ECONOMY, 60_000, 1, "united")],
        ("SFO", "AUS"): [MonthPrice(date(2027, 3, 1), Cabin.ECONOMY, 21_000, 1, "united")],
    }
    found = plan([far, near], program=PROGRAM, capabilities=BOTH, now=NOW, knowledge=Knowledge(prices=prices))
    assert [search.origin for search in found.searches()] == ["SFO", "LAX"]
    assert "5% over the limit" in found.ranked[0].reason


@pytest.mark.parametrize(
    ("travelers", "program", "fields"),
    [
        (2, "seatsaero", {}),  # another number of travelers
        (1, "delta", {"programs": ("seatsaero/united",)}),  # another program of the source
    ],
)
def test_prices_that_no_watch_could_pay_say_nothing(travelers: int, program: str, fields: dict[str, Any]) -> None:
    limited = watch(max_miles=20_000, **fields)
    own = MonthPrice(date(2027, 3, 1), Cabin.ECONOMY, 30_000, 1, "united")
    other = MonthPrice(date(2027, 3, 1), Cabin.ECONOMY, 10_000, travelers, program)

    def ratio(*prices: MonthPrice) -> float | None:
        knowledge = Knowledge(prices={("LAX", "AUS"): prices})
        source = programs()["seatsaero"]
        found = plan([limited], program=source, capabilities=BOTH, now=NOW, knowledge=knowledge)
        (only,) = found.ranked
        return only.need.price_ratio

    assert ratio(other) is None
    assert ratio(own, other) == ratio(other, own) == 1.5
    assert ratio(own, other._replace(travelers=1, program="united")) == 0.5


def test_parties_of_one_route_take_turns() -> None:
    watches = watch("one", "LAX-AUS"), watch("two", "LAX-AUS", travelers=2)
    (first, *_) = planned(*watches)
    last_searches = {calendar_key(first.first, party=first.travelers): NOW}
    assert planned(*watches, last_searches=last_searches)[0].travelers != first.travelers


@pytest.mark.parametrize("limit", [None, 4])
@pytest.mark.parametrize("hours", [None, 5, 100])
def test_among_equals_routes_between_the_largest_airports_come_first(limit: int | None, hours: int | None) -> None:
    destinations = ["ALC", "ADB", "LHR", "BRE", "LCY", "BIO", "CDG"]
    last_searches = (
        {}
        if hours is None
        else {calendar_key(date(2027, 3, 1), f"BOS-{each}"): NOW - timedelta(hours=hours) for each in destinations}
    )
    found = plan(
        [watch(f"to {each}", f"BOS-{each}") for each in destinations],
        program=PROGRAM,
        capabilities=BOTH,
        now=NOW,
        knowledge=Knowledge(last_searches=last_searches),
        limit=limit,
    )
    order = [search.destination for search in found.searches(limit)]
    assert order == list(by_size(destinations))[:limit]
    assert set(order[:2]) == {"LHR", "CDG"}


def test_the_order_of_the_watches_does_not_change_the_plan() -> None:
    watches = [
        watch("one", "LAX+SFO-AUS", "2027-01..2027-03"),
        watch("two", "LAX-AUS", "2027-03", travelers=2, cabins=(Cabin.FIRST,)),
        watch("three", "LAX-AUS", "2027-03-10", travelers=2, cabins=(Cabin.ECONOMY,)),
        watch("four", "LAX-AUS", "2027-03-11", travelers=2),
    ]
    for detail in (Detail.DAY, Detail.ITINERARY):
        assert planned(*watches, detail=detail) == planned(*reversed(watches), detail=detail)


# ---- example file -------------------------------------------------------------------------------------------------


def test_the_plan_of_the_example_file_is_small_on_every_day() -> None:
    watches = load_watches(ROOT / "deploy" / "watches.example.yaml")
    sizes = [len(planned(*watches, now=NOW + timedelta(days=day))) for day in range(0, 365, 3)]
    assert 20 <= min(sizes) <= max(sizes) <= 40
