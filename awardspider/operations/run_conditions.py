"""The conditions under which the schedule starts a spider: it can run, and something needs it."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from awardspider.environment import data_dir
from awardspider.programs import Access, Program, programs
from awardspider.promotion_sources import (
    SPIDERS_OF_ADDED_SOURCES,
    built_in_sources,
    forbidding_program,
    source_spiders,
    sources_of,
    terms_forbid,
)
from awardspider.search.budgets import effective_budget, parse_budget
from awardspider.search.watches import Watch
from awardspider.storage.processes import has_expired
from awardspider.storage.programs import program_state
from awardspider.storage.promotion_sources import active_sources, find_sources
from awardspider.storage.runs import LEASE_DURATION
from awardspider.storage.sandbox_states import SANDBOX
from awardspider.storage.schedule import ScheduleEntry
from awardspider.storage.store import Store
from awardspider.storage.watches import find_watches
from awardspider.values import publisher

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


class AccessObstacle(NamedTuple):
    """A reason for which a program must not be requested: in two words, and as a note about a skipped start."""

    label: str
    note: str


class RunConditions:
    """The conditions at one time, each read from the database at most once."""

    def __init__(self, store: Store, settings: BaseSettings, now: datetime) -> None:
        self._store = store
        self._settings = settings
        self._now = now
        self._is_live = not settings["AWARD_SANDBOX_URL"]

    def obstacle(self, entry: ScheduleEntry) -> str | None:
        """Return why a spider must or need not run, as a note such as `no active watch needs it`, or None."""
        program = programs().get(str(entry.spider))
        if program is None:
            return self._source_obstacle(str(entry.spider))
        if obstacle := self.access_obstacle(program):
            return obstacle.note
        return self._need_obstacle(program, entry)

    def access_obstacle(self, program: Program) -> AccessObstacle | None:
        """Return why a program must not be requested at all, or None."""
        key = program.key
        if program.access is Access.KEY and key not in self._keys:
            return AccessObstacle("no key", f"its key is missing (AWARD_{key.upper()}_KEY)")
        if not self._is_live:
            return None
        if program.access is Access.SIGN_IN and not (self._sessions / f"{key}.json").exists():
            return AccessObstacle("no session", f"it needs a session (scrapy login {key})")
        if program.terms_forbid and key not in self._accepted:
            note = f"its terms forbid automated access, and AWARD_ACCEPT_TERMS does not contain {key}"
            return AccessObstacle("terms not accepted", note)
        budget = effective_budget(program, parse_budget(self._settings["AWARD_BUDGET"]))
        if 0 in (budget.per_hour, budget.per_day):
            return AccessObstacle("no budget", "AWARD_BUDGET allows it no requests")
        return None

    def blocked_until(self, spider: str) -> datetime | None:
        """Return the end of a program's back-off after a block, or None."""
        until = program_state(self._store, spider if self._is_live else f"{spider}{SANDBOX}").blocked_until
        return until if until and until > self._now else None

    def is_running(self, spider: str) -> bool:
        """Return whether a live run has locked a program."""
        state = program_state(self._store, spider)
        if not state.run_id or state.heartbeat_at is None:
            return False
        return not has_expired(state.heartbeat_at, self._now, LEASE_DURATION)

    def _need_obstacle(self, program: Program, entry: ScheduleEntry) -> str | None:
        if entry.has_route or self.is_needed(program):
            return None
        return "no active watch needs it"

    def is_needed(self, program: Program) -> bool:
        """Return whether an active watch needs a program; without its key, a watch must name it."""
        if program.access is Access.KEY and program.key not in self._keys:
            return any(watch.names_source(program.key) for watch in self._watches)
        return any(watch.needs(program) for watch in self._watches)

    def _source_obstacle(self, spider: str) -> str | None:
        """Return why a spider of sources has nothing to read, or None."""
        if spider not in source_spiders():
            return None
        of_others = {url for url, source in built_in_sources().items() if source.spider != spider}
        stored = {url: source for url, source in find_sources(self._store).items() if url not in of_others}
        kinds = [kind for kind, name in SPIDERS_OF_ADDED_SOURCES.items() if name == spider]
        active = active_sources(sources_of(spider), stored, kinds=kinds)
        if not active:
            return "it has no active sources"
        if self._is_live and not any(self._may_request(spider, source.url) for source in active):
            return "the terms of its sites forbid automated access, and AWARD_ACCEPT_TERMS does not name them"
        return None

    def _may_request(self, spider: str, url: str) -> bool:
        names = {forbidding_program(url), publisher(url), spider}
        return not terms_forbid(url) or not names.isdisjoint(self._accepted)

    @cached_property
    def _watches(self) -> list[Watch]:
        return [stored.watch for stored in find_watches(self._store, now=self._now)]

    @property
    def _keys(self) -> frozenset[str]:
        return frozenset(key for key, value in self._settings.getdict("AWARD_KEYS").items() if value)

    @cached_property
    def _accepted(self) -> frozenset[str]:
        return frozenset(name.strip() for name in self._settings.getlist("AWARD_ACCEPT_TERMS"))

    @property
    def _sessions(self) -> Path:
        return data_dir(self._settings) / "sessions"
