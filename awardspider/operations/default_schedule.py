"""The schedule of a new installation: every spider that can run, each hour if the budget of its program allows it."""

from __future__ import annotations

from awardspider.operations.run_conditions import RunConditions
from awardspider.programs import Program, programs
from awardspider.promotion_sources import source_spiders, sources_of
from awardspider.search.budgets import Budget, effective_budget
from awardspider.storage.schedule import ScheduledTask, ScheduleEntry

_HOUR = 3600

# Intervals that divide a day.
_INTERVALS = tuple(hours * _HOUR for hours in (1, 2, 3, 4, 6, 8, 12, 24))

#: The rates are published on working days at about 16:00 in Frankfurt.
_RATES = ScheduleEntry(name="ecb", spider="ecb", cron="30 17 * * 1-5", timezone="Europe/Berlin", max_seconds=600)

_TASKS = (
    ScheduleEntry(name="backup", task=ScheduledTask.BACKUP, cron="15 3 * * *", max_seconds=2 * _HOUR),
    ScheduleEntry(name="prune", task=ScheduledTask.PRUNE, cron="45 3 * * *", max_seconds=4 * _HOUR),
)


def default_schedule(conditions: RunConditions, budgets: dict[str, Budget]) -> list[ScheduleEntry]:
    """Return the entries of the default schedule; `budgets` are those of AWARD_BUDGET.

    Programs that must not be requested have no entry: those without a key or session, and those whose terms are not
    accepted. Programs that no watch needs have one, which is skipped until a watch needs them. Spiders of sources that
    are all expected to fail have none.
    """
    crawls = [
        _program_entry(program, effective_budget(program, budgets))
        for program in programs().values()
        if conditions.access_obstacle(program) is None
    ]
    sources = [
        ScheduleEntry(name=spider, spider=spider, every_seconds=6 * _HOUR, jitter_seconds=1800, max_seconds=_HOUR)
        for spider in source_spiders()
        if not _is_expected_to_fail(spider)
    ]
    return [*crawls, *sources, _RATES, *_TASKS]


def _program_entry(program: Program, budget: Budget) -> ScheduleEntry:
    """Return the entry of a program: frequent runs with few searches notice offers sooner than rare ones with many."""
    interval = _interval(budget)
    return ScheduleEntry(
        name=program.key,
        spider=program.key,
        every_seconds=interval,
        jitter_seconds=interval // 10,
        max_seconds=max(interval // 2, 2 * _HOUR),
    )


def _is_expected_to_fail(spider: str) -> bool:
    sources = sources_of(spider)
    return bool(sources) and all(source.failure_expected for source in sources)


def _interval(budget: Budget) -> int:
    """Return the shortest interval after which `remaining_budget` allows another search."""
    if not budget.per_hour or not budget.per_day:
        return _HOUR
    spread = budget.per_day - budget.per_hour
    least = 23 * _HOUR / spread if spread > 0 else _INTERVALS[-1]
    return next((interval for interval in _INTERVALS if interval >= least), _INTERVALS[-1])
