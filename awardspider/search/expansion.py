"""Expansion of watches: the routes of all watches, each with what the planner needs to know about its watches.

Places and dates are expanded once for all programs. Watches with the same places are expanded together.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from awardspider.items import Cabin, Priority
from awardspider.programs import Program
from awardspider.search.criteria import is_expired
from awardspider.search.dates import DateRange, Dates
from awardspider.search.served_routes import Route, ServedRoutes, SkipReason
from awardspider.search.watches import Leg, Watch

#: The maximum number of routes of one direction of a watch that are searched at each program. A year of this many
#: routes is 480 calendars of a month, about the daily budget of most programs.
MAX_ROUTES = 40

#: The age of our knowledge at which a search precedes all others, by the highest priority of the watch's messages.
#: Offers count as outdated after 48 hours by default (AWARD_MAX_AGE_HOURS), so no age is longer.
MAX_AGES = {
    Priority.URGENT: timedelta(hours=6),
    Priority.NORMAL: timedelta(hours=24),
    Priority.DIGEST: timedelta(hours=48),
}

#: The weight of a watch in the value of a search, by the same priority. Our choice.
WEIGHTS = {Priority.URGENT: 3.0, Priority.NORMAL: 1.0, Priority.DIGEST: 0.5}

#: The months of a year and of the days before and after it: the longest booking window has 366 days.
MONTHS = 15

#: Routes of one direction of a watch above which its searches may be older and weigh less, in proportion: a watch for
#: a continent does not delay those for a few routes.
FEW_ROUTES = 10

_DAY = timedelta(days=1)
_ORDER = (Priority.URGENT, Priority.NORMAL, Priority.DIGEST)


class GroupedRoutes(NamedTuple):
    """Routes to search with the numbers of the groups that contain them, and the number of the other routes."""

    groups_of: Mapping[Route, tuple[int, ...]]
    routes_of: Mapping[tuple[int, ...], Sequence[Route]]
    skipped: Mapping[SkipReason, int]


class Urgency(NamedTuple):
    """The weight of a watch in the value of a search, and the age at which the search precedes all others."""

    weight: float
    max_age: timedelta


#: The weight of watches in each month.
MonthWeights = tuple[float, ...]


class ProgramFilter(NamedTuple):
    """The fields of a watch that decide which programs it includes."""

    programs: tuple[str, ...]
    alliances: tuple[str, ...]
    is_limited_to_points: bool
    reachable: frozenset[str] | None


class Demand(NamedTuple):
    """The needs of one direction of a watch on each of its routes. `limit` is the maximum miles in this direction."""

    includes: ProgramFilter
    dates: Dates
    travelers: int
    cabins: tuple[Cabin, ...]
    limit: int | None
    urgency: Urgency


#: Demands, each with a number of watches.
Demands = Sequence[tuple[Demand, int]]


@dataclass(frozen=True, slots=True)
class RouteGroup:
    """The directions of watches that have the same airports.

    `demands` has the number of watches with each demand, and `includes` the programs that these watches include.
    """

    number: int
    routes: tuple[Route, ...]
    demands: Demands
    includes: frozenset[ProgramFilter]


class ProgramDemands:
    """The demands for one program: those of its groups of directions, and the groups of each route to search.

    `routes_of` has the same routes as `groups_of`, by their groups. `skipped` counts the routes that are not searched,
    by reason.
    """

    def __init__(self, groups: Sequence[RouteGroup], included: Set[ProgramFilter], routes: GroupedRoutes) -> None:
        self._groups = groups
        self._included = included
        self.groups_of, self.routes_of, self.skipped = routes

    def of(self, groups: tuple[int, ...]) -> Demands:
        """Return the demands of several groups together."""
        if len(groups) == 1:
            return self._of_group(groups[0])
        return [each for number in groups for each in self._of_group(number)]

    def has_any(self, groups: tuple[int, ...]) -> bool:
        """Return whether one of these groups has demands."""
        return any(not self._groups[number].includes.isdisjoint(self._included) for number in groups)

    def _of_group(self, number: int) -> Demands:
        group = self._groups[number]
        if group.includes <= self._included:
            return group.demands
        return [each for each in group.demands if each[0].includes in self._included]


class Expansion:
    """The routes of all watches in force at an aware time."""

    def __init__(self, watches: Iterable[Watch], now: datetime) -> None:
        self._examples: dict[ProgramFilter, Watch] = {}
        self._today = now.astimezone(UTC).date()
        self._first_month = (self._today - _DAY).replace(day=1)
        self._months: dict[int | None, dict[Dates, Sequence[int]]] = {}  # by margin
        self._bookable: dict[tuple[date, int], dict[Dates, Sequence[DateRange]]] = {}
        self._month_weights: dict[int | None, dict[tuple[int, ...], MonthWeights]] = {}  # by margin
        self._unrestricted: GroupedRoutes | None = None
        self.watches = [watch for watch in watches if is_in_force(watch, now)]
        self._groups = self._grouped(self.watches)

    def for_program(self, source: Program, served: ServedRoutes) -> ProgramDemands:
        """Return the demands of the watches that include a program whose offers `source` finds, by route."""
        included = {includes for includes, watch in self._examples.items() if watch.needs(source)}
        if served.is_restricted:
            needed = [group for group in self._groups if not group.includes.isdisjoint(included)]

            def days_of(group: RouteGroup) -> Set[date]:
                demands = [demand for demand, _ in group.demands if demand.includes in included]
                return self._days({demand.dates for demand in demands}, source.booking_window_days)

            return ProgramDemands(self._groups, included, _grouped_routes(needed, served, days_of))
        if self._unrestricted is None:
            self._unrestricted = _grouped_routes(self._groups, served)
        return ProgramDemands(self._groups, included, self._unrestricted)

    def includes(self, includes: ProgramFilter, program: str, source: str) -> bool:
        """Return whether watches with this filter include offers of a program that were found by searching `source`."""
        return self._examples[includes].includes(program, source)

    def bookable(self, dates: Dates, today: date, window_days: int) -> Sequence[DateRange]:
        """Return the ranges of dates in a booking window, computed once for all programs with this window."""
        by_dates = self._bookable.setdefault((today, window_days), {})
        found = by_dates.get(dates)
        if found is None:
            found = by_dates[dates] = dates.ranges(today, window_days)
        return found

    def _days(self, dates: Set[Dates], window_days: int) -> Set[date]:
        """Return the days in the booking window of which one of several dates has."""
        ranges = [each for some in dates for each in self.bookable(some, self._today, window_days)]
        return {first + number * _DAY for first, last in ranges for number in range((last - first).days + 1)}

    def months(self) -> list[date]:
        """Return the months of all days that a program can sell, from the month of yesterday (UTC)."""
        return [_later_month(self._first_month, number) for number in range(MONTHS)]

    def month_weights(self, groups: tuple[int, ...], margin: int | None) -> MonthWeights:
        """Return, for routes in these groups, the weight of the watches that can share a search of each month.

        The months are numbered as in `months`. A search extends at most `margin` days before and after a watched day;
        None means that it covers all days, which count as the first month. Watches for different numbers of travelers
        share no search, so the weight is that of the largest such group, whichever programs its watches include.
        """
        by_groups = self._month_weights.setdefault(margin, {})
        found = by_groups.get(groups)
        if found is None:
            by_travelers: dict[int, list[float]] = {}
            for group in groups:
                for demand, count in self._groups[group].demands:
                    weights = by_travelers.setdefault(demand.travelers, [0.0] * MONTHS)
                    for month in self._months_of(demand.dates, margin):
                        weights[month] += count * demand.urgency.weight
            largest, *others = by_travelers.values()
            found = by_groups[groups] = tuple(map(max, largest, *others) if others else largest)
        return found

    def _months_of(self, dates: Dates, margin: int | None) -> Sequence[int]:
        by_dates = self._months.setdefault(margin, {})
        found = by_dates.get(dates)
        if found is None:
            numbers: set[int] = set()
            for first, last in dates.ranges(self._first_month, MONTHS * 31):
                if margin is None:
                    numbers.add(0)
                else:
                    start, end = (
                        _month_number(day, self._first_month) for day in (first - margin * _DAY, last + margin * _DAY)
                    )
                    numbers.update(range(max(0, start), min(end + 1, MONTHS)))
            found = by_dates[dates] = tuple(sorted(numbers))
        return found

    def _grouped(self, watches: Iterable[Watch]) -> list[RouteGroup]:
        """Return the groups of the directions of watches."""
        filters: dict[ProgramFilter, ProgramFilter] = {}  # equal ones become the same object
        legs: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[Leg, dict[Demand, int]]] = {}
        for watch in watches:
            included = ProgramFilter(watch.programs, watch.alliances, watch.is_limited_to_points, watch.reachable)
            includes = filters.setdefault(included, included)
            self._examples.setdefault(includes, watch)
            limit = min(miles_limits(watch), default=None)
            for leg in watch.legs:
                demand = Demand(includes, leg.dates, watch.travelers, watch.cabins, limit, urgency_of(watch, leg))
                _, demands = legs.setdefault((leg.origin.searched, leg.destination.searched), (leg, {}))
                demands[demand] = demands.get(demand, 0) + 1
        return [
            RouteGroup(number, leg_routes(leg), tuple(demands.items()), frozenset(each.includes for each in demands))
            for number, (leg, demands) in enumerate(legs.values())
        ]


def _grouped_routes(
    groups: Iterable[RouteGroup],
    served: ServedRoutes,
    days_of: Callable[[RouteGroup], Set[date]] = lambda _: frozenset(),
) -> GroupedRoutes:
    groups_of: dict[Route, tuple[int, ...]] = {}
    skipped: Counter[SkipReason] = Counter()
    for group in groups:
        own = (group.number,)
        days = functools.cache(functools.partial(days_of, group))
        for route in served.pick(group.routes, MAX_ROUTES, skipped, days):
            others = groups_of.get(route)
            groups_of[route] = own if others is None else others + own
    routes_of: dict[tuple[int, ...], list[Route]] = {}
    for route, numbers in groups_of.items():
        routes_of.setdefault(numbers, []).append(route)
    return GroupedRoutes(groups_of, routes_of, skipped)


def _month_number(day: date, first: date) -> int:
    return 12 * (day.year - first.year) + day.month - first.month


def _later_month(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def leg_routes(leg: Leg) -> tuple[Route, ...]:
    """Return the routes of one direction of a watch, those between its biggest airports first."""
    origins, destinations = leg.origin.searched, leg.destination.searched
    if len(origins) == len(destinations) == 1:
        return ((origins[0], destinations[0]),) if origins != destinations else ()
    ranked = sorted(
        (first + second, first, origin, destination)
        for first, origin in enumerate(origins)
        for second, destination in enumerate(destinations)
        if origin != destination
    )
    return tuple((origin, destination) for _, _, origin, destination in ranked)


def urgency_of(watch: Watch, leg: Leg) -> Urgency:
    """Return the urgency of one direction of a watch."""
    routes = min(MAX_ROUTES, len(leg.origin.searched) * len(leg.destination.searched))
    return _urgency(highest_priority(watch), routes)


@functools.cache
def _urgency(priority: Priority, routes: int) -> Urgency:
    spread = math.ceil(routes / FEW_ROUTES)
    return Urgency(WEIGHTS[priority] / spread, MAX_AGES[priority] * spread)


def describe_cuts(watch: Watch) -> list[str]:
    """Describe each direction of a watch of which not all routes are searched, in a sentence."""
    found = []
    for leg in watch.legs:
        count = len(leg_routes(leg))
        if count > MAX_ROUTES:
            direction = "return routes" if leg.is_return else "routes"
            kept = f"{MAX_ROUTES} of its {count:,} {direction} are searched at each program"
            hint = "those between the biggest airports; name fewer places for more"
            found.append(f'watch "{watch.name}": {kept}, {hint}')
    return found


def highest_priority(watch: Watch) -> Priority:
    """Return the highest priority of a watch's messages; normal if it names no channel."""
    if watch.notify is None or not watch.notify.channels:
        return Priority.NORMAL
    return min((priority for _, priority in watch.notify.channels), key=_ORDER.index)


def is_in_force(watch: Watch, now: datetime) -> bool:
    """Return whether a watch is active and has not expired."""
    return watch.active and not is_expired(watch, now)


def miles_limits(watch: Watch) -> list[int]:
    """Return the limits of the miles of one direction of a watch, without those that are not set."""
    return [limit for limit in (watch.max_miles, watch.max_trip_miles) if limit is not None]


def includes_route(watch: Watch, route: Route) -> bool:
    """Return whether a route is in one of the directions of a watch, even if it is not searched."""
    origin, destination = route
    return (origin in watch.origin and destination in watch.destination) or (
        watch.nights is not None and origin in watch.destination and destination in watch.origin
    )
