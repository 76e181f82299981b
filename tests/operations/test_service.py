"""Long-running processes: heartbeats, signals and the orderly stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest
from sqlalchemy import delete

from awardspider import clock
from awardspider.operations.service import running_service
from awardspider.outcomes import StorageError
from awardspider.storage import schema
from awardspider.storage.services import ServiceName, ServiceRow, service_rows, start_service, stop_service
from awardspider.storage.store import Store
from tests.support.waiting import wait_until

SCHEDULER = ServiceName.SCHEDULER


def stored(store: Store) -> ServiceRow | None:
    return next(iter(service_rows(store)), None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_sets_the_event_and_the_stop_is_recorded(sqlite_store: Store, number: signal.Signals) -> None:
    handlers = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    with running_service(sqlite_store, SCHEDULER) as stop:
        row = stored(sqlite_store)
        assert row
        assert (row.host, row.pid, row.stopped_at) == (socket.gethostname(), os.getpid(), None)
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.wait(5)
    row = stored(sqlite_store)
    assert row
    assert row.stopped_at
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == handlers


def test_an_error_in_the_block_is_an_orderly_stop_too(sqlite_store: Store) -> None:
    with pytest.raises(StorageError, match="full"), running_service(sqlite_store, SCHEDULER):
        raise StorageError("the disk is full")
    row = stored(sqlite_store)
    assert row
    assert row.stopped_at


def test_heartbeats_are_recorded_and_restore_a_missing_row(sqlite_store: Store) -> None:
    with running_service(sqlite_store, SCHEDULER, heartbeat=0.01):
        started = stored(sqlite_store)
        assert started
        wait_until(lambda: (row := stored(sqlite_store)) and row.heartbeat_at > started.heartbeat_at)
        with sqlite_store.writing() as connection:
            connection.execute(delete(schema.services))
        wait_until(lambda: stored(sqlite_store))


def test_a_second_process_of_the_name_is_replaced_only_after_its_end(sqlite_store: Store) -> None:
    with running_service(sqlite_store, SCHEDULER, heartbeat=0.01):
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
            start_service(sqlite_store, SCHEDULER, version="1.0", now=clock.now(), pid=other.pid)
            row = stored(sqlite_store)
            assert row
            assert row.pid == other.pid
        wait_until(lambda: (row := stored(sqlite_store)) and row.pid == os.getpid())
        stop_service(sqlite_store, SCHEDULER, clock.now())
        wait_until(lambda: (row := stored(sqlite_store)) and row.stopped_at is None)


def test_a_failed_heartbeat_is_logged_once_and_the_service_goes_on(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def fail(*_: object) -> bool:
        nonlocal calls
        calls += 1
        if calls <= 3:
            raise StorageError("the database is locked")
        return True

    monkeypatch.setattr("awardspider.operations.service.record_service_heartbeat", fail)
    with running_service(sqlite_store, SCHEDULER, heartbeat=0.01) as stop:
        wait_until(lambda: calls > 3)
        assert not stop.is_set()
    assert [record.getMessage() for record in caplog.records] == [
        "The heartbeat of scheduler was not stored: the database is locked"
    ]
