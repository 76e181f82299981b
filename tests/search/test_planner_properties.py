"""Properties of plans: searches cover exactly what the watches need, and a limit changes nothing but the length."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.items import Cabin, Priority, Search, SearchKind
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.dates import today_at
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.planner import plan
from awardspider.search.search_needs import Knowledge
from awardspider.search.watch_fields import Nights
from awardspider.search.watches import Watch
from tests.support.plans import (
    BOTH,
    BUSINESS,
    ECONOMY,
    ECONOMY_ONLY,
    FIRST,
    ONE_CABIN_EACH,
    PROGRAM,
    WINDOW,
    planned,
)
from tests.support.watch_examples import make_watch

_DAY = timedelta(days=1)

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
        cabins=st.sampled_from([(), ECONOMY, BUSINESS, BUSINESS + FIRST, ECONOMY + BUSINESS]),
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
Group = tuple[SearchKind, tuple[Cabin, ...]]
Needed = tuple[SearchKind, str, str, int, tuple[Cabin, ...], date]


def needed_groups(cabins: tuple[Cabin, ...], capabilities: SearchCapabilities) -> set[Group]:
    """Return the searches that find these cabins (empty: all): the calendars, unless searches of days find the same."""
    groups: dict[SearchKind, set[Group]] = {kind: set() for kind in capabilities.kinds}
    for cabin, kind in product(cabins or tuple(Cabin), capabilities.kinds):
        groups[kind] |= {(kind, group) for group in capabilities.cabin_groups(kind, (cabin,))}
    if SearchKind.CALENDAR not in groups:
        return groups[SearchKind.ITINERARY]
    if SearchKind.ITINERARY not in groups or len(capabilities.cabins_of(SearchKind.CALENDAR)) == len(Cabin):
        return groups[SearchKind.CALENDAR]
    return groups[
        SearchKind.CALENDAR if cabins == ECONOMY else SearchKind.ITINERARY
    ]  # as the calendar has economy only


def needed_days(watches: list[Watch], capabilities: SearchCapabilities, now: datetime) -> set[Needed]:
    """Return each day that a watch needs with its kind of search, route, party and group of cabins, day by day."""
    found: set[Needed] = set()
    for each in watches:
        if each.programs == ("delta",):
            continue
        pairs = needed_groups(each.cabins, capabilities)
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


@settings(deadline=None, max_examples=40)
@given(watch_lists, moments, every_capability)
def test_a_watch_without_cabins_is_searched_like_one_with_all_cabins(
    watches: list[Watch], now: datetime, capabilities: SearchCapabilities
) -> None:
    with_all = [replace(each, cabins=each.cabins or tuple(Cabin)) for each in watches]
    searches = planned(*watches, now=now, capabilities=capabilities)
    assert searches == planned(*with_all, now=now, capabilities=capabilities)
    single = [replace(each, cabins=(cabin,)) for each in watches for cabin in each.cabins or tuple(Cabin)]
    union = set(planned(*single, now=now, capabilities=capabilities))
    assert set(searches) <= union
    assert {each.kind for each in union - set(searches)} <= {SearchKind.CALENDAR}, "days show their cabins too"


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
