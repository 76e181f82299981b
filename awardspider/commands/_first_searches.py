"""Sentences about when a new watch or source is first searched or read, or how to start that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from scrapy.settings import BaseSettings

from awardspider.operations.due_times import next_due
from awardspider.operations.early_starts import EarlyStarts
from awardspider.operations.run_conditions import RunConditions
from awardspider.programs import programs
from awardspider.search.watches import Watch
from awardspider.storage.schedule import schedule_entries
from awardspider.storage.scheduled_jobs import open_jobs
from awardspider.storage.services import ServiceName, runs_anywhere, service_rows
from awardspider.storage.store import Store

_SOON = timedelta(minutes=1)


def first_searches(store: Store, settings: BaseSettings, watches: Sequence[Watch], now: datetime) -> str:
    """Return when the schedule starts the first searches of watches that were just stored, as a sentence."""
    pronoun, owner = ("it", "its") if len(watches) == 1 else ("them", "their")
    if not runs_anywhere(service_rows(store), ServiceName.SCHEDULER, now):
        return f"No scheduler is running: start it with scrapy up, or search for {pronoun} once with scrapy crawlall."
    conditions, entries = RunConditions(store, settings, now), schedule_entries(store)
    early = EarlyStarts(store, settings).times(entries, now)
    running = {job.spider for job in open_jobs(store)}
    times, busy = [], []
    for entry in entries:
        program = programs().get(entry.spider or "")
        if program is None or not any(watch.needs(program) for watch in watches) or conditions.obstacle(entry):
            continue
        planned = [time for time in (early.get(entry.name), next_due(entry, now)) if time]
        if planned and (program.key in running or conditions.is_running(program.key)):
            busy.append(program.key)
        elif planned:
            times.append(max(min(planned), conditions.blocked_until(program.key) or now))
    if not times and not busy:
        return f"No entry of the schedule can search for {pronoun}: scrapy schedule list says why."
    if not times:
        return f"The schedule starts {owner} first searches after the current crawl of {busy[0]}."
    return f"The schedule starts {owner} first searches {_time(min(times), now)}."


def first_reading(store: Store, settings: BaseSettings, spider: str, now: datetime) -> str:
    """Return when the schedule starts the spider of a source that was just added, or how to start it."""
    entries = [entry for entry in schedule_entries(store) if entry.spider == spider]
    times = EarlyStarts(store, settings).times(entries, now)
    if times and runs_anywhere(service_rows(store), ServiceName.SCHEDULER, now):
        return f"The schedule reads it {_time(min(times.values()), now)}."
    return f"Read it: scrapy crawl {spider}"


def _time(moment: datetime, now: datetime) -> str:
    if moment <= now + _SOON:
        return "within a minute"
    return f"in {round((moment - now) / timedelta(minutes=1))} minutes, at {moment:%H:%M} UTC"
