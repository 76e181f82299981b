"""Incidents and their messages, on both engines."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from awardspider.delivery.channels.configuration import DEFAULT_EVENTS, OPERATOR_EVENTS
from awardspider.items import EventType
from awardspider.operations.incidents import RESOLVED_AFTER, open_incidents, report_failed_run, update_incidents
from awardspider.storage import schema
from awardspider.storage.incidents import IncidentKind, Problem, unresolved_incidents
from awardspider.storage.store import Store
from tests.support.delivery import SETTINGS
from tests.support.pipeline_crawl import add_channel
from tests.support.storage_examples import NOW

MINUTE = timedelta(minutes=1)
DISPATCHER = Problem(
    key="service:dispatcher", kind=IncidentKind.SERVICE_STOPPED, subject="Dispatcher", sentence="no heartbeat"
)
UNUSUAL = Problem(
    key="run:united", kind=IncidentKind.RUN_UNUSUAL, subject="United", sentence="found 3 offers, usually about 90"
)
FAILED: dict[str, Any] = {
    "run_id": "1", "program": "united", "program_name": "United", "reason": "blocked", "note": "403",
    "started_at": NOW, "ended_at": NOW, "found": 0, "empty": 0, "failed": 3,
}  # fmt: skip


def messages(store: Store) -> list[tuple[str, str]]:
    """Return channel and event of each message, in the order of the outbox."""
    columns = (schema.outbox.c.channel, schema.outbox.c.event_type)
    with store.reading() as connection:
        return [(row[0], row[1]) for row in connection.execute(select(*columns).order_by(schema.outbox.c.id))]


def update(store: Store, *problems: Problem, minutes: float = 0, scope: str = "service") -> None:
    update_incidents(store, SETTINGS, problems, scope=scope, now=NOW + minutes * MINUTE)


def test_a_problem_sends_one_message_and_its_end_one(store: Store) -> None:
    add_channel(store, events=OPERATOR_EVENTS)
    add_channel(store, "team", events=DEFAULT_EVENTS)
    for minute in range(5):
        update(store, DISPATCHER, minutes=minute)
    assert messages(store) == [("phone", "incident.opened")]
    for minute in range(5, 10):
        update(store, minutes=minute)
    assert messages(store) == [("phone", "incident.opened"), ("phone", "incident.resolved")]
    update(store, DISPATCHER, minutes=20)
    assert [event for _, event in messages(store)] == ["incident.opened", "incident.resolved", "incident.opened"]


def test_a_problem_that_comes_and_goes_sends_one_message(store: Store) -> None:
    add_channel(store, events=OPERATOR_EVENTS)
    wait = RESOLVED_AFTER[DISPATCHER.kind] / MINUTE
    for number in range(10):
        update(store, DISPATCHER, minutes=number * wait)
        update(store, minutes=(number + 0.9) * wait)
    assert messages(store) == [("phone", "incident.opened")]
    update(store, minutes=10 * wait)
    assert [event for _, event in messages(store)] == ["incident.opened", "incident.resolved"]


def test_only_problems_of_the_scope_are_resolved(store: Store) -> None:
    update(store, DISPATCHER)
    update(store, UNUSUAL, scope="run:united", minutes=1)
    update(store, scope="run:united", minutes=30)
    assert [incident.key for incident in unresolved_incidents(store)] == ["service:dispatcher"]


def test_a_failed_run_is_reported_by_its_own_event_until_a_good_run(store: Store) -> None:
    add_channel(store, events=OPERATOR_EVENTS)
    add_channel(store, "team", events=(EventType.RUN_FAILED,))
    failed = Problem(key="run:united", kind=IncidentKind.RUN_FAILED, subject="United", sentence="403")
    assert report_failed_run(store, SETTINGS, failed, FAILED, now=NOW)
    assert not report_failed_run(store, SETTINGS, failed, FAILED | {"reason": "unreachable"}, now=NOW + MINUTE)
    update(store, UNUSUAL, scope="run:united", minutes=2)  # the next run is not good either
    assert open_incidents(store, SETTINGS, [UNUSUAL], now=NOW + 3 * MINUTE) == []
    assert sorted(messages(store)) == [("phone", "run.failed"), ("team", "run.failed")]
    update(store, scope="run:united", minutes=4)
    assert sorted(messages(store))[:2] == [("phone", "incident.resolved"), ("phone", "run.failed")]
    assert report_failed_run(store, SETTINGS, failed, FAILED, now=NOW + 5 * MINUTE)
    assert len(messages(store)) == 5


def test_without_a_channel_the_log_says_so_once(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for minute in (0, 1, 30, 31):
        update(store, *([DISPATCHER] if minute < 5 else []), minutes=minute)
    assert caplog.messages == [
        "Problem with Dispatcher: no heartbeat",
        "Nobody is notified about Dispatcher: scrapy channels add NAME KIND ADDRESS --events operator",
        "The problem with Dispatcher is resolved",
    ]


def test_an_invalid_setting_of_a_channel_does_not_keep_the_others_from_being_notified(store: Store) -> None:
    add_channel(store, events=OPERATOR_EVENTS)
    invalid = {**SETTINGS, "AWARD_WEBHOOKS": "https://example.com"}
    update_incidents(store, invalid, [DISPATCHER], scope="service", now=NOW)
    assert messages(store) == [("phone", "incident.opened")]
