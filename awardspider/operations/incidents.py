"""Incidents and their messages: one when a problem begins, one when it is resolved."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from awardspider.delivery.messages.events import Event, IncidentOpened, IncidentResolved, RunFailed
from awardspider.delivery.outbox.enqueue import Enqueuer
from awardspider.items import EventType
from awardspider.outcomes import InvalidSetting
from awardspider.storage.incidents import (
    Incident,
    IncidentKind,
    Problem,
    find_unresolved,
    open_incident,
    resolve_incident,
    unresolved_incidents,
)
from awardspider.storage.outbox import insert_rows
from awardspider.storage.store import Store

logger = logging.getLogger(__name__)

#: The time for which a problem must be absent until its incident is resolved, so that one that comes and goes sends two
#: messages and not twenty. A problem of another kind is resolved at once.
RESOLVED_AFTER = {
    IncidentKind.SERVICE_STOPPED: timedelta(minutes=2),
    IncidentKind.SCRAPYD_UNREACHABLE: timedelta(minutes=2),
    IncidentKind.OUTBOX_DELAYED: timedelta(minutes=10),
    IncidentKind.DISK_FULL: timedelta(minutes=10),
    IncidentKind.CLOCK_WRONG: timedelta(minutes=10),
}

# Without the settings that configure channels, which may be the invalid ones, only stored channels are left.
NO_CHANNEL_SETTINGS = {"AWARD_WEBHOOKS": "", "AWARD_GOOGLE_SHEET": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentChanges:
    """The incidents that an update opened and resolved."""

    opened: tuple[Incident, ...] = ()
    resolved: tuple[Incident, ...] = ()


def update_incidents(
    store: Store, settings: Mapping[str, Any], problems: Sequence[Problem], *, scope: str, now: datetime
) -> IncidentChanges:
    """Open an incident for each new problem, and resolve those of the scope whose problem is no longer present.

    The scope is a key, or the part of keys before a colon: `service` contains `service:dispatcher`. All `problems` must
    be in it. A problem must be absent for the time in RESOLVED_AFTER. The messages to the channels that accept them are
    stored in the same transaction. Raise StorageError.
    """
    if not problems and not unresolved_incidents(store, scope):
        return IncidentChanges()
    messages = _Messages(store, settings)
    present = {problem.key for problem in problems}
    with store.writing() as connection:
        opened = [incident for problem in problems if (incident := open_incident(connection, problem, now))]
        resolved = [
            incident
            for incident in find_unresolved(connection, scope)
            if incident.key not in present
            and now - incident.seen_at >= RESOLVED_AFTER.get(incident.kind, timedelta())
            and resolve_incident(connection, incident, now)
        ]
        messages.enqueue_opened(connection, opened, now)
        messages.enqueue_resolved(connection, resolved, now)
    return IncidentChanges(opened=tuple(opened), resolved=tuple(resolved))


def open_incidents(
    store: Store, settings: Mapping[str, Any], problems: Sequence[Problem], *, now: datetime
) -> list[Incident]:
    """Open an incident for each new problem, resolve none, and return the new ones. Raise StorageError."""
    messages = _Messages(store, settings)
    with store.writing() as connection:
        opened = [incident for problem in problems if (incident := open_incident(connection, problem, now))]
        messages.enqueue_opened(connection, opened, now)
    return opened


def report_failed_run(
    store: Store, settings: Mapping[str, Any], problem: Problem, failed: Mapping[str, Any], *, now: datetime
) -> bool:
    """Open the incident of a failed run, with `run.failed` as its message; return False if it is open already.

    `failed` contains the fields of events.RunFailed. Raise StorageError.
    """
    messages = _Messages(store, settings)
    with store.writing() as connection:
        incident = open_incident(connection, problem, now)
        if incident is not None:
            messages.enqueue_failed_run(connection, incident, failed, now)
    return incident is not None


class _Messages:
    """The messages about incidents, for the channels that accept them."""

    def __init__(self, store: Store, settings: Mapping[str, Any]) -> None:
        try:
            self._enqueuer = Enqueuer(store, settings)
        except InvalidSetting:
            self._enqueuer = Enqueuer(store, {**settings, **NO_CHANNEL_SETTINGS})

    def enqueue_opened(self, connection: Connection, incidents: Iterable[Incident], now: datetime) -> None:
        """Store a message about each new incident."""
        for incident in incidents:
            logger.warning("Problem with %s: %s", incident.subject, incident.sentence)
            self._enqueue(connection, IncidentOpened(id="", created_at=now, **_fields(incident)), incident)

    def enqueue_resolved(self, connection: Connection, incidents: Iterable[Incident], now: datetime) -> None:
        """Store a message about each resolved incident."""
        for incident in incidents:
            logger.info("The problem with %s is resolved", incident.subject)
            event = IncidentResolved(id="", created_at=now, resolved_at=now, **_fields(incident))
            self._enqueue(connection, event, incident)

    def enqueue_failed_run(
        self, connection: Connection, incident: Incident, failed: Mapping[str, Any], now: datetime
    ) -> None:
        """Store a message about a failed run."""
        self._enqueue(connection, RunFailed(id="", created_at=now, **failed), incident)

    def _enqueue(self, connection: Connection, event: Event, incident: Incident) -> None:
        key = f"{event.event_type}:{incident.key}:{incident.opened_at:%Y%m%dT%H%M%S%f}"
        rows = list(self._enqueuer.operator_rows(event, key=key, subject=f"incident {incident.key}"))
        if not rows and event.event_type is not EventType.INCIDENT_RESOLVED:
            logger.warning(
                "Nobody is notified about %s: scrapy channels add NAME KIND ADDRESS --events operator", incident.subject
            )
        insert_rows(connection, rows)


def _fields(incident: Incident) -> dict[str, Any]:
    return {
        "incident": incident.key,
        "kind": incident.kind,
        "subject": incident.subject,
        "sentence": incident.sentence,
        "opened_at": incident.opened_at,
    }
