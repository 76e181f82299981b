"""Services: the long-running processes of each host, with their start, latest heartbeat and orderly stop."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, select, update

from awardspider.storage import processes, schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.store import Store

#: A service without a heartbeat for this long counts as dead.
SERVICE_TIMEOUT = timedelta(seconds=60)

_services = schema.services.c


class ServiceName(StrEnum):
    """Services. Each runs at most once on a host."""

    SUPERVISOR = "supervisor"
    SCRAPYD = "scrapyd"
    SCHEDULER = "scheduler"
    DISPATCHER = "dispatcher"
    PANEL = "panel"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """A service on a host as its process last recorded it; times are in UTC.

    `stopped_at` is set by an orderly stop. `pid` is unique only in `pid_namespace` (`storage.processes`).
    """

    name: ServiceName
    host: str
    pid: int
    pid_namespace: str
    version: str
    started_at: datetime
    heartbeat_at: datetime
    stopped_at: datetime | None = None


def start_service(store: Store, name: ServiceName, *, version: str, now: datetime, pid: int | None = None) -> None:
    """Record that a service has started on this host, as this process or as its child `pid`."""
    row = {
        "pid": pid or os.getpid(),
        "pid_namespace": processes.pid_namespace(),
        "version": version,
        "started_at": now,
        "heartbeat_at": now,
        "stopped_at": None,
    }
    with store.writing() as connection:
        statement = dialect_insert(connection.dialect, schema.services)
        statement = statement.values(name=name.value, host=socket.gethostname(), **row)
        connection.execute(statement.on_conflict_do_update(index_elements=[_services.name, _services.host], set_=row))


def record_service_heartbeat(store: Store, name: ServiceName, now: datetime, *, pid: int | None = None) -> bool:
    """Record that a service of this host is running; return False if it is not recorded, or is another process."""
    with store.writing() as connection:
        statement = update(schema.services).where(_is_process(name, pid), _services.stopped_at.is_(None))
        return bool(connection.execute(statement.values(heartbeat_at=now)).rowcount)


def stop_service(store: Store, name: ServiceName, now: datetime, *, pid: int | None = None) -> None:
    """Record the orderly stop of a service of this host, unless another process has started it since."""
    with store.writing() as connection:
        statement = update(schema.services).where(_is_process(name, pid))
        connection.execute(statement.values(heartbeat_at=now, stopped_at=now))


def stop_all_services(store: Store, now: datetime) -> None:
    """Record the stop of all services on all hosts: none of them uses this database."""
    with store.writing() as connection:
        connection.execute(update(schema.services).where(_services.stopped_at.is_(None)).values(stopped_at=now))


def service_rows(store: Store) -> list[ServiceRow]:
    """Return all services that were ever started, by host and name."""
    query = select(schema.services).order_by(_services.host, _services.name)
    with store.reading() as connection:
        rows = connection.execute(query).mappings().all()
    known = {each.value for each in ServiceName}
    return [ServiceRow(**{**row, "name": ServiceName(row["name"])}) for row in rows if row["name"] in known]


def has_died(row: ServiceRow, now: datetime) -> bool:
    """Return whether a service ended without an orderly stop.

    It has if its process ran on this host and has ended, or if its heartbeat is older than SERVICE_TIMEOUT.
    """
    if row.stopped_at is not None:
        return False
    if processes.has_ended(row.host, row.pid_namespace, row.pid):
        return True
    return processes.has_expired(row.heartbeat_at, now, SERVICE_TIMEOUT)


def is_running(row: ServiceRow, now: datetime) -> bool:
    """Return whether a service has not stopped in order and has not died."""
    return row.stopped_at is None and not has_died(row, now)


def runs_anywhere(rows: Iterable[ServiceRow], name: ServiceName, now: datetime) -> bool:
    """Return whether a service runs on any host."""
    return any(row.name is name and is_running(row, now) for row in rows)


def _is_process(name: ServiceName, pid: int | None) -> ColumnElement[bool]:
    """Return the condition that a row describes this process, or its child `pid`."""
    return and_(
        _services.name == name.value,
        _services.host == socket.gethostname(),
        _services.pid == (pid or os.getpid()),
        _services.pid_namespace == processes.pid_namespace(),
    )
