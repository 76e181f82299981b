"""Routes that a source covering many programs monitors; for any other route, an empty response proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from awardspider.items import ANY_PLACE, MonitoredRoutes, Search, SearchKind
from awardspider.programs import Program
from awardspider.search.dates import today_at
from awardspider.search.expansion import leg_routes
from awardspider.search.seatsaero_regions import seatsaero_regions
from awardspider.search.watches import Leg, Watch

Route = tuple[str, str]

MAX_LIST_AGE = timedelta(days=7)


class RouteLists:
    """A source's lists of monitored routes, one per program, limited to the relevant routes.

    Nothing is known about a program without a list or about a route that is not relevant.
    """

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._seen_at: dict[str, datetime] = {}
        self._days_ahead: dict[Route, dict[str, int | None]] = {route: {} for route in routes}

    def add(self, listed: MonitoredRoutes) -> None:
        """Add a program's list, replacing any earlier list."""
        self._seen_at[listed.program] = listed.seen_at
        for days_ahead in self._days_ahead.values():
            days_ahead.pop(listed.program, None)
        for route in listed.routes:
            if (by_program := self._days_ahead.get((route.origin, route.destination))) is not None:
                by_program[listed.program] = route.days_ahead

    def due(self, programs: Iterable[str], now: datetime) -> list[str]:
        """Return the programs whose list is missing or older than MAX_LIST_AGE."""
        return [key for key in programs if key not in self._seen_at or now - self._seen_at[key] >= MAX_LIST_AGE]

    def contains(self, program: str, route: Route, days_ahead: int) -> bool | None:
        """Return whether a route is monitored for a program `days_ahead` days ahead; None if unknown."""
        if program not in self._seen_at or route not in self._days_ahead:
            return None
        by_program = self._days_ahead[route]
        if program not in by_program:
            return False
        limit = by_program[program]
        return limit is None or days_ahead <= limit


def watched_programs(watches: Iterable[Watch], source: Program) -> list[str]:
    """Return the source's programs that at least one active watch includes, in the source's order."""
    active = [watch for watch in watches if watch.active]
    return [key for key in source.programs if any(watch.includes(key, source.key) for watch in active)]


def monitored_by(lists: RouteLists, programs: Sequence[str]) -> Callable[[Route], bool | None]:
    """Return a function that returns whether a route is monitored for any of these programs; None if unknown."""

    def is_monitored_route(route: Route) -> bool | None:
        found = {lists.contains(program, route, 0) for program in programs}
        return True if True in found else None if None in found or not found else False

    return is_monitored_route


def due_list_searches(programs: Iterable[str], *, source: Program, lists: RouteLists, now: datetime) -> list[Search]:
    """Return a route-list search for each program whose list is due."""
    today = now.date()
    return [
        Search(
            program=source.key,
            kind=SearchKind.ROUTES,
            origin=ANY_PLACE,
            destination=ANY_PLACE,
            first=today,
            last=today,
            target_program=key,
        )
        for key in lists.due(programs, now)
    ]


def is_monitored(
    search: Search, watches: Iterable[Watch], *, source: Program, lists: RouteLists, now: datetime
) -> bool | None:
    """Return whether the source monitors any combination of program, route and day that the search covers.

    False means that the lists exclude every combination; None means that none is known to be monitored, but the lists
    do not exclude all of them.
    """
    found = {lists.contains(*scope) for scope in _scopes(search, watches, source, now)}
    return True if True in found else None if None in found or not found else False


def _scopes(search: Search, watches: Iterable[Watch], source: Program, now: datetime) -> set[tuple[str, Route, int]]:
    """Return each program and route that a search covers, with the days from today to the first watched day."""
    found: set[tuple[str, Route, int]] = set()
    for watch in watches:
        if not watch.active:
            continue
        for leg in watch.legs:
            routes = _routes_in_scope(leg, search)
            if routes:
                programs = [search.target_program] if search.target_program else watched_programs([watch], source)
            for route in routes:
                today = today_at(route[0], now)
                if days := leg.dates.ranges(today, source.booking_window_days):
                    found.update((key, route, (days[0].first - today).days) for key in programs)
    if not found and search.is_of_one_route:  # a search without a watch, such as a probe
        return {(key, (search.origin, search.destination), 0) for key in source.programs}
    return found


def _routes_in_scope(leg: Leg, search: Search) -> list[Route]:
    if search.is_of_one_route:
        is_included = search.origin in leg.origin and search.destination in leg.destination
        return [(search.origin, search.destination)] if is_included else []
    return [
        (origin, destination)
        for origin, destination in leg_routes(leg)
        if search.origin in seatsaero_regions(origin) and search.destination in seatsaero_regions(destination)
    ]
