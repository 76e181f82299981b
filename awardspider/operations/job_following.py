"""Following of jobs to their end: the record of a run says how it ended, and Scrapyd's list only that it has."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from awardspider.operations.job_logs import error_message, finish_reason
from awardspider.operations.job_submission import JobSubmitter, SchedulerContext
from awardspider.operations.schedule_fields import DEFAULT_MAX_SECONDS, format_span
from awardspider.operations.scrapyd import JobState
from awardspider.outcomes import ScrapydError
from awardspider.storage.finish_reasons import INTERRUPTED, KILLED, NOT_STARTED, has_failed
from awardspider.storage.job_runs import JobRun, runs_of_jobs
from awardspider.storage.schedule import ScheduleEntry
from awardspider.storage.scheduled_jobs import JobStatus, ScheduledJob, end_job, update_job

logger = logging.getLogger(__name__)

#: A job that Scrapyd has not listed for so many seconds is gone; it is not listed while Scrapyd starts it.
MISSING_SECONDS = 10.0

#: Seconds between the two signals that end a job: SIGTERM, after which a crawl stores its offers, and SIGKILL.
KILL_SECONDS = 120.0

#: Beginning of the note of a job that was canceled because it ran for too long.
OVERDUE = "ran for more than"

_LOCKED = "is being crawled on"  # part of the message of ProgramLocked

_LEVELS = {JobStatus.SUCCEEDED: logging.INFO, JobStatus.SKIPPED: logging.INFO, JobStatus.CANCELED: logging.WARNING}


class JobFollower:
    """Updates of the jobs that have not ended, from Scrapyd's list and the recorded runs."""

    def __init__(self, context: SchedulerContext, submitter: JobSubmitter) -> None:
        self._context = context
        self._submitter = submitter
        #: When a job was first missing in Scrapyd's list, and when it was canceled, on the monotonic clock.
        self._missing: dict[int, float] = {}
        self._canceled: dict[int, float] = {}

    def follow(
        self,
        jobs: Iterable[ScheduledJob],
        listed: Mapping[str, JobState] | None,
        entries: Mapping[str, ScheduleEntry],
    ) -> None:
        """Update the jobs that have not ended. `listed` are those of Scrapyd; it is None if Scrapyd does not respond.

        Read `listed` first: if a job in it is finished, its run is recorded already, or never will be.
        """
        followed = [job for job in jobs if job.spider]
        runs = runs_of_jobs(self._context.store, [str(job.job) for job in followed])
        for job in followed:
            entry, run = entries.get(job.entry), runs.get(str(job.job))
            seconds = entry.max_seconds if entry else DEFAULT_MAX_SECONDS
            if job.host == self._context.server.url:
                self._follow(job, listed, run, seconds)
            elif run and not run.has_died(self._context.now()):
                self._follow(job, None, run, seconds)
            else:
                self._end(job, JobStatus.KILLED, f"gone: AWARD_SCRAPYD_URL is no longer {job.host}", run)

    def _follow(
        self, job: ScheduledJob, listed: Mapping[str, JobState] | None, run: JobRun | None, max_seconds: int
    ) -> None:
        state = listed.get(str(job.job)) if listed is not None else None
        if state:
            self._missing.pop(job.id, None)
        if run and run.ended_at:
            self._end_with_run(job, run, state, is_reachable=listed is not None)
        elif run and self._was_killed(run, state, is_reachable=listed is not None):
            self._end_killed(job, state, run)
        elif run or state is JobState.RUNNING:
            self._record_running(job, run, max_seconds, is_reachable=listed is not None)
        elif state is JobState.FINISHED:
            self._end_without_run(job)
        elif state is JobState.PENDING:
            self._change(job, submitted_at=job.submitted_at or self._context.now())
        elif listed is not None:
            self._find_missing(job)

    def _was_killed(self, run: JobRun, state: JobState | None, *, is_reachable: bool) -> bool:
        """Return whether a run that has not ended never will: Scrapyd saw the end of its process, or it has died."""
        if state is JobState.FINISHED:
            return True
        return state is None and is_reachable and run.has_died(self._context.now())

    def _record_running(self, job: ScheduledJob, run: JobRun | None, max_seconds: int, *, is_reachable: bool) -> None:
        now = self._context.now()
        started = run.started_at if run else now
        values: dict[str, Any] = {
            "status": JobStatus.RUNNING,
            "submitted_at": job.submitted_at or started,
            "deadline_at": job.deadline_at or started + timedelta(seconds=max_seconds),
            "run_id": run.run_id if run else None,
        }
        self._change(job, **values)
        if is_reachable and values["deadline_at"] <= now:
            self._cancel(job, max_seconds)

    def _cancel(self, job: ScheduledJob, max_seconds: int) -> None:
        """End an overdue job: with SIGTERM, and later with SIGKILL. A second SIGTERM would cost its last offers."""
        monotonic = self._context.monotonic()
        is_canceled = is_overdue(job)
        if is_canceled and monotonic - self._canceled.setdefault(job.id, monotonic) < KILL_SECONDS:
            return
        try:
            self._context.server.cancel(str(job.job), "KILL" if is_canceled else "TERM")
        except ScrapydError as error:
            logger.warning("Job %s of %s was not canceled: %s", job.job, job.subject, error)
            return
        self._canceled[job.id] = monotonic
        note = f"{OVERDUE} {format_span(max_seconds)}"
        logger.warning("Canceled job %s of %s: it %s", job.job, job.subject, note)
        self._change(job, note=note)

    def _end_with_run(self, job: ScheduledJob, run: JobRun, state: JobState | None, *, is_reachable: bool) -> None:
        reason = str(run.finish_reason)
        if is_overdue(job):
            self._end(job, JobStatus.CANCELED, job.note, run)
        elif reason == KILLED:
            self._end_killed(job, state, run)
        elif reason in INTERRUPTED:
            if state is not None:
                self._end(job, JobStatus.CANCELED, "canceled at Scrapyd", run)
            elif is_reachable:
                self._end_and_repeat(job, "interrupted when Scrapyd stopped", run)
        elif reason == NOT_STARTED:
            self._end(job, JobStatus.NOT_STARTED, self._error_in_log(job) or "ended before its first request", run)
        elif has_failed(reason):
            self._end(job, JobStatus.FAILED, f"{reason}: {_totals(run)}", run)
        else:
            self._end(job, JobStatus.SUCCEEDED, _totals(run), run)

    def _error_in_log(self, job: ScheduledJob) -> str | None:
        try:
            return _error_in(self._context.server.log_tail(str(job.spider), str(job.job)) or "", job)
        except ScrapydError:
            return None

    def _end_killed(self, job: ScheduledJob, state: JobState | None, run: JobRun) -> None:
        if is_overdue(job):
            self._end(job, JobStatus.CANCELED, f"{job.note}, and recorded no end", run)
        elif state is None:
            self._end_and_repeat(job, "killed together with Scrapyd", run)
        else:
            self._end(job, JobStatus.KILLED, "recorded no end: it was killed or ran out of memory", run)

    def _end_without_run(self, job: ScheduledJob) -> None:
        """End a job that Scrapyd lists as finished although it recorded no run: only its log says why."""
        try:
            log = self._context.server.log_tail(str(job.spider), str(job.job))
        except ScrapydError:
            return  # the next time
        closed = finish_reason(log) if log else None
        error = _error_in(log, job) if log else None
        if is_overdue(job):
            self._end(job, JobStatus.CANCELED, job.note)
        elif closed is not None and not has_failed(closed):
            self._end(job, JobStatus.SUCCEEDED, None)  # a spider that records no runs
        elif closed is not None:
            self._end(job, JobStatus.FAILED, error or closed)
        elif error and _LOCKED in error:
            self._end(job, JobStatus.SKIPPED, error)
        else:
            unknown = "ended without an error in its log" if log else "ended before it had a log: see Scrapyd's log"
            self._end(job, JobStatus.NOT_STARTED, error or unknown)

    def _find_missing(self, job: ScheduledJob) -> None:
        """Find out what happened to a job without a run that Scrapyd does not list."""
        if job.submitted_at is None:
            self._submitter.recover(job)
            return
        monotonic = self._context.monotonic()
        if monotonic - self._missing.setdefault(job.id, monotonic) < MISSING_SECONDS:
            return
        try:
            log = self._context.server.log_tail(str(job.spider), str(job.job))
        except ScrapydError:
            return
        if log and (finish_reason(log) or error_message(log)):
            self._end_without_run(job)
        else:
            self._end_and_repeat(job, "gone with a Scrapyd that was stopped or killed")

    def _end_and_repeat(self, job: ScheduledJob, note: str, run: JobRun | None = None) -> None:
        self._end(job, JobStatus.KILLED, note, run)
        self._submitter.start_again(job)

    def _end(self, job: ScheduledJob, status: JobStatus, note: str | None, run: JobRun | None = None) -> None:
        now = self._context.now()
        if run:
            self._change(job, run_id=run.run_id, submitted_at=job.submitted_at or run.started_at)
        end_job(self._context.store, job, status, ended_at=(run and run.ended_at) or now, note=note)
        self._missing.pop(job.id, None)
        self._canceled.pop(job.id, None)
        level = _LEVELS.get(status, logging.ERROR)
        logger.log(level, "Job %s of %s: %s%s", job.job, job.subject, status.label, f" ({note})" if note else "")

    def _change(self, job: ScheduledJob, **values: Any) -> None:
        """Store values that differ from those of a job."""
        if any(getattr(job, name) != value for name, value in values.items()):
            update_job(self._context.store, job, **values)


def is_overdue(job: ScheduledJob) -> bool:
    """Return whether a job was canceled because it ran for too long."""
    return (job.note or "").startswith(OVERDUE)


def shift_deadlines(context: SchedulerContext, jobs: Iterable[ScheduledJob], jump: timedelta) -> None:
    """Move the deadlines of running jobs, because the clock was set or the computer slept, while they did not run."""
    for job in jobs:
        if job.deadline_at:
            update_job(context.store, job, deadline_at=job.deadline_at + jump)


def _error_in(log: str, job: ScheduledJob) -> str | None:
    """Return the last error of a job's log, without words that only say that the job did not start."""
    error = error_message(log)
    return error.removeprefix(f"The crawl of {job.spider} did not start: ") if error else None


def _totals(run: JobRun) -> str:
    counts = (("found", run.found), ("empty", run.empty), ("failed", run.failed))
    searches = ", ".join(f"{count:,} {name}" for name, count in counts if count)
    return f"{searches or 'no searches'}; {run.offers or 0:,} offers"
