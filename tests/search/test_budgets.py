"""How many requests a program may still be asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from awardspider.outcomes import InvalidSetting
from awardspider.programs import programs
from awardspider.search.budgets import Budget, allowance, budget_of, parse_budget

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Asked:
    """Requests that went out so many minutes ago."""

    def __init__(self, *minutes: int) -> None:
        self.times = [NOW - timedelta(minutes=ago) for ago in minutes]

    def searches_since(self, program: str, since: datetime) -> int:
        assert program == "united"
        return sum(time >= since for time in self.times)


@pytest.mark.parametrize(
    ("text", "budgets"),
    [
        ("", {}),
        (" ; ", {}),
        ("united=20/hour,100/day", {"united": Budget(20, 100)}),
        (" united = 100 / day , 20 / hour ; ", {"united": Budget(20, 100)}),
        ("united=20/hour", {"united": Budget(20, None)}),
        ("united=0/day", {"united": Budget(None, 0)}),
    ],
)
def test_budgets_are_read_from_the_setting(text: str, budgets: dict[str, Budget]) -> None:
    assert parse_budget(text) == budgets


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("20/hour", "AWARD_BUDGET: '20/hour' names no program and number; write for example AWARD_BUDGET=united=20"),
        ("untied=20/hour", "AWARD_BUDGET: 'untied' is not a program; did you mean united?"),
        ("qqq=20/hour", "AWARD_BUDGET: 'qqq' is not a program; there are united"),
        ("united=20", "AWARD_BUDGET: '20' for united is no limit; write for example"),
        ("united=20/week", "AWARD_BUDGET: '20/week' for united is no limit"),
        ("united=-5/hour", "AWARD_BUDGET: '-5/hour' for united is no limit"),
        ("united=", "AWARD_BUDGET: '' for united is no limit"),
        ("united=20/hour,30/hour", "AWARD_BUDGET: '30/hour' for united is no limit"),
        ("united=20/hour;united=30/day", "AWARD_BUDGET: united stands there twice"),
    ],
)
def test_a_budget_that_cannot_be_gets_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        parse_budget(text)
    assert str(refused.value).startswith(sentence)


def test_the_operators_limit_replaces_the_programs_own_and_leaves_the_other() -> None:
    united = programs()["united"]
    own = Budget(united.requests_per_hour, united.requests_per_day)
    assert budget_of(united, {}) == own
    assert budget_of(united, {"united": Budget(per_hour=5)}) == Budget(5, united.requests_per_day)
    assert budget_of(united, {"united": Budget(per_hour=0)}) == Budget(0, united.requests_per_day)
    assert budget_of(united, {"united": Budget(per_day=0)}) == Budget(united.requests_per_hour, 0)


@pytest.mark.parametrize(
    ("budget", "left"),
    [
        (Budget(10, 100), 8),  # two in the last hour
        (Budget(10, 7), 3),  # four in the last day
        (Budget(10, None), 8),
        (Budget(None, 7), 3),
        (Budget(2, 100), 0),
        (Budget(1, 100), 0),  # a limit lowered below what was asked already
        (Budget(None, None), None),
    ],
)
def test_what_is_left_is_the_smaller_of_the_hours_and_the_days(budget: Budget, left: int | None) -> None:
    asked = Asked(5, 59, 61, 23 * 60, 25 * 60)
    assert allowance("united", budget, asked, NOW) == left
