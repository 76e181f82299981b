"""The health of programs: outcomes of the last days, back-off, budget, quota, access, and field coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING

from awardspider.operations.run_conditions import RunConditions
from awardspider.outcomes import Outcome
from awardspider.programs import Program, programs
from awardspider.search import budgets
from awardspider.storage.processes import has_expired
from awardspider.storage.programs import ProgramState, program_states
from awardspider.storage.run_listing import RunRow
from awardspider.storage.runs import LEASE_DURATION, normal_coverages
from awardspider.storage.sandbox_states import state_suffix
from awardspider.storage.search_totals import SearchTotal, find_totals
from awardspider.storage.searches import sent_counts
from awardspider.storage.store import Store

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

#: Days in the strip of outcomes, with today.
DAYS = 7

_COMPARED_RUNS = 5
_UNLIMITED_PER_HOUR = 100  # searches that are counted without a limit
_DAY = timedelta(days=1)


class HealthStatus(StrEnum):
    """The health of a program; those that need attention first."""

    PAUSED = "paused"  # during the back-off after a block
    FAILING = "failing"  # most searches of its last day with searches failed
    NO_ACCESS = "no_access"  # a key, a session or a permission is missing, or the budget is 0
    NOT_SEARCHED = "not_searched"  # no search in the days of the strip
    WORKING = "working"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOutcomes:
    """The numbers of a program's searches on one day (UTC)."""

    day: date
    found: int = 0
    empty: int = 0
    failed: int = 0
    blocked: int = 0

    @property
    def searches(self) -> int:
        """Return the number of all searches."""
        return self.found + self.empty + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetUse:
    """The searches of the last hour and 24 hours that sent a request, with their limits; `left` may be sent now."""

    budget: budgets.Budget
    last_hour: int
    last_day: int
    left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramOverview:
    """A program and its health. `obstacle` says why it must not be requested; it is in English, as in commands."""

    program: Program
    state: ProgramState
    days: tuple[DayOutcomes, ...]
    budget: BudgetUse | None
    obstacle: str | None
    is_running: bool
    blocked_until: datetime | None
    quota_remaining: int | None

    @property
    def total(self) -> DayOutcomes:
        """Return the numbers of all days together."""
        return _sum(self.days[-1].day, self.days)

    @property
    def status(self) -> HealthStatus:
        """Return the health."""
        if self.blocked_until:
            return HealthStatus.PAUSED
        last = next((day for day in reversed(self.days) if day.searches), None)
        if last and last.failed * 2 > last.searches:
            return HealthStatus.FAILING
        if self.obstacle:
            return HealthStatus.NO_ACCESS
        return HealthStatus.WORKING if last else HealthStatus.NOT_SEARCHED


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageShare:
    """The share of required paths that responses had, or of offers with a field, such as `calendar/seats`.

    `usual` is the median of the last good runs, or None if there are not enough of them.
    """

    name: str
    share: float
    usual: float | None

    @property
    def is_low(self) -> bool:
        """Return whether the share is less than half of the usual one."""
        return self.usual is not None and self.share < self.usual / 2

    @property
    def is_remarkable(self) -> bool:
        """Return whether the share is low, or neither of nothing nor of everything."""
        return self.is_low or 0 < self.share < 1


