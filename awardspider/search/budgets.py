"""Limits on a program's searches: the limits in programs.toml, or the operator's in AWARD_BUDGET."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from awardspider.outcomes import InvalidSetting
from awardspider.programs import Program, programs
from awardspider.search.suggestions import unknown_name

_DAY_HOURS = 24

_LIMIT = re.compile(r"([0-9]{1,6})/(hour|day)")
_FORM = "write for example AWARD_BUDGET=united=20/hour,100/day, with a semicolon between programs"


#: A function that counts the searches of a program that were sent since an aware time.
SearchCounter: TypeAlias = Callable[[str, datetime], int]


@dataclass(frozen=True, slots=True)
class Budget:
    """The maximum number of searches of one program in any hour and any day; None means no limit."""

    per_hour: int | None = None
    per_day: int | None = None


def parse_budget(text: str) -> dict[str, Budget]:
    """Parse AWARD_BUDGET, such as `united=20/hour,100/day; delta=5/hour`, into budgets keyed by program.

    A limit of 0 allows no searches. A limit that is not set is None; `effective_budget` then uses the limit in
    programs.toml. Raises InvalidSetting.
    """
    budgets = {}
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        key, equals, limits = (part.strip() for part in entry.partition("="))
        if not equals:
            raise InvalidSetting(f'AWARD_BUDGET: "{entry[:60]}" has no program or no limit; {_FORM}')
        if key not in programs():
            raise InvalidSetting(f"AWARD_BUDGET: {unknown_name('program', key, programs())}")
        if key in budgets:
            raise InvalidSetting(f"AWARD_BUDGET: {key} is given twice")
        budgets[key] = _parse_limits(key, limits)
    return budgets


def effective_budget(program: Program, chosen: dict[str, Budget]) -> Budget:
    """Return the operator's limits (from `parse_budget`), falling back to the program's own for any limit not set."""
    own = Budget(program.requests_per_hour, program.requests_per_day)
    operators = chosen.get(program.key, own)
    return Budget(
        own.per_hour if operators.per_hour is None else operators.per_hour,
        own.per_day if operators.per_day is None else operators.per_day,
    )


def remaining_budget(program: str, budget: Budget, count_sent: SearchCounter, now: datetime) -> int | None:
    """Return the number of searches that the limits still allow now, or None if there is no limit.

    With both limits, the searches of a day are spread over it: the limit of any 2 to 23 hours is between that of an
    hour and that of a day. So an hour's searches are available at once after a quiet time, and some in each hour.
    """
    left = [limit - count_sent(program, now - span) for span, limit in _limits(budget).items()]
    return max(0, min(left)) if left else None


def _limits(budget: Budget) -> dict[timedelta, int]:
    """Return the maximum number of searches in any time of a length, by length."""
    per_hour, per_day = budget.per_hour, budget.per_day
    if per_hour is None or per_day is None:
        limits = {1: per_hour, _DAY_HOURS: per_day}
    else:
        per_hour = min(per_hour, per_day)
        step = (per_day - per_hour) / (_DAY_HOURS - 1)
        limits = {hours: round(per_hour + step * (hours - 1)) for hours in range(1, _DAY_HOURS + 1)}
    return {timedelta(hours=hours): limit for hours, limit in limits.items() if limit is not None}


def _parse_limits(key: str, text: str) -> Budget:
    limits: dict[str, int] = {}
    for part in text.split(","):
        limit = _LIMIT.fullmatch(re.sub(r"\s", "", part))
        if limit is None or limit[2] in limits:
            raise InvalidSetting(f'AWARD_BUDGET: invalid limit "{part.strip()[:40]}" for {key}; {_FORM}')
        limits[limit[2]] = int(limit[1])
    return Budget(limits.get("hour"), limits.get("day"))
