"""Limits on the searches of a program."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from awardspider.outcomes import InvalidSetting
from awardspider.programs import programs
from awardspider.search.budgets import Budget, effective_budget, parse_budget, remaining_budget

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class SentSearches:
    """Searches that were sent a given number of minutes ago."""

    def __init__(self, *minutes: int) -> None:
        self.times = [NOW - timedelta(minutes=ago) for ago in minutes]

    def __call__(self, program: str, since: datetime) -> int:
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
def test_parse_budget(text: str, budgets: dict[str, Budget]) -> None:
    assert parse_budget(text) == budgets


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("20/hour", 'AWARD_BUDGET: "20/hour" has no program or no limit; write for example AWARD_BUDGET=united=20'),
        ("untied=20/hour", 'AWARD_BUDGET: unknown program "untied" (did you mean united?)'),
        ("qqq=20/hour", 'AWARD_BUDGET: unknown program "qqq" (known: united'),
        ("united=20", 'AWARD_BUDGET: invalid limit "20" for united; write for example'),
        ("united=20/week", 'AWARD_BUDGET: invalid limit "20/week" for united'),
        ("united=-5/hour", 'AWARD_BUDGET: invalid limit "-5/hour" for united'),
        ("united=", 'AWARD_BUDGET: invalid limit "" for united'),
        ("united=20/hour,30/hour", 'AWARD_BUDGET: invalid limit "30/hour" for united'),
        ("united=20/hour;united=30/day", "AWARD_BUDGET: united is given twice"),
    ],
)
def test_invalid_budgets_are_explained(text: str, message: str) -> None:
    with pytest.raises(InvalidSetting) as raised:
        parse_budget(text)
    assert str(raised.value).startswith(message)


def test_the_operators_limit_replaces_the_programs_own_and_keeps_the_other_one() -> None:
    united = programs()["united"]
    own = Budget(united.requests_per_hour, united.requests_per_day)
    assert effective_budget(united, {}) == own
    assert effective_budget(united, {"united": Budget(per_hour=5)}) == Budget(5, united.requests_per_day)
    assert effective_budget(united, {"united": Budget(per_hour=0)}) == Budget(0, united.requests_per_day)
    assert effective_budget(united, {"united": Budget(per_day=0)}) == Budget(united.requests_per_hour, 0)


@pytest.mark.parametrize(
    ("budget", "left"),
    [
        (Budget(10, 100), 8),  # two in the last hour
        (Budget(10, 7), 3),  # four in the last day
        (Budget(10, None), 8),
        (Budget(None, 7), 3),
        (Budget(2, 100), 0),
        (Budget(1, 100), 0),  # a limit below what was sent already
        (Budget(None, None), None),
    ],
)
def test_the_remaining_budget_is_the_smaller_of_the_hours_and_the_days(budget: Budget, left: int | None) -> None:
    sent = SentSearches(5, 59, 61, 23 * 60, 25 * 60)
    assert remaining_budget("united", budget, sent, NOW) == left


def test_a_days_searches_are_spread_over_the_day() -> None:
    """A crawl each hour uses what is left: an hour's searches at first, and then about as many each hour."""
    sent: list[datetime] = []
    counts = []
    now = NOW

    def count_sent(_: str, since: datetime) -> int:
        return sum(at >= since for at in sent)

    for number in range(60):
        left = remaining_budget("united", Budget(60, 400), count_sent, now)
        assert left is not None
        sent.extend([now] * left)
        counts.append(left)
        assert sum(at >= now - timedelta(hours=24) for at in sent) <= 400
        now += timedelta(minutes=61 + number % 5)
    assert counts[0] == 60
    assert min(counts) >= 14
    assert max(counts[1:]) <= 46
    assert sum(counts[-23:]) >= 350


@pytest.mark.parametrize(("hours_ago", "left"), [(0.5, 0), (1.5, 15), (2.5, 30), (5.5, 60)])
def test_after_a_quiet_time_an_hours_searches_are_available_at_once(hours_ago: float, left: int) -> None:
    sent = SentSearches(*[int(60 * hours_ago)] * 60)
    assert remaining_budget("united", Budget(60, 400), sent, NOW) == left


@pytest.mark.parametrize(("budget", "left"), [(Budget(60, 30), 29), (Budget(1, 1), 0), (Budget(0, 30), 0)])
def test_a_days_limit_at_or_below_the_hours_one_applies_to_any_time(budget: Budget, left: int) -> None:
    assert remaining_budget("united", budget, SentSearches(23 * 60), NOW) == left
