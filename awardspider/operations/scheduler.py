"""The scheduler: starts what is due, follows it to its end, and notices edits of the schedule within seconds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from awardspider.operations.due_times import due_time
from awardspider.operations.early_starts import EarlyStarts
from awardspider.operations.job_following import JobFollower, shift_deadlines
from awardspider.operations.job_submission import JobSubmitter, SchedulerContext
from awardspider.operations.run_conditions import RunConditions
from awardspider.operations.scrapyd import JobState
from awardspider.operations.task_processes import TaskProcesses
from awardspider.operations.thresholds import CHECK_SECONDS
from awardspider.outcomes import AwardError, ScrapydError, StorageError
from awardspider.storage.job_runs import JobRun, runs_of_jobs
from awardspider.storage.schedule import ScheduleEntry, schedule_entries
from awardspider.storage.scheduled_jobs import ScheduledJob, open_jobs, skip_job
from awardspider.storage.scheduler_lock import SchedulerLock

logger = logging.getLogger(__name__)

TICK_SECONDS = 2.0

#: Seconds between two lists of Scrapyd's jobs while the schedule only waits for the end of runs.
LIST_SECONDS = 10.0

#: A due start waits for so long for the end of another run of its program, or of a back-off; then it is skipped.
MAX_WAIT = timedelta(hours=1)

#: A difference between the wall clock and the monotonic clock that is a jump: the computer slept, or its clock was set.
CLOCK_JUMP = timedelta(minutes=1)

_INACTIVE = "another scheduler uses this database; this one waits"
_NO_VERSION = "no version of awardspider is deployed: run scrapy deploy"


class Scheduler:
    """The loop of the scheduler. Of several schedulers of one database, one acts and the others wait.

    `health_checks` is called once a minute with the time.
    """

    def __init__(self, context: SchedulerContext, health_checks: Callable[[datetime], object] | None = None) -> None:
        self._context = context
        self._store = context.store
        self._lock = SchedulerLock(context.store)
        self._submitter = JobSubmitter(context)
        self._follower = JobFollower(context, self._submitter)
        self._tasks = TaskProcesses(context, self._submitter)
        self._early_starts = EarlyStarts(context.store, context.settings)
        self._health_checks = health_checks
        self._checked_at: float | None = None
        self._clocks: tuple[datetime, float] | None = None
        self._has_version = False
        self._listed_at: float | None = None
        #: The problem, and the unexpected errors by step, that the log has already, so that they are there once.
        self._problem = ""
        self._errors: dict[str, str] = {}

    def run(self, stop: Event, *, seconds: float = TICK_SECONDS) -> None:
        """Run until `stop` is set, also during problems of the database and of Scrapyd, which are logged once each."""
        try:
            while not stop.is_set():
                self._try_tick()
                stop.wait(seconds)
        finally:
            self.close()

    def close(self) -> None:
        """End the tasks, and let another scheduler act."""
        try:
            self._tasks.stop(open_jobs(self._store))
        except StorageError as error:
            logger.warning("The end of the tasks was not stored: %s", error)
        finally:
            self._lock.release()

    def tick(self) -> bool:
        """Follow open jobs and start due entries. Return False if another scheduler acts. Raise StorageError."""
        if not self._lock.acquire():
            self._log_problem(_INACTIVE)
            return False
        if self._problem == _INACTIVE:
            self._log_problem("")
        now = self._context.now()
        entries = schedule_entries(self._store)
        jobs = open_jobs(self._store)
        if jump := self._clock_jump(now):
            logger.warning("The clock jumped by %s; deadlines of running jobs move with it", jump)
            shift_deadlines(self._context, jobs, jump)
            jobs = open_jobs(self._store)
        by_name = {entry.name: entry for entry in entries}
        due = [*self._due(entries, jobs, now)]
        listed = self._listed_jobs() if self._needs_list(jobs, due, now) else None
        self._attempt("tasks", lambda: self._tasks.follow(jobs, by_name))
        self._attempt("jobs", lambda: self._follower.follow(jobs, listed, by_name))
        if due:
            self._attempt("starts", lambda: self._start_due(due, is_reachable=listed is not None, now=now))
        self._attempt("health", lambda: self._check_health(now))
        return True

    def _try_tick(self) -> None:
        try:
            self._attempt("all", self._tick_and_log)
        except StorageError as error:
            self._log_problem(f"database: {error}")

    def _due(
        self, entries: Sequence[ScheduleEntry], jobs: Sequence[ScheduledJob], now: datetime
    ) -> Iterator[tuple[ScheduleEntry, datetime]]:
        """Yield the entries to start and since when: the due ones, and those that start early and do not run."""
        early = self._early_starts.times(entries, now)
        running = {job.spider for job in jobs}
        for entry in entries:
            time = due_time(entry, now)
            if time is None and entry.spider not in running:
                time = early.get(entry.name)
            if time is not None and time <= now:
                yield entry, time

    def _tick_and_log(self) -> None:
        if self.tick() and self._problem.startswith("database"):
            self._log_problem("")

    def _attempt(self, name: str, step: Callable[[], object]) -> None:
        """Do a step, whose error must not keep the others from being done. An error that repeats is logged once.

        Raise StorageError.
        """
        try:
            step()
        except StorageError:
            raise
        except Exception as error:
            if self._errors.get(name) != repr(error):
                logger.exception("The scheduler failed, and goes on")
            self._errors[name] = repr(error)
        else:
            self._errors.pop(name, None)

    def _start_due(self, due: Sequence[tuple[ScheduleEntry, datetime]], *, is_reachable: bool, now: datetime) -> None:
        conditions = RunConditions(self._store, self._context.settings, now)
        jobs = open_jobs(self._store)
        is_ready = is_reachable and self._has_deployed()
        for entry, due_at in sorted(due, key=lambda each: each[1]):
            start = partial(self._start_entry, entry, due_at, conditions, jobs, is_ready=is_ready)
            self._attempt(f"start of {entry.name}", start)

    def _start_entry(
        self,
        entry: ScheduleEntry,
        due_at: datetime,
        conditions: RunConditions,
        jobs: list[ScheduledJob],
        *,
        is_ready: bool,
    ) -> None:
        """Start or skip a due entry, unless it must wait; add its job to `jobs`, those that have not ended."""
        own = next((job for job in jobs if job.entry == entry.name), None)
        if own is not None:
            self._skip(entry, due_at, f"the job of {own.due_at:%Y-%m-%d %H:%M}Z has not ended")
        elif entry.task:
            if job := self._submitter.start(entry, due_at):
                self._tasks.start(job)
        elif is_ready and not self._must_wait(entry, due_at, conditions, jobs):
            if note := conditions.obstacle(entry):
                self._skip(entry, due_at, note)
            elif job := self._submitter.start(entry, due_at):
                jobs.append(job)

    def _must_wait(
        self, entry: ScheduleEntry, due_at: datetime, conditions: RunConditions, jobs: Sequence[ScheduledJob]
    ) -> bool:
        """Return whether an entry cannot start yet; if that takes too long, skip it."""
        spider, now = str(entry.spider), self._context.now()
        if any(job.spider == spider for job in jobs) or conditions.is_running(spider):
            if now - due_at >= MAX_WAIT:
                self._skip(entry, due_at, "another run of this program did not end in time")
            return True
        if until := conditions.blocked_until(spider):
            if until - now >= MAX_WAIT:
                self._skip(entry, due_at, f"paused until {until:%Y-%m-%d %H:%M}Z after a block")
            return True
        return False

    def _skip(self, entry: ScheduleEntry, due_at: datetime, note: str) -> None:
        skip_job(self._store, entry, due_at=due_at, note=note, now=self._context.now())
        logger.info("Skipped %s: %s", entry.name, note)

    def _needs_list(
        self, jobs: Sequence[ScheduledJob], due: Sequence[tuple[ScheduleEntry, datetime]], now: datetime
    ) -> bool:
        """Return whether Scrapyd's list can matter now: it does not for runs that are alive and on time."""
        if any(entry.spider for entry, _ in due):
            return True
        followed = [job for job in jobs if job.spider]
        if not followed:
            return False
        if self._listed_at is None or self._context.monotonic() - self._listed_at >= LIST_SECONDS:
            return True
        runs = runs_of_jobs(self._store, [str(job.job) for job in followed])
        return not all(_is_on_time(job, runs.get(str(job.job)), now) for job in followed)

    def _listed_jobs(self) -> Mapping[str, JobState] | None:
        """Return the jobs that Scrapyd lists by id, or None if it does not respond."""
        self._listed_at = self._context.monotonic()
        try:
            listed = {job.id: job.state for job in self._context.server.jobs()}
        except ScrapydError as error:
            self._has_version = False  # it may come back without its eggs
            self._log_problem(f"Scrapyd: {error}")
            return None
        if self._problem.startswith("Scrapyd"):
            self._log_problem("")
        return listed

    def _has_deployed(self) -> bool:
        """Return whether a version is deployed; without one, Scrapyd would accept jobs that cannot start."""
        if not self._has_version:
            try:
                self._has_version = bool(self._context.server.versions())
            except ScrapydError as error:
                self._log_problem(f"Scrapyd: {error}")
                return False
            self._log_problem("" if self._has_version else _NO_VERSION)
        return self._has_version

    def _clock_jump(self, now: datetime) -> timedelta | None:
        """Return by how much the wall clock has advanced more than the monotonic one, if that is much."""
        monotonic = self._context.monotonic()
        before, self._clocks = self._clocks, (now, monotonic)
        if before is None:
            return None
        jump = (now - before[0]) - timedelta(seconds=monotonic - before[1])
        return jump if abs(jump) > CLOCK_JUMP else None

    def _check_health(self, now: datetime) -> None:
        monotonic = self._context.monotonic()
        if self._health_checks and (self._checked_at is None or monotonic - self._checked_at >= CHECK_SECONDS):
            self._checked_at = monotonic
            try:
                self._health_checks(now)
            except AwardError as error:
                logger.warning("The health checks failed: %s", error)

    def _log_problem(self, problem: str) -> None:
        """Log a problem when it begins and when it is over."""
        if problem and problem != self._problem:
            logger.warning("No jobs are started: %s", problem)
        elif self._problem and not problem:
            logger.info("Jobs are started again")
        self._problem = problem


def _is_on_time(job: ScheduledJob, run: JobRun | None, now: datetime) -> bool:
    """Return whether the run of a job is known and alive, and its deadline has not passed."""
    if run is None or run.run_id != job.run_id or run.ended_at is not None or run.has_died(now):
        return False
    return job.deadline_at is not None and now < job.deadline_at
