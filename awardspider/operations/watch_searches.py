"""The searches that watches for awards cause: requests by program, days of a crawl, and why nothing is searched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from scrapy.settings import BaseSettings

from awardspider.operations.texts import number_of
from awardspider.programs import Access, programs
from awardspider.search.budgets import Budget, effective_budget, parse_budget
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.expansion import describe_cuts
from awardspider.search.obstacles import Obstacle, find_obstacle
from awardspider.search.request_estimates import requests_per_crawl
from awardspider.search.watch_text import Line
from awardspider.search.watches import Watch
from awardspider.storage.store import Store
from awardspider.storage.watches import find_watches


class Requests(NamedTuple):
    """The requests of one crawl of all days that a watch or several cause, keyed by program."""

    name: str
    by_program: dict[str, int]


def by_program(counts: Mapping[str, int]) -> str:
    """Return numbers of requests, the largest first, such as `american 16, united 8`."""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return ", ".join(f"{key} {count:,}" for key, count in ordered)


def without_key(settings: Mapping[str, Any]) -> frozenset[str]:
    """Return the programs that need a key and have none: such a program is searched only if a watch names it."""
    keys = BaseSettings({"AWARD_KEYS": settings["AWARD_KEYS"]}).getdict("AWARD_KEYS")
    return frozenset(key for key, program in programs().items() if program.access is Access.KEY and not keys.get(key))


class WatchSearches:
    """The searches of watches at a time, with the settings' keys and budgets, and what each program can search."""

    def __init__(
        self,
        store: Store,
        settings: Mapping[str, Any],
        capabilities: Mapping[str, SearchCapabilities],
        now: datetime,
    ) -> None:
        self._store = store
        self._settings = settings
        self._capabilities = capabilities
        self._now = now

    def obstacle(self, watch: Watch) -> Obstacle | None:
        """Return why nothing is searched for a watch."""
        return find_obstacle(watch, self._now, without_key=self._without_key)

    def describe(self, watch: Watch) -> Iterator[Line]:
        """Yield how many requests a watch needs, what is not searched, and where a budget does not suffice."""
        if obstacle := self.obstacle(watch):
            yield Line("searches", f"nothing, because {obstacle.text}")
            return
        own, all_active = self.requests([watch])
        if not own.by_program:
            yield Line("searches", "nothing, because no program serves its routes on its dates")
            return
        searches = number_of(sum(own.by_program.values()), "request")
        yield Line("searches", f"{searches} for all days once: {by_program(own.by_program)}")
        for note in describe_cuts(watch):
            yield Line("", note.removeprefix(f'watch "{watch.name}": '))
        days = {key: days for key, days in self.crawl_days(all_active).items() if key in own.by_program}
        if days:
            takes = ", ".join(f"{key} {number_of(number, 'day')}" for key, number in days.items())
            yield Line("", f"within the budgets, all days of all active watches take: {takes}")

    def requests(self, watches: Iterable[Watch]) -> list[Requests]:
        """Return the requests a day of each active watch, and then of all stored ones together."""
        rows = [Requests(watch.name, self._count([watch])) for watch in watches if watch.active]
        total = self._count([stored.watch for stored in find_watches(self._store, now=self._now)])
        return [*rows, Requests("all active watches", total)]

    def capabilities_for(self, watches: Sequence[Watch]) -> dict[str, SearchCapabilities]:
        """Return what the programs can search that a crawl for these watches can include, by program."""
        # Without a key, a program is crawled only if a watch names it.
        unused = {key for key in self._without_key if not any(watch.names_source(key) for watch in watches)}
        return {key: value for key, value in self._capabilities.items() if key not in unused}

    def _count(self, watches: Sequence[Watch]) -> dict[str, int]:
        return requests_per_crawl(watches, self.capabilities_for(watches), self._now)

    def budget_notes(self, requests: Requests) -> Iterator[str]:
        """Yield a note about each program that needs more requests than its budget allows a day."""
        for key, days in self.crawl_days(requests).items():
            takes = f"so a crawl of all days takes {days} days" if days else "so nothing is searched"
            limit = self._budget(key)
            yield f"{key}: {requests.by_program[key]:,} requests, but its budget is {limit:,} a day, {takes}"

    def crawl_days(self, requests: Requests) -> dict[str, int]:
        """Return the days that a crawl takes, by program, if that is more than one; 0 if a budget allows nothing."""
        days = {}
        for key, number in requests.by_program.items():
            limit = self._budget(key)
            if limit is not None and number > limit:
                days[key] = -(-number // limit) if limit else 0
        return days

    def _budget(self, program: str) -> int | None:
        """Return the requests a day that a program's budget allows; None without a limit."""
        return effective_budget(programs()[program], self._budgets).per_day

    @cached_property
    def _budgets(self) -> dict[str, Budget]:
        return parse_budget(self._settings["AWARD_BUDGET"])

    @cached_property
    def _without_key(self) -> frozenset[str]:
        return without_key(self._settings)
