"""Starts by hand: of an entry of the schedule, of one spider with arguments, or of every program that watches need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from awardspider.operations.job_following import JobFollower
from awardspider.operations.job_submission import JobSubmitter, SchedulerContext
from awardspider.operations.run_conditions import RunConditions
from awardspider.operations.schedule_fields import DEFAULT_MAX_SECONDS
from awardspider.operations.scrapyd import job_log_path
from awardspider.outcomes import InvalidArgument, ScrapydError
from awardspider.programs import Program, programs
from awardspider.search.watches import ad_hoc_watch
from awardspider.storage.schedule import ScheduleEntry, schedule_entries
from awardspider.storage.scheduled_jobs import JobStatus, ScheduledJob, find_job, open_jobs
from awardspider.storage.services import ServiceName, runs_anywhere, service_rows

#: Why no task can start and no job is followed to its end.
NO_SCHEDULER = "no scheduler is running: start it with scrapy up, or scrapy scheduler"

#: Arguments of a program's spider that describe one search.
ROUTE_ARGUMENTS = ("origin", "destination", "dates", "cabins", "travelers", "max_miles")
DETAILS = ("day", "itinerary")

_BY_HAND = "started by hand"
# Names of entries contain no colon, so a start with arguments never gets those of an entry.
_NO_ENTRY = "manual:"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedStart:
    """A program that was not started, and why."""

    program: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedPrograms:
    """The programs that were started and those that were not."""

    started: tuple[ScheduledJob, ...] = ()
    skipped: tuple[SkippedStart, ...] = ()


def start_entry(context: SchedulerContext, entry: ScheduleEntry) -> ScheduledJob:
    """Start an entry of the schedule now, in addition to its schedule; a task is left to the scheduler.

    Raise InvalidArgument if it runs already or if nothing would start it, and ScrapydError if Scrapyd refuses it.
    """
    if entry.spider:
        _require_server(context)
    running = next((job for job in open_jobs(context.store) if job.subject == entry.subject), None)
    if running:
        raise InvalidArgument(_runs_already(running))
    if entry.task and not runs_anywhere(service_rows(context.store), ServiceName.SCHEDULER, context.now()):
        raise InvalidArgument(f"{NO_SCHEDULER}; without it, run scrapy {entry.task.value}")
    return _start(context, JobSubmitter(context), entry)


def start_spider(context: SchedulerContext, spider: str, arguments: Mapping[str, str]) -> ScheduledJob:
    """Start a spider with arguments now. Raise InvalidArgument or ScrapydError if it is not started."""
    given = check_arguments(context, spider, arguments)
    conditions = RunConditions(context.store, context.settings, context.now())
    if program := programs().get(spider):
        if obstacle := conditions.access_obstacle(program):
            raise InvalidArgument(f"{program.name} is not started: {obstacle.note}")
        if not given and not conditions.is_needed(program):
            raise InvalidArgument(f"no active watch needs {program.name}: add a watch, or give a route and dates")
    _require_server(context)
    if conditions.is_running(spider):
        raise InvalidArgument(f"{spider} is being crawled already; wait until that run ends")
    return _start(context, JobSubmitter(context), _entry(spider, given))


def start_needed(context: SchedulerContext) -> StartedPrograms:
    """Start every program that an active watch needs, that may be requested, and that neither runs nor is paused.

    Raise ScrapydError if Scrapyd does not respond.
    """
    _require_server(context)
    submitter, conditions = JobSubmitter(context), RunConditions(context.store, context.settings, context.now())
    started: list[ScheduledJob] = []
    skipped: list[SkippedStart] = []
    for program in programs().values():
        if not conditions.is_needed(program):
            continue
        note = _obstacle(conditions, program)
        job = None if note else submitter.start_alone(_entry(program.key, {}), note=_BY_HAND)
        if job:
            started.append(job)
        else:
            skipped.append(SkippedStart(program=program.key, note=note or "it runs already"))
    return StartedPrograms(started=tuple(started), skipped=tuple(skipped))


def check_arguments(context: SchedulerContext, spider: str, arguments: Mapping[str, str]) -> dict[str, str]:
    """Return the arguments of a spider that are not blank. Raise InvalidArgument for invalid ones."""
    given = {name: value.strip() for name, value in arguments.items() if value.strip()}
    program = programs().get(spider)
    if not given:
        return given
    if program is None:
        raise InvalidArgument(f"{spider} has no arguments")
    if unknown := given.keys() - {*ROUTE_ARGUMENTS, "detail", "notify"}:
        raise InvalidArgument(f"unknown argument {min(unknown)}")
    for name, choices in (("detail", DETAILS), ("notify", ("yes", "no"))):
        if name in given and given[name] not in choices:
            raise InvalidArgument(f"{name} is {given[name]!r}, but must be {' or '.join(choices)}")
    if given.keys() & set(ROUTE_ARGUMENTS):
        values = {name: given.get(name, "") for name in ROUTE_ARGUMENTS}
        ad_hoc_watch(program=spider, now=context.now(), window_days=program.booking_window_days, **values)
    return given


def log_address(job: ScheduledJob) -> str:
    """Return the address of a job's log at Scrapyd."""
    return f"{job.host}{job_log_path(str(job.spider), str(job.job))}"


def _obstacle(conditions: RunConditions, program: Program) -> str | None:
    if obstacle := conditions.access_obstacle(program):
        return obstacle.note
    if conditions.is_running(program.key):
        return "it runs already"
    if until := conditions.blocked_until(program.key):
        return f"it is paused until {until:%Y-%m-%d %H:%M} UTC after a block"
    return None


def _start(context: SchedulerContext, submitter: JobSubmitter, entry: ScheduleEntry) -> ScheduledJob:
    started = submitter.start_alone(entry, note=_BY_HAND)
    if started is None:
        raise InvalidArgument(f"{entry.subject} was started a moment ago; wait for its end")
    job = find_job(context.store, str(started.job)) or started
    if job.status is JobStatus.NOT_STARTED:
        raise ScrapydError(f"{entry.name.removeprefix(_NO_ENTRY)} did not start: {job.note}")
    if entry.spider and job.submitted_at is None:
        raise ScrapydError(f"Scrapyd has not confirmed job {job.job} yet; the scheduler submits it if needed")
    return job


def _require_server(context: SchedulerContext) -> None:
    """Raise ScrapydError if there is no Scrapyd that could run a job, before one is recorded.

    If no scheduler follows the jobs to their end, record which have ended: a start waits for the end of the last one.
    """
    if not context.server.versions():
        raise ScrapydError("no version of awardspider is deployed: run scrapy deploy")
    jobs = open_jobs(context.store)
    if jobs and not runs_anywhere(service_rows(context.store), ServiceName.SCHEDULER, context.now()):
        listed = {job.id: job.state for job in context.server.jobs()}
        entries = {entry.name: entry for entry in schedule_entries(context.store)}
        JobFollower(context, JobSubmitter(context)).follow(jobs, listed, entries)


def _entry(spider: str, arguments: Mapping[str, str]) -> ScheduleEntry:
    return ScheduleEntry(
        name=f"{_NO_ENTRY}{spider}", spider=spider, arguments=arguments, max_seconds=DEFAULT_MAX_SECONDS
    )


def _runs_already(job: ScheduledJob) -> str:
    return f"{job.subject} is {job.status.value} already, as job {job.job}; wait for its end"
