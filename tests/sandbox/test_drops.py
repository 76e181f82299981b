"""Sudden drops: how frequent and how large they are, and that prices show them but no site marks them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby

import pytest

from awardspider.items import Cabin
from awardspider.sandbox.clock import parse_time, step_day, step_start
from awardspider.sandbox.drops import CYCLE, Drop, drop_percents, find_drop
from tests.support.truth_client import NOON, TruthClient

ROUTE = ("LAX", "AUS")
ROUTES = [ROUTE, ("AUS", "LAX"), ("SFO", "NRT"), ("EWR", "LHR"), ("JFK", "LAX")]
START = int(parse_time(NOON).timestamp()) // 21600


def runs(route: tuple[str, str], cabin: Cabin, program: str = "united", steps: int = 8 * CYCLE) -> list[list[Drop]]:
    """Return the drops of a route and cabin in the order of time, one for each step that they last."""
    drops = [find_drop(7, program, route, cabin, START + step) for step in range(steps)]
    return [[drop for drop in group if drop] for drop, group in groupby(drops) if drop]


def test_each_route_and_cabin_has_about_one_drop_in_six_weeks() -> None:
    for route in ROUTES:
        for cabin in Cabin:
            assert 7 <= len(runs(route, cabin)) <= 9


def test_a_drop_lasts_one_to_three_days_at_40_to_60_percent() -> None:
    every = [run for route in ROUTES for cabin in Cabin for run in runs(route, cabin)[1:-1]]
    assert {len(run) for run in every} == {4, 6, 8, 12}
    assert {run[0].percent for run in every} == {40, 45, 50, 55, 60}
    assert all(14 <= run[0].last - run[0].first + 1 <= 42 for run in every)


def test_drops_of_routes_cabins_and_programs_are_independent() -> None:
    found = [runs(route, cabin, program) for route in ROUTES for cabin in Cabin for program in ("united", "delta")]
    assert len({run[0][0] for run in found}) == len(found)


def test_days_on_sale_have_no_drop() -> None:
    drop = Drop(50, 101, 103)
    assert drop_percents(drop, None, 100, 5) == [0, 50, 50, 50, 0]
    assert drop_percents(drop, [0, 0, 20, 20, 20], 100, 5) == [0, 50, 0, 0, 0]
    assert drop_percents(drop, None, 104, 5) is None
    assert drop_percents(None, None, 100, 5) is None


@pytest.fixture(scope="module")
def during() -> tuple[TruthClient, Drop]:
    """Return the world at the start of a drop of economy, and the drop."""
    step = next(step for step in range(START, START + 2 * CYCLE) if find_drop(7, "united", ROUTE, Cabin.ECONOMY, step))
    drop = find_drop(7, "united", ROUTE, Cabin.ECONOMY, step)
    assert drop is not None
    return TruthClient(clock=step_start(step).isoformat()), drop


def test_a_drop_lowers_the_prices_of_calendar_and_flights(during: tuple[TruthClient, Drop]) -> None:
    client, drop = during
    before = TruthClient(clock=(client.world.clock.now() - timedelta(hours=6)).isoformat())
    factors: list[float] = []
    for ordinal in range(drop.first, drop.last + 1):
        day = date.fromordinal(ordinal)
        (shown,) = client.query("LAX-AUS", date=day, detail="day", cabin="economy")
        (earlier,) = before.query("LAX-AUS", date=day, detail="day", cabin="economy")
        flights = client.flights("LAX-AUS", day, cabin="economy")
        lowest = min(flights, key=lambda offer: (offer["miles"], not offer["saver"], float(offer["taxes"])))
        assert (shown["miles"], shown["drop_percent"]) == (lowest["miles"], lowest["drop_percent"])
        assert lowest["drop_percent"] == (None if lowest["on_sale"] else drop.percent)
        factors.append(shown["miles"] / earlier["miles"])
    expected = 1 - drop.percent / 100
    assert sorted(factors)[len(factors) // 2] == pytest.approx(expected, abs=0.02)


def test_no_response_marks_a_drop(during: tuple[TruthClient, Drop]) -> None:
    client, drop = during
    dropped = [
        offer
        for ordinal in range(drop.first, drop.last + 1)
        for offer in client.flights("LAX-AUS", date.fromordinal(ordinal), cabin="economy")
        if offer["drop_percent"]
    ]
    assert dropped
    assert {(offer["on_sale"], offer["regular_miles"]) for offer in dropped} == {(False, None)}


def test_other_departure_dates_have_no_drop(during: tuple[TruthClient, Drop]) -> None:
    client, drop = during
    assert drop.first >= step_day(client.world.clock.step) + 10
    outside = [date.fromordinal(drop.first - 1), date.fromordinal(drop.last + 1)]
    assert {
        offer["drop_percent"] for day in outside for offer in client.query("LAX-AUS", date=day, cabin="economy")
    } == {None}


def test_prices_of_partners_do_not_drop() -> None:
    route = ("SFO", "LHR")
    step = next(step for step in range(START, START + 2 * CYCLE) if find_drop(7, "united", route, Cabin.ECONOMY, step))
    drop = find_drop(7, "united", route, Cabin.ECONOMY, step)
    assert drop is not None
    client = TruthClient(clock=step_start(step).isoformat())
    flights = [
        ({segment["marketing_carrier"] for segment in offer["segments"]} == {"UA"}, offer["drop_percent"])
        for ordinal in range(drop.first, drop.last + 1)
        for offer in client.flights("-".join(route), date.fromordinal(ordinal), cabin="economy")
        if not offer["on_sale"]
    ]
    assert set(flights) == {(True, drop.percent), (False, None)}
