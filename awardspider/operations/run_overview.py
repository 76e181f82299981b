"""Runs and jobs together: our own records beside the lists of every Scrapyd."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from awardspider.operations.scrapyd import JobState, ScrapydJob
from awardspider.operations.scrapyd_hosts import HostState
from awardspider.storage.run_listing import RunRow, find_run, runs_with_jobs
from awardspider.storage.run_pages import RunPage, RunQuery, RunResult, run_page
from awardspider.storage.scheduled_jobs import ScheduledJob, find_job, find_jobs, jobs_without_run, open_jobs
from awardspider.storage.store import Store

#: Jobs that ended without a run are listed for this time.
_UNRECORDED_AGE = timedelta(days=3)
_MAX_UNRECORDED = 20
# Finished jobs of a Scrapyd that are compared with the records; it lists the oldest first.
_MAX_FINISHED = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """A run, the start that the schedule recorded, and the job as Scrapyd lists it; at least one is known.

    `url` is the address of the Scrapyd, if the job is one.
    """

    run: RunRow | None = None
    job: ScheduledJob | None = None
    listed: ScrapydJob | None = None
    url: str | None = None

    @property
    def id(self) -> str:
        """Return the id of the run, or that of the job if there is no run."""
        return self.run.run_id if self.run else str(self.job_id)

    @property
    def job_id(self) -> str | None:
        """Return the id of the job at Scrapyd."""
        return self.listed.id if self.listed else self.job.job if self.job else self.run.job if self.run else None

    @property
    def subject(self) -> str:
        """Return the spider, the program or the task."""
        if self.run:
            return self.run.spider
        return self.job.subject if self.job else self.listed.spider if self.listed else ""

    @property
    def is_open(self) -> bool:
        """Return whether it waits or runs, as far as known."""
        if self.listed and (self.run is None or self.listed.state is not JobState.FINISHED):
            return self.listed.state is not JobState.FINISHED
        return self.run.is_alive if self.run else self.job is not None and self.job.ended_at is None

    @property
    def stage(self) -> str:
        """Return `waiting` until a run is recorded, then `running`, and `ended`."""
        if not self.is_open:
            return "ended"
        return "running" if self.run else "waiting"

    @property
    def can_cancel(self) -> bool:
        """Return whether Scrapyd has the job and has not finished it."""
        return self.listed is not None and self.listed.state is not JobState.FINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOverview:
    """The open runs and jobs, those that ended without a recorded run, and a page of the others."""

    open: tuple[RunEntry, ...]
    unrecorded: tuple[RunEntry, ...]
    page: RunPage
    entries: tuple[RunEntry, ...]


def run_overview(
    store: Store, hosts: Sequence[HostState], query: RunQuery, now: datetime, *, cursor: str | None = None
) -> RunOverview:
    """Return the runs and jobs that match a filter. Raises InvalidArgument for an invalid cursor."""
    listed = {job.id: (job, host.url) for host in hosts for job in host.jobs}
    page = run_page(store, query, now, cursor=cursor)
    is_first = cursor is None
    started = [*_open(store, listed, now)] if is_first and query.result in (None, RunResult.OPEN) else []
    lacking = [*_unrecorded(store, hosts, now)] if is_first and query.result in (None, RunResult.FAILED) else []
    opened = {entry.id for entry in started}
    return RunOverview(
        open=tuple(entry for entry in started if _matches(entry, query)),
        unrecorded=tuple(entry for entry in lacking if _matches(entry, query))[:_MAX_UNRECORDED],
        page=page,
        entries=tuple(_entry(run, listed) for run in page.runs if run.run_id not in opened),
    )


def find_entry(store: Store, hosts: Sequence[HostState], text: str, now: datetime) -> RunEntry | None:
    """Return the run or job with an id, or None."""
    run = find_run(store, text, now)
    if run is not None and text not in (run.run_id, run.job):
        run = None
    job_id = run.job if run else text
    job = find_job(store, job_id) if job_id else None
    found = next(((each, host.url) for host in hosts for each in host.jobs if each.id == job_id), None)
    if run is None and job is None and found is None:
        return None
    url = found[1] if found else job.host if job and job.spider else None
    return RunEntry(run=run, job=job, listed=found[0] if found else None, url=url)


def _open(store: Store, listed: dict[str, tuple[ScrapydJob, str]], now: datetime) -> Iterator[RunEntry]:
    """Yield what waits or runs: what Scrapyd says, what runs without a job, and starts that Scrapyd does not list."""
    alive = [job for job, _ in listed.values() if job.state is not JobState.FINISHED]
    runs, starts = runs_with_jobs(store, [job.id for job in alive], now), open_jobs(store)
    by_job = {str(start.job): start for start in starts}
    seen: set[str] = set()
    for job in sorted(alive, key=lambda each: each.state is JobState.PENDING):
        run = runs.get(job.id)
        seen |= {job.id, run.run_id if run else ""}
        yield RunEntry(run=run, job=by_job.get(job.id), listed=job, url=listed[job.id][1])
    for run in run_page(store, RunQuery(result=RunResult.OPEN), now, size=100).runs:
        if run.is_alive and run.run_id not in seen:
            seen |= {run.run_id, str(run.job)}
            yield _entry(run, listed, by_job.get(str(run.job)))
    # Without a scheduler, a start is recorded as open even if its job has ended.
    ended = {*(job.id for job, _ in listed.values()), *runs_with_jobs(store, [*by_job], now)}
    for start in starts:
        if str(start.job) not in {*seen, *ended}:
            yield RunEntry(job=start, url=start.host if start.spider else None)


def _unrecorded(store: Store, hosts: Sequence[HostState], now: datetime) -> Iterator[RunEntry]:
    """Yield the jobs that ended without a run: those of the schedule, and those that only Scrapyd knows."""
    for start in jobs_without_run(store, now - _UNRECORDED_AGE, limit=_MAX_UNRECORDED):
        yield RunEntry(job=start, url=start.host)
    finished = [
        (job, host.url)
        for host in hosts
        for job in [each for each in host.jobs if each.state is JobState.FINISHED][-_MAX_FINISHED:]
    ]
    ids = [job.id for job, _ in finished]
    starts, runs = find_jobs(store, ids), runs_with_jobs(store, ids, now)
    for job, url in reversed(finished):
        known = starts.get(job.id)
        if job.id not in runs and (known is None or known.ended_at is None):
            yield RunEntry(job=known, listed=job, url=url)


def _entry(run: RunRow, listed: dict[str, tuple[ScrapydJob, str]], start: ScheduledJob | None = None) -> RunEntry:
    job, url = listed.get(str(run.job), (None, None))
    return RunEntry(run=run, job=start, listed=job, url=url)


def _matches(entry: RunEntry, query: RunQuery) -> bool:
    program = entry.run.program if entry.run else entry.subject
    if query.programs and not {program, entry.subject} & set(query.programs):
        return False
    return not query.host or (entry.run is not None and entry.run.host == query.host)
