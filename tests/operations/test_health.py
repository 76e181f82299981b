"""Health checks: each problem is found, reported once, and resolved when it is over; on both engines."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from awardspider.delivery.channels.configuration import OPERATOR_EVENTS
from awardspider.items import EventType
from awardspider.operations.health import run_health_checks
from awardspider.operations.incidents import update_incidents
from awardspider.storage import schema
from awardspider.storage.channels import PausedBy, pause_channel
from awardspider.storage.incidents import IncidentKind, Problem, unresolved_incidents
from awardspider.storage.outbox import DeliveryResult, OutboxRow, insert_rows
from awardspider.storage.programs import record_success
from awardspider.storage.schedule import (
    ScheduledTask,
    ScheduleEntry,
    find_schedule_entry,
    remove_schedule_entry,
    save_schedule_entries,
)
from awardspider.storage.scheduled_jobs import JobStatus, add_job, end_job, skip_job, update_job
from awardspider.storage.services import ServiceName, start_service, stop_service
from awardspider.storage.store import Store
from tests.support.delivery import SETTINGS
from tests.support.http_recipient import Recipient, recipient
from tests.support.pipeline_crawl import add_channel
from tests.support.storage_examples import NOW

__all__ = ["recipient"]

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
Usage = namedtuple("Usage", "total used free")  # of shutil.disk_usage


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """Return settings with a data folder."""
    values = {"AWARD_DATA_DIR": str(tmp_path), "AWARD_SANDBOX_URL": "", "AWARD_HEALTH_URL": "", "USER_AGENT": "award"}
    scrapyd = {"AWARD_SCRAPYD_URL": "http://127.0.0.1:1", "SCRAPYD_USERNAME": "", "SCRAPYD_PASSWORD": ""}
    return {**SETTINGS, **values, **scrapyd}


def check(store: Store, settings: dict[str, Any], minutes: float = 0) -> dict[str, str]:
    """Run the checks and return the sentences of the problems by key."""
    found = run_health_checks(store, settings, NOW + minutes * MINUTE)
    return {problem.key: problem.sentence for problem in found}


def ended_process() -> int:
    """Return the id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def service(store: Store, name: ServiceName, at: datetime = NOW, pid: int | None = None) -> None:
    start_service(store, name, version="1", now=at, pid=pid)


# ---- services ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [ServiceName.SCHEDULER, ServiceName.DISPATCHER])
def test_a_service_that_was_killed_is_reported_until_it_runs_again(
    store: Store, settings: dict[str, Any], name: ServiceName
) -> None:
    service(store, name, pid=ended_process())
    assert check(store, settings, 0.3) == {}  # the supervisor restarts it within seconds
    killed = {f"service:{name}": f"no heartbeat since {NOW:%Y-%m-%d %H:%M} UTC; run scrapy status, then restart it"}
    assert check(store, settings, 1) == killed
    assert check(store, settings, 20) == killed
    service(store, name, at=NOW + 21 * MINUTE)
    assert check(store, settings, 21) == {}
    assert [incident.key for incident in unresolved_incidents(store)] == [f"service:{name}"]
    service(store, name, at=NOW + 22 * MINUTE)
    check(store, settings, 22)
    assert not unresolved_incidents(store)


def test_a_service_that_hangs_is_reported_and_one_that_stopped_in_order_is_not(
    store: Store, settings: dict[str, Any]
) -> None:
    service(store, ServiceName.SCHEDULER)
    service(store, ServiceName.DISPATCHER)
    stop_service(store, ServiceName.DISPATCHER, NOW)
    assert check(store, settings, 0.9) == {}
    assert check(store, settings, 1.1).keys() == {"service:scheduler"}


def test_a_service_on_another_host_takes_the_place_of_a_dead_one(store: Store, settings: dict[str, Any]) -> None:
    service(store, ServiceName.SCHEDULER, pid=ended_process())
    other = {"name": "scheduler", "host": "b", "pid": 1, "pid_namespace": "b", "version": "1", "started_at": NOW}
    with store.writing() as connection:
        connection.execute(insert(schema.services).values(**other, heartbeat_at=NOW + 5 * MINUTE))
    assert check(store, settings, 5.5) == {}
    assert check(store, settings, 7).keys() == {"service:scheduler"}


def test_a_dead_dispatcher_is_replaced_for_the_message_about_it(
    store: Store, settings: dict[str, Any], recipient: Recipient
) -> None:
    add_channel(store, address=recipient.url("http"), events=OPERATOR_EVENTS)
    service(store, ServiceName.DISPATCHER, pid=ended_process())
    service(store, ServiceName.SCHEDULER, at=NOW + MINUTE)
    check(store, settings, 1)
    check(store, settings, 1.5)
    [body] = recipient.bodies
    assert '"type":"incident.opened"' in body
    assert "Dispatcher: not running" in body


