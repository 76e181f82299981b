"""Planning of a crawl: the searches that all watches need, without duplicates, in the order of their value per cost."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from operator import itemgetter, mul
from typing import NamedTuple

from awardspider.items import Detail, Search, SearchKind
from awardspider.programs import Program
from awardspider.search.blocks import Blocks, block_range
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.dates import DateRange, booking_window, clip, today_at
from awardspider.search.expansion import MAX_ROUTES, Expansion, ProgramDemands
from awardspider.search.main_airports import route_size
from awardspider.search.recent_searches import RecentSearches
from awardspider.search.search_needs import Knowledge, NewNeed, ProgramNeeds
from awardspider.search.search_values import RankedSearch, SearchNeed, rank
from awardspider.search.served_routes import Route, ServedRoutes, SkipReason
from awardspider.search.watches import Watch

_NOTES = {
    SkipReason.NETWORK: "{} routes of the watches are outside its network",
    SkipReason.ALWAYS_EMPTY: "{} routes of the watches were always empty and are tried again later",
    SkipReason.ALWAYS_REFUSED: "{} routes of the watches were refused or answered in an unknown form by every search "
    "and are tried again later",
    SkipReason.NOT_MONITORED: "{} routes of the watches are not monitored",
    SkipReason.LIMIT: "{} routes of watches with large places are left out; it is searched for at most "
    f"{MAX_ROUTES} routes of a watch and direction",
}

# A new need on a route, with its negative score.
_Candidate = tuple[float, Route, NewNeed]

# An upper bound and a score that are equal can differ in the last digits, because they are computed differently.
_ROUNDING = 1 + 1e-9

CONTROL_DAYS = 35  # from today to the day of a control search

_DAY = timedelta(days=1)


class Totals(NamedTuple):
    """The number of searches of a plan, and how many are due each day, so that none exceeds its maximum age."""

    searches: int
    per_day: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The searches that one program's watches need, best first.

    An entry of `ranked` can stand for several searches of consecutive days, which were never sent: one for each block
    of days in its `need.search`. `skipped` counts the routes that are not searched, by reason. `recent` counts the
    searches that are not repeated yet, the first of them at `next_at`. `totals` returns the number of all searches,
    even beyond the limit of the plan; it takes longer than the plan.
    """

    program: Program
    capabilities: SearchCapabilities
    now: datetime
    ranked: Sequence[RankedSearch]
    skipped: Mapping[SkipReason, int]
    totals: Callable[[], Totals]
    recent: int = 0
    next_at: datetime | None = None

    def notes(self) -> list[str]:
        """Describe the routes and searches that are left out, one sentence for each reason."""
        notes = [_NOTES[reason].format(f"{count:,}") for reason, count in sorted(self.skipped.items()) if count]
        if self.next_at is not None:
            at = f"{self.next_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            notes.append(f"{self.recent:,} recent searches are not repeated yet, the first of them at {at}")
        return notes

    def entries(self) -> Iterator[tuple[Search, RankedSearch]]:
        """Yield each search with its rank, in the order in which to send them."""
        window_days = self.program.booking_window_days
        blocks_by_kind: dict[tuple[SearchKind, date], Blocks] = {}
        for ranked in self.ranked:
            search = ranked.need.search
            key = search.kind, today_at(search.origin, self.now)
            if key not in blocks_by_kind:
                length = self.capabilities.block_days(search.kind, window_days)
                blocks_by_kind[key] = Blocks(length, key[1], window_days)
            for first, last in blocks_by_kind[key].each([DateRange(search.first, search.last)]):
                yield replace(search, first=first, last=last), ranked

    def searches(self, limit: int | None = None) -> list[Search]:
        """Return the first `limit` searches in the order in which to send them; None means all."""
        return [search for search, _ in islice(self.entries(), limit)]


def plan(
    watches: Iterable[Watch] | Expansion,
    *,
    program: Program,
    capabilities: SearchCapabilities,
    now: datetime,
    knowledge: Knowledge | None = None,
    served: ServedRoutes | None = None,
    detail: Detail | None = None,
    limit: int | None = None,
    recent: RecentSearches | None = None,
) -> Plan:
    """Return the searches that cover each watched, bookable day of a served route, without duplicates.

    A program with a calendar gets calendar searches; `day_confirmation` plans itinerary searches from their responses.
    Each day's flights are searched directly if the program has no calendar, if `detail` is itinerary, or for cabins
    that the calendar lacks. Days are local to the origin; `now` is aware. The order is that of `search_values.rank`;
    equal inputs give equal plans. Without `served`, every route counts as served. Searches that are still `recent` are
    left out. With a `limit`, the plan has the first searches only, at least that many if there are. Raises
    InvalidArgument for a detail that the program does not offer.
    """
    expansion = watches if isinstance(watches, Expansion) else Expansion(watches, now)
    knowledge = knowledge or Knowledge()
    needs = ProgramNeeds(program, capabilities, expansion, now=now, knowledge=knowledge, detail=detail)
    demands = expansion.for_program(program, served or ServedRoutes(now=now))
    selection = _Selection(needs, demands, expansion)
    recent = recent or RecentSearches(now=now)
    chosen, waiting = _without_recent(selection.select(limit), recent)
    ranked = rank(chosen, rates=knowledge.rates, now=now, sale_since=recent.sale_since)
    return Plan(
        program=program,
        capabilities=capabilities,
        now=now,
        ranked=ranked,
        skipped=demands.skipped,
        totals=selection.totals,
        recent=len(waiting),
        next_at=min(waiting, default=None),
    )


