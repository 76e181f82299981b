"""The schedule as people read it: each entry with its next start and its latest job, and what is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from awardspider.operations.due_times import next_due
from awardspider.operations.early_starts import EarlyStarts
from awardspider.operations.manual_starts import NO_SCHEDULER
from awardspider.operations.run_conditions import RunConditions
from awardspider.programs import programs
from awardspider.storage.schedule import ScheduleEntry, schedule_entries
from awardspider.storage.scheduled_jobs import ScheduledJob, latest_jobs
from awardspider.storage.services import ServiceName, runs_anywhere, service_rows
from awardspider.storage.store import Store

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """An entry, its latest job, and when it is due next."""

    entry: ScheduleEntry
    job: ScheduledJob | None
    next_at: datetime | None


def list_schedule(store: Store, settings: BaseSettings, now: datetime) -> list[ScheduleRow]:
    """Return the rows of the schedule: those that are due first come first, and paused ones last."""
    entries = schedule_entries(store)
    return schedule_rows(entries, latest_jobs(store), EarlyStarts(store, settings).times(entries, now), now)


def schedule_rows(
    entries: Iterable[ScheduleEntry], jobs: dict[str, ScheduledJob], early: Mapping[str, datetime], now: datetime
) -> list[ScheduleRow]:
    """Return the rows of a schedule: those that are due first come first, and paused ones last.

    `early` are the times of the entries that start earlier than they are due, by name.
    """
    rows = []
    for entry in entries:
        times = [time for time in (next_due(entry, now), early.get(entry.name)) if time]
        rows.append(ScheduleRow(entry=entry, job=jobs.get(entry.name), next_at=min(times, default=None)))
    return sorted(rows, key=lambda row: (row.next_at is None, row.next_at or now, row.entry.name))


def schedule_notes(
    store: Store,
    settings: BaseSettings,
    entries: Sequence[ScheduleEntry],
    spiders: Collection[str],
    now: datetime,
) -> Iterator[str]:
    """Yield a sentence for each thing that keeps the schedule from working; `spiders` are the names of all spiders."""
    if not is_scheduler_running(store, now):
        yield NO_SCHEDULER
    if not entries:
        yield "no entries; scrapy schedule import stores the default schedule"
        return
    for entry in entries:
        if entry.spider and entry.spider not in spiders:
            yield f"{entry.name}: there is no spider {entry.spider}; scrapy schedule remove {entry.name}"
    conditions = RunConditions(store, settings, now)
    scheduled = {entry.spider for entry in entries}
    missing = [each for each in programs().values() if each.key not in scheduled and conditions.is_needed(each)]
    by_reason: dict[str, list[str]] = {}
    for program in missing:
        obstacle = conditions.access_obstacle(program)
        by_reason.setdefault(obstacle.label if obstacle else "", []).append(program.key)
    if possible := by_reason.pop("", []):
        yield f"watches also need {', '.join(possible)}; scrapy schedule import adds entries for them"
    if by_reason:
        reasons = "; ".join(f"{', '.join(keys)} ({reason})" for reason, keys in by_reason.items())
        yield f"watches also need programs that cannot run: {reasons}"


def is_scheduler_running(store: Store, now: datetime) -> bool:
    """Return whether a scheduler runs on any host."""
    return runs_anywhere(service_rows(store), ServiceName.SCHEDULER, now)


def next_starts(entry: ScheduleEntry, now: datetime, count: int = 5) -> list[datetime]:
    """Return the next due times of an entry in UTC, as if each start happened on time; fewer if there are no more."""
    found: list[datetime] = []
    current = replace(entry, active=True, created_at=entry.created_at or now, changed_at=entry.changed_at or now)
    at = now
    for _ in range(count):
        due = next_due(current, at)
        if due is None:
            break
        at = max(due, at)
        found.append(at)
        current = replace(current, handled_until=at)
    return found
