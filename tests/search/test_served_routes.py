"""Routes that a program can serve, and those that are tried again rarely."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.programs import programs
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.expansion import MAX_ROUTES, describe_cuts
from awardspider.search.planner import plan
from awardspider.search.served_routes import (
    ROUND_INTERVAL,
    Attempt,
    RouteHistory,
    ServedRoutes,
    SkipReason,
    postponed_days,
    retry_at,
)
from tests.support.program_requests import spider
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SOUTHWEST, UNITED = programs()["southwest"], programs()["united"]
CAPABILITIES: SearchCapabilities = spider("united").capabilities


WEEK = [date(2027, 3, 1) + timedelta(days=number) for number in range(7)]


def attempt(days_ago: float, cabins: str = "", first: date = WEEK[0], last: date = WEEK[-1]) -> Attempt:
    return Attempt(first, last, cabins, NOW - timedelta(days=days_ago))


def postponed(*days_ago: float, cabin_groups: int = 1) -> set[timedelta]:
    """Return the waits until the next round of the days of a week that was searched so long ago."""
    return {at - NOW for at in postponed_days(map(attempt, days_ago), cabin_groups=cabin_groups).values()}


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        (("LAX", "AUS"), None),
        (("DEN", "CUN"), None),
        (("LAX", "NRT"), SkipReason.NETWORK),
        (("LHR", "JFK"), SkipReason.NETWORK),
        (("LAX", "ZZZ"), SkipReason.NETWORK),
    ],
)
def test_a_program_with_its_own_flights_only_is_searched_within_its_network(
    route: tuple[str, str], reason: SkipReason | None
) -> None:
    assert ServedRoutes(SOUTHWEST, now=NOW).reason_to_skip(route) is reason
    assert ServedRoutes(UNITED, now=NOW).reason_to_skip(route) is None


def test_a_plan_without_knowledge_of_routes_searches_every_route() -> None:
    watch = make_watch(origin="LHR", destination="JFK", dates="2027-03-10")
    every = partial(plan, [watch], program=SOUTHWEST, capabilities=spider("southwest").capabilities, now=NOW)
    assert every().searches()
    assert every(served=ServedRoutes(SOUTHWEST, now=NOW)).searches() == []


@pytest.mark.parametrize(("rounds", "days"), [(0, None), (1, None), (2, 4), (3, 8), (4, 16), (5, 28), (40, 28)])
def test_a_route_that_was_always_empty_is_tried_again_rarely(rounds: int, days: int | None) -> None:
    assert retry_at(rounds, NOW) == (None if days is None else NOW + timedelta(days=days))
    assert postponed(*range(rounds)) == (set() if days is None else {timedelta(days=days)})


def test_searches_soon_after_each_other_are_one_round() -> None:
    assert postponed(0, 0.001, 0.2) == set()
    assert postponed(0, 0.001, 0.25) == {timedelta(days=4)}
    assert postponed(0, 0.1, 0.2, 0.3, 0.4) == {timedelta(days=4)}, "the interval begins at the search that counts"


def test_a_round_has_a_search_for_each_group_of_cabins() -> None:
    both = [attempt(days, cabins) for days in (0, 1) for cabins in ("economy", "business")]
    assert len(postponed_days(both, cabin_groups=2)) == 7
    assert postponed_days(both[:3], cabin_groups=2) == {}
    assert postponed_days([attempt(0, "economy"), attempt(0, "business")]) == {}, "one round, if each covers all cabins"


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 200)), max_size=12))
def test_each_day_has_its_own_rounds(drawn: list[tuple[int, int, int]]) -> None:
    attempts = [
        attempt(
            hours / 24, first=WEEK[0] + timedelta(days=min(one, other)), last=WEEK[0] + timedelta(days=max(one, other))
        )
        for one, other, hours in drawn
    ]
    found = postponed_days(attempts)
    for number in range(21):
        day = WEEK[0] + timedelta(days=number)
        times = sorted(each.at for each in attempts if each.first <= day <= each.last)
        rounds: list[datetime] = []
        for at in times:
            if not rounds or at - rounds[-1] >= ROUND_INTERVAL:
                rounds.append(at)
        assert found.get(day) == (retry_at(len(rounds), times[-1]) if times else None)


def test_the_watched_days_and_the_time_decide() -> None:
    until = {
        ("LAX", "AUS"): dict.fromkeys(WEEK, NOW + timedelta(hours=1)),
        ("LAX", "SEA"): dict.fromkeys(WEEK, NOW),
    }
    served = ServedRoutes(UNITED, now=NOW, history={route: RouteHistory(False, days) for route, days in until.items()})
    assert served.reason_to_skip(("LAX", "AUS"), lambda: set(WEEK)) is SkipReason.ALWAYS_EMPTY
    assert served.reason_to_skip(("LAX", "AUS"), lambda: set(WEEK[2:4])) is SkipReason.ALWAYS_EMPTY
    other = {WEEK[-1] + timedelta(days=1)}
    assert served.reason_to_skip(("LAX", "AUS"), lambda: other | set(WEEK[:5])) is None, "a day was never searched"
    assert served.reason_to_skip(("LAX", "SEA"), lambda: set(WEEK)) is None
    assert served.reason_to_skip(("LAX", "DEN"), lambda: set(WEEK)) is None


@pytest.mark.parametrize("reason", [SkipReason.ALWAYS_EMPTY, SkipReason.ALWAYS_REFUSED])
def test_a_watch_of_a_week_is_not_planned_again_after_its_week_was_searched_in_vain(reason: SkipReason) -> None:
    history = {("LAX", "AUS"): RouteHistory(False, dict.fromkeys(WEEK, NOW + timedelta(days=4)), reason)}
    planned = partial(plan, program=UNITED, capabilities=CAPABILITIES, now=NOW)
    served = ServedRoutes(UNITED, now=NOW, history=history)
    week = make_watch(origin="LAX", destination="AUS", dates=f"{WEEK[0]}..{WEEK[-1]}")
    found = planned([week], served=served)
    assert (found.searches(), found.skipped) == ([], {reason: 1})
    (note,) = found.notes()
    assert ("empty" in note) is (reason is SkipReason.ALWAYS_EMPTY)
    assert "tried again later" in note
    month = make_watch(origin="LAX", destination="AUS", dates="2027-03")
    assert planned([week, month], served=served).searches()


def test_routes_that_are_not_monitored_are_left_out_of_a_large_place() -> None:
    served = ServedRoutes(UNITED, now=NOW, monitored={("LAX", "AUS"): False, ("LAX", "SEA"): True}.get)
    skipped: Counter[SkipReason] = Counter()
    assert served.pick((("LAX", "AUS"), ("LAX", "SEA"), ("LAX", "DEN")), 9, skipped) == [("LAX", "SEA"), ("LAX", "DEN")]
    assert skipped == {SkipReason.NOT_MONITORED: 1}
    assert served.pick((("LAX", "AUS"),), 9, skipped) == (("LAX", "AUS"),), "the search says that it is not monitored"


def test_a_limit_keeps_routes_that_had_offers() -> None:
    routes = tuple(("LAX", code) for code in ("AUS", "SEA", "DEN", "ORD"))
    served = ServedRoutes(UNITED, now=NOW, history={("LAX", "ORD"): RouteHistory(had_offers=True)})
    skipped: Counter[SkipReason] = Counter()
    assert served.pick(routes, 2, skipped) == [("LAX", "ORD"), ("LAX", "AUS")]
    assert skipped == {SkipReason.LIMIT: 2}


def test_a_watch_for_a_large_place_is_limited_and_says_so() -> None:
    large = make_watch(name="Far away", origin="BOS", destination="anywhere", dates="2027-03-10")
    found = plan([large], program=UNITED, capabilities=CAPABILITIES, now=NOW)
    searches = found.searches()
    assert len({(search.origin, search.destination) for search in searches}) == MAX_ROUTES
    assert found.skipped[SkipReason.LIMIT] == len(large.routes) - MAX_ROUTES
    (note,) = found.notes()
    assert f"at most {MAX_ROUTES} routes" in note
    (cut,) = describe_cuts(large)
    assert cut.startswith(f'watch "Far away": {MAX_ROUTES} of its {len(large.routes):,} routes are searched')
    assert describe_cuts(make_watch()) == []


def test_a_large_place_does_not_delay_a_single_route() -> None:
    large = make_watch(name="large", origin="BOS", destination="anywhere", dates="2027-03-10")
    small = make_watch(name="small", origin="YYZ", destination="YVR", dates="2027-03-10")
    found = plan([large, small], program=UNITED, capabilities=CAPABILITIES, now=NOW)
    first, *others = found.ranked
    assert (first.need.search.origin, first.need.max_age) == ("YYZ", timedelta(hours=24))
    assert {ranked.need.max_age for ranked in others} == {timedelta(hours=96)}
