"""Health checks of the schedule: jobs that did not start or were killed, failed tasks, programs without a success."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from awardspider.operations.job_following import is_overdue
from awardspider.operations.thresholds import MonitorThresholds
from awardspider.programs import program_name
from awardspider.storage.incidents import IncidentKind, Problem, last_incident, unresolved_incidents
from awardspider.storage.programs import program_state
from awardspider.storage.schedule import ScheduleEntry, schedule_entries
from awardspider.storage.scheduled_jobs import (
    UNSUCCESSFUL,
    JobStatus,
    ScheduledJob,
    last_ended_jobs,
    latest_jobs,
    open_jobs,
)
from awardspider.storage.store import Store

#: Jobs that ended earlier are history.
MAX_JOB_AGE = timedelta(days=1)

_KINDS = {
    JobStatus.NOT_STARTED: (IncidentKind.RUN_NOT_STARTED, "the job ended before its crawl began"),
    JobStatus.KILLED: (IncidentKind.RUN_KILLED, "the crawl did not record its end"),
    JobStatus.CANCELED: (IncidentKind.RUN_OVERDUE, "the job was canceled"),
    JobStatus.FAILED: (IncidentKind.RUN_FAILED, "the crawl failed"),
}
_HINT = "scrapy schedule list shows the jobs"


def job_problems(store: Store, suffix: str, now: datetime) -> list[Problem]:
    """Return a problem for each spider whose last job failed in a way that its run could not report.

    `suffix` is that of the states of programs in the sandbox. These problems are never resolved by their absence: the
    next good run resolves them. A job that is repeated already is no problem yet.
    """
    repeated = {job.subject for job in open_jobs(store)}
    found = []
    for subject, job in last_ended_jobs(store).items():
        if not job.spider or subject in repeated or not _is_unreported(job, now):
            continue
        key = f"run:{job.spider}"
        last = last_incident(store, key)
        is_over = last is not None and last.resolved_at is not None and last.resolved_at >= _end(job)
        success = program_state(store, job.spider + suffix).last_success_at
        if is_over or (success is not None and success > job.due_at):
            continue
        kind, sentence = _KINDS[job.status]
        text = f"{sentence}: {job.note}" if job.note else sentence
        found.append(Problem(key=key, kind=kind, subject=program_name(job.spider), sentence=f"{text}; {_HINT}"))
    return found


def recovered_spiders(store: Store) -> list[str]:
    """Return the spiders whose incident is over because their last job succeeded, although they record no runs."""
    jobs = last_ended_jobs(store)
    return [
        job.spider
        for incident in unresolved_incidents(store, "run")
        if (job := jobs.get(incident.key.removeprefix("run:"))) is not None
        and job.spider
        and job.status is JobStatus.SUCCEEDED
        and job.run_id is None
        and _end(job) > incident.opened_at
    ]


def unscheduled_spiders(store: Store) -> list[str]:
    """Return the spiders whose incident is over because the entries that started them were removed."""
    incidents = unresolved_incidents(store, "run")
    if not incidents:
        return []
    jobs, scheduled = last_ended_jobs(store), {entry.spider for entry in schedule_entries(store)}
    spiders = [incident.key.removeprefix("run:") for incident in incidents]
    return [spider for spider in spiders if spider in jobs and spider not in scheduled]


def task_problems(store: Store) -> list[Problem]:
    """Return a problem for each task in the schedule, such as prune, whose last start failed."""
    scheduled = {entry.task for entry in schedule_entries(store)}
    return [
        Problem(
            key=f"task:{subject}",
            kind=IncidentKind.TASK_FAILED,
            subject=f"scrapy {subject}",
            sentence=f"{job.note or job.status.value}; {_HINT}",
        )
        for subject, job in last_ended_jobs(store).items()
        if job.task in scheduled and job.task and job.status in UNSUCCESSFUL
    ]


def success_problems(store: Store, suffix: str, thresholds: MonitorThresholds, now: datetime) -> list[Problem]:
    """Return a problem for each spider in the schedule without a success for too long, unless its runs report it.

    A spider whose jobs are skipped has none: nothing needs it, or it cannot run.
    """
    if not thresholds.no_success_hours:
        return []
    reported = {incident.key for incident in unresolved_incidents(store, "run")}
    jobs = latest_jobs(store)
    ended = last_ended_jobs(store)
    found = {}
    for entry in schedule_entries(store):
        if not entry.active or not entry.spider or f"run:{entry.spider}" in reported or not _runs(entry, jobs):
            continue
        longest = max(timedelta(hours=thresholds.no_success_hours), 2 * timedelta(seconds=entry.every_seconds or 0))
        since = _last_success(store, entry.spider, suffix, ended) or entry.created_at
        if since is not None and now - since > longest:
            hours = (now - since) / timedelta(hours=1)
            sentence = f"no successful crawl for {hours:,.0f} hours; scrapy runs --program {entry.spider} shows more"
            key = f"program:{entry.spider}:no_success"
            found[key] = Problem(
                key=key, kind=IncidentKind.NO_SUCCESS, subject=program_name(entry.spider), sentence=sentence
            )
    return list(found.values())


def _is_unreported(job: ScheduledJob, now: datetime) -> bool:
    """Return whether a job failed, and its run did not report that itself."""
    if job.status not in _KINDS or now - _end(job) > MAX_JOB_AGE:
        return False
    if job.status is JobStatus.FAILED:
        return job.run_id is None
    return job.status is not JobStatus.CANCELED or is_overdue(job)  # not by a person


def _runs(entry: ScheduleEntry, jobs: Mapping[str, ScheduledJob]) -> bool:
    """Return whether the jobs of an entry are started; one with a cron expression may not have been due yet."""
    job = jobs.get(entry.name)
    return job.status is not JobStatus.SKIPPED if job else entry.every_seconds is not None


def _last_success(store: Store, spider: str, suffix: str, ended: Mapping[str, ScheduledJob]) -> datetime | None:
    """Return the time of the last success of a spider, whether it records runs or not."""
    job = ended.get(spider)
    of_job = job.ended_at if job and job.status is JobStatus.SUCCEEDED else None
    return max(filter(None, (program_state(store, spider + suffix).last_success_at, of_job)), default=None)


def _end(job: ScheduledJob) -> datetime:
    return job.ended_at or job.due_at
