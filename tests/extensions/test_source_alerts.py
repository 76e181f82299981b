"""Sources that fail or are silent for days: one message when that begins, one when it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from awardspider.delivery.channels.configuration import OPERATOR_EVENTS
from awardspider.extensions.source_alerts import SILENT, check_sources, find_problem
from awardspider.items import SourceKind, SourceReportItem
from awardspider.outcomes import Outcome, Reason
from awardspider.storage.promotion_sources import StoredSource, record_new_announcement, record_source
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


def events(store: Store, at: datetime, **report: Any) -> list[str]:
    """Store the result of a request, then return the texts of all messages in the outbox."""
    feed = make_feed("a")
    values = {"outcome": Outcome.FOUND, "entries": 10} | report
    with store.writing() as connection:
        record_source(connection, feed, SourceReportItem(url=feed.url, requested_at=at, **values))
    check_sources(store, SETTINGS, [feed], "", now=at)
    return [f"{body['type']} {body['subject']}: {body['sentence']}" for (body,) in messages(store, ["body"])]


def test_a_failure_of_more_than_7_days_is_reported_once_and_its_end_once(store: Store) -> None:
    add_channel(store, events=OPERATOR_EVENTS)
    failed = {"outcome": Outcome.FAILED, "reason": Reason.BLOCKED, "note": "HTTP 403"}
    opened = f"incident.opened The a: not read since {NOW:%Y-%m-%d}: HTTP 403"
    assert events(store, NOW) == []
    assert events(store, NOW + 7 * DAY, **failed) == []
    assert events(store, NOW + 8 * DAY, **failed) == [opened]
    assert events(store, NOW + 9 * DAY, **failed) == [opened]
    # Read again, but without a new entry since it was added: it still needs attention.
    assert events(store, NOW + 10 * DAY) == [opened]
    with store.writing() as connection:
        record_new_announcement(connection, make_feed("a").url, NOW + 11 * DAY)
    resolved = opened.replace("opened", "resolved")
    assert events(store, NOW + 11 * DAY) == [opened, resolved]
    assert events(store, NOW + 12 * DAY) == [opened, resolved]
    again = f"incident.opened The a: not read since {NOW + 12 * DAY:%Y-%m-%d}: HTTP 403"
    assert events(store, NOW + 20 * DAY, **failed) == [opened, resolved, again]
