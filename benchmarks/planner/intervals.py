"""Intervals: the delay until a deal is noticed, with rare runs that search much, and frequent ones that search little.

The world, the watches and the order of searches are those of the freshness benchmark. All runs have the same budget,
and spend it as crawls do: as much as `remaining_budget` allows, on searches that are old enough to be repeated. Deals
begin at the start of an hour, which differs from search to search, and runs start at half past.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from awardspider.sandbox.clock import STEP
from awardspider.search.budgets import Budget, remaining_budget
from benchmarks.planner.freshness import SEED, ByValue, DealKey, NeedKey, Result, TrueDeals, find_matches
from benchmarks.planner.freshness_world import PROGRAMS, START, Need, Prices, TrueWorld, make_needs, make_watches

BUDGET = Budget(per_hour=60, per_day=400)
WATCH_COUNTS = (4, 20, 60)
DAYS = 5
#: The simulation continues after DAYS, so that the last deals can be noticed.
EXTRA_DAYS = 2
SECONDS_PER_SEARCH = 30
HOUR = timedelta(hours=1)


class Runs(NamedTuple):
    """Hours between two runs of a program, and the minutes before a search is repeated."""

    hours: int
    min_age_minutes: int


RUNS = (Runs(4, 180), Runs(1, 180), Runs(1, 30))


@dataclass(slots=True)
class Simulated:
    """The runs of all programs with one interval."""

    runs: Runs
    policy: ByValue
    needs: Mapping[str, list[Need]]
    result: Result = field(init=False)
    sent: dict[str, list[datetime]] = field(default_factory=lambda: {program: [] for program in PROGRAMS})
    _last: dict[NeedKey, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.result = Result(self.policy)

    def run(self, program: str, deals: TrueDeals, truth: Mapping[NeedKey, Prices], now: datetime) -> None:
        """Run one program with what its budget allows."""
        left = remaining_budget(program, BUDGET, self._count_sent, now) or 0
        oldest = now - timedelta(minutes=self.runs.min_age_minutes)
        needs = self.needs[program]
        ordered = (NeedKey(program, number) for number in self.policy.choose(program, len(needs), now))
        due = [key for key in ordered if self._last.get(key, oldest) <= oldest]
        for position, key in enumerate(due[:left]):
            at = now + timedelta(seconds=position * SECONDS_PER_SEARCH)
            self._last[key] = at
            self.sent[program].append(at)
            self.result.search(key, deals, START, at)
            self.policy.learn(key, needs[key.number], truth[key], at)

    def _count_sent(self, program: str, since: datetime) -> int:
        return sum(at >= since for at in self.sent[program])


def run(full: bool) -> dict[str, float | int | None]:
    """Return the requests a day and program, and the delays in hours, for each number of watches and each interval."""
    figures: dict[str, float | int | None] = {}
    for count in WATCH_COUNTS if full else WATCH_COUNTS[:1]:
        days = DAYS if full else 1
        for each in simulate(count, days):
            name = f"{count}_watches_{each.runs.hours}_h_{each.runs.min_age_minutes}_min"
            requests = sum(map(len, each.sent.values())) / len(PROGRAMS) / (days + EXTRA_DAYS)
            figures |= {
                f"intervals_requests_{name}": requests,
                f"intervals_median_hours_{name}": each.result.quantile(0.5),
                f"intervals_p90_hours_{name}": each.result.quantile(0.9),
            }
    return figures


def simulate(watch_count: int, days: int) -> list[Simulated]:
    """Simulate all intervals side by side."""
    world = TrueWorld(SEED)
    watches = make_watches(world, watch_count, SEED)
    needs = make_needs(world, watches)
    simulated = [Simulated(runs, ByValue(needs, watches), needs) for runs in RUNS]
    deals = TrueDeals()
    truth: dict[NeedKey, Prices] = {}
    for hour, changed in enumerate(_changes(world, needs, (days + EXTRA_DAYS) * 24)):
        begin = START + hour * HOUR
        truth |= changed
        counts = 0 < hour < days * 24
        for key, prices in changed.items():
            matches: set[DealKey] = find_matches(key, needs[key.program][key.number], watches, prices)
            for deal, appeared in deals.update(key, matches, begin if counts else None):
                for each in simulated:
                    each.result.miss(deal, appeared)
        for each in simulated:
            for number, program in enumerate(PROGRAMS):
                if hour % each.runs.hours == number % each.runs.hours:
                    each.run(program, deals, truth, begin + HOUR / 2)
    return simulated


def _changes(world: TrueWorld, needs: Mapping[str, list[Need]], hours: int) -> Iterator[dict[NeedKey, Prices]]:
    """Yield the new prices of each hour. Those of a search change every STEP, each search at an hour of its own."""
    random_source = random.Random(SEED)
    step_hours = STEP // HOUR
    offsets = {
        NeedKey(program, number): random_source.randrange(step_hours)
        for program in PROGRAMS
        for number in range(len(needs[program]))
    }
    for hour in range(hours):
        yield {
            key: world.prices(needs[key.program][key.number].search, world.first_step + (hour + offset) // step_hours)
            for key, offset in offsets.items()
            if not hour or (hour + offset) % step_hours == 0
        }
