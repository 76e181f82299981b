"""Early starts: a new watch or source of promotions does not wait for the interval of the entry that serves it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from awardspider.programs import programs
from awardspider.promotion_sources import SPIDERS_OF_ADDED_SOURCES, built_in_sources
from awardspider.search.budgets import effective_budget, parse_budget, remaining_budget
from awardspider.search.watches import Watch
from awardspider.storage.promotion_sources import added_sources
from awardspider.storage.schedule import ScheduleEntry
from awardspider.storage.scheduled_jobs import last_submissions
from awardspider.storage.searches import count_sent_searches
from awardspider.storage.store import Store
from awardspider.storage.watches import find_watches, last_watch_change

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

#: The least time between two starts of a spider, so that a series of edits does not start it for each of them.
MIN_GAP = timedelta(minutes=10)


class _State(NamedTuple):
    """The state from which it follows whether a watch of an entry is new."""

    entry: ScheduleEntry
    watches_at: datetime | None


class EarlyStarts:
    """The entries with an interval that start earlier, because of watches and sources that are newer than their start.

    The result for an entry is computed again only after the entry or a watch was changed.
    """

    def __init__(self, store: Store, settings: BaseSettings) -> None:
        self._store = store
        self._settings = settings
        #: The latest change of a watch that an entry serves, by the name of the entry.
        self._changes: dict[str, tuple[_State, datetime | None]] = {}

    def times(self, entries: Iterable[ScheduleEntry], now: datetime) -> dict[str, datetime]:
        """Return when entries start early, by name; without those of programs whose budget is used up."""
        changes = self._latest_changes([entry for entry in entries if _can_be_early(entry)], now)
        if not changes:
            return {}
        submitted = last_submissions(self._store)
        found = {}
        for entry, changed_at in changes:
            spider = str(entry.spider)
            last = submitted.get(spider)
            found[entry.name] = max(changed_at, last + MIN_GAP) if last else changed_at
        return {entry.name: found[entry.name] for entry, _ in changes if self._has_budget(str(entry.spider), now)}

    def _latest_changes(self, entries: Iterable[ScheduleEntry], now: datetime) -> list[tuple[ScheduleEntry, datetime]]:
        """Return the entries that a watch or source needs which was changed since they were handled, and when."""
        watches_at = last_watch_change(self._store)
        sources = self._sources_by_spider()
        watches: list[tuple[Watch, datetime]] | None = None
        found = []
        for entry in entries:
            if entry.spider not in programs():
                changed_at = _newest(entry, sources.get(str(entry.spider), ()))
            elif watches_at is None or not _is_new(entry, watches_at):
                changed_at = None
            else:
                state = _State(entry, watches_at)
                if self._changes.get(entry.name, (None,))[0] != state:
                    if watches is None:
                        stored = find_watches(self._store, now=now)
                        watches = [(each.watch, each.changed_at) for each in stored]
                    program = programs()[entry.spider]
                    needed = (at for watch, at in watches if _is_new(entry, at) and watch.needs(program))
                    self._changes[entry.name] = state, max(needed, default=None)
                changed_at = self._changes[entry.name][1]
            if changed_at is not None and changed_at <= now:
                found.append((entry, changed_at))
        return found

    def _sources_by_spider(self) -> Mapping[str, list[datetime]]:
        found: dict[str, list[datetime]] = {}
        for added in added_sources(self._store):
            built_in = built_in_sources().get(added.url)
            if spider := built_in.spider if built_in else SPIDERS_OF_ADDED_SOURCES.get(added.kind):
                found.setdefault(spider, []).append(added.added_at)
        return found

    def _has_budget(self, spider: str, now: datetime) -> bool:
        program = programs().get(spider)
        if program is None:
            return True
        chosen = parse_budget(self._settings["AWARD_BUDGET"])
        budget = chosen.get(spider) if self._settings["AWARD_SANDBOX_URL"] else effective_budget(program, chosen)
        if budget is None:
            return True
        return remaining_budget(spider, budget, partial(count_sent_searches, self._store, now=now), now) != 0


def _can_be_early(entry: ScheduleEntry) -> bool:
    """Return whether an entry searches for watches or reads sources, was handled before, and has an interval."""
    is_general = entry.spider is not None and not entry.has_route
    return entry.active and is_general and entry.every_seconds is not None and entry.handled_until is not None


def _is_new(entry: ScheduleEntry, changed_at: datetime) -> bool:
    return entry.handled_until is not None and changed_at > entry.handled_until


def _newest(entry: ScheduleEntry, times: Iterable[datetime]) -> datetime | None:
    return max((at for at in times if _is_new(entry, at)), default=None)
