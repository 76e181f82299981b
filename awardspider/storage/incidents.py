"""Incidents: problems of which the operator was notified, from the first time that they were seen to the last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, select, update

from awardspider.storage import schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.store import Store

_incidents = schema.incidents.c


class IncidentKind(StrEnum):
    """Kinds of problems."""

    RUN_FAILED = "run_failed"  # the finish reason of a run says why
    RUN_UNUSUAL = "run_unusual"  # a run that finished, but whose monitors failed
    RUN_KILLED = "run_killed"  # a run that did not record its end
    RUN_NOT_STARTED = "run_not_started"  # a scheduled job that crashed before it recorded a run
    RUN_OVERDUE = "run_overdue"  # a scheduled job that was canceled, because it took too long
    NO_SUCCESS = "no_success"  # a scheduled program without a success for too long
    TASK_FAILED = "task_failed"  # a scheduled task, such as prune
    SOURCE_FAILING = "source_failing"  # a source of promotions that failed, or had nothing new, for days
    SERVICE_STOPPED = "service_stopped"  # a service that did not stop in order
    SCRAPYD_UNREACHABLE = "scrapyd_unreachable"
    OUTBOX_DELAYED = "outbox_delayed"  # due messages that were not sent
    DISK_FULL = "disk_full"
    CLOCK_WRONG = "clock_wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem that exists now. `key` identifies it, and `sentence` says in English what happened and what to do.

    The part of the key before the first colon is its scope: `run:united`, `service:dispatcher`, `disk`. `subject` names
    what has the problem, such as a program.
    """

    key: str
    kind: IncidentKind
    subject: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A problem with its times. `seen_at` is when it was last seen; an unresolved incident has no `resolved_at`."""

    id: int
    key: str
    kind: IncidentKind
    subject: str
    sentence: str
    opened_at: datetime
    seen_at: datetime
    resolved_at: datetime | None = None


def open_incident(connection: Connection, problem: Problem, now: datetime) -> Incident | None:
    """Record a problem; return its incident if it is new, or None if it is known, whose `seen_at` is then `now`."""
    values = {"key": problem.key, "kind": problem.kind, "subject": problem.subject, "sentence": problem.sentence}
    inserted = connection.execute(
        dialect_insert(connection.dialect, schema.incidents)
        .values(**values, opened_at=now, seen_at=now)
        .on_conflict_do_nothing(index_elements=[_incidents.key], index_where=_incidents.resolved_at.is_(None))
        .returning(*schema.incidents.c)
    )
    row = inserted.mappings().first()
    if row is not None:
        return _incident(row)
    connection.execute(
        update(schema.incidents)
        .where(_incidents.key == problem.key, _incidents.resolved_at.is_(None))
        .values(seen_at=now)
    )
    return None


def resolve_incident(connection: Connection, incident: Incident, now: datetime) -> bool:
    """Record that a problem no longer exists; return False if another process recorded that already."""
    unresolved = (_incidents.id == incident.id, _incidents.resolved_at.is_(None))
    return bool(connection.execute(update(schema.incidents).where(*unresolved).values(resolved_at=now)).rowcount)


def unresolved_incidents(store: Store, scope: str = "") -> list[Incident]:
    """Return the unresolved incidents of a scope, oldest first; those of all scopes if it is empty."""
    with store.reading() as connection:
        return find_unresolved(connection, scope)


def find_unresolved(connection: Connection, scope: str = "") -> list[Incident]:
    """Return the unresolved incidents as `unresolved_incidents` does, within a transaction."""
    query = select(schema.incidents).where(_incidents.resolved_at.is_(None)).order_by(_incidents.id)
    found = [_incident(row) for row in connection.execute(query).mappings()]
    return [incident for incident in found if is_in_scope(incident.key, scope)]


def last_incident(store: Store, key: str) -> Incident | None:
    """Return the latest incident with a key, resolved or not, or None."""
    query = select(schema.incidents).where(_incidents.key == key).order_by(_incidents.id.desc()).limit(1)
    with store.reading() as connection:
        row = connection.execute(query).mappings().first()
    return _incident(row) if row else None


def resolved_incidents(store: Store, *, since: datetime, limit: int) -> list[Incident]:
    """Return the incidents that were resolved at or after a time, the latest first."""
    query = select(schema.incidents).where(_incidents.resolved_at >= since)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(_incidents.resolved_at.desc()).limit(limit)).mappings()
        return [_incident(row) for row in rows]


def is_in_scope(key: str, scope: str) -> bool:
    """Return True if a key is in a scope; every key is in the empty one."""
    return not scope or key == scope or key.startswith(f"{scope}:")


def _incident(row: RowMapping) -> Incident:
    return Incident(**{**row, "kind": IncidentKind(row["kind"])})
