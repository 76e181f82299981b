"""Change rates: the estimate from repeated searches, its levels, and what one search teaches."""

from __future__ import annotations

import math
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.items import Search, SearchKind
from awardspider.search.change_rates import (
    LEAD_STARTS,
    PRIOR_RATES,
    ChangeRates,
    LeadObservations,
    Observations,
    RouteKey,
    days_by_lead,
    interval_group,
    lead_time,
    observe,
    posterior_rate,
)

TODAY = date(2026, 11, 29)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ROUTE = RouteKey("united", SearchKind.CALENDAR, "LAX", "AUS")

counts = st.integers(0, 50)
intervals = st.floats(0.01, 60)
observations = st.lists(
    st.builds(lambda count, interval, rest: Observations(count, count * interval, rest), counts, intervals, intervals),
    max_size=5,
)
rates = st.floats(0.001, 50)
weights = st.floats(0.1, 20)


def simulate(rate: float, intervals: list[float], seed: int) -> list[Observations]:
    """Return the observations of a Poisson process that is visited at intervals, grouped as the storage does."""
    source = random.Random(seed)
    sums: dict[int, Observations] = {}
    for interval in intervals:
        is_changed = source.random() < 1 - math.exp(-rate * interval)
        before = sums.get(interval_group(interval), Observations(0, 0, 0))
        sums[interval_group(interval)] = Observations(
            before.changed + is_changed,
            before.changed_days + interval * is_changed,
            before.unchanged_days + interval * (not is_changed),
        )
    return list(sums.values())


def make_search(first: date, last: date) -> Search:
    return Search(program="united", kind=SearchKind.CALENDAR, origin="LAX", destination="AUS", first=first, last=last)


# ---- the estimate ----


@pytest.mark.parametrize("rate", [0.05, 0.5, 2.0, 6.0])
def test_the_estimate_recovers_the_rate_of_a_poisson_process(rate: float) -> None:
    source = random.Random(3)
    intervals = [source.choice((0.1, 0.25, 0.4, 1.0, 1.3)) for _ in range(30_000)]
    assert posterior_rate(0.3, 1.0, simulate(rate, intervals, seed=4)) == pytest.approx(rate, rel=0.08)


def test_the_number_of_changed_days_per_time_understates_the_rate() -> None:
    observed = simulate(2.0, [1.0] * 4000, seed=5)
    changed, time = sum(each.changed for each in observed), sum(each[1] + each[2] for each in observed)
    assert changed / time < 0.5 * 2.0
    assert posterior_rate(0.3, 1.0, observed) == pytest.approx(2.0, rel=0.08)


@given(rates, weights)
def test_without_observations_the_estimate_is_the_prior(rate: float, weight: float) -> None:
    assert posterior_rate(rate, weight, []) == pytest.approx(rate)


@given(rates, weights, observations)
def test_the_estimate_is_the_root_of_the_score(rate: float, weight: float, observed: list[Observations]) -> None:
    def score(value: float) -> float:
        total = weight - weight / rate * value
        for changed, changed_days, unchanged_days in observed:
            total -= unchanged_days * value
            if changed:
                x = value * changed_days / changed
                total += changed * x / math.expm1(x) if x < 700 else 0
        return total

    estimate = posterior_rate(rate, weight, observed)
    assert math.isfinite(estimate)
    assert score(estimate * (1 - 1e-6)) >= 0 >= score(estimate * (1 + 1e-6))


@given(rates, weights, observations, intervals)
def test_a_changed_day_raises_the_estimate_and_an_unchanged_one_lowers_it(
    rate: float, weight: float, observed: list[Observations], interval: float
) -> None:
    before = posterior_rate(rate, weight, observed)
    assert posterior_rate(rate, weight, [*observed, Observations(1, interval, 0)]) > before * (1 - 1e-9)
    assert posterior_rate(rate, weight, [*observed, Observations(0, 0, interval)]) < before


@given(rates, weights, observations)
def test_the_order_of_observations_does_not_matter(rate: float, weight: float, observed: list[Observations]) -> None:
    assert posterior_rate(rate, weight, observed[::-1]) == pytest.approx(posterior_rate(rate, weight, observed))


@pytest.mark.parametrize(
    "observed", [Observations(1, 1e-9, 0), Observations(500, 500 * 1e5, 0), Observations(0, 0, 1e9)]
)
def test_extreme_intervals_give_a_finite_positive_rate(observed: Observations) -> None:
    assert 0 < posterior_rate(0.3, 1.0, [observed]) < 1e12


# ---- levels ----


def busy(route: RouteKey, lead: int, changed: int, unchanged: int) -> LeadObservations:
    """Return observations with an interval of half a day."""
    return LeadObservations(route, lead, Observations(changed, changed * 0.5, unchanged * 0.5))


