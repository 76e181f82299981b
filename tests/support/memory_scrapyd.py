"""A Scrapyd in memory, and a scheduler with clocks that tests set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scrapy.settings import Settings

from awardspider.operations.job_submission import SchedulerContext
from awardspider.operations.scheduler import Scheduler
from awardspider.operations.scrapyd import JobState, ScrapydJob, Signal
from awardspider.outcomes import Outcome, ScrapydError, ScrapydFailure
from awardspider.storage.runs import end_run, start_run
from awardspider.storage.scheduled_jobs import JobStatus, ScheduledJob, recent_jobs
from awardspider.storage.store import Store

START = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)

#: Settings of the commands of the schedule, without a Scrapyd.
SCHEDULE_SETTINGS: dict[str, object] = {
    "AWARD_DATABASE_URL": "",
    "AWARD_SANDBOX_URL": "",
    "AWARD_SIMULATED_TIME": "",
    "AWARD_SCRAPYD_URL": "http://127.0.0.1:1",
    "SCRAPYD_USERNAME": "",
    "SCRAPYD_PASSWORD": "",
    "AWARD_KEYS": {},
    "AWARD_ACCEPT_TERMS": "",
    "AWARD_BUDGET": "",
}


@dataclass
class MemoryScrapyd:
    """The calls of Scrapyd that the scheduler makes. `failure` is raised by every call; `calls` are the submissions."""

    url: str = "http://127.0.0.1:6800"
    states: dict[str, JobState] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    deployed: list[str] = field(default_factory=lambda: ["r1"])
    calls: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    canceled: list[tuple[str, str]] = field(default_factory=list)
    #: The number of calls of `jobs`.
    lists: int = 0
    failure: ScrapydError | None = None
    #: Raised by `schedule` after the job is accepted.
    interruption: BaseException | None = None

    def schedule(self, spider: str, arguments: Mapping[str, str], *, job: str | None = None) -> str:
        self._fail()
        assert job
        self.calls.append((spider, dict(arguments), job))
        self.states[job] = JobState.PENDING
        if self.interruption:
            raise self.interruption
        return job

    def cancel(self, job: str, signal: Signal = "TERM") -> JobState | None:
        self._fail()
        self.canceled.append((job, signal))
        return self.states.get(job)

    def jobs(self) -> list[ScrapydJob]:
        self._fail()
        self.lists += 1
        return [ScrapydJob(id=job, spider="united", state=state) for job, state in self.states.items()]

    def versions(self) -> list[str]:
        self._fail()
        return self.deployed

    def log_tail(self, spider: str, job: str, size: int = 8000) -> str | None:
        self._fail()
        return self.logs.get(job)

    def stop(self) -> None:
        """Be unreachable."""
        self.failure = ScrapydError("Scrapyd is not reachable", ScrapydFailure.UNREACHABLE)

    def restart(self) -> None:
        """Be reachable again, without the jobs that ran."""
        self.failure = None
        self.states = {job: state for job, state in self.states.items() if state is not JobState.RUNNING}

    def _fail(self) -> None:
        if self.failure:
            raise self.failure


@dataclass
class SchedulerWorld:
    """A scheduler, its database and a Scrapyd; `advance` moves both clocks, and `jump` only the wall clock."""

    store: Store
    server: MemoryScrapyd = field(default_factory=MemoryScrapyd)
    wall: datetime = START
    seconds: float = 0.0
    settings: Settings = field(
        default_factory=lambda: Settings(
            {"AWARD_SANDBOX_URL": "http://127.0.0.1:1", "AWARD_KEYS": {}, "AWARD_ACCEPT_TERMS": "", "AWARD_BUDGET": ""}
        )
    )

    def __post_init__(self) -> None:
        self.scheduler = self.new_scheduler()

    def new_scheduler(self) -> Scheduler:
        """Return another scheduler, as a new process has it."""
        return Scheduler(
            SchedulerContext(
                store=self.store,
                server=self.server,
                settings=self.settings,
                now=lambda: self.wall,
                monotonic=lambda: self.seconds,
            )
        )

    def restart_scheduler(self) -> None:
        """Continue with a new scheduler, as after a kill."""
        self.scheduler._lock.release()
        self.scheduler = self.new_scheduler()

    def advance(self, seconds: float = 2.0) -> None:
        """Let time pass, and tick once."""
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds
        self.scheduler.tick()

    def jump(self, change: timedelta) -> None:
        """Set the wall clock, or let the computer sleep."""
        self.wall += change

    def jobs(self) -> list[ScheduledJob]:
        """Return all jobs, oldest first."""
        return recent_jobs(self.store, limit=99)[::-1]

    def statuses(self) -> list[JobStatus]:
        """Return the status of every job, oldest first."""
        return [job.status for job in self.jobs()]

    def run(self, job: str, program: str = "united") -> str:
        """Let Scrapyd start a job, which records its run; return the run's id."""
        self.server.states[job] = JobState.RUNNING
        return start_run(self.store, program=program, spider=program, job=job, arguments={}, now=self.wall)

    def end(self, job: str, run: str, reason: str = "finished", found: int = 3) -> None:
        """Let a job record its end and exit."""
        outcomes = {Outcome.FOUND: found}
        end_run(self.store, run, finish_reason=reason, stats={}, now=self.wall, outcomes=outcomes)
        self.server.states[job] = JobState.FINISHED
