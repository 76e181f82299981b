"""Values of searches: their order, their reasons, and that no search starves."""

from __future__ import annotations

import math
import random
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.items import Search, SearchKind
from awardspider.search.change_rates import (
    ChangeRates,
    LeadObservations,
    Observations,
    RouteKey,
    interval_group,
    observe,
)
from awardspider.search.search_values import DUE_SHARE, SearchNeed, closeness, rank, saved_waiting

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROUTES = [(origin, "AUS") for origin in ("LAX", "SFO", "SEA", "DEN", "ORD")]


def make_need(number: int = 0, **fields: Any) -> SearchNeed:
    """Return the need for a calendar of one month, last searched nine hours ago."""
    first = date(2027, 1 + number // len(ROUTES) % 12, 1)
    origin, destination = ROUTES[number % len(ROUTES)]
    search = Search(
        program="united",
        kind=SearchKind.CALENDAR,
        origin=origin,
        destination=destination,
        first=first,
        last=first.replace(day=28),
    )
    values: dict[str, Any] = {
        "search": search,
        "watches": 1,
        "closeness": 0.1,
        "last_at": NOW - 9 * HOUR,
        "cost": 1.0,
        "max_age": timedelta(days=3),
    }
    return SearchNeed(**values | fields)


random_needs = st.lists(
    st.tuples(
        st.integers(0, 59),
        st.integers(1, 3),
        st.sampled_from((0.0, 0.1, 0.5)),
        st.none() | st.integers(0, 100),
        st.sampled_from((1.0, 2.0)),
    ),
    max_size=30,
    unique_by=lambda values: values[0],
).map(
    lambda many: [
        make_need(number, watches=watches, closeness=near, last_at=None if age is None else NOW - age * HOUR, cost=cost)
        for number, watches, near, age, cost in many
    ]
)


# ---- the value of one day ----


@given(st.floats(1e-6, 50), st.floats(1e-6, 100))
def test_the_value_is_the_index_of_the_waiting_offers(rate: float, age: float) -> None:
    # Waiting offers after τ days are 1 - e^(-λτ); the index is τ times that number less its integral up to τ.
    waiting = -math.expm1(-rate * age)
    expected = age * waiting - (age - waiting / rate)
    assert saved_waiting(rate, age) == pytest.approx(expected, rel=1e-3, abs=1e-9)
    assert 0 < saved_waiting(rate, age) <= min(1 / rate, rate * age**2 / 2) * (1 + 1e-9)
    assert saved_waiting(rate, age * 1.1) >= saved_waiting(rate, age)


# ---- order ----


@given(random_needs, st.randoms(use_true_random=False))
def test_the_order_depends_only_on_the_needs(needs: list[SearchNeed], source: random.Random) -> None:
    expected = rank(needs, rates=ChangeRates(), now=NOW)
    shuffled = needs.copy()
    source.shuffle(shuffled)
    assert rank(shuffled, rates=ChangeRates(), now=NOW) == expected
    assert sorted(map(id, needs)) == sorted(id(each.need) for each in expected)


@given(random_needs)
def test_searches_that_are_due_or_new_come_first_and_the_rest_by_value(needs: list[SearchNeed]) -> None:
    ranked = rank(needs, rates=ChangeRates(), now=NOW)
    first = [each.is_due or each.age_days is None for each in ranked]
    assert first == sorted(first, reverse=True)
    due = [each.age_days or 0 for each in ranked if each.is_due]
    assert due == sorted(due, reverse=True)
    for some in ([each for each in ranked if each.age_days is None], ranked[sum(first) :]):
        values = [each.value for each in some]
        assert values == sorted(values, reverse=True)
    positions = [position for position, each in enumerate(ranked) if each.is_due]
    assert all(position <= 2 * number for number, position in enumerate(positions))


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"watches": 2}, {}),
        ({"closeness": 0.2}, {}),
        ({"priority": 2.0}, {}),
        ({}, {"cost": 2.0}),
        ({}, {"last_at": NOW - HOUR}),
    ],
)
def test_a_search_is_worth_more_with_more_to_gain(better: dict[str, Any], worse: dict[str, Any]) -> None:
    ranked = rank([make_need(0, **worse), make_need(1, **better)], rates=ChangeRates(), now=NOW)
    assert ranked[0].need == make_need(1, **better)
    assert ranked[0].value > ranked[1].value


def test_a_search_that_is_long_overdue_comes_before_any_value() -> None:
    popular = make_need(0, watches=1000, closeness=0.25)
    ranked = rank([popular, make_need(1, last_at=NOW - timedelta(days=3), closeness=0.0)], rates=ChangeRates(), now=NOW)
    assert [each.is_due for each in ranked] == [True, False]


def test_a_search_with_a_maximum_age_of_zero_is_always_due() -> None:
    ranked = rank([make_need(0, max_age=timedelta(0)), make_need(1)], rates=ChangeRates(), now=NOW)
    assert [each.is_due for each in ranked] == [True, False]


def test_a_time_in_the_future_counts_as_now() -> None:
    (ranked,) = rank([make_need(last_at=NOW + HOUR)], rates=ChangeRates(), now=NOW)
    assert (ranked.value, ranked.age_days) == (0.0, 0.0)


