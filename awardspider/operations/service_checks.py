"""Health checks of the services: scheduler, dispatcher, panel and Scrapyd."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from awardspider.operations.scrapyd import scrapyd_client
from awardspider.outcomes import AwardError
from awardspider.storage.incidents import IncidentKind, Problem
from awardspider.storage.schedule import schedule_entries
from awardspider.storage.services import ServiceName, has_died, runs_anywhere, service_rows
from awardspider.storage.store import Store

#: A service that has died is reported after this time without a heartbeat: the supervisor restarts it in seconds.
RESTART_TIME = timedelta(seconds=30)
#: The time in which Scrapyd must respond.
SCRAPYD_SECONDS = 5.0

# Scrapyd is checked by a request. With the supervisor, everything ends; the sandbox is for tests.
_CHECKED = (ServiceName.SCHEDULER, ServiceName.DISPATCHER, ServiceName.PANEL)


def service_problems(store: Store, now: datetime) -> list[Problem]:
    """Return a problem for each service that died and that runs on no host."""
    rows = service_rows(store)
    problems = []
    for name in _CHECKED:
        if runs_anywhere(rows, name, now):
            continue
        dead = [row for row in rows if row.name is name and has_died(row, now)]
        latest = max((row.heartbeat_at for row in dead), default=None)
        if latest is not None and now - latest >= RESTART_TIME:
            sentence = f"no heartbeat since {latest:%Y-%m-%d %H:%M} UTC; run scrapy status, then restart it"
            problems.append(
                Problem(
                    key=f"service:{name}", kind=IncidentKind.SERVICE_STOPPED, subject=name.title(), sentence=sentence
                )
            )
    return problems


def scrapyd_problems(store: Store, settings: Mapping[str, Any]) -> list[Problem]:
    """Return the problem of a Scrapyd that does not respond, if the schedule needs it."""
    if not any(entry.active and entry.spider for entry in schedule_entries(store)):
        return []
    try:
        scrapyd_client(settings, timeout=SCRAPYD_SECONDS).status()
    except AwardError as error:
        sentence = f"no jobs can be started: {error}"
        return [Problem(key="scrapyd", kind=IncidentKind.SCRAPYD_UNREACHABLE, subject="Scrapyd", sentence=sentence)]
    return []
