"""The recorded runs of jobs: how far a crawl got that was started as a job of Scrapyd."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from awardspider.storage import processes, schema
from awardspider.storage.runs import LEASE_DURATION
from awardspider.storage.store import Store, in_batches

_runs = schema.runs.c
_programs = schema.programs.c


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """The run of a job. The totals are None until the run has ended; `pid_namespace` while it has no lease."""

    run_id: str
    job: str
    host: str
    pid: int
    pid_namespace: str | None
    started_at: datetime
    heartbeat_at: datetime
    ended_at: datetime | None
    finish_reason: str | None
    found: int | None
    empty: int | None
    failed: int | None
    offers: int | None

    def has_died(self, now: datetime) -> bool:
        """Return whether the run cannot end any more: its process has ended, or sent no heartbeat for too long."""
        if self.ended_at is not None:
            return False
        if self.pid_namespace is not None and processes.has_ended(self.host, self.pid_namespace, self.pid):
            return True
        return processes.has_expired(self.heartbeat_at, now, LEASE_DURATION)


def runs_of_jobs(store: Store, jobs: Iterable[str]) -> dict[str, JobRun]:
    """Return the runs of jobs, keyed by the job's id; a job that has recorded no run is missing."""
    names = ("job", "host", "pid", "started_at", "heartbeat_at", "ended_at", "finish_reason")
    totals = ("found", "empty", "failed", "offers")
    columns = [_runs.id.label("run_id"), _programs.pid_namespace, *(_runs[name] for name in (*names, *totals))]
    with_lease = schema.runs.outerjoin(schema.programs, _programs.run_id == _runs.id)
    query = select(*columns).select_from(with_lease).order_by(_runs.started_at)
    found: dict[str, JobRun] = {}
    with store.reading() as connection:
        for ids in in_batches(list(jobs)):
            rows = connection.execute(query.where(_runs.job.in_(ids))).mappings()
            found |= {row["job"]: JobRun(**row) for row in rows}
    return found
