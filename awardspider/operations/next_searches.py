"""The time at which the schedule next searches for watches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from scrapy.settings import BaseSettings

from awardspider.operations.due_times import next_due
from awardspider.operations.early_starts import EarlyStarts
from awardspider.operations.run_conditions import RunConditions
from awardspider.programs import programs
from awardspider.search.watches import Watch
from awardspider.storage.schedule import schedule_entries
from awardspider.storage.scheduled_jobs import open_jobs, was_started_since
from awardspider.storage.services import ServiceName, runs_anywhere, service_rows
from awardspider.storage.store import Store
from awardspider.storage.watches import last_watch_change


class NextSearch(NamedTuple):
    """The next searches for watches. `running` is a program that they need and that is being crawled now.

    `is_included` is True if this crawl was started after the last change of a watch, so that it searches for them.
    Without `at` and `running`, no entry of the schedule can search for them.
    """

    has_scheduler: bool
    at: datetime | None = None
    running: str = ""
    is_included: bool = False


def next_search(store: Store, settings: BaseSettings, watches: Sequence[Watch], now: datetime) -> NextSearch:
    """Return when the schedule starts the next searches for watches."""
    if not runs_anywhere(service_rows(store), ServiceName.SCHEDULER, now):
        return NextSearch(has_scheduler=False)
    conditions, entries = RunConditions(store, settings, now), schedule_entries(store)
    early = EarlyStarts(store, settings).times(entries, now)
    jobs = open_jobs(store)
    running = {job.spider for job in jobs}
    changed_at = last_watch_change(store)
    times, busy = [], []
    for entry in entries:
        program = None if entry.has_route else programs().get(entry.spider or "")
        if program is None or not any(watch.needs(program) for watch in watches) or conditions.obstacle(entry):
            continue
        if changed_at and any(job.entry == entry.name and was_started_since(job, changed_at) for job in jobs):
            return NextSearch(has_scheduler=True, running=program.key, is_included=True)
        planned = [time for time in (early.get(entry.name), next_due(entry, now)) if time]
        if planned and (program.key in running or conditions.is_running(program.key)):
            busy.append(program.key)
        elif planned:
            times.append(max(min(planned), conditions.blocked_until(program.key) or now))
    return NextSearch(has_scheduler=True, at=min(times, default=None), running=next(iter(busy), ""))
