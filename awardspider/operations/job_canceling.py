"""Canceling of jobs at Scrapyd by a person."""

from __future__ import annotations

from datetime import datetime

from awardspider.operations.job_submission import JobServer
from awardspider.operations.scrapyd import JobState
from awardspider.storage.scheduled_jobs import JobStatus, end_job, find_job
from awardspider.storage.store import Store


def cancel_job(store: Store, server: JobServer, job: str, now: datetime) -> JobState | None:
    """Cancel a job; return its state before, or None if it had ended. Raise ScrapydError.

    A running crawl stores its offers and ends. A job that had not started is recorded as canceled, because the
    schedule would otherwise take it for one that Scrapyd has lost, and start it again.
    """
    state = server.cancel(job)
    start = find_job(store, job)
    if state is JobState.PENDING and start is not None:
        end_job(store, start, JobStatus.CANCELED, ended_at=now, note="canceled before it started")
    return state
