"""Baselines computed from the price history, and the scopes that replace a thin one."""

from __future__ import annotations

import statistics
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.deals.baselines import Baselines, compute, percentiles
from awardspider.items import Cabin
from awardspider.search.judgments import Baseline, BaselineScope
from awardspider.search.price_history import (
    KeyHistory,
    PriceKey,
    PriceRecord,
    StoredDay,
    reverse_key,
    wider_keys,
)

TODAY = date(2026, 11, 22)
KEY = PriceKey("united", BaselineScope.ROUTE, "LAX", "NRT", Cabin.BUSINESS, False)
LEAD = 3


def make_history(days: int = 5, prices: dict[int, int] | None = None, lead: int = LEAD) -> KeyHistory:
    """Return a history with the same prices, 30 by default, on each of the last days."""
    found = tuple(
        StoredDay(TODAY - timedelta(days=ago), {lead: dict(prices or {60_000: 3, 80_000: 27})}, 2)
        for ago in range(days, 0, -1)
    )
    return KeyHistory(found, PriceRecord(50_000, TODAY, found[0].search_day, TODAY, days, 2 * days))


def find(histories: dict[PriceKey, KeyHistory], lead: int = LEAD) -> Baseline | None:
    baselines = Baselines(lambda key: histories.get(key, KeyHistory()), min_days=5, min_prices=30)
    return baselines.find(KEY, lead)


@given(st.dictionaries(st.integers(1, 50).map(lambda number: number * 500), st.integers(1, 40), min_size=1))
def test_percentiles_are_those_of_the_statistics_module(counts: dict[int, int]) -> None:
    values = sorted(value for value, count in counts.items() for _ in range(count))
    half, quarter, tenth = percentiles(counts, 0.5, 0.25, 0.1)
    assert half == statistics.median(values)
    expected = statistics.quantiles(values, n=20, method="inclusive") if len(values) > 1 else [values[0]] * 19
    assert (tenth, quarter) == pytest.approx((expected[1], expected[4]))


def test_a_baseline_describes_the_prices_of_its_window() -> None:
    history = KeyHistory(
        (
            StoredDay(date(2026, 11, 1), {LEAD: {40_000: 1, 60_000: 9}, 0: {1_000: 50}}, 3),
            StoredDay(date(2026, 11, 2), {LEAD: {50_000: 1, 60_000: 9}}, 4),
            StoredDay(date(2026, 11, 3), {0: {1_000: 50}}, 5),
        ),
        PriceRecord(900, date(2026, 10, 1), date(2026, 9, 1), date(2026, 11, 3), 40, 90),
    )
    evidence = compute(history, BaselineScope.ROUTE, LEAD)
    assert evidence is not None
    assert evidence.prices == 20
    assert evidence.baseline == Baseline(
        scope=BaselineScope.ROUTE,
        window_days=2,
        median=60_000,
        quarter=60_000,
        tenth=59_000,
        days=2,
        searches=7,
        lowest=900,
        lowest_day=date(2026, 10, 1),
        first_day=date(2026, 9, 1),
        day_lowest=45_000,
    )
    assert compute(history, BaselineScope.ROUTE, 1) is None
    assert compute(KeyHistory(), BaselineScope.ROUTE, LEAD) is None


def test_the_route_comes_first_and_wider_scopes_follow() -> None:
    keys = [KEY, reverse_key(KEY), *wider_keys(KEY)]
    for number, scope in enumerate(BaselineScope):
        found = find({key: make_history() for key in keys[number:]})
        assert found is not None
        assert found.scope is scope
    assert find({}) is None


@pytest.mark.parametrize(
    ("history", "is_enough"),
    [
        (make_history(5, {60_000: 6}), True),
        (make_history(4), False),  # too few search days
        (make_history(5, {60_000: 5}), False),  # too few prices
        (make_history(5, lead=0), False),  # prices at another lead time
        (KeyHistory(), False),
    ],
    ids=["enough", "days", "prices", "lead time", "none"],
)
def test_a_thin_route_is_not_a_baseline(history: KeyHistory, is_enough: bool) -> None:
    found = find({KEY: history})
    assert (found is not None) == is_enough
    wider = find({KEY: history, reverse_key(KEY): make_history()})
    assert wider is not None
    assert wider.scope is (BaselineScope.ROUTE if is_enough else BaselineScope.REVERSE_ROUTE)


def test_each_history_is_read_once() -> None:
    read: list[PriceKey] = []

    def history(key: PriceKey) -> KeyHistory:
        read.append(key)
        return KeyHistory()

    baselines = Baselines(history, min_days=5, min_prices=30)
    for key in (KEY, reverse_key(KEY), KEY):
        for lead in range(5):
            assert baselines.find(key, lead) is None
    assert sorted(read) == sorted(set(read))
