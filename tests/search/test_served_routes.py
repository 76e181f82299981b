"""Routes that a program can serve, and those that are tried again rarely."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from awardspider.programs import programs
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.expansion import MAX_ROUTES, describe_cuts
from awardspider.search.planner import plan
from awardspider.search.served_routes import RouteHistory, ServedRoutes, SkipReason, retry_at
from tests.support.program_requests import spider
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SOUTHWEST, UNITED = programs()["southwest"], programs()["united"]
CAPABILITIES: SearchCapabilities = spider("united").capabilities


def history(empty_rounds: int, days_ago: float = 0, had_offers: bool = False) -> RouteHistory:
    return RouteHistory(empty_rounds, NOW - timedelta(days=days_ago), had_offers)


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
    assert retry_at(history(rounds)) == (None if days is None else NOW + timedelta(days=days))
    assert retry_at(history(rounds, had_offers=True)) is None


def test_the_time_of_the_last_search_decides() -> None:
    routes = {("LAX", "AUS"): history(3, days_ago=7.9), ("LAX", "SEA"): history(3, days_ago=8)}
    served = ServedRoutes(UNITED, now=NOW, history=routes)
    assert served.reason_to_skip(("LAX", "AUS")) is SkipReason.ALWAYS_EMPTY
    assert served.reason_to_skip(("LAX", "SEA")) is None
    assert served.reason_to_skip(("LAX", "DEN")) is None


def test_routes_that_are_not_monitored_are_left_out_of_a_large_place() -> None:
    served = ServedRoutes(UNITED, now=NOW, monitored={("LAX", "AUS"): False, ("LAX", "SEA"): True}.get)
    skipped: Counter[SkipReason] = Counter()
    assert served.pick((("LAX", "AUS"), ("LAX", "SEA"), ("LAX", "DEN")), 9, skipped) == [("LAX", "SEA"), ("LAX", "DEN")]
    assert skipped == {SkipReason.NOT_MONITORED: 1}
    assert served.pick((("LAX", "AUS"),), 9, skipped) == (("LAX", "AUS"),), "the search says that it is not monitored"


def test_a_limit_keeps_routes_that_had_offers() -> None:
    routes = tuple(("LAX", code) for code in ("AUS", "SEA", "DEN", "ORD"))
    served = ServedRoutes(UNITED, now=NOW, history={("LAX", "ORD"): history(0, had_offers=True)})
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
