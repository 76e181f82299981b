"""Sources that fail or are silent for days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from awardspider.extensions.source_alerts import SILENT, find_problem
from awardspider.outcomes import Reason
from awardspider.storage.promotion_sources import StoredSource
from tests.support.storage_examples import NOW

DAY = timedelta(days=1)


def source(**fields: Any) -> StoredSource:
    values: dict[str, Any] = {"url": "https://a.example/feed/", "kind": "feed", "name": "A", "language": "en"}
    return StoredSource(**values | {"added_at": NOW - 30 * DAY} | fields)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"reason": Reason.BLOCKED, "succeeded_at": NOW - 7 * DAY}, None),
        ({"reason": Reason.BLOCKED, "succeeded_at": NOW - 8 * DAY}, "blocked"),
        ({"reason": Reason.BLOCKED}, "blocked"),
        ({"reason": Reason.BLOCKED, "added_at": NOW - DAY}, None),
        ({"reason": Reason.TERMS_NOT_ACCEPTED}, None),
        ({"succeeded_at": NOW, "changed_at": NOW - 7 * DAY}, None),
        ({"succeeded_at": NOW, "changed_at": NOW - 8 * DAY}, SILENT),
        ({"succeeded_at": NOW, "changed_at": NOW - 8 * DAY, "kind": "table"}, None),
        ({"succeeded_at": NOW, "changed_at": NOW - 8 * DAY, "kind": "page"}, None),
    ],
)
def test_a_problem_of_more_than_7_days_is_found(fields: dict[str, Any], reason: str | None) -> None:
    problem = find_problem(source(**fields), NOW)
    assert (problem[0] if problem else None) == reason


def test_a_problem_has_a_sentence_and_its_begin() -> None:
    failed = source(reason=Reason.BLOCKED, note="HTTP 403", succeeded_at=NOW - 8 * DAY)
    assert find_problem(failed, NOW) == ("blocked", "not read since 2026-11-14: HTTP 403", NOW - 8 * DAY)