def program_overviews(
    store: Store, settings: BaseSettings, now: datetime, keys: Sequence[str] = ()
) -> list[ProgramOverview]:
    """Return all programs, or those with the keys, with their health; those that need attention first."""
    chosen = [programs()[key] for key in keys] if keys else list(programs().values())
    conditions, leases = RunConditions(store, settings, now), program_states(store)
    states = program_states(store, state_suffix(settings["AWARD_SANDBOX_URL"]))
    first = now.astimezone(UTC).date() - (DAYS - 1) * _DAY
    totals: dict[str, list[SearchTotal]] = {}
    for total in find_totals(store, first=first, programs=keys):
        totals.setdefault(total.program, []).append(total)
    uses = _budget_uses(store, settings, chosen, now)
    found = []
    for program in chosen:
        state = states.get(program.key, ProgramState(program=program.key))
        obstacle = conditions.access_obstacle(program)
        is_limited = state.quota_resets_at is not None and state.quota_resets_at > now
        found.append(
            ProgramOverview(
                program=program,
                state=state,
                days=_days(first, totals.get(program.key, ())),
                budget=uses.get(program.key),
                obstacle=obstacle.note if obstacle else None,
                is_running=_is_leased(leases.get(program.key), now),
                blocked_until=state.blocked_until if state.blocked_until and state.blocked_until > now else None,
                quota_remaining=state.quota_remaining if is_limited else None,
            )
        )
    order = list(HealthStatus)
    return sorted(found, key=lambda each: (order.index(each.status), each.program.name.casefold()))


def coverage_shares(store: Store, run: RunRow) -> list[CoverageShare]:
    """Return the field coverage of a run, with the usual shares of its program; the largest drops come first."""
    usual: dict[str, list[float]] = {}
    for coverage in normal_coverages(store, run.program, run.spider, limit=_COMPARED_RUNS):
        for name, share in coverage.items():
            usual.setdefault(name, []).append(share)
    shares = [
        CoverageShare(name=name, share=share, usual=median(usual[name]) if len(usual.get(name, ())) > 1 else None)
        for name, share in run.field_coverage.items()
        if not name.endswith("/offers")  # a number of offers
    ]
    return sorted(shares, key=lambda each: (each.usual is None, each.share - (each.usual or 0), each.name))


def _days(first: date, totals: Iterable[SearchTotal]) -> tuple[DayOutcomes, ...]:
    counts: dict[date, Counter[str]] = {first + number * _DAY: Counter() for number in range(DAYS)}
    for total in totals:
        of_day = counts.get(total.day)
        if of_day is not None:
            of_day[total.outcome.value] += total.searches
            of_day["blocked"] += total.searches if total.is_block else 0
    return tuple(DayOutcomes(day=day, **of_day) for day, of_day in counts.items())


def _sum(day: date, days: Iterable[DayOutcomes]) -> DayOutcomes:
    parts = list(days)
    counts = {name: sum(getattr(part, name) for part in parts) for name in (*Outcome, "blocked")}
    return DayOutcomes(day=day, **{str(name): count for name, count in counts.items()})


def _budget_uses(
    store: Store, settings: BaseSettings, chosen: Sequence[Program], now: datetime
) -> Mapping[str, BudgetUse]:
    """Return the use of each budget by program; in the sandbox, only those of AWARD_BUDGET apply."""
    own = budgets.parse_budget(settings["AWARD_BUDGET"])
    limits = (
        own if settings["AWARD_SANDBOX_URL"] else {each.key: budgets.effective_budget(each, own) for each in chosen}
    )
    keys = [each.key for each in chosen if each.key in limits]
    # More searches than the limits allow make no difference, and can be many.
    most = {key: _most_counted(limits[key]) for key in keys}
    hours = [now - timedelta(hours=number) for number in range(1, 25)]
    counts = sent_counts(store, most, hours, now=now)

    def count_sent(program: str, since: datetime) -> int:
        return counts[program][since]

    return {
        key: BudgetUse(
            budget=limits[key],
            last_hour=counts[key][hours[0]],
            last_day=counts[key][hours[-1]],
            left=budgets.remaining_budget(key, limits[key], count_sent, now),
        )
        for key in keys
    }


def _most_counted(budget: budgets.Budget) -> int:
    """Return one more than the searches that a budget allows in a day."""
    allowed = budget.per_day if budget.per_day is not None else 24 * (budget.per_hour or _UNLIMITED_PER_HOUR)
    return allowed + 1


def _is_leased(state: ProgramState | None, now: datetime) -> bool:
    if state is None or not state.run_id or state.heartbeat_at is None:
        return False
    return not has_expired(state.heartbeat_at, now, LEASE_DURATION)
