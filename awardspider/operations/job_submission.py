"""Submission of jobs to Scrapyd: each is recorded first, so that none is doubled or forgotten."""

from __future__ import annotations

import logging
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from awardspider.operations.scrapyd import JobState, ScrapydJob, Signal
from awardspider.outcomes import InvalidArgument, ScrapydError, ScrapydFailure
from awardspider.storage.schedule import ScheduleEntry, find_schedule_entry
from awardspider.storage.scheduled_jobs import (
    JobStatus,
    ScheduledJob,
    add_job,
    add_only_job,
    end_job,
    start_job,
    starts_at,
    update_job,
)
from awardspider.storage.store import Store

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)

#: A job whose submission was interrupted is submitted again if Scrapyd does not list it for this long: until then, the
#: interrupted call may still arrive.
RECOVERY_SECONDS = 40.0


class JobServer(Protocol):
    """The calls of Scrapyd's API that the schedule needs; `operations.scrapyd` describes them."""

    url: str

    def schedule(self, spider: str, arguments: Mapping[str, str], *, job: str | None = None) -> str:
        """Schedule a job."""

    def cancel(self, job: str, signal: Signal = "TERM") -> JobState | None:
        """Cancel a job."""

    def jobs(self) -> Sequence[ScrapydJob]:
        """Return the jobs."""

    def versions(self) -> Sequence[str]:
        """Return the deployed versions."""

    def log_tail(self, spider: str, job: str, size: int = 8000) -> str | None:
        """Return the end of a job's log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerContext:
    """The parts that the scheduler works with; `now` and `monotonic` are its clocks."""

    store: Store
    server: JobServer
    settings: BaseSettings
    now: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic


class JobSubmitter:
    """Submission of jobs, and of those whose submission was interrupted."""

    def __init__(self, context: SchedulerContext) -> None:
        self._context = context
        #: Jobs that were not submitted, and when this was first seen, on the monotonic clock.
        self._unsubmitted: dict[int, float] = {}

    def start(self, entry: ScheduleEntry, due_at: datetime) -> ScheduledJob | None:
        """Start a due entry. Return None if another process has handled or changed it."""
        now = self._context.now()
        job = start_job(self._context.store, entry, due_at=due_at, host=self.host(entry), job=new_job_id(now), now=now)
        if job and entry.spider:
            self._submit(job, entry.arguments)
        return job

    def start_again(self, job: ScheduledJob) -> bool:
        """Start a job again that ended because its server or the scheduler did, unless that happened already.

        Return False if it is not started.
        """
        store = self._context.store
        entry = find_schedule_entry(store, job.entry)
        if entry is None or not entry.active or starts_at(store, job.entry, job.due_at) > 1:
            return False
        again = self.start_by_hand(entry, due_at=job.due_at, note=f"repeats job {job.job}")
        return again is not None

    def start_by_hand(self, entry: ScheduleEntry, *, due_at: datetime, note: str) -> ScheduledJob:
        """Start an entry that is not due; a task is left to the scheduler."""
        job_id = new_job_id(self._context.now())
        job = add_job(self._context.store, entry, due_at=due_at, host=self.host(entry), job=job_id, note=note)
        if entry.spider:
            self._submit(job, entry.arguments)
        return job

    def start_alone(self, entry: ScheduleEntry, *, note: str) -> ScheduledJob | None:
        """Start an entry by hand, unless a job of its spider or task has not ended; then return None."""
        now, host = self._context.now(), self.host(entry)
        job = add_only_job(self._context.store, entry, due_at=now, host=host, job=new_job_id(now), note=note)
        if job and entry.spider:
            self._submit(job, entry.arguments)
        return job

    def recover(self, job: ScheduledJob) -> None:
        """Submit a job that was recorded but, as far as known, not submitted. Scrapyd does not list it."""
        since = self._unsubmitted.setdefault(job.id, self._context.monotonic())
        if self._context.monotonic() - since < RECOVERY_SECONDS:
            return
        entry = find_schedule_entry(self._context.store, job.entry)
        if entry is None:
            self._end(job, JobStatus.SKIPPED, "its entry was removed before it was submitted")
        else:
            logger.info("Submitting job %s of %s again: Scrapyd has not received it", job.job, job.subject)
            self._submit(job, entry.arguments)

    def host(self, entry: ScheduleEntry) -> str:
        """Return where an entry runs: the address of Scrapyd, or the name of this host for a task."""
        return self._context.server.url if entry.spider else socket.gethostname()

    def _submit(self, job: ScheduledJob, arguments: Mapping[str, str]) -> None:
        try:
            self._context.server.schedule(str(job.spider), arguments, job=job.job)
        except InvalidArgument as error:
            self._end(job, JobStatus.NOT_STARTED, str(error))
        except ScrapydError as error:
            if error.failure is ScrapydFailure.ERROR:
                is_unknown = f"spider '{job.spider}' not found" in str(error)
                hint = f"; run scrapy deploy, or scrapy schedule remove {job.entry}" if is_unknown else ""
                self._end(job, JobStatus.NOT_STARTED, f"{error}{hint}")
                return
            logger.warning("Job %s of %s is not submitted yet: %s", job.job, job.subject, error)
            # Without a connection, Scrapyd cannot have received it: submit it as soon as Scrapyd responds.
            was_received = error.failure is ScrapydFailure.NO_RESPONSE
            now = self._context.monotonic()
            self._unsubmitted[job.id] = now if was_received else now - RECOVERY_SECONDS
        else:
            self._unsubmitted.pop(job.id, None)
            update_job(self._context.store, job, submitted_at=self._context.now())
            logger.info("Submitted %s as job %s, due at %s", job.subject, job.job, f"{job.due_at:%Y-%m-%d %H:%M:%S}Z")

    def _end(self, job: ScheduledJob, status: JobStatus, note: str) -> None:
        self._unsubmitted.pop(job.id, None)
        end_job(self._context.store, job, status, ended_at=self._context.now(), note=note)
        if status is JobStatus.NOT_STARTED:
            logger.error("%s did not start: %s", job.subject, note)


def new_job_id(now: datetime) -> str:
    """Return a job id: its time in UTC, and random digits."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
