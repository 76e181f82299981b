"""Watches, searches and ground truth of the freshness benchmark, computed from the sandbox world without requests."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from awardspider.items import Cabin, Priority, Search, SearchKind
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import STEP, Clock
from awardspider.sandbox.fares import NO_PRICE, unpack
from awardspider.sandbox.inventory import Inventory
from awardspider.sandbox.quotes import COLUMNS
from awardspider.sandbox.world import World
from awardspider.search.dates import month_range

#: In the benchmark, a request of each program covers a month of one route, with all cabins.
PROGRAMS = ("united", "american", "jetblue", "flyingblue", "alaska")
START = datetime(2026, 12, 1, tzinfo=UTC)

ORIGINS = ("JFK", "EWR", "BOS", "IAD", "MIA", "ATL", "ORD", "DFW", "IAH", "DEN", "LAX", "SFO", "SEA")
DESTINATIONS = (
    *("LHR", "CDG", "AMS", "FCO", "MAD", "LIS", "ATH", "DUB", "FRA", "NRT", "HND", "SYD", "CUN", "MEX", "HNL", "OGG"),
    *("GRU", "EZE", "LIM", "SJU", "LAX", "SFO", "JFK", "MCO", "LAS"),
)

#: The popularity of the route with rank r is proportional to 1 / (r + 3): some routes have many watches, most have one.
POPULARITY_OFFSET = 3

#: Limits relative to the lowest saver price of the route, one per watch: from below every price to most prices.
LIMIT_FACTORS = (0.8, 1.0, 1.0, 1.1, 1.25, 1.5)
CABINS = (Cabin.ECONOMY, Cabin.ECONOMY, Cabin.BUSINESS, Cabin.BUSINESS, Cabin.PREMIUM_ECONOMY)

Route: TypeAlias = tuple[str, str]
#: The lowest miles on each day of a search, keyed by cabin; None if the cabin is not sold.
Prices: TypeAlias = dict[Cabin, list[int | None]]


@dataclass(frozen=True, slots=True)
class WatchedRoute:
    """A watch of one route in one cabin, in consecutive months, with any program."""

    route: Route
    cabin: Cabin
    limit: int
    months: tuple[date, ...]
    priority: Priority = Priority.NORMAL


class Need(NamedTuple):
    """A search and the numbers of the watches that need it."""

    search: Search
    watches: tuple[int, ...]


class TrueWorld:
    """The sandbox world, seen without requests."""

    def __init__(self, seed: int) -> None:
        self._now = START
        world = World(seed, Clock(START, 0.0))
        inventories = {site.key: site.inventory for site in airline_sites(world) if site.inventory}
        self._inventories: dict[str, Inventory] = {program: inventories[program] for program in PROGRAMS}
        self.first_step = int(START.timestamp() // STEP.total_seconds())

    def serves(self, program: str, route: Route) -> bool:
        """Return whether a program has flights on a route."""
        return bool(self._inventories[program].itineraries(*route, START.toordinal() + 30))

    def saver_price(self, program: str, route: Route, cabin: Cabin) -> int:
        """Return the lowest price that a program has on a route without a sale; 0 if it does not sell the cabin."""
        return self._inventories[program].tariff.saver_prices(*route, False)[cabin.rank]

    def prices(self, search: Search, step: int) -> Prices:
        """Return the lowest prices of each day at a step; a cabin on a part of the flights counts."""
        first, days = search.first.toordinal(), (search.last - search.first).days + 1
        calendar = self._inventories[search.program].calendar(search.origin, search.destination, first, days, 1, step)
        found: Prices = {}
        for cabin in (Cabin.ECONOMY, Cabin.PREMIUM_ECONOMY, Cabin.BUSINESS):
            columns = [column for (other, _), column in zip(COLUMNS, calendar.columns, strict=True) if other is cabin]
            lowest = map(min, *columns) if len(columns) > 1 else columns[0]
            found[cabin] = [None if packed >= NO_PRICE else unpack(packed).miles for packed in lowest]
        return found


def make_watches(world: TrueWorld, count: int, seed: int) -> list[WatchedRoute]:
    """Return random watches of routes that at least two of the programs serve."""
    random_source = random.Random(seed)
    pairs = [(origin, destination) for origin in ORIGINS for destination in DESTINATIONS if origin != destination]
    random_source.shuffle(pairs)
    routes = [route for route in pairs if sum(world.serves(program, route) for program in PROGRAMS) >= 2]
    weights = list(accumulate(1 / (rank + POPULARITY_OFFSET) for rank in range(len(routes))))
    watches: list[WatchedRoute] = []
    while len(watches) < count:
        route = routes[bisect(weights, random_source.random() * weights[-1])]
        cabin = random_source.choice(CABINS)
        savers = [world.saver_price(program, route, cabin) for program in PROGRAMS if world.serves(program, route)]
        limit = round(min(filter(None, savers)) * random_source.choice(LIMIT_FACTORS))
        first, length = random_source.randrange(9), random_source.choice((1, 2, 3))
        months = tuple(_month(START.date(), first + number) for number in range(length))
        watches.append(WatchedRoute(route, cabin, limit, months))
    return watches


def make_needs(world: TrueWorld, watches: Sequence[WatchedRoute]) -> dict[str, list[Need]]:
    """Return the searches that the watches need, keyed by program: one per route and month."""
    needs: dict[str, list[Need]] = {}
    for program in PROGRAMS:
        found: dict[Search, list[int]] = {}
        for number, watch in enumerate(watches):
            if world.serves(program, watch.route):
                for month in watch.months:
                    found.setdefault(_search(program, watch.route, month), []).append(number)
        needs[program] = [Need(search, tuple(numbers)) for search, numbers in found.items()]
    return needs


def _search(program: str, route: Route, month: date) -> Search:
    days = month_range(month)
    first = max(days.first, START.date() + timedelta(days=20))
    return Search(
        program=program,
        kind=SearchKind.CALENDAR,
        origin=route[0],
        destination=route[1],
        first=first,
        last=days.last,
    )


def _month(start: date, months: int) -> date:
    """Return the first day of the month that begins `months` months after the month of `start`."""
    number = start.year * 12 + start.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def step_times(world: TrueWorld, days: int) -> Iterator[tuple[int, datetime]]:
    """Yield each step of the simulation with its start."""
    for number in range(days * 4):
        yield world.first_step + number, START + number * STEP
