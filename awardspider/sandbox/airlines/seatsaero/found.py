"""What a search finds: rows in their order and in pages, routes, trips and destinations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from awardspider.items import Cabin
from awardspider.sandbox.airlines.seatsaero.asking import Search
from awardspider.sandbox.airlines.seatsaero.names import row_of
from awardspider.sandbox.airlines.seatsaero.rows import RAW, SHOWN, Best, Key, Rows, moments, route_json
from awardspider.sandbox.airlines.seatsaero.sources import BY_KEY, LETTERS, NAMES, SOURCES, Looked, region
from awardspider.sandbox.airlines.seatsaero.trips import around, short, trips
from awardspider.sandbox.fares import MILES_SHIFT, NO_PRICE
from awardspider.sandbox.places import draw
from awardspider.sandbox.world import World

Json = dict[str, Any]
Cells = dict[Cabin, tuple[int, list[Best]]]

AGAIN_EVERY, AGAIN_LATER = 60, 7  # about one row in 60 comes a second time, 7 rows later
CITIES = {"NYC": ("JFK", "EWR", "LGA"), "LON": ("LHR",), "PAR": ("CDG",), "TYO": ("NRT", "HND"), "CHI": ("ORD", "MDW")}
SOON_DAYS = 14


class Found:
    """Finds what is asked for in one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looked = Looked(world)
        self._rows = Rows(self._looked)

    # ---- rows ----

    def page(self, search: Search, step: int) -> tuple[list[Json], bool]:
        """The rows of one page, and whether there are more."""
        rows = list(islice(_repeating(self._ordered(search, step)), search.skip, search.skip + search.take + 1))
        return [self._row(search, key, cells, step) for key, cells in rows[: search.take]], len(rows) > search.take

    def _row(self, search: Search, key: Key, cells: Cells, step: int) -> Json:
        row = self._rows.json(key, step, cells, filtered=search.filtered)
        market = self._looked.market(key.source)
        if search.trips and market:
            found = trips(key, market, step, percent=search.percent, filtered=search.filtered)
            row["AvailabilityTrips"] = [short(trip) if search.short_trips else trip for trip in found]
        return row

    def _ordered(self, search: Search, step: int) -> Iterator[tuple[Key, Cells]]:
        """All rows of a search: by date, those with higher cabins first, or by their lowest cost."""
        if search.lowest_first:
            every = [row for rows in self._by_day(search, step) for row in rows]
            yield from sorted(every, key=lambda row: (_lowest(search, row[1]), row[0].ordinal, row[0].source))
            return
        for rows in self._by_day(search, step):
            yield from sorted(rows, key=lambda row: (-_highest(search, row[1]), row[0].source, row[0].destination))

    def _by_day(self, search: Search, step: int) -> Iterator[list[tuple[Key, Cells]]]:
        routes = []
        for source, pair, days in self._routes(search):
            today = self._world.today(pair[0])
            first, last = max(search.first or today, today), today + timedelta(days=days)
            routes.append((source, pair, first.toordinal(), min(search.last or last, last).toordinal()))
        if not routes:
            return
        for ordinal in range(min(route[2] for route in routes), max(route[3] for route in routes) + 1):
            keys = (Key(source, *pair, ordinal) for source, pair, first, last in routes if first <= ordinal <= last)
            found = ((key, self._rows.cells(key, step, search.percent)) for key in keys)
            yield [(key, cells) for key, cells in found if self._wanted(search, key, cells)]

    def _routes(self, search: Search) -> Iterator[tuple[str, tuple[str, str], int]]:
        """Program, route and days ahead of all routes of a search that are looked at."""
        for source in search.sources:
            routes = self._looked.routes(source)
            if search.origins:
                pairs = [(one, two) for one in search.origins for two in search.destinations]
                yield from ((source, pair, routes[pair]) for pair in dict.fromkeys(pairs) if pair in routes)
                continue
            for pair, days in routes.items():
                ends = zip(search.regions, pair, strict=True)
                if all(not name or region(airport) == name for name, airport in ends):
                    yield source, pair, days

    def _wanted(self, search: Search, key: Key, cells: Cells) -> bool:
        """Whether a wanted cabin is there, by a wanted carrier and nonstop where that is asked."""
        if not cells:
            return False
        if search.cabins == frozenset(Cabin) and not search.carriers and not search.direct:
            return True
        market = self._looked.market(key.source)
        carriers = market.tariff.own + market.tariff.partners if market else ()
        for cabin in search.cabins & cells.keys():
            index, best = cells[cabin]
            told = best[(RAW if search.filtered else SHOWN) + search.direct]
            names = {carrier for place, carrier in enumerate(carriers) if told.carriers[index] >> place & 1}
            if told.price[index] != NO_PRICE and (not search.carriers or search.carriers & names):
                return True
        return False

    # ---- the rest ----

    def routes(self, source: str) -> list[Json]:
        """Every route that is looked at for a program; a few do not say how far ahead."""
        market = self._looked.market(source)
        if market is None:
            return []
        found = []
        for (origin, destination), days in self._looked.routes(source).items():
            route = route_json(Key(source, origin, destination, 0), market)
            ends = {key: route.pop(key) for key in ("Distance", "Source")}
            told = {} if draw("ahead", source, origin, destination) % 20 == 0 else {"NumDaysOut": days}
            found.append(route | told | ends)
        return found

    def key(self, name: str, step: int) -> Key | None:
        """The row of an id, if there still is one."""
        told = row_of(name)
        if told is None:
            return None
        source, origin, destination, day = told
        key = Key(SOURCES[source].key, origin, destination, day.toordinal())
        days = self._looked.routes(key.source).get((origin, destination), -1)
        open_day = 0 <= (day - self._world.today(origin)).days <= days if days >= 0 else False
        return key if open_day and self._rows.cells(key, step, 0) else None

    def seen(self, key: Key, step: int) -> datetime:
        """When a row was last seen."""
        market = self._looked.market(key.source)
        assert market is not None
        return moments(key, step, market.tariff.window_days)[1]

    def trips(self, key: Key, step: int, *, percent: int, filtered: bool, empty: bool) -> Json:
        market = self._looked.market(key.source)
        assert market is not None
        found = [] if empty else list(trips(key, market, step, percent=percent, filtered=filtered))
        return around(key, found)

    def destinations(self, code: str, step: int, *, outbound: bool) -> list[Json]:
        """For each other end the cheapest nonstop price of each cabin within some weeks, by any program."""
        ends = CITIES.get(code, (code,))
        lowest: dict[str, dict[Cabin, int]] = {}
        for source in BY_KEY:
            for pair in self._looked.routes(source):
                here, there = pair if outbound else pair[::-1]
                if here not in ends:
                    continue
                soon = self._world.today(pair[0]).toordinal() + SOON_DAYS
                for cabin, miles in self._rows.lowest_nonstop(Key(source, *pair, soon), step).items():
                    found = lowest.setdefault(there, {})
                    found[cabin] = min(miles, found.get(cabin, miles))
        return [
            {"airport": airport} | {word: found.get(LETTERS[letter]) for word, letter in NAMES.items()}
            for airport, found in sorted(lowest.items())
        ]


def _lowest(search: Search, cells: Cells) -> int:
    told = RAW if search.filtered else SHOWN
    prices = [
        best[told].price[index] >> MILES_SHIFT for cabin, (index, best) in cells.items() if cabin in search.cabins
    ]
    return min(prices, default=NO_PRICE)


def _highest(search: Search, cells: Cells) -> int:
    told = RAW if search.filtered else SHOWN
    return max(cabin.rank if best[told].price[index] != NO_PRICE else -1 for cabin, (index, best) in cells.items())


def _repeating(rows: Iterable[tuple[Key, Cells]]) -> Iterator[tuple[Key, Cells]]:
    """The rows, with one coming a second time now and then, so that a page may end between the two."""
    waiting: list[tuple[int, tuple[Key, Cells]]] = []
    for number, row in enumerate(rows):
        yield row
        if draw("again", row[0].source, row[0].origin, row[0].destination, row[0].ordinal) % AGAIN_EVERY == 0:
            waiting.append((number + AGAIN_LATER, row))
        while waiting and waiting[0][0] <= number:
            yield waiting.pop(0)[1]
