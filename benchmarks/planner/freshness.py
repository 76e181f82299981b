"""Freshness: the delay from the appearance of a deal to the search that notices it, against simpler orders of searches.

A deal is an offer that begins to match a watch: a day of a route whose lowest price in the watch's cabin falls to the
limit or below. The ground truth is computed from the sandbox world at each of its steps. All policies have the same
watches, searches and budgets, and know only the responses to their own searches. The maximum ages are the
planner's own: each watch has the one of its priority, and the budget is one with which they can be kept.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol

from awardspider.sandbox.clock import STEP
from awardspider.search.change_rates import (
    ChangeRates,
    LeadObservations,
    Observations,
    RouteKey,
    interval_group,
    observe,
)
from awardspider.search.expansion import MAX_AGES
from awardspider.search.search_values import SearchNeed, closeness, rank
from benchmarks.planner.freshness_world import (
    PROGRAMS,
    Need,
    Prices,
    TrueWorld,
    WatchedRoute,
    make_needs,
    make_watches,
    step_times,
)

SEED = 1
HOUR = timedelta(hours=1)
#: Deals of these days count.
DAYS = 14
#: The simulation continues after DAYS, so that the last deals can be noticed.
EXTRA_DAYS = 3
#: The hourly budget of each program, for every order of searches.
REQUESTS_PER_HOUR = 20
SMALL_REQUESTS_PER_HOUR = 3
#: The interval after which our policy computes the change rates from its statistics again.
LEARNING_INTERVAL = timedelta(hours=6)


class NeedKey(NamedTuple):
    """A search: the number of a need in its program's list."""

    program: str
    number: int


class DealKey(NamedTuple):
    """A departure day of a search, for one watch."""

    need: NeedKey
    watch: int
    day: int


class Policy(Protocol):
    """An order of searches."""

    def choose(self, program: str, count: int, now: datetime) -> Sequence[int]:
        """Return the numbers of the next searches of a program."""

    def learn(self, key: NeedKey, need: Need, prices: Prices, now: datetime) -> None:
        """Process the response of a search."""


class RoundRobin:
    """All searches of a program in a fixed order, again and again."""

    def __init__(self, needs: Mapping[str, Sequence[Need]]) -> None:
        self._counts = {program: len(of_program) for program, of_program in needs.items()}
        self._next = dict.fromkeys(needs, 0)

    def choose(self, program: str, count: int, now: datetime) -> Sequence[int]:
        """Return the next searches in order."""
        start, total = self._next[program], self._counts[program]
        self._next[program] = (start + count) % total
        return [(start + number) % total for number in range(min(count, total))]

    def learn(self, key: NeedKey, need: Need, prices: Prices, now: datetime) -> None:
        """Ignore the response."""


class RandomOrder:
    """All searches of a program in a new random order each time."""

    def __init__(self, needs: Mapping[str, Sequence[Need]], seed: int) -> None:
        self._random = random.Random(seed)
        self._counts = {program: len(of_program) for program, of_program in needs.items()}
        self._queues: dict[str, list[int]] = {program: [] for program in needs}

    def choose(self, program: str, count: int, now: datetime) -> Sequence[int]:
        """Return the next searches of the current order."""
        chosen: list[int] = []
        queue, total = self._queues[program], self._counts[program]
        for _ in range(min(count, total)):
            if not queue:
                queue += self._random.sample(range(total), total)
            chosen.append(queue.pop())
        return chosen

    def learn(self, key: NeedKey, need: Need, prices: Prices, now: datetime) -> None:
        """Ignore the response."""


@dataclass(slots=True)
class _Known:
    """The last response of a search."""

    prices: Prices
    at: datetime
    closeness: float


