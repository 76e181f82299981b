"""Every table has a rule of retention, and the manual describes it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from awardspider.operations.prune.rules import BOUNDED, RULES, WITH_OTHERS
from awardspider.operations.retention import RetentionPeriods
from awardspider.outcomes import InvalidSetting
from awardspider.storage import schema
from tests.support.manual import page_sections


def test_every_table_has_one_rule() -> None:
    rules = [*RULES, *WITH_OTHERS, *BOUNDED]
    assert sorted(rules) == sorted(schema.metadata.tables)


def test_the_manual_has_a_row_for_every_table() -> None:
    section = page_sections("docs/upkeep.md")["Retention"]
    cells = re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)
    names = [name for cell in cells for name in re.findall(r"`([a-z_]+)`", cell)]
    assert sorted(name for name in names if name in schema.metadata.tables) == sorted(schema.metadata.tables)


def test_the_manual_says_which_tables_never_shrink() -> None:
    section = page_sections("docs/upkeep.md")["Retention"]
    never = [line for line in section.splitlines() if "| never" in line]
    names = {name for line in never for name in re.findall(r"`([a-z_]+)`", line.split("|")[1])}
    assert names == set(BOUNDED)


@pytest.mark.parametrize(
    ("name", "lowest"),
    [
        ("AWARD_RETENTION_OFFER_DAYS", 30),
        ("AWARD_RETENTION_SEARCH_DAYS", 120),
        ("AWARD_RETENTION_MESSAGE_DAYS", 60),
        ("AWARD_RETENTION_RUN_DAYS", 30),
        ("AWARD_RETENTION_LOG_DAYS", 1),
    ],
)
def test_a_period_that_a_rule_cannot_do_without_is_refused(name: str, lowest: int) -> None:
    RetentionPeriods.from_settings({name: str(lowest)})
    with pytest.raises(InvalidSetting, match=f"{name} is '{lowest - 1}'"):
        RetentionPeriods.from_settings({name: str(lowest - 1)})


def test_searches_are_kept_as_long_as_their_responses() -> None:
    periods = RetentionPeriods.from_settings({"AWARD_RESPONSE_RETENTION": "300 days"})
    assert periods.searches == timedelta(days=300)
