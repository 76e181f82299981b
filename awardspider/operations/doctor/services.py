"""Checks of Scrapyd, the other services, the schedule and incidents."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from awardspider.operations.deployment import code_version, deployed_code
from awardspider.operations.doctor.findings import DoctorContext, Result, error, ok, warning
from awardspider.operations.run_conditions import RunConditions
from awardspider.operations.scrapyd import ScrapydClient, scrapyd_client
from awardspider.operations.texts import age_text, first_of, number_of
from awardspider.outcomes import ScrapydError, ScrapydFailure
from awardspider.programs import programs
from awardspider.storage.incidents import unresolved_incidents
from awardspider.storage.schedule import schedule_entries
from awardspider.storage.services import ServiceName, ServiceRow, has_died, is_running, service_rows
from awardspider.storage.store import Store
from awardspider.storage.watches import read_watches
from awardspider.values import capitalized

_SCRAPYD_SECONDS = 10.0
_MOST_INCIDENTS = 10
_START = "Run: make up (with systemd: systemctl start awardspider)"
#: The services that every installation with a schedule needs.
_NEEDED = (ServiceName.SCHEDULER, ServiceName.DISPATCHER)


def check_password(context: DoctorContext) -> Iterator[Result]:
    """Check that Scrapyd has a password: it runs any code that is uploaded to it."""
    url = _scrapyd_url(context)
    is_local = scrapyd_client(context.settings).is_local
    advice = "Set SCRAPYD_USERNAME and SCRAPYD_PASSWORD (scrapy setup creates a password), and restart Scrapyd"
    if not _has_password(context):
        level = warning if is_local else error
        whose = "every user of this machine" if is_local else "everyone who can connect"
        yield level(f"Scrapyd has no password, so {whose} can run code as the user of Scrapyd", advice)
    elif context.uses_network and _accepts_anyone(url):
        yield error(f"Scrapyd at {url} accepts requests without a password, although one is set", advice)
    elif not is_local and not url.startswith("https:"):
        yield warning(
            f"The password of Scrapyd is sent unencrypted to {urlsplit(url).hostname}",
            "Put a proxy with TLS in front of it",
        )
    else:
        yield ok("Scrapyd has a password")


def check_scrapyd(context: DoctorContext) -> Iterator[Result]:
    """Check that Scrapyd responds, and that it runs this version of the code."""
    client = scrapyd_client(context.settings, timeout=_SCRAPYD_SECONDS)
    if not context.uses_network and not client.is_local:
        return
    try:
        status = client.status()
        versions = client.versions()
    except ScrapydError as problem:
        text, _, advice = str(problem).partition(": ")
        level = error if _is_needed(context) or problem.failure is not ScrapydFailure.UNREACHABLE else warning
        yield level(text, _advice(problem.failure, advice))
        return
    yield ok(f"Scrapyd responds at {client.url}: {status.running} running, {status.pending} pending")
    code = code_version(context.project)
    if not versions:
        yield error("No code is deployed to Scrapyd, so no job can start", "Run: scrapy deploy")
    elif (deployed := deployed_code(versions[-1])) != code:
        yield warning(f"Scrapyd runs {deployed}, but the code here is {code}", "Run: scrapy deploy")
    else:
        yield ok(f"Scrapyd runs this code, {code}")


def check_services(context: DoctorContext) -> Iterator[Result]:
    """Check that no service has died, and that the scheduler and the dispatcher run if there is a schedule."""
    store = context.open_store()
    rows = service_rows(store)
    running = [row for row in rows if is_running(row, context.now)]
    died = [row for row in rows if has_died(row, context.now) and not _runs_elsewhere(row, running)]
    for host in sorted({row.host for row in died}):
        ended = sorted((row for row in died if row.host == host), key=lambda row: row.heartbeat_at)
        names = ", ".join(row.name.value for row in ended)
        yield error(
            f"On {host}, ended without being stopped: {names} "
            f"(last heartbeat at {ended[-1].heartbeat_at:%Y-%m-%d %H:%M} UTC)",
            f"See scrapy status and the logs in the data folder. {_START}",
        )
    dead = {row.name for row in rows if has_died(row, context.now)}
    missing = [name.value for name in _NEEDED if name not in {row.name for row in running} | dead]
    if missing and schedule_entries(store):
        yield warning(f"Not running: {', '.join(missing)}; the schedule is not followed", _START)
    elif running:
        yield ok(f"Running: {', '.join(sorted({row.name.value for row in running}))}")


def check_settings_in_use(context: DoctorContext) -> Iterator[Result]:
    """Check that `.env` was not changed since the services on this machine started, which read it at their start."""
    file = context.folder / ".env"
    if not file.exists():
        return
    changed_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    outdated = sorted(
        row.name.value
        for row in service_rows(context.open_store())
        if row.host == socket.gethostname() and is_running(row, context.now) and row.started_at < changed_at
    )
    if outdated:
        yield warning(
            f"{file} was changed at {changed_at:%Y-%m-%d %H:%M} UTC, after these services started, so they may use old "
            f"settings: {', '.join(outdated)}",
            "Run: make down, then make up (with systemd: systemctl restart awardspider)",
        )


def check_schedule(context: DoctorContext) -> Iterator[Result]:
    """Check that there is a schedule, and that it contains the programs of the active watches."""
    entries = schedule_entries(context.open_store())
    active = [entry for entry in entries if entry.active]
    if not entries:
        yield warning(
            "The schedule is empty, so nothing runs by itself", "Run: scrapy schedule import (the default schedule)"
        )
        return
    if not active:
        yield warning("Every entry of the schedule is paused", "See: scrapy schedule list")
        return
    scheduled = {entry.spider for entry in active}
    stored = read_watches(context.open_store(), now=context.now, active_only=True).readable
    conditions = RunConditions(context.open_store(), context.settings, context.now)
    missing = [
        key
        for key, program in programs().items()
        if key not in scheduled
        and any(each.watch.names_source(key) for each in stored)
        and conditions.access_obstacle(program) is None
    ]
    if missing:
        yield warning(
            f"Watches name programs that the schedule does not crawl: {first_of(missing)}",
            f"Run: scrapy schedule add {missing[0]} …",
        )
    else:
        yield ok(f"The schedule has {number_of(len(active), 'active entry', 'active entries')}")


def check_incidents(context: DoctorContext) -> Iterator[Result]:
    """Check that no incident is unresolved."""
    incidents = unresolved_incidents(context.open_store())
    for incident in incidents[:_MOST_INCIDENTS]:
        since = age_text(context.now - incident.opened_at)
        yield error(
            f"{incident.subject}, for {since}: {incident.sentence}", f"Incident {incident.key}: docs/monitors.md"
        )
    if len(incidents) > _MOST_INCIDENTS:
        more = number_of(len(incidents) - _MOST_INCIDENTS, "further incident")
        yield error(f"{more} unresolved", "Correct the first ones; they may have one cause")
    if not incidents:
        yield ok("No incident is unresolved")


def _scrapyd_url(context: DoctorContext) -> str:
    return str(context.settings["AWARD_SCRAPYD_URL"])


def _has_password(context: DoctorContext) -> bool:
    return bool(context.settings["SCRAPYD_USERNAME"] and context.settings["SCRAPYD_PASSWORD"]) or bool(
        urlsplit(_scrapyd_url(context)).password
    )


def _accepts_anyone(url: str) -> bool:
    """Return True if Scrapyd responds to a request without a password; False if it refuses it or is unreachable."""
    try:
        parts = urlsplit(url)
        without_name = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        ScrapydClient(without_name, timeout=_SCRAPYD_SECONDS).status()
    except ScrapydError:
        return False
    return True


def _is_needed(context: DoctorContext) -> bool:
    """Return True if jobs should run: there is a schedule, or Scrapyd was started and not stopped."""
    store: Store | None = context.store
    if store is None:
        return False
    started = [row for row in service_rows(store) if row.name is ServiceName.SCRAPYD and row.stopped_at is None]
    return bool(started or schedule_entries(store))


def _advice(failure: ScrapydFailure, advice: str) -> str:
    if failure is ScrapydFailure.UNREACHABLE:
        return _START
    return capitalized(advice) or "See the log of Scrapyd: docs/scrapyd.md"


def _runs_elsewhere(row: ServiceRow, running: list[ServiceRow]) -> bool:
    """Return True if the same service runs now on another host, such as a new container."""
    return any(each.name is row.name for each in running)