class ByValue:
    """The planner's order. Rates and distances to the limits are learned from the responses of its own searches.

    Without `use_limits`, each change is assumed to create a match with the same probability.
    """

    def __init__(
        self, needs: Mapping[str, Sequence[Need]], watches: Sequence[WatchedRoute], *, use_limits: bool = True
    ) -> None:
        self._needs = needs
        self._watches = watches
        self._use_limits = use_limits
        self._known: dict[NeedKey, _Known] = {}
        self._statistics: dict[tuple[RouteKey, int, int], Observations] = {}
        self._rates = ChangeRates()
        self._learned_at: datetime | None = None

    def choose(self, program: str, count: int, now: datetime) -> Sequence[int]:
        """Return the searches with the highest value."""
        if self._learned_at is None or now - self._learned_at >= LEARNING_INTERVAL:
            self._learned_at = now
            self._rates = ChangeRates(
                LeadObservations(route, lead, observed) for (route, lead, _), observed in self._statistics.items()
            )
        numbers = {need.search: number for number, need in enumerate(self._needs[program])}
        ranked = rank(
            [self._search_need(NeedKey(program, number), need) for number, need in enumerate(self._needs[program])],
            rates=self._rates,
            now=now,
        )
        return [numbers[each.need.search] for each in ranked[:count]]

    def learn(self, key: NeedKey, need: Need, prices: Prices, now: datetime) -> None:
        """Compare the response with the last one of the same search."""
        if before := self._known.get(key):
            changed = _changed_days(need, before.prices, prices)
            group = interval_group((now - before.at) / timedelta(days=1))
            for route, lead, observed in observe(need.search, changed, before.at, now):
                sums = self._statistics.get((route, lead, group), Observations(0, 0, 0))
                self._statistics[route, lead, group] = Observations(*map(sum, zip(sums, observed, strict=True)))
        watches = [self._watches[number] for number in need.watches]
        near = [closeness(prices[watch.cabin], watch.limit) for watch in watches] if self._use_limits else [1.0]
        self._known[key] = _Known(prices, now, sum(near) / len(near))

    def _search_need(self, key: NeedKey, need: Need) -> SearchNeed:
        known = self._known.get(key)
        return SearchNeed(
            search=need.search,
            watches=len(need.watches),
            closeness=known.closeness if known else 1.0,
            last_at=known.at if known else None,
            cost=1.0,
            max_age=max_age(need, self._watches),
        )


def max_age(need: Need, watches: Sequence[WatchedRoute]) -> timedelta:
    """Return the maximum age of a search: the planner's for the most urgent of its watches."""
    return min(MAX_AGES[watches[number].priority] for number in need.watches)


def _changed_days(need: Need, before: Prices, now: Prices) -> list[date]:
    days = (need.search.last - need.search.first).days + 1
    return [
        need.search.first + timedelta(days=day)
        for day in range(days)
        if any(before[cabin][day] != now[cabin][day] for cabin in now)
    ]


class TrueDeals:
    """The deals that exist now, with the time at which each appeared; None if that time does not count."""

    def __init__(self) -> None:
        self.appeared: dict[DealKey, datetime | None] = {}
        self._by_need: dict[NeedKey, dict[DealKey, datetime | None]] = {}
        self.count = 0

    def of_need(self, key: NeedKey) -> Mapping[DealKey, datetime | None]:
        """Return the deals within the scope of a search."""
        return self._by_need.get(key, {})

    def update(self, key: NeedKey, matches: set[DealKey], at: datetime | None) -> list[tuple[DealKey, datetime | None]]:
        """Replace the matches of a search by those at `at` (None: new ones do not count); return those that ended."""
        deals = self._by_need.setdefault(key, {})
        ended = [(deal, deals.pop(deal)) for deal in deals.keys() - matches]
        new = matches - deals.keys()
        deals.update(dict.fromkeys(new, at))
        self.count += len(new) if at is not None else 0
        return ended


@dataclass(slots=True)
class Result:
    """The delays of one policy in hours, and the longest age that a search reached.

    `bounds` has the maximum age of each search, and `oldest_share` the longest age as a share of it.
    """

    policy: Policy
    bounds: Mapping[NeedKey, timedelta] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    missed: int = 0
    oldest: timedelta = timedelta()
    oldest_share: float = 0.0
    _noticed: dict[DealKey, datetime] = field(default_factory=dict)
    _last: dict[NeedKey, datetime] = field(default_factory=dict)

    def search(self, key: NeedKey, deals: TrueDeals, start: datetime, now: datetime) -> None:
        """Notice the deals in the scope of a search."""
        for deal, appeared in deals.of_need(key).items():
            if appeared is not None and self._noticed.get(deal) != appeared:
                self._noticed[deal] = appeared
                self.delays.append((now - appeared) / HOUR)
        self._reach(key, now - self._last.get(key, start))
        self._last[key] = now

    def miss(self, deal: DealKey, appeared: datetime | None) -> None:
        """Count a deal that has ended, if it was not noticed."""
        if appeared is not None and self._noticed.get(deal) != appeared:
            self.missed += 1

    def age_at_end(self, keys: Sequence[NeedKey], start: datetime, end: datetime) -> None:
        """Include the ages that the searches have at the end."""
        for key in keys:
            self._reach(key, end - self._last.get(key, start))

    def _reach(self, key: NeedKey, age: timedelta) -> None:
        self.oldest = max(self.oldest, age)
        if bound := self.bounds.get(key):
            self.oldest_share = max(self.oldest_share, age / bound)

    def quantile(self, share: float) -> float | None:
        """Return a quantile of the delays in hours, or None if a deal of this rank was never noticed."""
        delays = sorted(self.delays)
        rank_of_share = int(share * (len(delays) + self.missed))
        return delays[rank_of_share] if rank_of_share < len(delays) else None


