"""The cost and health of the searches of a watch: requests a day, budgets, and failing programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache

from scrapy.settings import BaseSettings

from awardspider.operations.run_conditions import RunConditions
from awardspider.operations.watch_searches import Requests, WatchSearches
from awardspider.panel.configuration import PanelConfig
from awardspider.programs import programs
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.obstacles import Obstacle
from awardspider.search.request_estimates import requests_per_crawl
from awardspider.search.watches import Watch
from awardspider.storage.incidents import Incident, unresolved_incidents
from awardspider.storage.programs import ProgramState, program_states
from awardspider.storage.sandbox_states import state_suffix


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCost:
    """The requests of one crawl of all days, by program, and the days that it takes within the budgets, if several.

    `days` is 0 for a program whose budget allows nothing.
    """

    by_program: Mapping[str, int]
    days: Mapping[str, int]

    @property
    def total(self) -> int:
        """Return the requests at all programs."""
        return sum(self.by_program.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramProblem:
    """A reason why a program that a watch needs is not searched, or why its searches fail.

    `kind` is `no_access`, `blocked` or `failing`; `note` says why, and a block has its end.
    """

    program: str
    kind: str
    note: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHealth:
    """Why nothing is searched for a watch, or the problems of its programs. `searched_at` is the last success."""

    obstacle: Obstacle | None = None
    problems: tuple[ProgramProblem, ...] = ()
    searched_at: datetime | None = None
    is_partial: bool = False


def crawl_settings(config: PanelConfig) -> BaseSettings:
    """Return the settings as crawls have them: a setting that is missing is None."""
    return BaseSettings({**config.settings, "AWARD_DATA_DIR": str(config.data_dir)})


class WatchCosts:
    """The searches of watches for one page. What pages share is read once."""

    def __init__(self, config: PanelConfig, now: datetime) -> None:
        self._config = config
        self._now = now
        capabilities = config.capabilities() if config.capabilities else None
        self.is_known = capabilities is not None
        settings = crawl_settings(config)
        self._searches = WatchSearches(config.store, settings, capabilities or {}, now)
        self._conditions = RunConditions(config.store, settings, now)
        self._problems: dict[str, ProgramProblem | None] = {}
        self._costs: dict[tuple[Watch, frozenset[str] | None], SearchCost | None] = {}

    def cost(self, watch: Watch) -> SearchCost | None:
        """Return what a watch costs, also a paused one; None if the panel does not know what programs can search."""
        key = watch, watch.reachable
        if key not in self._costs:
            self._costs[key] = self._cost((watch,))
        return self._costs[key]

    def total(self, watches: Iterable[Watch]) -> SearchCost | None:
        """Return what the active ones of several watches cost together; they share searches."""
        return self._cost(tuple(watch for watch in watches if watch.active))

    def _cost(self, watches: tuple[Watch, ...]) -> SearchCost | None:
        if not self.is_known:
            return None
        included = self._searches.capabilities_for(watches)
        hour = self._now.replace(minute=0, second=0, microsecond=0)
        reachable = tuple(watch.reachable for watch in watches)
        counts = _requests(watches, reachable, _Included(frozenset(included), included), hour)
        return SearchCost(by_program=counts, days=self._searches.crawl_days(Requests("", dict(counts))))

    def health(self, watch: Watch) -> SearchHealth:
        """Return whether the searches of an active watch work."""
        if obstacle := self._searches.obstacle(watch):
            return SearchHealth(obstacle=obstacle)
        cost = self.cost(watch)
        needed = list(cost.by_program) if cost else [key for key, each in programs().items() if watch.needs(each)]
        problems = tuple(self.problems(needed))
        times = [self._states[key].last_success_at for key in needed if key in self._states]
        failing = {problem.program for problem in problems}
        return SearchHealth(
            problems=problems,
            searched_at=max((time for time in times if time), default=None),
            is_partial=any(key not in failing for key in needed),
        )

    def problems(self, keys: Iterable[str]) -> Iterator[ProgramProblem]:
        """Yield the problem of each program that has one."""
        for key in keys:
            if key not in self._problems:
                self._problems[key] = self._problem(key)
            if problem := self._problems[key]:
                yield problem

    def _problem(self, key: str) -> ProgramProblem | None:
        state = self._states.get(key)
        if obstacle := self._conditions.access_obstacle(programs()[key]):
            return ProgramProblem(program=key, kind="no_access", note=obstacle.note)
        if state and state.blocked_until and state.blocked_until > self._now:
            note = str(state.last_block_reason or "")
            return ProgramProblem(program=key, kind="blocked", note=note, until=state.blocked_until)
        if incident := self._incidents.get(key):
            return ProgramProblem(program=key, kind="failing", note=incident.sentence)
        return None

    def unsearchable(self, watch: Watch) -> list[ProgramProblem]:
        """Return the programs that a watch includes but that cannot be searched at all."""
        keys = [key for key, program in programs().items() if watch.needs(program)]
        return [problem for problem in self.problems(keys) if problem.kind == "no_access"]

    @cached_property
    def _states(self) -> dict[str, ProgramState]:
        return program_states(self._config.store, state_suffix(self._config.settings.get("AWARD_SANDBOX_URL")))

    @cached_property
    def _incidents(self) -> dict[str, Incident]:
        return {incident.subject: incident for incident in unresolved_incidents(self._config.store, "run")}


@dataclass(frozen=True, slots=True)
class _Included:
    """The programs of a crawl, and what they can search, which is the same as long as the panel runs."""

    keys: frozenset[str]
    capabilities: Mapping[str, SearchCapabilities] = field(compare=False)


@lru_cache(maxsize=4096)
def _requests(
    watches: tuple[Watch, ...],
    reachable: tuple[frozenset[str] | None, ...],  # does not count for the equality of watches
    included: _Included,
    now: datetime,
) -> Mapping[str, int]:
    return requests_per_crawl(watches, included.capabilities, now)
