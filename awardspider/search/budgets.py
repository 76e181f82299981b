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
    """Return the number of searches that both limits still allow now, or None if there is no limit."""
    left = [
        limit - count_sent(program, now - span)
        for limit, span in ((budget.per_hour, timedelta(hours=1)), (budget.per_day, timedelta(days=1)))
        if limit is not None
    ]
    return max(0, min(left)) if left else None


def _parse_limits(key: str, text: str) -> Budget:
    limits: dict[str, int] = {}
    for part in text.split(","):
        limit = _LIMIT.fullmatch(re.sub(r"\s", "", part))
        if limit is None or limit[2] in limits:
            raise InvalidSetting(f'AWARD_BUDGET: invalid limit "{part.strip()[:40]}" for {key}; {_FORM}')
        limits[limit[2]] = int(limit[1])
    return Budget(limits.get("hour"), limits.get("day"))
