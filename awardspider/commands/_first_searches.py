"""Sentences about when a new watch or source is first searched or read, or how to start that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from scrapy.settings import BaseSettings

from awardspider.operations.early_starts import EarlyStarts
from awardspider.operations.next_searches import next_search
from awardspider.search.watches import Watch
from awardspider.storage.schedule import schedule_entries
from awardspider.storage.scheduled_jobs import open_jobs, was_started_since
from awardspider.storage.services import ServiceName, runs_anywhere, service_rows
from awardspider.storage.store import Store

_SOON = timedelta(minutes=1)


def first_searches(store: Store, settings: BaseSettings, watches: Sequence[Watch], now: datetime) -> str:
    """Return when the schedule starts the first searches of watches that were just stored, as a sentence."""
    pronoun, owner = ("it", "its") if len(watches) == 1 else ("them", "their")
    found = next_search(store, settings, watches, now)
    if not found.has_scheduler:
        return f"No scheduler is running: start it with scrapy up, or search for {pronoun} once with scrapy crawlall."
    if found.is_included:
        return f"The current crawl of {found.running} includes {owner} first searches."
    if found.at:
        return f"The schedule starts {owner} first searches {_time(found.at, now)}."
    if found.running:
        return f"The schedule starts {owner} first searches after the current crawl of {found.running}."
    return f"No entry of the schedule can search for {pronoun}: scrapy schedule list says why."


def first_reading(store: Store, settings: BaseSettings, spider: str, added_at: datetime, now: datetime) -> str:
    """Return when the schedule starts the spider of a source that was added at a time, or how to start it."""
    entries = [entry for entry in schedule_entries(store) if entry.spider == spider]
    names = {entry.name for entry in entries}
    if runs_anywhere(service_rows(store), ServiceName.SCHEDULER, now):
        if any(job.entry in names and was_started_since(job, added_at) for job in open_jobs(store)):
            return f"The current crawl of {spider} reads it."
        if times := EarlyStarts(store, settings).times(entries, now):
            return f"The schedule reads it {_time(min(times.values()), now)}."
    return f"Read it: scrapy crawl {spider}"


def _time(moment: datetime, now: datetime) -> str:
    if moment <= now + _SOON:
        return "within a minute"
    return f"in {round((moment - now) / timedelta(minutes=1))} minutes, at {moment:%H:%M} UTC"