def test_scrapyd_is_reported_if_the_schedule_needs_it_and_it_is_unreachable_twice(
    store: Store, settings: dict[str, Any]
) -> None:
    assert check(store, settings) == check(store, settings, 1) == {}
    save_schedule_entries(store, [UNITED], now=NOW)
    assert check(store, settings, 2) == {}
    [sentence] = check(store, settings, 3).values()
    assert sentence.startswith("no jobs can be started: ")
    assert unresolved_incidents(store, "scrapyd")


# ---- host and outbox -----------------------------------------------------------------------------------------------


def test_a_full_disk_is_reported(store: Store, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    usage = {"free": 999_000_000}
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, usage["free"]))
    folder = settings["AWARD_DATA_DIR"]
    assert check(store, settings) == {"disk": f"only 999 MB are free in {folder}; run scrapy prune, or delete files"}
    usage["free"] = 1_000_000_000
    assert check(store, settings, 5) == {}
    assert unresolved_incidents(store)
    check(store, settings, 10)
    assert not unresolved_incidents(store)
    usage["free"] = 0
    assert check(store, settings | {"AWARD_MONITOR_FREE_MB": "0"}, 11) == {}


def test_a_data_folder_that_does_not_exist_yet_is_no_problem(store: Store, settings: dict[str, Any]) -> None:
    off = {"AWARD_MONITOR_FREE_MB": "1"}
    assert check(store, settings | {"AWARD_DATA_DIR": settings["AWARD_DATA_DIR"] + "/a/b"} | off) == {}


def add_message(store: Store, key: str, *, minutes: float = 0, attempted: float | None = None) -> None:
    """Add a message that is due at a time, and was attempted at another one."""
    at = NOW + minutes * MINUTE
    row = OutboxRow(key=key, channel="phone", event_type=EventType.TEST, subject="x", body={}, created_at=at)
    with store.writing() as connection:
        insert_rows(connection, [row])
        if attempted is not None:
            values = {"attempt_count": 1, "next_attempt_at": NOW + 10 * HOUR}
            table = schema.outbox
            found = connection.execute(
                update(table).where(table.c.key == key).values(**values).returning(table.c.id)
            ).scalar_one()
            attempt = {"outbox_id": found, "attempted_at": NOW + attempted * MINUTE, "result": DeliveryResult.RETRY}
            connection.execute(insert(schema.attempts).values(**attempt, note=""))


def test_messages_that_are_not_sent_are_reported(store: Store, settings: dict[str, Any]) -> None:
    add_channel(store)
    add_message(store, "due")
    add_message(store, "held", minutes=500)
    add_message(store, "retried", attempted=10)
    assert check(store, settings, 60) == {}
    sentence = "messages that wait for more than 60 minutes: {}; run scrapy outbox list --channel phone"
    assert check(store, settings, 61) == {"outbox:phone": sentence.format(1)}
    assert check(store, settings, 71) == {"outbox:phone": sentence.format(2)}
    pause_channel(store, "phone", reason="x", by=PausedBy.DISPATCHER, now=NOW)  # channel.paused reports it
    assert check(store, settings, 72) == {}


def test_messages_of_removed_channels_and_of_deliver_exec_are_no_problem(
    store: Store, settings: dict[str, Any]
) -> None:
    add_message(store, "due")
    assert check(store, settings, 99) == {}
    add_channel(store, kind="command", address="exec")
    assert check(store, settings, 99) == {}


