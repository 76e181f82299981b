"""Change rates: how frequently the offers of a departure day change, learned from repeated searches.

The changes of one departure day are a Poisson process with rate λ. A search shows only whether the day's offers have
changed since the last search, not how many times, so the share of changed days understates λ if changes are frequent
(Cho and Garcia-Molina, "Estimating frequency of change", ACM TOIT 2003). The likelihood corrects for that:
P(changed within Δ) = 1 - exp(-λΔ). docs/planner.md derives the formulas.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from awardspider.items import Search, SearchKind

#: The first day of each lead time, in days from the search to the departure. Programs release and withdraw seats in
#: the last weeks before departure far more frequently than months before. Our choice of limits.
LEAD_STARTS = (0, 7, 21, 60, 150)

#: Changes a day of one departure day for each lead time, until data says otherwise. Our choice: the first searches
#: replace these values, because they count as a single observed change.
PRIOR_RATES = (0.8, 0.4, 0.25, 0.2, 0.15)

#: The weight of each level's prior, in observed changes. A program's lead time needs few observations, because it has
#: many routes. A route needs more, because the days of one calendar change together (a sale, for example).
PROGRAM_WEIGHT = 1.0
ROUTE_WEIGHT = 4.0
ROUTE_LEAD_WEIGHT = 12.0

_TOLERANCE = 1e-10


class RouteKey(NamedTuple):
    """The searches that share statistics. `program` is the searched one, which may be a source of several programs."""

    program: str
    kind: SearchKind
    origin: str
    destination: str


class Observations(NamedTuple):
    """Departure days that were searched twice, with similar intervals between the two searches.

    `changed` is the number of days whose offers had changed, and `changed_days` the sum of their intervals in days;
    `unchanged_days` is the sum of the intervals of the other days. Counts are weighted, so they can be fractions.
    """

    changed: float
    changed_days: float
    unchanged_days: float


class LeadObservations(NamedTuple):
    """The observations of one route at one lead time (an index in LEAD_STARTS), for one group of intervals."""

    route: RouteKey
    lead: int
    observations: Observations


def lead_time(days_ahead: int) -> int:
    """Return the index in LEAD_STARTS of a departure `days_ahead` days from now; past days count as today."""
    lead = len(LEAD_STARTS) - 1
    while lead and days_ahead < LEAD_STARTS[lead]:
        lead -= 1
    return lead


def days_by_lead(first: date, last: date, today: date) -> tuple[int, ...]:
    """Return the number of departure days from `first` to `last` at each lead time. Past days are not counted."""
    start, end = max(0, (first - today).days), (last - today).days + 1
    limits = (*LEAD_STARTS, max(end, LEAD_STARTS[-1]))
    return tuple(max(0, min(end, after) - max(start, limit)) for limit, after in pairwise(limits))


def posterior_rate(prior_rate: float, weight: float, observations: Iterable[Observations]) -> float:
    """Return the changes a day that the observations and a prior make most likely.

    The prior is a gamma distribution with mean `prior_rate` and shape `weight`. The result is the mode of the posterior
    density of ln λ, which is the root of

        g(λ) = weight - (weight / prior_rate + U) λ + Σ c x / (e^x - 1), with x = λ m,

    where U is the time without a change, and each group of observations has c changed days with mean interval m. g is
    strictly decreasing, and its root is between the rate without and with one change for each changed day. Without
    observations, the root is `prior_rate`; for short intervals it is the gamma posterior's mean.
    """
    exposure = weight / prior_rate
    groups = []
    for changed, changed_days, unchanged_days in observations:
        exposure += unchanged_days
        if changed > 0 and changed_days > 0:
            groups.append((changed, changed_days / changed))
    low = weight / exposure
    high = (weight + sum(changed for changed, _ in groups)) / exposure
    rate = high
    while high - low > _TOLERANCE * high:
        value, slope = weight - exposure * rate, -exposure
        for changed, interval in groups:
            term, term_slope = _unseen_changes(rate * interval)
            value += changed * term
            slope += changed * interval * term_slope
        if value > 0:
            low = rate
        else:
            high = rate
        step = value / slope
        rate -= step
        if abs(step) <= _TOLERANCE * high:
            break
        if not low < rate < high:
            rate = (low + high) / 2
    return rate


def _unseen_changes(x: float) -> tuple[float, float]:
    """Return x / (e^x - 1) and its derivative, both exact for small and large x."""
    if x < 1e-4:
        return 1 - x / 2, -0.5 + x / 6
    if x > 500:
        return 0.0, 0.0
    denominator = math.expm1(x)
    ratio = x / denominator
    return ratio, (1 - ratio * (denominator + 1)) / denominator


class ChangeRates:
    """The change rates of all routes, from the statistics of `storage.change_rates`; without any, from the prior.

    There are three levels. A program's rate at a lead time is learned from all its routes. A route's factor is learned
    from all its lead times relative to the program. A route's rate at a lead time starts from their product.
    """

    def __init__(self, observations: Iterable[LeadObservations] = ()) -> None:
        self._by_route: dict[RouteKey, dict[int, list[Observations]]] = {}
        by_program: dict[tuple[str, SearchKind], dict[int, list[Observations]]] = {}
        for route, lead, observed in observations:
            self._by_route.setdefault(route, {}).setdefault(lead, []).append(observed)
            by_program.setdefault((route.program, route.kind), {}).setdefault(lead, []).append(observed)
        self._program_rates = {program: _program_rates(by_lead) for program, by_lead in by_program.items()}
        self._route_rates: dict[RouteKey, tuple[float, ...]] = {}

    def rate(
        self, program: str, origin: str, destination: str, days_ahead: int, kind: SearchKind = SearchKind.CALENDAR
    ) -> float:
        """Return the changes a day of the offers of one departure day, `days_ahead` days from now."""
        return self.route_rates(RouteKey(program, kind, origin, destination))[lead_time(days_ahead)]

    def route_rates(self, route: RouteKey) -> tuple[float, ...]:
        """Return the changes a day of one departure day, for each lead time."""
        rates = self._route_rates.get(route)
        if rates is None:
            rates = self._route_rates[route] = self._learn(route)
        return rates

    def search_rate(self, search: Search, today: date) -> float:
        """Return the changes a day within the scope of a search: the sum over its departure days."""
        rates = self.route_rates(RouteKey(search.program, search.kind, search.origin, search.destination))
        days = days_by_lead(search.first, search.last, today)
        return sum(count * rate for count, rate in zip(days, rates, strict=True))

    def _learn(self, route: RouteKey) -> tuple[float, ...]:
        program = self._program_rates.get((route.program, route.kind), PRIOR_RATES)
        by_lead = self._by_route.get(route)
        if by_lead is None:
            return program
        relative = (
            # Time in units of the program's mean time between changes makes λ the route's factor.
            Observations(changed, changed_days * program[lead], unchanged_days * program[lead])
            for lead, observed in by_lead.items()
            for changed, changed_days, unchanged_days in observed
        )
        factor = posterior_rate(1.0, ROUTE_WEIGHT, relative)
        return tuple(
            posterior_rate(rate * factor, ROUTE_LEAD_WEIGHT, by_lead.get(lead, ())) for lead, rate in enumerate(program)
        )


def _program_rates(by_lead: Mapping[int, Sequence[Observations]]) -> tuple[float, ...]:
    return tuple(
        posterior_rate(rate, PROGRAM_WEIGHT, _merged(by_lead.get(lead, ()))) for lead, rate in enumerate(PRIOR_RATES)
    )


def _merged(observations: Sequence[Observations]) -> list[Observations]:
    """Merge observations whose mean intervals are within the same factor of two."""
    sums: dict[int, Observations] = {}
    for observed in observations:
        group = interval_group(observed.changed_days / observed.changed) if observed.changed > 0 else 0
        before = sums.get(group, Observations(0, 0, 0))
        sums[group] = Observations(*(one + other for one, other in zip(before, observed, strict=True)))
    return list(sums.values())


def interval_group(days: float) -> int:
    """Return the group of an interval: intervals in one group differ by less than a factor of two."""
    return max(0, math.frexp(days * 24)[1]) if days > 0 else 0


def observe(search: Search, changed: Collection[date], since: datetime, at: datetime) -> list[LeadObservations]:
    """Return what a search at `at` teaches, if all days of its scope were last searched at `since`.

    `changed` are the departure days with offers that are new, gone, or have another price or number of seats. Days that
    are not after today are left out, because offers also disappear when their flights depart.
    """
    interval = (at - since) / timedelta(days=1)
    if interval <= 0:
        return []
    route, today = RouteKey(search.program, search.kind, search.origin, search.destination), at.date()
    first = max(search.first, today + timedelta(days=1))
    counts = [0] * len(LEAD_STARTS)
    for day in set(changed):
        if first <= day <= search.last:
            counts[lead_time((day - today).days)] += 1
    return [
        LeadObservations(route, lead, Observations(count, count * interval, (days - count) * interval))
        for lead, (days, count) in enumerate(zip(days_by_lead(first, search.last, today), counts, strict=True))
        if days
    ]
