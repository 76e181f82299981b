"""The planner benchmark with small sizes: all parts run, and freshness is measured as documented."""

from __future__ import annotations

from datetime import timedelta

import pytest

from awardspider.items import Priority
from awardspider.sandbox.clock import STEP
from awardspider.search.expansion import MAX_AGES
from benchmarks.planner import PARTS, load_part, matching
from benchmarks.planner.freshness import (
    SMALL_REQUESTS_PER_HOUR,
    DealKey,
    NeedKey,
    Result,
    RoundRobin,
    TrueDeals,
    simulate,
)
from benchmarks.planner.freshness_world import START

HOUR = timedelta(hours=1)
KEY = NeedKey("united", 0)


@pytest.mark.parametrize("name", PARTS)
def test_every_part_has_a_function_that_runs_it(name: str) -> None:
    assert callable(load_part(name).run)


@pytest.mark.slow
def test_the_plan_finds_every_match_with_few_requests() -> None:
    figures = load_part("requests").run(full=False)
    assert isinstance(figures["request_ratio"], float)
    assert isinstance(figures["request_lower_bound"], float)
    assert figures["matches"]
    assert figures["recall"] == figures["recall_one_route"] == 1
    assert figures["request_lower_bound"] <= figures["request_ratio"] < 0.1
    assert figures["moving_recall"] == figures["ordinary_recall"] == 1
    assert figures["moving_moments"] == 2
    assert isinstance(figures["ordinary_request_ratio"], float)
    assert isinstance(figures["ordinary_lower_bound"], float)
    assert figures["request_ratio"] < figures["ordinary_lower_bound"] <= figures["ordinary_request_ratio"] < 1


def test_memory_of_the_index_is_what_the_process_occupies_now() -> None:
    before = matching.occupied_megabytes()
    block = bytearray(b"x") * 50_000_000
    grown = matching.added_megabytes(before)
    del block
    assert grown is not None
    assert 40 < grown < 60
    released = matching.added_megabytes(before)
    assert released is not None
    assert released < 10  # a peak would remain


@pytest.mark.slow
def test_the_order_by_value_notices_deals_sooner_than_round_robin() -> None:
    results, again = (
        simulate(watch_count=20, days=4, seed=1, requests_per_hour=SMALL_REQUESTS_PER_HOUR) for _ in range(2)
    )
    counts = {len(result.delays) + result.missed for result in results.values()}
    assert len(counts) == 1
    assert counts.pop() > 50
    median = {name: result.quantile(0.5) or 0.0 for name, result in results.items()}
    assert median["ours"] < 0.5 * median["round_robin"]
    assert results["ours"].oldest <= MAX_AGES[Priority.NORMAL]
    assert results["ours"].oldest_share == results["ours"].oldest / MAX_AGES[Priority.NORMAL]
    assert {name: result.delays for name, result in results.items()} == {
        name: result.delays for name, result in again.items()
    }


def test_a_deal_is_noticed_once_and_missed_if_it_ends_before() -> None:
    deals, result = TrueDeals(), Result(RoundRobin({}))
    first, second, third = (DealKey(KEY, watch, 0) for watch in range(3))
    deals.update(KEY, {first}, None)  # exists at the start, and does not count
    deals.update(KEY, {first, second}, START)
    result.search(KEY, deals, START, START + HOUR)
    result.search(KEY, deals, START, START + 2 * HOUR)
    deals.update(KEY, {second, third}, START + STEP)
    for deal, appeared in deals.update(KEY, set(), START + 2 * STEP):
        result.miss(deal, appeared)
    deals.update(KEY, {second}, START + 3 * STEP)  # appears again
    result.search(KEY, deals, START, START + 3 * STEP + 3 * HOUR)
    assert result.delays == [1.0, 3.0]
    assert result.missed == 1
    assert deals.count == 3
    assert [result.quantile(share) for share in (0, 0.5, 0.9)] == [1.0, 3.0, None]


def test_the_longest_age_includes_the_time_before_the_first_and_after_the_last_search() -> None:
    other = NeedKey("united", 1)
    result = Result(RoundRobin({}), {KEY: 4 * HOUR, other: 10 * HOUR})
    result.search(KEY, TrueDeals(), START, START + 5 * HOUR)
    assert result.oldest == 5 * HOUR
    result.age_at_end([KEY, other], START, START + 7 * HOUR)
    assert result.oldest == 7 * HOUR
    assert result.oldest_share == 1.25  # of the search with the shorter bound
