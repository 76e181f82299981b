"""Which routes a source of many programs scans: where it scans none, an empty answer says nothing of the seats."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from awardspider.items import MonitoredRoutes, Search, SearchKind
from awardspider.programs import Program
from awardspider.search.dates import bookable, today_at
from awardspider.search.regions import region
from awardspider.search.watches import Watch

Route = tuple[str, str]

LISTS_LAST = timedelta(days=7)


class Monitored:
    """What the source's own lists say of some routes; of programs without a list, and of other routes, nothing."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._listed: dict[str, datetime] = {}
        self._days: dict[Route, dict[str, int | None]] = {route: {} for route in routes}

    def note(self, listed: MonitoredRoutes) -> None:
        """Take a program's list in place of the one before."""
        self._listed[listed.program] = listed.seen_at
        for days_of in self._days.values():
            days_of.pop(listed.program, None)
        for route in listed.routes:
            if (days := self._days.get((route.origin, route.destination))) is not None:
                days[listed.program] = route.days_ahead

    def due(self, programs: Iterable[str], now: datetime) -> list[str]:
        """Those of the programs whose list is missing or older than a week, in their order."""
        return [key for key in programs if key not in self._listed or now - self._listed[key] >= LISTS_LAST]

    def scans(self, program: str, route: Route, ahead: int) -> bool | None:
        """Whether a program's route is scanned so many days ahead; None where that is not known."""
        if program not in self._listed or route not in self._days:
            return None
        days = self._days[route]
        if program not in days:
            return False
        reach = days[program]
        return reach is None or ahead <= reach


def wanted_programs(watches: Iterable[Watch], program: Program) -> list[str]:
    """The programs that a source tells of and that some active watch wants, in the source's order."""
    active = [watch for watch in watches if watch.active]
    return [key for key in program.programs if any(watch.wants_any_of(key, program.key) for watch in active)]


def lists_due(programs: Iterable[str], *, source: Program, monitored: Monitored, now: datetime) -> list[Search]:
    """A search for the list of routes of each program, where it is missing or a week old."""
    today = now.date()
    return [
        Search(
            program=source.key,
            kind=SearchKind.ROUTES,
            origin="any",
            destination="any",
            first=today,
            last=today,
            target_program=key,
        )
        for key in monitored.due(programs, now)
    ]


def is_scanned(
    search: Search, watches: Iterable[Watch], *, source: Program, monitored: Monitored, now: datetime
) -> bool | None:
    """Whether what a search asks for is scanned, for a wanted program and as far ahead as it is wanted.

    False where no list of any wanted program has it; None where lists are missing that could have it.
    """
    said = {monitored.scans(*wanted) for wanted in _wanted(search, watches, source, now)}
    return True if True in said else None if None in said or not said else False


def _wanted(search: Search, watches: Iterable[Watch], source: Program, now: datetime) -> set[tuple[str, Route, int]]:
    """Each program and route that a search is for, with the days from today to the first that is wanted."""
    found: set[tuple[str, Route, int]] = set()
    for watch in watches:
        if not watch.active:
            continue
        programs = [search.target_program] if search.target_program else wanted_programs([watch], source)
        for route in watch.routes:
            if _is_among(route, search):
                today = today_at(route[0], now)
                if days := bookable(watch.spans, today, source.booking_window_days):
                    found.update((key, route, (days[0].first - today).days) for key in programs)
    if not found and search.is_of_one_route:  # a look that no watch asked for
        return {(key, (search.origin, search.destination), 0) for key in source.programs}
    return found


def _is_among(route: Route, search: Search) -> bool:
    if search.is_of_one_route:
        return route == (search.origin, search.destination)
    return (region(route[0]), region(route[1])) == (search.origin, search.destination)
