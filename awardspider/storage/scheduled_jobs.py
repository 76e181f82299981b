"""The jobs of the schedule: one row per start of a spider or task, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, insert, select, update

from awardspider.storage import schema
from awardspider.storage.programs import lock_program
from awardspider.storage.schedule import ScheduledTask, ScheduleEntry, locked_entry, mark_handled
from awardspider.storage.store import Store, in_batches

_jobs = schema.scheduled_jobs.c


class JobStatus(StrEnum):
    """Statuses of a job.

    SUBMITTED: to be started, or waiting at Scrapyd. NOT_STARTED: refused by Scrapyd, or ended without a recorded run.
    KILLED: ended without recording its end. CANCELED: ran for too long, or was canceled by a person. SKIPPED: not
    submitted, because it could not or need not run.
    """

    SUBMITTED = "submitted"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    NOT_STARTED = "not_started"
    KILLED = "killed"
    CANCELED = "canceled"
    SKIPPED = "skipped"

    @property
    def label(self) -> str:
        """The status in words."""
        return self.value.replace("_", " ")


#: Statuses of jobs that have not ended.
OPEN = frozenset({JobStatus.SUBMITTED, JobStatus.RUNNING})
#: Statuses of jobs that the operator should know of.
UNSUCCESSFUL = frozenset({JobStatus.FAILED, JobStatus.NOT_STARTED, JobStatus.KILLED, JobStatus.CANCELED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledJob:
    """A start of a spider or task.

    `host` is the URL of the Scrapyd that got the job, or the host name on which a task runs, and `job` its id there.
    `submitted_at` is None until Scrapyd has accepted the job. `deadline_at` is set when the job is seen to run. `note`
    gives the reason of the status. All times are in UTC.
    """

    id: int
    entry: str
    spider: str | None
    task: ScheduledTask | None
    host: str | None
    job: str | None
    status: JobStatus
    due_at: datetime
    submitted_at: datetime | None
    deadline_at: datetime | None
    ended_at: datetime | None
    run_id: str | None
    note: str | None

    @property
    def subject(self) -> str:
        """Return the name of the spider or task."""
        return self.spider or str(self.task)


def was_started_since(job: ScheduledJob, changed_at: datetime) -> bool:
    """Return whether an open job uses what was stored at `changed_at`: it was submitted later, or not yet."""
    return job.submitted_at is None or job.submitted_at >= changed_at


def recent_jobs(store: Store, *, limit: int, entry: str | None = None) -> list[ScheduledJob]:
    """Return the latest jobs, of one entry or of all, newest first."""
    query = select(schema.scheduled_jobs).order_by(_jobs.id.desc()).limit(limit)
    return _read(store, query.where(_jobs.entry == entry) if entry else query)


def latest_jobs(store: Store) -> dict[str, ScheduledJob]:
    """Return the latest job of each entry that has any, keyed by the entry's name."""
    last = select(func.max(_jobs.id)).group_by(_jobs.entry)
    return {job.entry: job for job in _read(store, select(schema.scheduled_jobs).where(_jobs.id.in_(last)))}


def last_ended_jobs(store: Store) -> dict[str, ScheduledJob]:
    """Return the latest job of each spider or task that ended and was not skipped, keyed by its name."""
    subject = func.coalesce(_jobs.spider, _jobs.task)
    last = (
        select(func.max(_jobs.id))
        .where(_jobs.ended_at.is_not(None), _jobs.status != JobStatus.SKIPPED)
        .group_by(subject)
    )
    return {job.subject: job for job in _read(store, select(schema.scheduled_jobs).where(_jobs.id.in_(last)))}


def last_submissions(store: Store) -> dict[str, datetime]:
    """Return when each spider was last submitted, by its name."""
    query = select(_jobs.spider, func.max(_jobs.submitted_at)).where(_jobs.submitted_at.is_not(None))
    with store.reading() as connection:
        rows = connection.execute(query.where(_jobs.spider.is_not(None)).group_by(_jobs.spider)).all()
    return {str(spider): at for spider, at in rows}


def failed_jobs(store: Store, since: datetime) -> list[ScheduledJob]:
    """Return the jobs that ended without success at or after a time, oldest first."""
    query = select(schema.scheduled_jobs).where(_jobs.status.in_(UNSUCCESSFUL), _jobs.ended_at >= since)
    return _read(store, query.order_by(_jobs.ended_at, _jobs.id))


def open_jobs(store: Store) -> list[ScheduledJob]:
    """Return the jobs that have not ended, oldest first."""
    return _read(store, select(schema.scheduled_jobs).where(_jobs.status.in_(OPEN)).order_by(_jobs.id))


def start_job(
    store: Store, entry: ScheduleEntry, *, due_at: datetime, host: str, job: str, now: datetime
) -> ScheduledJob | None:
    """Record that an entry is started and that its due times until now are handled; return the new job.

    Return None, and record nothing, if another process has handled, changed or removed the entry in the meantime.
    """
    with store.writing() as connection:
        if not _is_unhandled(locked_entry(connection, entry.name), entry):
            return None
        mark_handled(connection, entry.name, now)
        return _insert(connection, entry, status=JobStatus.SUBMITTED, due_at=due_at, host=host, job=job)


