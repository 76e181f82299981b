"""How many requests a program may still be asked: its own budget, or the operator's in AWARD_BUDGET."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from awardspider.outcomes import InvalidSetting
from awardspider.programs import Program, programs

_LIMIT = re.compile(r"([0-9]{1,6})/(hour|day)")
_HOW_TO_WRITE = "write for example AWARD_BUDGET=united=20/hour,100/day, with a semicolon between two programs"


class Looks(Protocol):
    """What is needed from storage."""

    def searches_since(self, program: str, since: datetime) -> int:
        """How many requests went to the program since the aware moment `since`."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The most requests to one program in any hour and in any day; None for no limit."""

    per_hour: int | None = None
    per_day: int | None = None


def parse_budget(text: str) -> dict[str, Budget]:
    """The budgets in AWARD_BUDGET, `united=20/hour,100/day; delta=5/hour`, by program; 0 asks nothing.

    What is not written stays as the catalogue has it. Raises BadSetting.
    """
    budgets = {}
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        key, equals, limits = (part.strip() for part in entry.partition("="))
        if not equals:
            raise InvalidSetting(f"AWARD_BUDGET: '{entry[:60]}' names no program and number; {_HOW_TO_WRITE}")
        if key not in programs():
            near = difflib.get_close_matches(key, programs(), n=1)
            meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(programs())}"
            raise InvalidSetting(f"AWARD_BUDGET: '{key[:40]}' is not a program; {meant}")
        if key in budgets:
            raise InvalidSetting(f"AWARD_BUDGET: {key} stands there twice")
        budgets[key] = _read_limits(key, limits)
    return budgets


def budget_of(program: Program, chosen: dict[str, Budget]) -> Budget:
    """The budget that `parse_budget` brought for a program, or its own: either limit on its own."""
    own = Budget(program.requests_per_hour, program.requests_per_day)
    operators = chosen.get(program.key, own)
    return Budget(
        own.per_hour if operators.per_hour is None else operators.per_hour,
        own.per_day if operators.per_day is None else operators.per_day,
    )


def allowance(program: str, budget: Budget, looks: Looks, now: datetime) -> int | None:
    """How many requests may go out now without passing either limit; None where there is no limit."""
    left = [
        limit - looks.searches_since(program, now - span)
        for limit, span in ((budget.per_hour, timedelta(hours=1)), (budget.per_day, timedelta(days=1)))
        if limit is not None
    ]
    return max(0, min(left)) if left else None


def _read_limits(key: str, text: str) -> Budget:
    limits: dict[str, int] = {}
    for part in text.split(","):
        limit = _LIMIT.fullmatch(re.sub(r"\s", "", part))
        if limit is None or limit[2] in limits:
            raise InvalidSetting(f"AWARD_BUDGET: '{part.strip()[:40]}' for {key} is no limit; {_HOW_TO_WRITE}")
        limits[limit[2]] = int(limit[1])
    return Budget(limits.get("hour"), limits.get("day"))
