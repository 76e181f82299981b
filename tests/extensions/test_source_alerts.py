"""Sources that fail or are silent for days."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from awardspider.extensions.source_alerts import SILENT, alert_failing_sources, find_problem
from awardspider.items import EventType, SourceKind, SourceReportItem
from awardspider.outcomes import Outcome, Reason
from awardspider.storage.promotion_sources import StoredSource, record_source
from awardspider.storage.store import Store
from tests.support.delivery import SETTINGS
from tests.support.pipeline_crawl import add_channel
from tests.support.promotion_crawl import make_feed, messages
from tests.support.storage_examples import NOW

DAY = timedelta(days=1)


def source(**fields: Any) -> StoredSource:
    values: dict[str, Any] = {"url": "https://a.example/feed/", "kind": SourceKind.FEED, "name": "A", "language": "en"}
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
        ({"succeeded_at": NOW, "changed_at": NOW - 8 * DAY, "kind": SourceKind.TABLE}, None),
        ({"succeeded_at": NOW, "changed_at": NOW - 8 * DAY, "kind": SourceKind.PAGE}, None),
    ],
)
def test_a_problem_of_more_than_7_days_is_found(fields: dict[str, Any], reason: str | None) -> None:
    problem = find_problem(source(**fields), NOW)
    assert (problem.reason if problem else None) == reason


def test_a_problem_has_a_sentence_and_its_begin() -> None:
    failed = source(reason=Reason.BLOCKED, note="HTTP 403", succeeded_at=NOW - 8 * DAY)
    assert find_problem(failed, NOW) == ("blocked", "not read since 2026-11-14: HTTP 403", NOW - 8 * DAY)


def alerts(store: Store, at: datetime, **report: Any) -> list[tuple[str, str]]:
    """Store the result of a request, then return the source and reason of every alert in the outbox."""
    feed = make_feed("a")
    values = {"outcome": Outcome.FOUND, "entries": 10} | report
    with store.writing() as connection:
        record_source(connection, feed, SourceReportItem(url=feed.url, requested_at=at, **values))
    run: Any = SimpleNamespace(run_id="run", program="dealfeeds", started_at=at)
    alert_failing_sources(store, SETTINGS, [feed], run, "", now=at)
    return [(body["program_name"], body["reason"]) for (body,) in messages(store, ["body"])]


def test_each_failure_of_more_than_7_days_is_reported_once(store: Store) -> None:
    add_channel(store, events=(EventType.RUN_FAILED,))
    failed = {"outcome": Outcome.FAILED, "reason": Reason.BLOCKED, "note": "HTTP 403"}
    blocked, silent = ("The a", "blocked"), ("The a", "silent")
    assert alerts(store, NOW) == []
    assert alerts(store, NOW + 7 * DAY, **failed) == []
    assert alerts(store, NOW + 8 * DAY, **failed) == [blocked]
    assert alerts(store, NOW + 9 * DAY, **failed) == [blocked]
    assert alerts(store, NOW + 10 * DAY) == [blocked, silent]  # read again, but without a new entry since it was added
    assert alerts(store, NOW + 19 * DAY, **failed) == [blocked, silent, blocked]
