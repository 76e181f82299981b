"""Estimates of the requests that watches cause, and of the watches that the budgets cannot satisfy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from awardspider.programs import Program, programs
from awardspider.search.budgets import Budget
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.day_estimates import NO_DAYS, DayEstimate
from awardspider.search.expansion import Expansion, urgency_of
from awardspider.search.planner import Plan, plan
from awardspider.search.served_routes import ServedRoutes
from awardspider.search.watches import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEstimate:
    """The searches that the watches need at one program.

    `searches` is the number for all days once, and `per_day` the number that are due each day, so that no search
    exceeds its maximum age; both are without the flights of days that could match a watch, of which `days` has the
    number at the prices known now. `budget` is the number that the program's budget allows each day; None means any
    number. `notes` describe the routes that are not searched.
    """

    program: str
    searches: int
    per_day: float
    budget: int | None
    days: DayEstimate = NO_DAYS
    notes: Sequence[str] = ()

    @property
    def load(self) -> float:
        """Return all searches a day as a share of the budget: above 1.0, the budget does not suffice."""
        return self._share(self.per_day + self.days.per_day)

    @property
    def is_satisfied(self) -> bool:
        """Return whether the budget suffices, as far as the prices are known."""
        return self.load <= 1

    @property
    def is_certain(self) -> bool:
        """Return whether the budget suffices even if every day of which no price is known could match a watch."""
        return self._share(self.per_day + self.days.per_day + self.days.unknown_per_day) <= 1

    def _share(self, per_day: float) -> float:
        if not per_day or self.budget is None:
            return 0.0
        return per_day / self.budget if self.budget else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """A watch that a program's budget cannot satisfy: its searches are repeated every `expected` instead of `max_age`.

    `expected` is None if the budget allows no search.
    """

    watch: str
    program: str
    max_age: timedelta
    expected: timedelta | None


def estimate(of_plan: Plan, budget: Budget, days: DayEstimate = NO_DAYS) -> RequestEstimate:
    """Return the estimate for the plan of a program, its budget, and the flights of days that could match."""
    totals = of_plan.totals()
    limits = [budget.per_day, None if budget.per_hour is None else 24 * budget.per_hour]
    return RequestEstimate(
        program=of_plan.program.key,
        searches=totals.searches,
        per_day=totals.per_day,
        budget=min((limit for limit in limits if limit is not None), default=None),
        days=days,
        notes=of_plan.notes(),
    )


def shortfalls(estimates: Iterable[RequestEstimate], expansion: Expansion, now: datetime) -> Iterator[Shortfall]:
    """Yield the watches that the budgets cannot satisfy, by program.

    If more is due than a budget allows, the planner delays all searches of the program in the same proportion.
    """
    for each in estimates:
        if each.is_satisfied:
            continue
        program = programs()[each.program]
        for watch in expansion.watches:
            if watch.needs(program) and has_bookable_days(watch, program, now):
                max_age = max(urgency_of(watch, leg).max_age for leg in watch.legs)
                expected = max_age * each.load if each.budget else None
                yield Shortfall(watch=watch.name, program=each.program, max_age=max_age, expected=expected)


def has_bookable_days(watch: Watch, program: Program, now: datetime) -> bool:
    """Return whether a program sells any day of a watch now, in either direction."""
    return any(leg.dates.ranges(now.date(), program.booking_window_days) for leg in watch.legs)


def requests_per_crawl(
    watches: Iterable[Watch], capabilities: Mapping[str, SearchCapabilities], now: datetime
) -> dict[str, int]:
    """Return the number of requests of one crawl of all days, keyed by program; programs without any are left out.

    `capabilities` are those of the programs to count, keyed by program.

    The searches of several watches are shared. Not counted are the itineraries of days that could match a watch, the
    further pages of a response, and lists of routes, because they depend on the responses.
    """
    expansion = Expansion(watches, now)
    plans = (
        plan(
            expansion,
            program=programs()[key],
            capabilities=searches,
            now=now,
            served=ServedRoutes(programs()[key], now=now),
            limit=0,
        )
        for key, searches in capabilities.items()
    )
    return {each.program.key: count for each in plans if (count := each.totals().searches)}