def test_without_data_each_lead_time_has_the_prior_rate() -> None:
    rates = ChangeRates()
    assert rates.route_rates(ROUTE) == PRIOR_RATES
    assert [rates.rate("delta", "JFK", "LHR", days) for days in LEAD_STARTS] == list(PRIOR_RATES)


def test_a_route_without_data_has_the_rate_of_its_program() -> None:
    others = [ROUTE._replace(origin=origin) for origin in ("SFO", "DEN", "ORD")]
    rates = ChangeRates([busy(route, 2, 90, 10) for route in others])
    assert rates.rate("united", "EWR", "LHR", 30) == pytest.approx(math.log(10) / 0.5, rel=0.1)
    assert rates.rate("delta", "EWR", "LHR", 30) == PRIOR_RATES[2]
    assert rates.rate("united", "EWR", "LHR", 30, SearchKind.ITINERARY) == PRIOR_RATES[2]
    assert rates.rate("united", "EWR", "LHR", 200) == PRIOR_RATES[4]


def test_a_route_that_changes_more_than_its_program_has_higher_rates_at_all_lead_times() -> None:
    calm = [busy(ROUTE._replace(origin=origin), lead, 10, 190) for origin in ("SFO", "DEN", "ORD") for lead in (2, 3)]
    rates = ChangeRates([*calm, busy(ROUTE, 2, 150, 50)])
    others = rates.route_rates(ROUTE._replace(origin="SFO"))
    assert rates.route_rates(ROUTE)[2] == pytest.approx(math.log(4) / 0.5, rel=0.2)
    assert all(own > 2 * other for own, other in zip(rates.route_rates(ROUTE), others, strict=True))


def test_few_observations_of_a_route_move_its_rate_little() -> None:
    others = [busy(ROUTE._replace(origin=origin), 2, 100, 900) for origin in ("SFO", "DEN", "ORD")]
    usual = ChangeRates(others).rate("united", "LAX", "AUS", 30)
    once = ChangeRates([*others, busy(ROUTE, 2, 1, 0)]).rate("united", "LAX", "AUS", 30)
    assert usual < once < 1.5 * usual


def test_the_rate_of_a_search_is_the_sum_over_its_days() -> None:
    rates = ChangeRates([busy(ROUTE, lead, 10 * lead, 50) for lead in range(5)])
    search = make_search(TODAY + timedelta(days=3), TODAY + timedelta(days=90))
    by_day = [rates.rate("united", "LAX", "AUS", ahead) for ahead in range(3, 91)]
    assert rates.search_rate(search, TODAY) == pytest.approx(sum(by_day))


# ---- lead times and observations ----


@given(st.integers(-400, 400), st.integers(0, 400))
def test_days_are_counted_at_their_lead_times(start: int, length: int) -> None:
    first, last = TODAY + timedelta(days=start), TODAY + timedelta(days=start + length)
    expected = Counter(lead_time(ahead) for ahead in range(start, start + length + 1) if ahead >= 0)
    assert days_by_lead(first, last, TODAY) == tuple(expected[lead] for lead in range(len(LEAD_STARTS)))


@given(st.integers(-5, 200), st.integers(0, 100), st.sets(st.integers(-10, 310)), st.floats(0.01, 30))
def test_a_search_teaches_about_each_future_day_of_its_scope(
    start: int, length: int, changed: set[int], interval: float
) -> None:
    search = make_search(TODAY + timedelta(days=start), TODAY + timedelta(days=start + length))
    days = {TODAY + timedelta(days=ahead) for ahead in changed}
    learned = observe(search, days, NOW - timedelta(days=interval), NOW)
    scope = [ahead for ahead in range(start, start + length + 1) if ahead > 0]
    for lead in range(len(LEAD_STARTS)):
        of_lead = [ahead for ahead in scope if lead_time(ahead) == lead]
        count = len(changed.intersection(of_lead))
        found = [each.observations for each in learned if each.lead == lead]
        assert len(found) == bool(of_lead)
        for observed in found:
            expected = (count, count * interval, (len(of_lead) - count) * interval)
            assert observed == pytest.approx(expected, rel=1e-5, abs=1e-5)
    assert {each.route for each in learned} <= {ROUTE}


def test_a_search_before_the_last_one_teaches_nothing() -> None:
    search = make_search(TODAY, TODAY + timedelta(days=30))
    assert observe(search, {TODAY + timedelta(days=3)}, NOW, NOW) == []
    assert observe(search, (), NOW + timedelta(hours=1), NOW) == []


@given(st.floats(0.05, 1000), st.floats(1, 1.99))
def test_intervals_in_one_group_differ_by_less_than_a_factor_of_two(days: float, factor: float) -> None:
    assert interval_group(days) <= interval_group(days * factor) <= interval_group(days) + 1
    assert interval_group(days * 2) == interval_group(days) + 1
