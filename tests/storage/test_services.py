"""The record of long-running processes, on both engines."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from awardspider.storage.processes import pid_namespace
from awardspider.storage.services import (
    SERVICE_TIMEOUT,
    ServiceName,
    ServiceRow,
    has_died,
    record_service_heartbeat,
    service_rows,
    start_service,
    stop_service,
)
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW

SECOND = timedelta(seconds=1)
DISPATCHER = ServiceName.DISPATCHER


def start(store: Store, now: datetime = NOW, pid: int | None = None) -> None:
    start_service(store, DISPATCHER, version="1.0", now=now, pid=pid)


def stored(store: Store) -> ServiceRow:
    (row,) = service_rows(store)
    return row


@pytest.fixture
def ended_pid() -> int:
    """Return the id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_service_from_start_to_stop(store: Store) -> None:
    assert service_rows(store) == []
    start(store)
    row = stored(store)
    assert (row.name, row.pid, row.pid_namespace, row.version) == (DISPATCHER, os.getpid(), pid_namespace(), "1.0")
    assert (row.started_at, row.heartbeat_at, row.stopped_at) == (NOW, NOW, None)
    assert record_service_heartbeat(store, DISPATCHER, NOW + SECOND)
    assert stored(store).heartbeat_at == NOW + SECOND
    stop_service(store, DISPATCHER, NOW + 2 * SECOND)
    assert stored(store).stopped_at == NOW + 2 * SECOND
    start(store, NOW + 3 * SECOND)
    assert (stored(store).started_at, stored(store).stopped_at) == (NOW + 3 * SECOND, None)


def test_another_process_of_the_same_name_owns_the_row(store: Store, ended_pid: int) -> None:
    start(store)
    start(store, NOW + SECOND, pid=ended_pid)
    assert not record_service_heartbeat(store, DISPATCHER, NOW + 2 * SECOND)
    stop_service(store, DISPATCHER, NOW + 2 * SECOND)
    assert (stored(store).pid, stored(store).stopped_at) == (ended_pid, None)
    assert record_service_heartbeat(store, DISPATCHER, NOW + 2 * SECOND, pid=ended_pid)


def test_a_heartbeat_neither_creates_a_service_nor_undoes_its_stop(store: Store) -> None:
    assert not record_service_heartbeat(store, DISPATCHER, NOW)
    assert service_rows(store) == []
    start(store)
    stop_service(store, DISPATCHER, NOW)
    assert not record_service_heartbeat(store, DISPATCHER, NOW + SECOND)


def test_a_service_has_died_if_its_process_ended_or_its_heartbeat_is_old(store: Store, ended_pid: int) -> None:
    start(store)
    assert not has_died(stored(store), NOW + SERVICE_TIMEOUT)
    assert has_died(stored(store), NOW + SERVICE_TIMEOUT + SECOND)
    start(store, pid=ended_pid)
    assert has_died(stored(store), NOW)
    stop_service(store, DISPATCHER, NOW, pid=ended_pid)
    assert not has_died(stored(store), NOW + timedelta(days=1))


def test_a_process_of_another_host_is_judged_by_its_heartbeat_only(ended_pid: int) -> None:
    row = ServiceRow(
        name=DISPATCHER, host="elsewhere.example", pid=ended_pid, pid_namespace="", version="1.0", started_at=NOW,
        heartbeat_at=NOW,
    )  # fmt: skip
    assert not has_died(row, NOW + SERVICE_TIMEOUT)
    assert has_died(row, NOW + SERVICE_TIMEOUT + SECOND)
    assert not has_died(row, NOW - timedelta(minutes=59))
    assert has_died(row, NOW - timedelta(days=400))  # its clock was ahead