def run(full: bool) -> dict[str, float | int | None]:
    """Return the delays of each policy, and our ratios to round robin. Ratios are of deals, noticed or not.

    Raises AssertionError if our order lets a search become older than its maximum age.
    """
    results = (
        simulate(watch_count=200, days=DAYS, seed=SEED)
        if full
        else simulate(watch_count=20, days=4, seed=SEED, requests_per_hour=SMALL_REQUESTS_PER_HOUR)
    )
    ours, round_robin = results["ours"], results["round_robin"]
    assert ours.oldest_share <= 1, f"a watch is {ours.oldest_share:.2f} times as old as its maximum age"
    figures: dict[str, float | int | None] = {
        "freshness_ratio": _ratio(ours.quantile(0.5), round_robin.quantile(0.5)),
        "freshness_ratio_p90": _ratio(ours.quantile(0.9), round_robin.quantile(0.9)),
        "freshness_deals": len(ours.delays) + ours.missed,
        "freshness_bound_hours": max(ours.bounds.values()) / HOUR,
        "freshness_oldest_of_bound": ours.oldest_share,
        "freshness_requests_per_hour": REQUESTS_PER_HOUR if full else SMALL_REQUESTS_PER_HOUR,
    }
    for name, result in results.items():
        figures |= {
            f"freshness_median_hours_{name}": result.quantile(0.5),
            f"freshness_p90_hours_{name}": result.quantile(0.9),
            f"freshness_missed_{name}": _ratio(result.missed, len(result.delays) + result.missed),
            f"freshness_oldest_hours_{name}": result.oldest / HOUR,
        }
    return figures


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def simulate(
    *, watch_count: int, days: int, seed: int, requests_per_hour: int = REQUESTS_PER_HOUR
) -> dict[str, Result]:
    """Simulate all policies side by side, each with `requests_per_hour` for each program."""
    world = TrueWorld(seed)
    watches = make_watches(world, watch_count, seed)
    needs = make_needs(world, watches)
    bounds = {
        NeedKey(program, number): max_age(need, watches)
        for program in PROGRAMS
        for number, need in enumerate(needs[program])
    }
    results = {
        "ours": Result(ByValue(needs, watches), bounds),
        "ours_without_limits": Result(ByValue(needs, watches, use_limits=False), bounds),
        "round_robin": Result(RoundRobin(needs), bounds),
        "random": Result(RandomOrder(needs, seed), bounds),
    }
    keys = list(bounds)
    deals = TrueDeals()
    times = list(step_times(world, days + EXTRA_DAYS))
    start, end = times[0][1], times[-1][1] + STEP
    for step, at in times:
        counts = start < at < start + timedelta(days=days)
        truth: dict[NeedKey, Prices] = {}
        for key in keys:
            need = needs[key.program][key.number]
            prices = truth[key] = world.prices(need.search, step)
            for deal, appeared in deals.update(key, find_matches(key, need, watches, prices), at if counts else None):
                for result in results.values():
                    result.miss(deal, appeared)
        for result in results.values():
            _search_for_a_step(result, needs, deals, truth, at, start, requests_per_hour)
    for result in results.values():
        result.age_at_end(keys, start, end)
        for key in keys:
            for deal, appeared in deals.of_need(key).items():
                result.miss(deal, appeared)
    return results


def _search_for_a_step(
    result: Result,
    needs: Mapping[str, Sequence[Need]],
    deals: TrueDeals,
    truth: Mapping[NeedKey, Prices],
    at: datetime,
    start: datetime,
    requests_per_hour: int,
) -> None:
    """Spend the budgets of the hours of one step; the requests of an hour are spread evenly."""
    for hour in range(STEP // HOUR):
        for program in PROGRAMS:
            begin = at + hour * HOUR
            for position, number in enumerate(result.policy.choose(program, requests_per_hour, begin)):
                now = begin + (position + 0.5) / requests_per_hour * HOUR
                key = NeedKey(program, number)
                result.search(key, deals, start, now)
                result.policy.learn(key, needs[program][number], truth[key], now)


def find_matches(key: NeedKey, need: Need, watches: Sequence[WatchedRoute], prices: Prices) -> set[DealKey]:
    """Return the days that match each watch."""
    return {
        DealKey(key, number, day)
        for number in need.watches
        for day, miles in enumerate(prices[watches[number].cabin])
        if miles is not None and miles <= watches[number].limit
    }
