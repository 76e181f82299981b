"""The state of all services: of the supervisor on this machine, and of services that run elsewhere or without it."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from awardspider.operations.supervisor_state import ServiceState, SupervisedService, SupervisorState, read_state
from awardspider.storage.services import ServiceName, ServiceRow, has_died

_OK_STATES = frozenset({ServiceState.RUNNING, ServiceState.STOPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """A service for display. Times are in UTC; `memory` is in bytes and without `children`, such as Scrapyd's jobs."""

    name: ServiceName
    host: str
    state: ServiceState
    pid: int | None = None
    started_at: datetime | None = None
    restarts: int | None = None
    memory: int | None = None
    children: int = 0
    children_memory: int = 0
    address: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesStatus:
    """All services, and the supervisor's state, if one runs here for the data folder."""

    supervisor: SupervisorState | None
    services: list[ServiceStatus]

    @property
    def is_healthy(self) -> bool:
        """True if services run, none of them fails, and the code is deployed."""
        states = {service.state for service in self.services}
        is_deployed = not (self.supervisor and self.supervisor.deployment_error)
        return ServiceState.RUNNING in states and states <= _OK_STATES and is_deployed


def services_status(folder: Path, rows: list[ServiceRow], now: datetime) -> ServicesStatus:
    """Return the state of all services, given the data folder and the stored services. Raise AwardError."""
    supervisor, host = read_state(folder), socket.gethostname()
    services = []
    if supervisor:
        itself = SupervisedService(
            name=ServiceName.SUPERVISOR,
            state=ServiceState.RUNNING if supervisor.ready_at else ServiceState.STARTING,
            pid=supervisor.pid,
            started_at=supervisor.started_at,
        )
        stored = {row.name: row for row in rows if row.host == host}
        services += [_supervised(each, host, stored.get(each.name), now) for each in (itself, *supervisor.services)]
    known = {(service.name, service.host) for service in services}
    services += [_stored(row, now, host) for row in rows if (row.name, row.host) not in known]
    return ServicesStatus(supervisor=supervisor, services=services)


def _supervised(service: SupervisedService, host: str, row: ServiceRow | None, now: datetime) -> ServiceStatus:
    memory, children, children_memory = _memory(service.pid)
    state = service.state
    if state is ServiceState.RUNNING and row is not None and row.pid == service.pid and has_died(row, now):
        state = ServiceState.UNRESPONSIVE
    return ServiceStatus(
        name=service.name,
        host=host,
        state=state,
        pid=service.pid,
        started_at=service.started_at,
        restarts=None if service.name is ServiceName.SUPERVISOR else service.restarts,
        memory=memory,
        children=children if service.name is ServiceName.SCRAPYD else 0,
        children_memory=children_memory if service.name is ServiceName.SCRAPYD else 0,
        address=service.address,
        note=service.last_exit,
    )


def _stored(row: ServiceRow, now: datetime, host: str) -> ServiceStatus:
    """Return the status of a service that no supervisor of this data folder runs."""
    if row.stopped_at is not None:
        state = ServiceState.STOPPED
    elif has_died(row, now):
        state = ServiceState.DIED
    else:
        state = ServiceState.RUNNING
    is_running = state is ServiceState.RUNNING
    return ServiceStatus(
        name=row.name,
        host=row.host,
        state=state,
        pid=row.pid if is_running else None,
        started_at=row.started_at if is_running else None,
        memory=_memory(row.pid)[0] if is_running and row.host == host else None,
    )


def _memory(pid: int | None) -> tuple[int | None, int, int]:
    """Return the memory of a process in bytes, the number of its children, and the memory of all descendants."""
    if pid is None:
        return None, 0, 0
    try:
        process = psutil.Process(pid)
        memory, children = process.memory_info().rss, len(process.children())
        descendants = process.children(recursive=True)
    except psutil.Error:
        return None, 0, 0
    return memory, children, sum(_resident(each) for each in descendants)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
