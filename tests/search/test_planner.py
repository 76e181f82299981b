"""The plan of a crawl: its searches, their order, and the days to confirm after a calendar search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.items import AwardOfferItem, Cabin, Detail, Priority, Search, SearchKind
from awardspider.outcomes import InvalidArgument
from awardspider.programs import programs
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.dates import today_at
from awardspider.search.day_confirmation import days_to_confirm
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.planner import control_search, plan
from awardspider.search.search_needs import Knowledge, MonthPrice, SearchKey
from awardspider.search.watch_fields import Nights
from awardspider.search.watch_file import load_watches
from awardspider.search.watches import Watch
from tests.support.paths import ROOT
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WINDOW = 337
_DAY = timedelta(days=1)
PROGRAM = replace(programs()["united"], booking_window_days=WINDOW)
BOTH = SearchCapabilities(kinds=(SearchKind.CALENDAR, SearchKind.ITINERARY))
ECONOMY, BUSINESS, FIRST = ((Cabin.ECONOMY,), (Cabin.BUSINESS,), (Cabin.FIRST,))
ONE_CABIN_EACH = SearchCapabilities(
    kinds=(SearchKind.CALENDAR,), cabins_per_request={SearchKind.CALENDAR: (ECONOMY, BUSINESS + FIRST)}
)
ECONOMY_ONLY = SearchCapabilities(
    kinds=(SearchKind.CALENDAR, SearchKind.ITINERARY), cabins_per_request={SearchKind.CALENDAR: (ECONOMY,)}
)


def watch(name: str = "one", route: str = "LAX-AUS", dates: str = "2027-03", **fields: Any) -> Watch:
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
    assert {search.kind for search in planned(watch(dates=days), capabilities=ECONOMY_ONLY)} == {SearchKind.CALENDAR}
    searches = planned(watch(dates=days, cabins=ECONOMY + BUSINESS), capabilities=ECONOMY_ONLY)
    assert Counter(search.kind for search in searches) == {SearchKind.CALENDAR: 1, SearchKind.ITINERARY: 3}
    assert {search.kind for search in planned(watch(dates=days, cabins=BUSINESS), capabilities=ECONOMY_ONLY)} == {
        SearchKind.ITINERARY
    }
    assert planned(watch(dates=days, cabins=BUSINESS), capabilities=ECONOMY_ONLY, detail=Detail.DAY) == []


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
        ("LAX", "AUS"): [MonthPrice(date(2027, 3, 1), Cabin.ECONOMY, 60_000)],
        ("SFO", "AUS"): [MonthPrice(date(2027, 3, 1), Cabin.ECONOMY, 21_000)],
    }
    found = plan([far, near], program=PROGRAM, capabilities=BOTH, now=NOW, knowledge=Knowledge(prices=prices))
    assert [search.origin for search in found.searches()] == ["SFO", "LAX"]
    assert "5 % over the limit" in found.ranked[0].reason


def test_parties_of_one_route_take_turns() -> None:
    watches = watch("one", "LAX-AUS"), watch("two", "LAX-AUS", travelers=2)
    (first, *_) = planned(*watches)
    last_searches = {calendar_key(first.first, party=first.travelers): NOW}
    assert planned(*watches, last_searches=last_searches)[0].travelers != first.travelers


def test_the_order_of_the_watches_does_not_change_the_plan() -> None:
    watches = [
        watch("one", "LAX+SFO-AUS", "2027-01..2027-03"),
        watch("two", "LAX-AUS", "2027-03", travelers=2, cabins=(Cabin.FIRST,)),
        watch("three", "LAX-AUS", "2027-03-10", travelers=2, cabins=(Cabin.ECONOMY,)),
        watch("four", "LAX-AUS", "2027-03-11", travelers=2),
    ]
    for detail in (Detail.DAY, Detail.ITINERARY):
        assert planned(*watches, detail=detail) == planned(*reversed(watches), detail=detail)


# ---- properties --------------------------------------------------------------------------------------------------

dates = st.sampled_from(
    [
        "2026-11", "2027-02-27..2027-03-02", "2028-02-29", "2028-02-28..2028-03-01", "2027-10", "+0", "+5..+40",
        "+330..+400", "2027-01,2027-01-20..2027-02-03", "2026-12-20..2027-01-10", "2027-03-31,2027-04-30",
    ]
)  # fmt: skip
airport_codes = st.sampled_from(["LAX", "NRT", "AKL", "AUS", "APW", "PPG"])  # on both sides of the date line
airport_lists = st.lists(airport_codes, min_size=1, max_size=3, unique=True).map(",".join)
watch_lists = st.lists(
    st.builds(
        make_watch,
        name=st.just("any"),
        origin=airport_lists,
        destination=airport_lists,
        dates=dates,
        travelers=st.integers(1, 2),
        cabins=st.sampled_from([(), ECONOMY, BUSINESS, BUSINESS + FIRST]),
        nights=st.sampled_from([None, Nights(3, 3), Nights(0, 10)]),
        max_miles=st.sampled_from([None, 10_000]),
        programs=st.sampled_from([(), ("united",), ("delta",)]),
        notify=st.sampled_from([None, NotifyPrefs(channels=(("phone", Priority.URGENT),))]),
    ),
    max_size=5,
)


def _moments(first: str, last: str) -> st.SearchStrategy[datetime]:
    return st.datetimes(datetime.fromisoformat(first), datetime.fromisoformat(last), timezones=st.just(UTC))


moments = _moments("2026-11-01", "2026-12-31") | _moments("2028-02-01", "2028-03-02")
every_capability = st.sampled_from(
    [
        BOTH,
        ONE_CABIN_EACH,
        ECONOMY_ONLY,
        SearchCapabilities(kinds=(SearchKind.ITINERARY,)),
        replace(ECONOMY_ONLY, days_per_request=7),
        replace(BOTH, days_per_request=15),
        replace(BOTH, days_per_request=366),
    ]
)
Needed = tuple[SearchKind, str, str, int, tuple[Cabin, ...], date]


def needed_days(watches: list[Watch], capabilities: SearchCapabilities, now: datetime) -> set[Needed]:
    """Return each day that a watch needs with its kind of search, route, party and group of cabins, day by day."""
    found: set[Needed] = set()
    for each in watches:
        if each.programs == ("delta",):
            continue
        main = SearchKind.CALENDAR if SearchKind.CALENDAR in capabilities.kinds else SearchKind.ITINERARY
        pairs = [(main, group) for group in capabilities.cabin_groups(main, each.cabins)]
        if outside := capabilities.cabins_outside_calendar(each.cabins):
            pairs += [
                (SearchKind.ITINERARY, group) for group in capabilities.cabin_groups(SearchKind.ITINERARY, outside)
            ]
        for leg in each.legs:
            for origin, destination in product(leg.origin.searched, leg.destination.searched):
                today = today_at(origin, now)
                for day in (today + timedelta(days=number) for number in range(WINDOW + 1)):
                    if origin != destination and leg.dates.covers(day, today):
                        found |= {(kind, origin, destination, each.travelers, group, day) for kind, group in pairs}
    return found


def searched_days(search: Search) -> list[Needed]:
    scope = search.kind, search.origin, search.destination, search.travelers, search.cabins
    return [(*scope, search.first + timedelta(days=day)) for day in range((search.last - search.first).days + 1)]


@settings(deadline=None, max_examples=80)
@given(watch_lists, moments, every_capability)
def test_searches_cover_exactly_what_the_watches_need(
    watches: list[Watch], now: datetime, capabilities: SearchCapabilities
) -> None:
    needed, searched = needed_days(watches, capabilities, now), Counter[Needed]()
    for search in planned(*watches, now=now, capabilities=capabilities):
        today, days = today_at(search.origin, now), searched_days(search)
        assert today <= search.first <= search.last <= today + timedelta(days=WINDOW)
        assert needed.intersection(days), "a search without a watched day"
        searched.update(days)
    assert needed <= searched.keys()
    assert set(searched.values()) <= {1}, "a day is searched twice"


@settings(deadline=None, max_examples=60)
@given(watch_lists, moments, every_capability, st.randoms(use_true_random=False), st.integers(0, 30))
def test_a_limited_plan_is_the_start_of_the_plan_whatever_the_order_of_the_watches(
    watches: list[Watch], now: datetime, capabilities: SearchCapabilities, random: Random, limit: int
) -> None:
    every = planned(*watches, now=now, capabilities=capabilities)
    last_searches = {
        (each.kind, each.origin, each.destination, each.first, each.travelers, ",".join(each.cabins)): now
        - timedelta(hours=random.randrange(60))
        for each in every
        if random.random() < 0.3
    }
    knowledge = Knowledge(last_searches=last_searches)
    known = partial(plan, program=PROGRAM, capabilities=capabilities, now=now, knowledge=knowledge)
    complete = known(watches)
    random.shuffle(watches)
    assert known(watches, limit=limit).searches(limit) == complete.searches(limit) == complete.searches()[:limit]
    assert set(complete.searches()) == set(every)
    totals = complete.totals()
    assert totals.searches == len(every)
    assert totals.per_day == pytest.approx(sum(_DAY / ranked.need.max_age for _, ranked in complete.entries()))


# ---- days after a calendar search --------------------------------------------------------------------------------


def offer(day: int, miles: int | None, **fields: Any) -> AwardOfferItem:
    plain: dict[str, Any] = {
        "program": "united",
        "source": "united.com",
        "detail": Detail.DAY,
        "origin": "LAX",
        "destination": "AUS",
        "departure_date": date(2027, 3, day),
        "cabin": Cabin.ECONOMY,
        "miles": miles,
        "seen_at": NOW,
    }
    return AwardOfferItem(**plain | fields)


CALENDAR = Search(
    program="united",
    kind=SearchKind.CALENDAR,
    origin="LAX",
    destination="AUS",
    first=date(2027, 3, 1),
    last=date(2027, 3, 31),
)


def confirmed_days(offers: list[AwardOfferItem], *watches: Watch) -> list[int]:
    return [search.first.day for search in days_to_confirm(offers, watches, search=CALENDAR, capabilities=BOTH)]


def test_a_day_is_confirmed_once_if_a_price_could_satisfy_a_watch() -> None:
    limited = watch(max_miles=20_000)
    offers = [offer(1, 20_001), offer(2, 20_000), offer(2, 18_000, cabin=Cabin.BUSINESS), offer(3, 15_000)]
    assert confirmed_days(offers, limited, limited) == [3, 2]
    assert days_to_confirm(offers, [limited], search=CALENDAR, capabilities=BOTH)[0] == Search(
        program="united",
        kind=SearchKind.ITINERARY,
        origin="LAX",
        destination="AUS",
        first=date(2027, 3, 3),
        last=date(2027, 3, 3),
    )


def test_the_cheapest_day_relative_to_the_limit_comes_first() -> None:
    watches = (
        watch("one", max_miles=20_000, cabins=(Cabin.ECONOMY,)),
        watch("two", max_miles=100_000, cabins=(Cabin.BUSINESS,)),
    )
    offers = [offer(1, 19_000), offer(2, 60_000, cabin=Cabin.BUSINESS), offer(3, 10_000), offer(4, None)]
    assert confirmed_days(offers, *watches) == [3, 2, 1, 4]


def test_without_a_limit_every_day_is_confirmed_the_cheapest_first() -> None:
    assert confirmed_days([offer(1, 30_000), offer(2, None), offer(3, 5_000), offer(4, 5_000)], watch()) == [3, 4, 1, 2]


def test_a_source_of_many_programs_is_searched_by_its_own_ids() -> None:
    offers = [offer(1, 10_000), offer(1, 50_000, cabin=Cabin.FIRST), offer(1, 9_000)]
    for each, program, source_id in zip(offers, ("united", "united", "delta"), ("a", "a", "b"), strict=True):
        each.program, each.source, each.source_id = program, "seatsaero", source_id
    calendar, others = replace(CALENDAR, program="seatsaero"), watch(programs=("alaska", "united"))
    searches = days_to_confirm(offers, [watch(programs=("seatsaero",))], search=calendar, capabilities=BOTH)
    assert [(search.program, search.target_program, search.source_id) for search in searches] == [
        ("seatsaero", "delta", "b"),
        ("seatsaero", "united", "a"),
    ]
    assert days_to_confirm(offers, [others], search=calendar, capabilities=BOTH) == []


def test_chart_prices_order_days_without_a_price() -> None:
    offers = [offer(day, None, detail=Detail.SEATS, chart_miles=chart) for day, chart in ((1, 60_000), (2, 30_000))]
    assert confirmed_days(offers, watch(max_miles=20_000)) == [2, 1]


def test_days_of_a_party_follow_from_its_own_calendar() -> None:
    four = watch(travelers=4)
    assert confirmed_days([offer(1, 10_000)], four) == []
    (search,) = days_to_confirm([offer(1, 10_000, travelers=4)], [four], search=CALENDAR, capabilities=BOTH)
    assert search.travelers == 4


def test_a_day_with_too_few_seats_is_not_confirmed() -> None:
    pair = watch(travelers=2)
    offers = [offer(day, None, seats=seats, travelers=2, detail=Detail.SEATS) for day, seats in ((1, 1), (2, 2))]
    assert confirmed_days(offers, pair) == [2]


def test_days_outside_the_calendar_search_are_not_confirmed() -> None:
    april = replace(CALENDAR, first=date(2027, 4, 1), last=date(2027, 4, 30))
    assert days_to_confirm([offer(31, 10_000)], [watch()], search=april, capabilities=BOTH) == []


def test_itinerary_offers_are_not_confirmed_again() -> None:
    assert confirmed_days([offer(1, 10_000, detail=Detail.ITINERARY)], watch()) == []


def test_a_paused_watch_confirms_no_days() -> None:
    assert confirmed_days([offer(1, 10_000)], watch(active=False)) == []


# ---- example file -------------------------------------------------------------------------------------------------


def test_the_plan_of_the_example_file_is_small_on_every_day() -> None:
    watches = load_watches(ROOT / "deploy" / "watches.example.yaml")
    sizes = [len(planned(*watches, now=NOW + timedelta(days=day))) for day in range(0, 365, 3)]
    assert 20 <= min(sizes) <= max(sizes) <= 40