def _without_recent(needs: Iterable[SearchNeed], recent: RecentSearches) -> tuple[list[SearchNeed], list[datetime]]:
    """Return the needs whose search can be sent now, and the times from which the others can."""
    chosen, waiting = [], []
    for need in needs:
        due_at = recent.due_at(need.search, need.max_age) if need.last_at else None
        if due_at is None:
            chosen.append(need)
        else:
            waiting.append(due_at)
    return chosen, waiting


class _Selection:
    """The needs of a plan: all of known routes, and as many of the others as the limit allows.

    The others are many, so they are examined in the order of an upper bound of their value, until no remaining one
    can be among the first.
    """

    def __init__(self, needs: ProgramNeeds, demands: ProgramDemands, expansion: Expansion) -> None:
        self._needs = needs
        self._expansion = expansion
        self._month_values = needs.month_values(expansion.months())
        self._demands = demands
        self._known = [route for route in demands.groups_of if needs.is_known(route)]

    def select(self, limit: int | None) -> list[SearchNeed]:
        """Return the needs of all known routes, and the first `limit` new ones."""
        chosen = [need for route in self._known for need in self._needs_of(route)]
        new = self._all_new() if limit is None else self._best_new(limit) if limit else []
        return chosen + [self._needs.build(route, need.scope, need.run, need.weights) for _, route, need in new]

    def totals(self) -> Totals:
        """Return the number of all searches, and of those that are due each day."""
        count, per_day = 0, 0.0
        for route in self._known:
            for known in self._needs_of(route):
                searches = self._needs.count(known)
                count += searches
                per_day += searches * (_DAY / known.max_age)
        for groups in self._demands.routes_of:
            for routes, needs in self._new_needs(groups):
                for need in needs:
                    searches = len(routes) * need.run.number
                    count += searches
                    per_day += searches * (_DAY / need.weights.max_age)
        return Totals(count, per_day)

    def _all_new(self) -> list[_Candidate]:
        return [
            (-need.score, route, need)
            for groups in self._demands.routes_of
            for routes, needs in self._new_needs(groups)
            for route in routes
            for need in needs
        ]

    def _best_new(self, limit: int) -> list[_Candidate]:
        new: list[_Candidate] = []
        best: list[float] = []  # the highest scores so far, as a heap
        ordered = [(self._bound(groups), groups) for groups in self._demands.routes_of if self._demands.has_any(groups)]
        ordered.sort(key=itemgetter(0), reverse=True)
        for bound, groups in ordered:
            if len(best) == limit and best[0] > bound:
                break
            for routes, needs in self._new_needs(groups):
                for need in needs:
                    for route in routes:
                        if len(best) < limit:
                            heapq.heappush(best, need.score)
                        elif need.score < best[0]:
                            break
                        else:
                            heapq.heappushpop(best, need.score)
                        new.append((-need.score, route, need))
        return heapq.nsmallest(limit, new, key=_order)

    def _bound(self, groups: tuple[int, ...]) -> float:
        """Return an upper bound of the scores of new searches on a route."""
        weights = self._expansion.month_weights(groups, self._needs.margin)
        bound: float = max(map(mul, weights, self._month_values))
        return bound * _ROUNDING

    def _needs_of(self, route: Route) -> Iterator[SearchNeed]:
        return self._needs.needs(route, self._demands.of(self._demands.groups_of[route]))

    def _new_needs(self, groups: tuple[int, ...]) -> Iterator[tuple[Sequence[Route], Sequence[NewNeed]]]:
        """Yield the routes in exactly these groups of which nothing is known, with the needs of each of them."""
        by_day: dict[date, list[Route]] = {}
        for route in self._demands.routes_of[groups]:
            if not self._needs.is_known(route):
                by_day.setdefault(self._needs.today(route[0]), []).append(route)
        demands = self._demands.of(groups)
        for today, routes in by_day.items():
            yield routes, self._needs.new_needs(demands, today)


def _order(candidate: _Candidate) -> tuple[object, ...]:
    """Return the sort key of a new need: its value, and among equals the same order as in `search_values.rank`."""
    score, route, need = candidate
    scope, run = need.scope, need.run
    return score, scope.kind, run.first, run.last, route_size(*route), route, scope.travelers, scope.cabins


def control_search(
    program: Program, capabilities: SearchCapabilities, kind: SearchKind, now: datetime
) -> Search | None:
    """Return a search of the control route about a month from now, or None for a program without a control route.

    The search finds offers unless the site blocks us.
    """
    if program.control_route is None:
        return None
    origin, destination = program.control_route
    today = today_at(origin, now)
    day = today + timedelta(days=min(CONTROL_DAYS, program.booking_window_days))
    window = booking_window(today, program.booking_window_days)
    block = block_range(day, capabilities.block_days(kind, program.booking_window_days))
    days = clip(block, window) or DateRange(day, day)
    return Search(
        program=program.key,
        kind=kind,
        origin=origin,
        destination=destination,
        first=days.first,
        last=days.last,
        cabins=capabilities.cabin_groups(kind, ())[0],
    )
