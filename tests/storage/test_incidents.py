"""Incidents, on both engines."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from awardspider.storage.incidents import (
    Incident,
    IncidentKind,
    Problem,
    last_incident,
    open_incident,
    resolve_incident,
    unresolved_incidents,
)
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW

MINUTE = timedelta(minutes=1)
DISPATCHER = Problem(
    key="service:dispatcher", kind=IncidentKind.SERVICE_STOPPED, subject="Dispatcher", sentence="it has no heartbeat"
)
DISK = Problem(key="disk", kind=IncidentKind.DISK_FULL, subject="Disk", sentence="only 5 MB are free")


def opened(store: Store, problem: Problem, minutes: int = 0) -> Incident | None:
    with store.writing() as connection:
        return open_incident(connection, problem, NOW + minutes * MINUTE)


def test_problem_opens_one_incident_until_it_is_resolved(store: Store) -> None:
    incident = opened(store, DISPATCHER)
    assert incident
    assert (incident.key, incident.kind, incident.opened_at) == (DISPATCHER.key, DISPATCHER.kind, NOW)
    assert opened(store, DISPATCHER, 3) is None
    [unresolved] = unresolved_incidents(store)
    assert (unresolved.opened_at, unresolved.seen_at) == (NOW, NOW + 3 * MINUTE)
    with store.writing() as connection:
        assert resolve_incident(connection, incident, NOW + 4 * MINUTE)
        assert not resolve_incident(connection, incident, NOW + 5 * MINUTE)
    assert not unresolved_incidents(store)
    last = last_incident(store, DISPATCHER.key)
    assert last
    assert last.resolved_at == NOW + 4 * MINUTE
    assert opened(store, DISPATCHER, 6)


def test_scope_limits_the_incidents(store: Store) -> None:
    opened(store, DISPATCHER)
    opened(store, DISK)
    assert [incident.key for incident in unresolved_incidents(store)] == ["service:dispatcher", "disk"]
    assert [incident.key for incident in unresolved_incidents(store, "service")] == ["service:dispatcher"]
    assert [incident.key for incident in unresolved_incidents(store, "disk")] == ["disk"]
    assert not unresolved_incidents(store, "serv")
    assert last_incident(store, "outbox") is None


def test_processes_that_see_a_problem_at_the_same_time_open_one_incident(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: opened(store, DISPATCHER), range(16)))
    assert len([incident for incident in found if incident]) == 1