def skip_job(store: Store, entry: ScheduleEntry, *, due_at: datetime, note: str, now: datetime) -> None:
    """Record that an entry is not started, and why; a repetition of the last skip replaces it."""
    with store.writing() as connection:
        if not _is_unhandled(locked_entry(connection, entry.name), entry):
            return
        mark_handled(connection, entry.name, now)
        latest = select(func.max(_jobs.id)).where(_jobs.entry == entry.name).scalar_subquery()
        repeated = connection.execute(
            update(schema.scheduled_jobs)
            .where(_jobs.id == latest, _jobs.status == JobStatus.SKIPPED, _jobs.note == note)
            .values(due_at=due_at, ended_at=now)
        )
        if not repeated.rowcount:
            _insert(connection, entry, status=JobStatus.SKIPPED, due_at=due_at, ended_at=now, note=note)


def add_job(
    store: Store, entry: ScheduleEntry, *, due_at: datetime, host: str, job: str, note: str | None = None
) -> ScheduledJob:
    """Record a start that is not due by the schedule: requested by a person, or the repetition of a killed job."""
    with store.writing() as connection:
        return _insert(connection, entry, status=JobStatus.SUBMITTED, due_at=due_at, host=host, job=job, note=note)


def add_only_job(
    store: Store, entry: ScheduleEntry, *, due_at: datetime, host: str, job: str, note: str | None = None
) -> ScheduledJob | None:
    """Record a start as `add_job` does, unless a job of the same spider or task has not ended; then return None.

    Of two starts at the same time, one is recorded.
    """
    subject = _jobs.spider == entry.spider if entry.spider else _jobs.task == entry.task
    is_open = select(_jobs.id).where(_jobs.status.in_(OPEN), subject).limit(1)
    with store.writing() as connection:
        if entry.spider:
            lock_program(connection, entry.spider)
        else:
            locked_entry(connection, entry.name)
        if connection.scalar(is_open) is not None:
            return None
        return _insert(connection, entry, status=JobStatus.SUBMITTED, due_at=due_at, host=host, job=job, note=note)


def find_job(store: Store, job: str) -> ScheduledJob | None:
    """Return the latest start with an id at Scrapyd, or None."""
    found = _read(store, select(schema.scheduled_jobs).where(_jobs.job == job).order_by(_jobs.id.desc()).limit(1))
    return found[0] if found else None


def find_jobs(store: Store, jobs: Sequence[str]) -> dict[str, ScheduledJob]:
    """Return the latest start with each id at Scrapyd, keyed by the id; unknown ids are missing."""
    found: dict[str, ScheduledJob] = {}
    for some in in_batches(list(jobs)):
        rows = _read(store, select(schema.scheduled_jobs).where(_jobs.job.in_(some)).order_by(_jobs.id))
        found |= {str(row.job): row for row in rows}
    return found


def jobs_without_run(store: Store, since: datetime, *, limit: int) -> list[ScheduledJob]:
    """Return the started jobs that ended without a recorded run, due since a time, newest first."""
    query = select(schema.scheduled_jobs).where(_jobs.spider.is_not(None), _jobs.run_id.is_(None))
    query = query.where(_jobs.ended_at.is_not(None), _jobs.status != JobStatus.SKIPPED, _jobs.due_at >= since)
    return _read(store, query.order_by(_jobs.due_at.desc(), _jobs.id.desc()).limit(limit))


def starts_at(store: Store, entry: str, due_at: datetime) -> int:
    """Return how many jobs an entry has for one due time."""
    query = select(func.count()).where(_jobs.entry == entry, _jobs.due_at == due_at)
    with store.reading() as connection:
        return connection.scalar(query) or 0


def update_job(store: Store, job: ScheduledJob, **values: Any) -> None:
    """Change columns of a job that has not ended; one that has ended keeps its values."""
    with store.writing() as connection:
        connection.execute(
            update(schema.scheduled_jobs).where(_jobs.id == job.id, _jobs.status.in_(OPEN)).values(**values)
        )


def end_job(store: Store, job: ScheduledJob, status: JobStatus, *, ended_at: datetime, note: str | None = None) -> None:
    """Record the end of a job."""
    update_job(store, job, status=status, ended_at=ended_at, note=note)


def _is_unhandled(stored: ScheduleEntry | None, entry: ScheduleEntry) -> bool:
    return stored is not None and (stored.handled_until, stored.changed_at) == (entry.handled_until, entry.changed_at)


def _insert(connection: Connection, entry: ScheduleEntry, **values: Any) -> ScheduledJob:
    values |= {"entry": entry.name, "spider": entry.spider, "task": entry.task}
    inserted = insert(schema.scheduled_jobs).values(**values).returning(*_jobs)
    return _job(connection.execute(inserted).mappings().one())


def _read(store: Store, query: Select[*tuple[Any, ...]]) -> list[ScheduledJob]:
    with store.reading() as connection:
        return [_job(row) for row in connection.execute(query).mappings()]


def _job(row: RowMapping) -> ScheduledJob:
    task = ScheduledTask(row["task"]) if row["task"] else None
    return ScheduledJob(**{**row, "task": task, "status": JobStatus(row["status"])})