def test_a_clock_that_is_behind_is_reported(
    store: Store, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    service(store, ServiceName.SCHEDULER, at=NOW + HOUR, pid=os.getpid())
    assert check(store, settings, 54.9).keys() == {"clock"}
    assert check(store, settings, 55) == {}
    monkeypatch.setenv("AWARD_SIMULATED_TIME", "2026-10-01T12:00Z")
    assert check(store, settings) == {}


# ---- jobs ----------------------------------------------------------------------------------------------------------

UNITED = ScheduleEntry(name="united", spider="united", every_seconds=6 * 3600, max_seconds=3600)
PRUNE = ScheduleEntry(name="prune", task=ScheduledTask.PRUNE, cron="30 3 * * *", max_seconds=3600)


@pytest.fixture
def scheduled(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return a store with two entries, whose Scrapyd responds."""
    monkeypatch.setattr("awardspider.operations.health.scrapyd_problems", lambda *_: [])
    save_schedule_entries(store, [UNITED, PRUNE], now=NOW)
    return store


def run_job(
    store: Store, name: str, status: JobStatus, *, minutes: float, note: str | None = None, run_id: str | None = None
) -> None:
    entry = find_schedule_entry(store, name)
    assert entry
    at = NOW + minutes * MINUTE
    job = add_job(store, entry, due_at=at, host="http://127.0.0.1:6800", job=f"job-{minutes}")
    if run_id:
        update_job(store, job, run_id=run_id)
    if status is not JobStatus.RUNNING:
        end_job(store, job, status, ended_at=at + MINUTE, note=note)


@pytest.mark.parametrize(
    ("status", "note", "kind", "sentence"),
    [
        (JobStatus.NOT_STARTED, "no key", "run_not_started", "the job ended before its crawl began: no key"),
        (JobStatus.KILLED, "out of memory", "run_killed", "the crawl did not record its end: out of memory"),
        (JobStatus.CANCELED, "ran for more than 1 h", "run_overdue", "the job was canceled: ran for more than 1 h"),
        (JobStatus.FAILED, "unreachable", "run_failed", "the crawl failed: unreachable"),
    ],
)  # fmt: skip
def test_a_job_that_its_run_cannot_report_is_reported_until_the_next_good_run(
    scheduled: Store, settings: dict[str, Any], status: JobStatus, note: str, kind: str, sentence: str
) -> None:
    run_job(scheduled, "united", status, minutes=0, note=note)
    expected = {"run:united": f"{sentence}; scrapy schedule list shows the jobs"}
    assert check(scheduled, settings, 2) == check(scheduled, settings, 3) == expected
    [incident] = unresolved_incidents(scheduled)
    assert (incident.kind, incident.subject) == (kind, "United MileagePlus")
    update_incidents(scheduled, settings, [], scope="run:united", now=NOW + 9 * MINUTE)  # a good run by hand
    assert check(scheduled, settings, 10) == {}
    assert not unresolved_incidents(scheduled)


@pytest.mark.parametrize(
    ("status", "note", "run_id"),
    [
        (JobStatus.SUCCEEDED, None, "r"),
        (JobStatus.FAILED, "blocked", "r"),  # the run has reported it
        (JobStatus.CANCELED, "canceled at Scrapyd", None),  # by a person
        (JobStatus.SKIPPED, "nothing needs it", None),
    ],
)
def test_other_jobs_are_not_reported(
    scheduled: Store, settings: dict[str, Any], status: JobStatus, note: str | None, run_id: str | None
) -> None:
    run_job(scheduled, "united", status, minutes=0, note=note, run_id=run_id)
    assert check(scheduled, settings, 2) == {}


def test_a_killed_job_that_is_repeated_or_followed_by_a_success_is_not_reported(
    scheduled: Store, settings: dict[str, Any]
) -> None:
    run_job(scheduled, "united", JobStatus.KILLED, minutes=0)
    run_job(scheduled, "united", JobStatus.RUNNING, minutes=1)
    assert check(scheduled, settings, 2) == {}
    run_job(scheduled, "prune", JobStatus.SUCCEEDED, minutes=3)
    record_success(scheduled, "united", now=NOW + 4 * MINUTE)
    assert check(scheduled, settings, 5) == {}


def test_jobs_that_ended_days_ago_are_not_reported(scheduled: Store, settings: dict[str, Any]) -> None:
    run_job(scheduled, "united", JobStatus.KILLED, minutes=0)
    assert check(scheduled, settings, 25 * 60) == {}


def test_a_spider_without_runs_is_resolved_by_its_next_job(scheduled: Store, settings: dict[str, Any]) -> None:
    rates = ScheduleEntry(name="ecb", spider="ecb", cron="0 16 * * *", max_seconds=600)
    save_schedule_entries(scheduled, [rates], now=NOW)
    run_job(scheduled, "ecb", JobStatus.FAILED, minutes=0, note="unreachable")
    assert check(scheduled, settings, 2).keys() == {"run:ecb"}
    run_job(scheduled, "ecb", JobStatus.SUCCEEDED, minutes=3)
    assert check(scheduled, settings, 5) == {}
    assert not unresolved_incidents(scheduled)


def test_the_problem_of_a_spider_or_task_ends_with_its_last_entry(scheduled: Store, settings: dict[str, Any]) -> None:
    days = ScheduleEntry(name="days", spider="united", cron="0 16 * * *", max_seconds=600)
    prune = ScheduleEntry(name="prune", task=ScheduledTask.PRUNE, cron="0 3 * * *", max_seconds=600)
    save_schedule_entries(scheduled, [days, prune], now=NOW)
    run_job(scheduled, "united", JobStatus.NOT_STARTED, minutes=0, note="there is no such spider")
    run_job(scheduled, "prune", JobStatus.FAILED, minutes=0, note="the disk is full")
    assert check(scheduled, settings, 2).keys() == {"run:united", "task:prune"}
    remove_schedule_entry(scheduled, "united")
    assert check(scheduled, settings, 3).keys() == {"run:united", "task:prune"}
    for name in ("days", "prune"):
        remove_schedule_entry(scheduled, name)
    for minutes in (4, 5, 6):
        check(scheduled, settings, minutes)
    assert not unresolved_incidents(scheduled)
    assert check(scheduled, settings, 7) == {}


def test_a_task_that_fails_is_reported_until_it_succeeds(scheduled: Store, settings: dict[str, Any]) -> None:
    run_job(scheduled, "prune", JobStatus.FAILED, minutes=0, note="exit code 1: the database is locked")
    sentence = "exit code 1: the database is locked; scrapy schedule list shows the jobs"
    assert check(scheduled, settings, 2) == {"task:prune": sentence}
    run_job(scheduled, "prune", JobStatus.SUCCEEDED, minutes=3)
    assert check(scheduled, settings, 5) == {}
    assert not unresolved_incidents(scheduled)


def test_a_program_without_a_success_for_too_long_is_reported(scheduled: Store, settings: dict[str, Any]) -> None:
    assert check(scheduled, settings, 48 * 60) == {}
    sentence = "no successful crawl for 49 hours; scrapy runs --program united shows more"
    assert check(scheduled, settings, 49 * 60) == {"program:united:no_success": sentence}
    record_success(scheduled, "united", now=NOW + 50 * HOUR)
    assert check(scheduled, settings, 51 * 60) == {}
    assert check(scheduled, settings | {"AWARD_MONITOR_NO_SUCCESS_HOURS": "0"}, 200 * 60) == {}


def test_a_program_whose_runs_are_reported_or_skipped_has_no_second_problem(
    scheduled: Store, settings: dict[str, Any]
) -> None:
    entry = find_schedule_entry(scheduled, "united")
    assert entry
    skip_job(scheduled, entry, due_at=NOW, note="no active watch needs it", now=NOW)
    assert check(scheduled, settings, 99 * 60) == {}
    run_job(scheduled, "united", JobStatus.FAILED, minutes=1, run_id="r")
    assert check(scheduled, settings, 99 * 60).keys() == {"program:united:no_success"}
    failed = Problem(key="run:united", kind=IncidentKind.RUN_FAILED, subject="United", sentence="blocked")
    update_incidents(scheduled, settings, [failed], scope="run:united", now=NOW)
    assert check(scheduled, settings, 99 * 60) == {}


def test_a_check_that_crashes_does_not_keep_the_others_from_running(
    store: Store, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: 1 / 0)
    service(store, ServiceName.SCHEDULER, pid=ended_process())
    assert check(store, settings, 1).keys() == {"service:scheduler"}
    assert "The health check disk crashed" in caplog.messages


# ---- the request to an address outside -----------------------------------------------------------------------------


def test_the_address_is_requested_by_the_scheduler_while_both_services_run(
    store: Store, settings: dict[str, Any], recipient: Recipient, caplog: pytest.LogCaptureFixture
) -> None:
    settings["AWARD_HEALTH_URL"] = recipient.url("http")
    service(store, ServiceName.SCHEDULER, pid=os.getpid())
    check(store, settings)
    assert recipient.paths == []  # no dispatcher
    service(store, ServiceName.DISPATCHER, pid=os.getppid())
    check(store, settings)
    assert len(recipient.paths) == 1
    service(store, ServiceName.DISPATCHER, pid=ended_process())
    check(store, settings, 0.2)
    assert len(recipient.paths) == 1
    service(store, ServiceName.DISPATCHER, pid=os.getpid())
    service(store, ServiceName.SCHEDULER, pid=os.getppid())
    check(store, settings)
    assert len(recipient.paths) == 1  # another process is the scheduler
    assert caplog.messages == []


def test_an_address_that_fails_is_logged_without_it(
    store: Store, settings: dict[str, Any], recipient: Recipient, caplog: pytest.LogCaptureFixture
) -> None:
    service(store, ServiceName.SCHEDULER, pid=os.getpid())
    service(store, ServiceName.DISPATCHER, pid=os.getppid())
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/secret", "nonsense", "https://[/secret"):
        check(store, settings | {"AWARD_HEALTH_URL": url})
    assert len(caplog.messages) == 3
    assert all(message.startswith("AWARD_HEALTH_URL could not be requested: ") for message in caplog.messages)
    assert "secret" not in caplog.text
    check(store, settings | {"AWARD_HEALTH_URL": "https://example.com/x", "AWARD_SANDBOX_URL": "http://127.0.0.1:1"})
    assert len(caplog.messages) == 3
