"""The needs for searches of one program: what each route's watches need, as searches with their last time and weight.

Most routes of a large installation were never searched. Their needs depend only on their watches, so they are computed
once for all routes with the same watches, and become `SearchNeed` objects only if they come first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from operator import mul
from typing import NamedTuple

from awardspider.items import Cabin, Detail, Search, SearchKind
from awardspider.programs import Program
from awardspider.search.blocks import ALL_DAYS, Blocks, Run, block_range
from awardspider.search.capabilities import SearchCapabilities, kind_for_detail
from awardspider.search.change_rates import ChangeRates, RouteKey, days_by_lead, lead_time
from awardspider.search.dates import DateRange, month_range, today_at
from awardspider.search.expansion import Demand, Demands, Expansion, ProgramFilter
from awardspider.search.search_values import NEW_AGE, SearchNeed, closeness, saved_waiting
from awardspider.search.served_routes import Route

# Key of a search: kind, origin, destination, first day, travelers and cabins (separated by commas).
SearchKey = tuple[SearchKind, str, str, date, int, str]

# A demand, the number of watches with it, and the days that it needs.
_Waiting = tuple[Demand, int, Sequence[DateRange]]

_DAY = timedelta(days=1)
_UNKNOWN = closeness((), None)  # without a known price


class MonthPrice(NamedTuple):
    """The lowest known miles for each of `travelers` on the days of a month, in one cabin of a program."""

    month: date
    cabin: Cabin
    miles: int
    travelers: int
    program: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """The knowledge of past crawls about one program. Without any, all searches are new.

    `last_searches` has the time of the last attempt of each search, keyed by kind, origin, destination, first day,
    number of travelers and cabins.
    """

    last_searches: Mapping[SearchKey, datetime] = field(default_factory=dict)
    rates: ChangeRates = field(default_factory=ChangeRates)
    prices: Mapping[Route, Sequence[MonthPrice]] = field(default_factory=dict)


class Scope(NamedTuple):
    """The fields that the searches of a route have in common, except the route and the days."""

    kind: SearchKind
    travelers: int
    cabins: tuple[Cabin, ...]


class NewNeed(NamedTuple):
    """The need for a run of searches that were never sent, on any route; `score` is their value per cost."""

    score: float
    scope: Scope
    run: Run
    weights: Weights


class Weights(NamedTuple):
    """The watches that wait for a search, as `SearchNeed` describes them."""

    watches: int
    priority: float
    closeness: float
    price_ratio: float | None
    max_age: timedelta


class ProgramNeeds:
    """The needs of one program at an aware time. Raises InvalidArgument for a detail that it does not offer."""

    def __init__(
        self,
        program: Program,
        capabilities: SearchCapabilities,
        expansion: Expansion,
        *,
        now: datetime,
        knowledge: Knowledge,
        detail: Detail | None,
    ) -> None:
        self._program = program
        self._capabilities = capabilities
        self._expansion = expansion
        self._now = now
        self._detail = detail
        self._prices = knowledge.prices
        self._main_kind = kind_for_detail(program.key, capabilities.kinds, detail)
        self._lengths = {kind: capabilities.block_days(kind, program.booking_window_days) for kind in SearchKind}
        self._last_times = _by_scope(knowledge.last_searches, self._lengths)
        self._known = {route for route, _ in self._last_times} | self._prices.keys()
        self._rates = knowledge.rates
        self._days: dict[str, date] = {}  # today, by origin
        self._blocks: dict[tuple[SearchKind, date], Blocks] = {}
        self._scopes: dict[tuple[tuple[Cabin, ...], int], list[Scope]] = {}
        self._included: dict[tuple[ProgramFilter, str], bool] = {}
        self._kinds = {self._main_kind, *capabilities.kinds}
        self._waiting_in: dict[tuple[SearchKind, date], dict[Run, float]] = {}
        self._waiting: dict[SearchKind, tuple[float, ...]] = {}

    def today(self, origin: str) -> date:
        """Return the local date at an origin."""
        if origin not in self._days:
            self._days[origin] = today_at(origin, self._now)
        return self._days[origin]

    def is_known(self, route: Route) -> bool:
        """Return whether anything is known of a route, so that its needs differ from those of other routes."""
        return route in self._known

    def new_needs(self, demands: Demands, today: date) -> list[NewNeed]:
        """Return the needs of each route of which nothing is known, for watches with these demands."""
        found = []
        for scope, waiting in self._by_scope(demands, today).items():
            blocks = self._blocks_of(scope.kind, today)
            waiting_in = self._waiting_in.setdefault((scope.kind, today), {})
            for days, own in _segments(waiting, blocks):
                weights = _weights(own)
                factor = weights.watches * weights.priority * weights.closeness
                for run in blocks.split(days):
                    if run not in waiting_in:
                        by_lead = days_by_lead(run.first, run.last, self._now.date())  # as in `rank`
                        waiting_in[run] = sum(map(mul, by_lead, self._waiting_by_lead(scope.kind)))
                    # The value per cost, as `search_values.rank` computes it without observations.
                    found.append(NewNeed(factor * waiting_in[run] / run.number, scope, run, weights))
        return found

    def month_values(self, months: Sequence[date]) -> list[float]:
        """Return an upper bound of the score of a new search of each month, for a watch of the weight 1.

        If one search covers the entire window, all bounds are equal.
        """
        return [_UNKNOWN * max(self._month_value(kind, month) for kind in self._kinds) for month in months]

    def _month_value(self, kind: SearchKind, month: date) -> float:
        waiting, length = self._waiting_by_lead(kind), self._lengths[kind]
        today, utc, found = self._now.date(), self._now.astimezone(UTC).date(), 0.0
        for shift in (-1, 0, 1):  # local dates differ from the UTC date by at most a day
            local = utc + shift * _DAY
            if length == ALL_DAYS:
                window = days_by_lead(local, local + timedelta(days=self._program.booking_window_days), today)
                found = max(found, sum(map(mul, window, waiting)))
                continue
            first, last = month_range(month)
            if not length:
                found = max(found, sum(map(mul, days_by_lead(max(first, local), last, today), waiting)))
            else:  # a search can start in the month before
                leads = range(lead_time((first - today).days - length), lead_time((last - today).days) + 1)
                found = max(found, length * max(waiting[lead] for lead in leads))
        return found

    @property
    def margin(self) -> int | None:
        """Return the days that a search can extend beyond the month of a watched day; None means all days."""
        length = self._lengths[self._main_kind]
        return None if length == ALL_DAYS else max(0, length - 1)

    def count(self, need: SearchNeed) -> int:
        """Return the number of searches in a need."""
        return round(need.cost / self._capabilities.cost)

    def needs(self, route: Route, demands: Demands) -> Iterator[SearchNeed]:
        """Yield the needs of a route with all that is known of it, for watches with these demands."""
        today = self.today(route[0])
        lowest = partial(self._lowest, route) if route in self._prices else None
        for scope, waiting in self._by_scope(demands, today).items():
            blocks = self._blocks_of(scope.kind, today)
            last_times = self._last_times.get((route, scope), {})
            for segment, own in _segments(waiting, blocks):
                new = []
                for days in blocks.each((segment,)):
                    last_at = last_times.get(blocks.start(days.first))
                    if last_at is None:
                        new.append(days)
                    else:
                        weights = _weights(own, lowest and partial(lowest, days))
                        yield self.build(route, scope, Run(*days, 1), weights, last_at)
                for run in blocks.runs(new):
                    weights = _weights(own, lowest and partial(lowest, DateRange(run.first, run.last)))
                    yield self.build(route, scope, run, weights)

    def build(
        self, route: Route, scope: Scope, run: Run, weights: Weights, last_at: datetime | None = None
    ) -> SearchNeed:
        """Return a need as an object."""
        search = Search(
            program=self._program.key,
            kind=scope.kind,
            origin=route[0],
            destination=route[1],
            first=run.first,
            last=run.last,
            cabins=scope.cabins,
            travelers=scope.travelers,
        )
        return SearchNeed(
            search=search,
            watches=weights.watches,
            priority=weights.priority,
            closeness=weights.closeness,
            price_ratio=weights.price_ratio,
            max_age=weights.max_age,
            last_at=last_at,
            cost=self._capabilities.cost * run.number,
        )

    def _lowest(self, route: Route, days: DateRange, demand: Demand) -> list[int]:
        """Return the lowest known price of each month of `days` that could satisfy a demand but for its limit."""
        first, last = days.first.replace(day=1), days.last
        by_month: dict[date, int] = {}
        for month, cabin, miles, travelers, program in self._prices.get(route, ()):
            if (
                first <= month <= last
                and travelers == demand.travelers
                and (not demand.cabins or cabin in demand.cabins)
                and self._includes(demand, program)
            ):
                by_month[month] = min(miles, by_month.get(month, miles))
        return [by_month[month] for month in sorted(by_month)]

    def _includes(self, demand: Demand, program: str) -> bool:
        """Return whether the watches with a demand include this program."""
        key = demand.includes, program
        if key not in self._included:
            self._included[key] = self._expansion.includes(demand.includes, program, self._program.key)
        return self._included[key]

    def _by_scope(self, demands: Demands, today: date) -> dict[Scope, list[_Waiting]]:
        """Return the demands of each scope, with the days that they need."""
        by_scope: dict[Scope, list[_Waiting]] = {}
        for demand, count in demands:
            if ranges := self._expansion.bookable(demand.dates, today, self._program.booking_window_days):
                for scope in self._scopes_of(demand):
                    by_scope.setdefault(scope, []).append((demand, count, ranges))
        return by_scope

    def _scopes_of(self, demand: Demand) -> list[Scope]:
        key = demand.cabins, demand.travelers
        found = self._scopes.get(key)
        if found is None:
            groups = (
                self._capabilities.widest_groups(demand.cabins)
                if self._detail is None
                else [
                    (self._main_kind, group)
                    for group in self._capabilities.cabin_groups(self._main_kind, demand.cabins)
                ]
            )
            found = self._scopes[key] = [Scope(kind, demand.travelers, group) for kind, group in groups]
        return found

    def _blocks_of(self, kind: SearchKind, today: date) -> Blocks:
        blocks = self._blocks.get((kind, today))
        if blocks is None:
            blocks = Blocks(self._lengths[kind], today, self._program.booking_window_days)
            self._blocks[kind, today] = blocks
        return blocks

    def _waiting_by_lead(self, kind: SearchKind) -> tuple[float, ...]:
        by_lead = self._waiting.get(kind)
        if by_lead is None:
            rates = self._rates.route_rates(RouteKey(self._program.key, kind, "", ""))
            by_lead = self._waiting[kind] = tuple(saved_waiting(rate, NEW_AGE) for rate in rates)
        return by_lead


def _segments(waiting: list[_Waiting], blocks: Blocks) -> Iterator[tuple[DateRange, list[_Waiting]]]:
    """Yield consecutive blocks that the same demands need, with these demands."""
    if len(waiting) == 1:
        for days in blocks.union(waiting[0][2]):
            yield days, waiting
        return
    spans = [(days.first, days.last, each) for each in waiting for days in blocks.union(each[2])]
    edges = sorted({first for first, _, _ in spans} | {last + _DAY for _, last, _ in spans})
    for first, after in pairwise(edges):
        if own := [each for start, end, each in spans if start <= first <= end]:
            yield DateRange(first, after - _DAY), own


def _weights(waiting: Iterable[_Waiting], lowest: Callable[[Demand], Sequence[int]] | None = None) -> Weights:
    """Return the weights of the watches with these demands, of which `lowest` returns the known prices."""
    watches = 0
    weight = near = 0.0
    ratio: float | None = None
    max_age = timedelta.max
    for demand, count, _ in waiting:
        watches += count
        own = count * demand.urgency.weight
        weight += own
        max_age = min(max_age, demand.urgency.max_age)
        prices = lowest(demand) if lowest else ()
        near += own * (closeness(prices, demand.limit) if prices else _UNKNOWN)
        if prices and demand.limit:
            ratio = min(min(prices) / demand.limit, math.inf if ratio is None else ratio)
    return Weights(watches, weight / watches, near / weight, ratio, max_age)


def _by_scope(
    last_searches: Mapping[SearchKey, datetime], lengths: Mapping[SearchKind, int]
) -> dict[tuple[Route, Scope], dict[date, datetime]]:
    """Return the times of the last searches by route and scope, and by the first day of their block.

    The first day of a block that is cut to the booking window changes every day; that of the block does not.
    """
    by_scope: dict[tuple[Route, Scope], dict[date, datetime]] = {}
    for (kind, origin, destination, first, travelers, cabins), at in last_searches.items():
        group = tuple(map(Cabin, filter(None, cabins.split(","))))
        times = by_scope.setdefault(((origin, destination), Scope(kind, travelers, group)), {})
        start = block_range(first, lengths[kind]).first
        times[start] = max(at, times.get(start, at))
    return by_scope
