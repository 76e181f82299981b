"""The schedule: when spiders and tasks start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from awardspider.outcomes import InvalidArgument
from awardspider.storage import schema
from awardspider.storage.store import Store

_entries = schema.schedule_entries.c

#: The columns that define an entry; a change of another one is no edit.
_DEFINITION = (
    "spider",
    "task",
    "cron",
    "every_seconds",
    "jitter_seconds",
    "timezone",
    "arguments",
    "max_seconds",
    "active",
)


class ScheduledTask(StrEnum):
    """Tasks of the schedule that are not crawls; each is the name of a command."""

    PRUNE = "prune"
    BACKUP = "backup"


class EntryChange(StrEnum):
    """Results of saving an entry."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleEntry:
    """An entry of the schedule: a spider or a task, and either a cron expression or an interval.

    `cron` has five fields and is evaluated in `timezone`. Each start is up to `jitter_seconds` later than it is due.
    `arguments` are those of the spider. A crawl or task that runs for more than `max_seconds` is canceled.
    `handled_until` is the time until which every start was made or skipped; it is None before the first one.
    """

    name: str
    spider: str | None = None
    task: ScheduledTask | None = None
    cron: str | None = None
    every_seconds: int | None = None
    jitter_seconds: int = 0
    timezone: str = "UTC"
    arguments: Mapping[str, str] = field(default_factory=dict)
    max_seconds: int
    active: bool = True
    created_at: datetime | None = None
    changed_at: datetime | None = None
    handled_until: datetime | None = None

    @property
    def subject(self) -> str:
        """Return the name of the spider or task."""
        return self.spider or str(self.task)

    @property
    def has_route(self) -> bool:
        """Return whether the arguments name a route. Without one, the spider of a program searches for all watches."""
        return "origin" in self.arguments

    def definition(self) -> dict[str, Any]:
        """Return the values of the columns that an edit can change."""
        return {name: getattr(self, name) for name in _DEFINITION} | {"arguments": dict(self.arguments)}


def schedule_entries(store: Store) -> list[ScheduleEntry]:
    """Return all entries, sorted by name."""
    with store.reading() as connection:
        rows = connection.execute(select(schema.schedule_entries).order_by(_entries.name)).mappings().all()
    return [_entry(row) for row in rows]


def find_schedule_entry(store: Store, name: str) -> ScheduleEntry | None:
    """Return the entry with a name, or None."""
    with store.reading() as connection:
        row = connection.execute(select(schema.schedule_entries).where(_entries.name == name)).mappings().first()
    return _entry(row) if row else None


def add_schedule_entry(store: Store, entry: ScheduleEntry, *, now: datetime) -> None:
    """Add an entry. Raise InvalidArgument if there is one with its name."""
    with store.writing() as connection:
        try:
            with connection.begin_nested():
                _insert(connection, entry, now)
        except IntegrityError:
            raise InvalidArgument(
                f"there is an entry {entry.name!r} already: change it, or give this one a name"
            ) from None


def save_schedule_entries(store: Store, entries: Iterable[ScheduleEntry], *, now: datetime) -> dict[str, EntryChange]:
    """Add entries, or change those with the same names; return what happened to each, keyed by name.

    Which starts were handled is kept. An entry that is the same as the stored one is not written.
    """
    changes: dict[str, EntryChange] = {}
    with store.writing() as connection:
        for entry in entries:
            stored = locked_entry(connection, entry.name)
            if stored is None:
                changes[entry.name] = EntryChange.ADDED
                _insert(connection, entry, now)
            elif stored.definition() == entry.definition():
                changes[entry.name] = EntryChange.UNCHANGED
            else:
                changes[entry.name] = EntryChange.CHANGED
                _update(connection, entry.name, **entry.definition(), changed_at=now)
    return changes


def set_entry_active(store: Store, name: str, active: bool, *, now: datetime) -> EntryChange | None:
    """Pause or resume an entry. Return None if there is no such entry."""
    entry = find_schedule_entry(store, name)
    return save_schedule_entries(store, [replace(entry, active=active)], now=now)[name] if entry else None


def remove_schedule_entry(store: Store, name: str) -> bool:
    """Remove an entry; its jobs stay. Return False if there is no such entry."""
    with store.writing() as connection:
        return connection.execute(delete(schema.schedule_entries).where(_entries.name == name)).rowcount > 0


def locked_entry(connection: Connection, name: str) -> ScheduleEntry | None:
    """Return an entry, locked until the transaction ends, or None."""
    query = select(schema.schedule_entries).where(_entries.name == name).with_for_update()
    row = connection.execute(query).mappings().first()
    return _entry(row) if row else None


def mark_handled(connection: Connection, name: str, until: datetime) -> None:
    """Record that every start of an entry until a time was made or skipped."""
    _update(connection, name, handled_until=until)


def _insert(connection: Connection, entry: ScheduleEntry, now: datetime) -> None:
    values = entry.definition() | {"name": entry.name, "created_at": now, "changed_at": now}
    connection.execute(insert(schema.schedule_entries).values(**values))


def _update(connection: Connection, name: str, **values: Any) -> None:
    connection.execute(update(schema.schedule_entries).where(_entries.name == name).values(**values))


def _entry(row: RowMapping) -> ScheduleEntry:
    return ScheduleEntry(**{**row, "task": ScheduledTask(row["task"]) if row["task"] else None})
