"""Incidents and their messages: one when a problem begins, one when it is resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from awardspider.storage.incidents import (
    Incident,
    IncidentKind,
    Problem,
    find_unresolved,
    open_incident,
    resolve_incident,
    unresolved_incidents,
)
from awardspider.storage.store import Store

#: The time for which a problem must be absent until its incident is resolved, so that one that comes and goes sends two
#: messages and not twenty. A problem of another kind is resolved at once.
RESOLVED_AFTER = {
    IncidentKind.SERVICE_STOPPED: timedelta(minutes=2),
    IncidentKind.SCRAPYD_UNREACHABLE: timedelta(minutes=2),
    IncidentKind.OUTBOX_DELAYED: timedelta(minutes=10),
    IncidentKind.DISK_FULL: timedelta(minutes=10),
    IncidentKind.CLOCK_WRONG: timedelta(minutes=10),
}


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
    present = {problem.key for problem in problems}
    if not problems and not unresolved_incidents(store, scope):
        return IncidentChanges()
    with store.writing() as connection:
        opened = [incident for problem in problems if (incident := open_incident(connection, problem, now))]
        resolved = []
        for incident in find_unresolved(connection, scope):
            wait = RESOLVED_AFTER.get(incident.kind, timedelta())
            is_absent = incident.key not in present and now - incident.seen_at >= wait
            if is_absent and resolve_incident(connection, incident, now):
                resolved.append(incident)
    return IncidentChanges(opened=tuple(opened), resolved=tuple(resolved))