def test_no_search_exceeds_its_maximum_age_if_the_budget_allows_it() -> None:
    source = random.Random(1)
    needs = [make_need(number, watches=source.choice((1, 1, 1, 50)), closeness=source.random()) for number in range(60)]
    last: dict[int, datetime] = {}
    oldest = timedelta(0)
    for hour in range(300):
        now = NOW + hour * HOUR
        current = [make_need(n, watches=each.watches, closeness=each.closeness, last_at=last.get(n), max_age=40 * HOUR)
                   for n, each in enumerate(needs)]  # fmt: skip
        numbers = {each.search: number for number, each in enumerate(current)}
        for ranked in rank(current, rates=ChangeRates(), now=now)[:2]:
            number = numbers[ranked.need.search]
            oldest = max(oldest, now - last.get(number, NOW))
            last[number] = now
    assert len(last) == 60
    assert DUE_SHARE * 40 * HOUR <= oldest <= 40 * HOUR


# ---- learning ----


def test_learned_rates_find_changes_sooner_than_a_fixed_order() -> None:
    """Routes differ in how frequently they change; the order must find out which, from its own searches only."""
    source = random.Random(7)
    needs = [make_need(number, closeness=0.1) for number in range(60)]
    true_rates = [0.02 * math.exp(source.gauss(0, 1.7)) for _ in ROUTES]
    changes: list[list[float]] = []
    for number in range(60):
        times, time = [], 0.0
        while time < 30:
            time += source.expovariate(28 * true_rates[number % len(ROUTES)])
            times.append(time)
        changes.append(times)
    days = {number: [source.randrange(28) for _ in times] for number, times in enumerate(changes)}

    def delays(by_value: bool) -> list[float]:
        last: dict[int, float] = {}
        sums: dict[tuple[RouteKey, int, int], Observations] = {}
        found: list[float] = []
        rates = ChangeRates()
        for hour in range(24 * 30):
            now = hour / 24
            number = hour % 60
            if by_value:
                if hour % 12 == 0:
                    rates = ChangeRates(LeadObservations(key[0], key[1], each) for key, each in sums.items())
                at = {n: NOW + timedelta(days=last[n]) if n in last else None for n in range(60)}
                current = [make_need(n, last_at=at[n], max_age=timedelta(days=10)) for n in range(60)]
                best = rank(current, rates=rates, now=NOW + timedelta(days=now))[0].need
                number = next(n for n in range(60) if needs[n].search == best.search)
            if number in last:
                changed = [
                    (time, needs[number].search.first + timedelta(days=day))
                    for time, day in zip(changes[number], days[number], strict=True)
                    if last[number] < time <= now
                ]
                found += [now - time for time, _ in changed if time > 3]
                since = NOW + timedelta(days=last[number])
                for route, lead, observed in observe(
                    needs[number].search, {day for _, day in changed}, since, NOW + timedelta(days=now)
                ):
                    key = (route, lead, interval_group(now - last[number]))
                    before = sums.get(key, Observations(0, 0, 0))
                    sums[key] = Observations(*map(sum, zip(before, observed, strict=True)))
            last[number] = now
        return found

    assert median(delays(by_value=True)) < 0.75 * median(delays(by_value=False))


# ---- closeness ----


@given(st.lists(st.none() | st.integers(1, 500_000), max_size=40), st.none() | st.integers(0, 500_000))
def test_closeness_is_a_probability(prices: list[int | None], limit: int | None) -> None:
    assert 0 < closeness(prices, limit) <= 1


@given(st.lists(st.integers(50_001, 500_000), min_size=1, max_size=40), st.integers(1, 10_000))
def test_prices_above_the_limit_that_fall_are_closer(prices: list[int], drop: int) -> None:
    lower = [max(50_001, price - drop) for price in prices]
    assert closeness(lower, 50_000) >= closeness(prices, 50_000)


def test_a_month_far_above_the_limit_is_not_close() -> None:
    far, near = closeness([160_000] * 30, 80_000), closeness([84_000] * 30, 80_000)
    assert far < 0.01 < 0.2 < near


def test_days_that_match_already_cannot_become_matches() -> None:
    half = closeness([70_000, 90_000] * 15, 80_000)
    assert closeness([70_000] * 30, 80_000) < 0.1 < half
    assert closeness([70_000] * 30, None) < 0.1 < closeness([70_000, None] * 15, None)


# ---- reasons ----


def test_a_reason_names_the_watches_the_distance_the_changes_and_the_age() -> None:
    (ranked,) = rank([make_need(watches=12, price_ratio=0.96)], rates=ChangeRates(), now=NOW)
    assert ranked.reason == "12 watches, 4% under the limit; changes every 3 h; last search 9 h ago"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"last_at": None}, "1 watch; changes every 3 h; never searched"),
        ({"price_ratio": 1.254}, "1 watch, 25% over the limit; changes every 3 h; last search 9 h ago"),
        ({"price_ratio": 1.001}, "1 watch, at the limit; changes every 3 h; last search 9 h ago"),
        ({"last_at": NOW}, "1 watch; changes every 3 h; last search 1 min ago"),
        (
            {"last_at": NOW - timedelta(days=4)},
            "1 watch; changes every 3 h; last search 4 days ago; at most 3 days allowed",
        ),
    ],
)
def test_reasons(fields: dict[str, Any], reason: str) -> None:
    (ranked,) = rank([make_need(**fields)], rates=ChangeRates(), now=NOW)
    assert ranked.reason == reason
