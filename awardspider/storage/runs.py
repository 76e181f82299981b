"""Runs: one row per crawl, and the lease that a run holds on its program."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, update

from awardspider.outcomes import Outcome, ProgramLocked
from awardspider.storage import processes, schema
from awardspider.storage.finish_reasons import KILLED
from awardspider.storage.programs import lock_program
from awardspider.storage.store import Store

# A run without a heartbeat for this long counts as dead.
LEASE_DURATION = timedelta(seconds=90)

_runs = schema.runs.c
_programs = schema.programs.c
_searches = schema.searches.c

_NO_LEASE = dict.fromkeys(("run_id", "host", "pid_namespace", "pid", "leased_at", "heartbeat_at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run that has ended, and its searches by outcome. `run_id` is empty for a run that could not be recorded."""

    run_id: str
    program: str
    finish_reason: str
    started_at: datetime
    ended_at: datetime
    found: int = 0
    empty: int = 0
    failed: int = 0


def start_run(
    store: Store, *, program: str, spider: str, job: str | None, arguments: dict[str, str], now: datetime
) -> str:
    """Take the program's lease, record a run and return its id.

    Raises ProgramLocked, with the owner, if another live run has the lease. If the other run is dead, take over
    its lease and close it as killed. A run is dead if its last heartbeat is older than LEASE_DURATION, or if its
    process ran on this host and has ended.
    """
    run_id = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
    host, pid = socket.gethostname(), os.getpid()
    with store.writing() as connection:
        lease = lock_program(connection, program)
        if lease["run_id"]:
            _require_dead(lease, now)
            connection.execute(
                update(schema.runs)
                .where(_runs.id == lease["run_id"], _runs.ended_at.is_(None))
                .values(ended_at=lease["heartbeat_at"], finish_reason=KILLED, **_totals(lease["run_id"]))
            )
        connection.execute(
            update(schema.programs)
            .where(_programs.program == program)
            .values(
                run_id=run_id,
                host=host,
                pid_namespace=processes.pid_namespace(),
                pid=pid,
                leased_at=now,
                heartbeat_at=now,
            )
        )
        run = {"id": run_id, "program": program, "spider": spider, "job": job, "arguments": arguments}
        connection.execute(insert(schema.runs).values(**run, host=host, pid=pid, started_at=now, heartbeat_at=now))
    return run_id


def record_heartbeat(store: Store, run_id: str, now: datetime) -> None:
    """Extend the lease of a run. Raises ProgramLocked if another run has taken it over."""
    with store.writing() as connection:
        renewed = connection.execute(update(schema.programs).where(_programs.run_id == run_id).values(heartbeat_at=now))
        if not renewed.rowcount:
            raise ProgramLocked(f"run {run_id} sent no heartbeat for too long, and another run took over its program")
        connection.execute(update(schema.runs).where(_runs.id == run_id).values(heartbeat_at=now))


def end_run(
    store: Store,
    run_id: str,
    *,
    finish_reason: str,
    stats: dict[str, object],
    now: datetime,
    outcomes: Mapping[Outcome, int] | None = None,
    field_coverage: dict[str, float] | None = None,
    coverage_drop: str | None = None,
) -> None:
    """Close a run, count its searches by outcome, and release the program's lease.

    `outcomes` counts the requests of a run without searches. `field_coverage` has the share of responses or offers with
    each field; `coverage_drop` describes a sharp drop.
    """
    values = {
        "ended_at": now,
        "finish_reason": finish_reason,
        "stats": stats,
        "field_coverage": field_coverage,
        "coverage_drop": coverage_drop,
    }
    totals = _totals(run_id) if outcomes is None else {each.value: outcomes.get(each, 0) for each in Outcome}
    with store.writing() as connection:
        connection.execute(update(schema.runs).where(_runs.id == run_id).values(**values, **totals))
        connection.execute(update(schema.programs).where(_programs.run_id == run_id).values(**_NO_LEASE))


def normal_coverages(store: Store, program: str, spider: str, *, limit: int) -> list[dict[str, float]]:
    """Return the field coverage of a program's latest runs that had no coverage drop, newest first."""
    query = (
        select(_runs.field_coverage)
        .where(_runs.program == program, _runs.spider == spider, _runs.coverage_drop.is_(None))
        .where(_runs.field_coverage.is_not(None))
        .order_by(_runs.started_at.desc())
        .limit(limit)
    )
    with store.reading() as connection:
        return list(connection.scalars(query))


def previous_run(store: Store, program: str, run_id: str) -> RunSummary | None:
    """Return a program's last run that ended before a run started, or None."""
    names = ("program", "finish_reason", "started_at", "ended_at", "found", "empty", "failed")
    query = (
        select(_runs.id.label("run_id"), *(_runs[name] for name in names))
        .where(_runs.program == program, _runs.id != run_id, _runs.ended_at.is_not(None))
        .order_by(_runs.started_at.desc())
        .limit(1)
    )
    with store.reading() as connection:
        row = connection.execute(query).mappings().first()
    return RunSummary(**row) if row else None


def _totals(run_id: str) -> dict[str, Any]:
    """Return column values that count a run's searches by outcome, and its offers."""
    count = select(func.count()).where(_searches.run_id == run_id)
    totals: dict[str, Any] = {
        outcome.value: count.where(_searches.outcome == outcome.value).scalar_subquery() for outcome in Outcome
    }
    offers = select(func.coalesce(func.sum(_searches.offers), 0)).where(_searches.run_id == run_id)
    return totals | {"offers": offers.scalar_subquery()}


def _require_dead(lease: RowMapping, now: datetime) -> None:
    if processes.has_expired(lease["heartbeat_at"], now, LEASE_DURATION):
        return
    if processes.has_ended(lease["host"], lease["pid_namespace"], lease["pid"]):
        return
    raise ProgramLocked(
        f"{lease['program']} is being crawled on {lease['host']} (process {lease['pid']}, run {lease['run_id']}) "
        f"since {lease['leased_at']:%Y-%m-%d %H:%M} UTC; wait until that run ends"
    )
