"""Listing of recorded runs, and why searches of a run failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, func, or_, select

from awardspider.outcomes import Outcome
from awardspider.storage import processes, schema
from awardspider.storage.finish_reasons import KILLED, has_failed
from awardspider.storage.runs import LEASE_DURATION
from awardspider.storage.store import Store, in_batches

_runs = schema.runs.c
_programs = schema.programs.c
_searches = schema.searches.c

#: Key of the version of the code in a run's stats.
CODE_VERSION = "award/code_version"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """A filter for runs; empty and None fields match everything. `programs` may contain names of spiders."""

    programs: Sequence[str] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A recorded run. All times are in UTC.

    `finish_reason` is None for a run that is alive, and KILLED for one that has ended without recording its end.
    `found`, `empty` and `failed` count its searches, up to now if it is alive. `job` is the id of Scrapyd's job.
    `field_coverage` has the share of responses or offers with each path or field.
    `monitors` are results such as `{"name": "duration", "passed": true, "sentence": "..."}`.
    """

    run_id: str
    program: str
    spider: str
    job: str | None
    code_version: str | None
    arguments: Mapping[str, str]
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    ended_at: datetime | None
    finish_reason: str | None
    found: int
    empty: int
    failed: int
    offers: int
    coverage_drop: str | None
    monitors: Sequence[Mapping[str, Any]]
    stats: Mapping[str, Any]
    field_coverage: Mapping[str, float]

    @property
    def has_failed(self) -> bool:
        """Return whether the run has ended with a problem."""
        return self.finish_reason is not None and has_failed(self.finish_reason)

    @property
    def failed_monitors(self) -> list[Mapping[str, Any]]:
        """Return the results of the monitors that failed."""
        return [monitor for monitor in self.monitors if not monitor["passed"]]

    @property
    def is_alive(self) -> bool:
        """Return whether the run has not ended."""
        return self.finish_reason is None

    def duration(self, now: datetime) -> timedelta:
        """Return how long the run took, or has taken until now; until its last heartbeat if it was killed."""
        return (self.ended_at or (now if self.is_alive else self.heartbeat_at)) - self.started_at


def find_runs(store: Store, criteria: RunFilter, now: datetime) -> Iterator[RunRow]:
    """Yield runs, latest first."""
    query = run_query()
    if criteria.programs:
        query = query.where(or_(_runs.program.in_(criteria.programs), _runs.spider.in_(criteria.programs)))
    if criteria.since is not None:
        query = query.where(_runs.started_at >= criteria.since)
    for row in store.stream(query.order_by(_runs.started_at.desc(), _runs.id)):
        yield run_from_row(row, now)


def find_run(store: Store, text: str, now: datetime) -> RunRow | None:
    """Return the run with this id or job, or the only one whose id or job begins so; None if there is no such run."""
    pattern = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    query = run_query().where(or_(_runs.id.like(pattern, escape="\\"), _runs.job.like(pattern, escape="\\")))
    rows = [run_from_row(row, now) for row in store.stream(query.order_by(_runs.started_at.desc()).limit(100))]
    exact = [row for row in rows if text in (row.run_id, row.job)]
    return exact[0] if exact else rows[0] if len(rows) == 1 else None


def failure_reasons(store: Store, run_id: str) -> dict[str, int]:
    """Return the numbers of a run's failed searches by reason, the most frequent first."""
    query = (
        select(_searches.reason, func.count().label("searches"))
        .where(_searches.run_id == run_id, _searches.outcome == Outcome.FAILED.value)
        .group_by(_searches.reason)
        .order_by(func.count().desc(), _searches.reason)
    )
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def runs_with_jobs(store: Store, jobs: Sequence[str], now: datetime) -> dict[str, RunRow]:
    """Return the runs of jobs, keyed by the job's id; a job that has recorded no run is missing."""
    found: dict[str, RunRow] = {}
    for some in in_batches(list(jobs)):
        query = run_query().where(_runs.job.in_(some)).order_by(_runs.started_at)
        with store.reading() as connection:
            found |= {row["job"]: run_from_row(row, now) for row in connection.execute(query).mappings()}
    return found


def routes_of_run(store: Store, run_id: str, *, limit: int) -> list[tuple[str, str, int, int]]:
    """Return origin, destination, searches and offers of a run's routes with offers, those with the most first."""
    offers = func.sum(_searches.offers)
    query = (
        select(_searches.origin, _searches.destination, func.count(), offers)
        .where(_searches.run_id == run_id)
        .group_by(_searches.origin, _searches.destination)
        .having(offers > 0)
        .order_by(offers.desc(), _searches.origin, _searches.destination)
        .limit(limit)
    )
    with store.reading() as connection:
        return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]


def run_query() -> Select[*tuple[Any, ...]]:
    """Return a query of runs with the lease of those that still have it."""
    lease = schema.programs
    counts = [
        func.coalesce(
            _runs[outcome.value],
            select(func.count())
            .where(_searches.run_id == _runs.id, _searches.outcome == outcome.value)
            .scalar_subquery(),
        ).label(outcome.value)
        for outcome in Outcome
    ]
    offers = select(func.coalesce(func.sum(_searches.offers), 0)).where(_searches.run_id == _runs.id)
    others = [column for column in _runs if column.name not in {*Outcome, "offers"}]
    return select(
        *others,
        *counts,
        func.coalesce(_runs.offers, offers.scalar_subquery()).label("offers"),
        _programs.run_id.label("lease"),
        _programs.pid_namespace,
    ).select_from(schema.runs.outerjoin(lease, _programs.run_id == _runs.id))


def run_from_row(row: RowMapping, now: datetime) -> RunRow:
    """Return the run of a row of `run_query`."""
    stats = row["stats"] or {}
    return RunRow(
        run_id=row["id"],
        code_version=stats.get(CODE_VERSION),
        finish_reason=row["finish_reason"] if row["ended_at"] else KILLED if _has_died(row, now) else None,
        monitors=row["monitors"] or (),
        stats=stats,
        field_coverage=row["field_coverage"] or {},
        **{
            name: row[name]
            for name in (
                "program", "spider", "job", "arguments", "host", "pid", "started_at", "heartbeat_at", "ended_at",
                "found", "empty", "failed", "offers", "coverage_drop",
            )
        },
    )  # fmt: skip


def _has_died(row: RowMapping, now: datetime) -> bool:
    """Return whether a run without an end has no lease, sends no heartbeats, or is a process that has ended."""
    if row["lease"] is None or processes.has_expired(row["heartbeat_at"], now, LEASE_DURATION):
        return True
    return processes.has_ended(row["host"], row["pid_namespace"], row["pid"])
