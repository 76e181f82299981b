"""The data behind the API's endpoints: sorted and paged rows, routes, trips and destinations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines.seatsaero.ids import parse_row_id
from awardspider.sandbox.airlines.seatsaero.parameters import SearchParameters
from awardspider.sandbox.airlines.seatsaero.rows import RAW, SHOWN, BestValues, RowKey, Rows, route_json, seen_times
from awardspider.sandbox.airlines.seatsaero.sources import BY_KEY, LETTERS, NAMES, SOURCES, ScannedSources, regions
from awardspider.sandbox.airlines.seatsaero.trips import short_trip, trips, trips_json
from awardspider.sandbox.fares import MILES_SHIFT, NO_PRICE
from awardspider.sandbox.places import draw
from awardspider.sandbox.world import World

Cells = dict[Cabin, tuple[int, list[BestValues]]]

REPEAT_EVERY, REPEAT_AFTER = 60, 7  # about one row in 60 is repeated, 7 rows later
CITIES = {"NYC": ("JFK", "EWR", "LGA"), "LON": ("LHR",), "PAR": ("CDG",), "TYO": ("NRT", "HND"), "CHI": ("ORD", "MDW")}
SOON_DAYS = 14


class Results:
    """The results of searches in a simulated world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sources = ScannedSources(world)
        self._rows = Rows(self._sources)

    # ---- rows ----

    def page(self, search: SearchParameters, step: int) -> tuple[list[Json], bool]:
        """Return one page of rows, and whether more rows follow."""
        rows = list(islice(_repeat_rows(self._sorted(search, step)), search.skip, search.skip + search.take + 1))
        return [self._row(search, key, cells, step) for key, cells in rows[: search.take]], len(rows) > search.take

    def _row(self, search: SearchParameters, key: RowKey, cells: Cells, step: int) -> Json:
        row = self._rows.json(key, step, cells, filtered=search.filtered)
        inventory = self._sources.inventory(key.source)
        if search.trips and inventory:
            row_trips = trips(key, inventory, step, percent=search.percent, filtered=search.filtered)
            row["AvailabilityTrips"] = [short_trip(trip) if search.short_trips else trip for trip in row_trips]
        return row

    def _sorted(self, search: SearchParameters, step: int) -> Iterator[tuple[RowKey, Cells]]:
        """Yield the rows for a search, sorted by lowest cost or by date with higher cabins first."""
        if search.lowest_first:
            all_rows = [row for rows in self._by_day(search, step) for row in rows]
            yield from sorted(all_rows, key=lambda row: (_lowest(search, row[1]), row[0].ordinal, row[0].source))
            return
        for rows in self._by_day(search, step):
            yield from sorted(rows, key=lambda row: (-_highest(search, row[1]), row[0].source, row[0].destination))

    def _by_day(self, search: SearchParameters, step: int) -> Iterator[list[tuple[RowKey, Cells]]]:
        routes = []
        for source, pair, days in self._routes(search):
            today = self._world.today(pair[0])
            first, last = max(search.first or today, today), today + timedelta(days=days)
            routes.append((source, pair, first.toordinal(), min(search.last or last, last).toordinal()))
        if not routes:
            return
        for ordinal in range(min(route[2] for route in routes), max(route[3] for route in routes) + 1):
            keys = (RowKey(source, *pair, ordinal) for source, pair, first, last in routes if first <= ordinal <= last)
            rows = ((key, self._rows.cells(key, step, search.percent)) for key in keys)
            yield [(key, cells) for key, cells in rows if self._matches(search, key, cells)]

    def _routes(self, search: SearchParameters) -> Iterator[tuple[str, tuple[str, str], int]]:
        """Yield each scanned route that matches a search: its program, airports and number of days ahead."""
        for source in search.sources:
            routes = self._sources.routes(source)
            if search.origins:
                pairs = [(origin, destination) for origin in search.origins for destination in search.destinations]
                yield from ((source, pair, routes[pair]) for pair in dict.fromkeys(pairs) if pair in routes)
                continue
            for pair, days in routes.items():
                ends = zip(search.regions, regions(pair), strict=True)
                if all(name in ("", region) for name, region in ends):
                    yield source, pair, days

    def _matches(self, search: SearchParameters, key: RowKey, cells: Cells) -> bool:
        """Return whether a row matches the requested cabins and carriers, with nonstop flights if required."""
        if not cells:
            return False
        if search.cabins == frozenset(Cabin) and not search.carriers and not search.direct:
            return True
        inventory = self._sources.inventory(key.source)
        carriers = inventory.tariff.own + inventory.tariff.partners if inventory else ()
        for cabin in search.cabins & cells.keys():
            index, best = cells[cabin]
            values = best[(RAW if search.filtered else SHOWN) + search.direct]
            names = {carrier for bit, carrier in enumerate(carriers) if values.carriers[index] >> bit & 1}
            if values.price[index] != NO_PRICE and (not search.carriers or search.carriers & names):
                return True
        return False

    # ---- other endpoints ----

    def routes(self, source: str) -> list[Json]:
        """Return a program's scanned routes; a few lack the number of days ahead."""
        inventory = self._sources.inventory(source)
        if inventory is None:
            return []
        routes = []
        for (origin, destination), days in self._sources.routes(source).items():
            route = route_json(RowKey(source, origin, destination, 0), inventory)
            last_fields = {key: route.pop(key) for key in ("Distance", "Source")}
            days_out = {} if draw("ahead", source, origin, destination) % 20 == 0 else {"NumDaysOut": days}
            routes.append(route | days_out | last_fields)
        return routes

    def key(self, row_id: str, step: int) -> RowKey | None:
        """Return the key of the row with an id; None if no row has that id."""
        contents = parse_row_id(row_id)
        if contents is None:
            return None
        source, origin, destination, day = contents
        key = RowKey(SOURCES[source].key, origin, destination, day.toordinal())
        days = self._sources.routes(key.source).get((origin, destination), -1)
        on_sale = 0 <= (day - self._world.today(origin)).days <= days
        return key if on_sale and self._rows.cells(key, step, 0) else None

    def seen(self, key: RowKey, step: int) -> datetime:
        """Return the time when a row was last seen."""
        inventory = self._sources.inventory(key.source)
        assert inventory is not None
        return seen_times(key, step, inventory.tariff.window_days)[1]

    def trips(self, key: RowKey, step: int, *, percent: int, filtered: bool, empty: bool) -> Json:
        """Build the response with a row's trips."""
        inventory = self._sources.inventory(key.source)
        assert inventory is not None
        row_trips = [] if empty else list(trips(key, inventory, step, percent=percent, filtered=filtered))
        return trips_json(key, row_trips)

    def destinations(self, code: str, step: int, *, outbound: bool) -> list[Json]:
        """Return the airports at the other end of nonstop routes, with each cabin's lowest miles in any program."""
        airports = CITIES.get(code, (code,))
        lowest: dict[str, dict[Cabin, int]] = {}
        for source in BY_KEY:
            for pair in self._sources.routes(source):
                airport, other = pair if outbound else pair[::-1]
                if airport not in airports:
                    continue
                soon = self._world.today(pair[0]).toordinal() + SOON_DAYS
                for cabin, miles in self._rows.lowest_nonstop(RowKey(source, *pair, soon), step).items():
                    by_cabin = lowest.setdefault(other, {})
                    by_cabin[cabin] = min(miles, by_cabin.get(cabin, miles))
        return [
            {"airport": airport} | {name: by_cabin.get(LETTERS[letter]) for name, letter in NAMES.items()}
            for airport, by_cabin in sorted(lowest.items())
        ]


def _lowest(search: SearchParameters, cells: Cells) -> int:
    kind = RAW if search.filtered else SHOWN
    prices = [
        best[kind].price[index] >> MILES_SHIFT for cabin, (index, best) in cells.items() if cabin in search.cabins
    ]
    return min(prices, default=NO_PRICE)


def _highest(search: SearchParameters, cells: Cells) -> int:
    kind = RAW if search.filtered else SHOWN
    return max(cabin.rank if best[kind].price[index] != NO_PRICE else -1 for cabin, (index, best) in cells.items())


def _repeat_rows(rows: Iterable[tuple[RowKey, Cells]]) -> Iterator[tuple[RowKey, Cells]]:
    """Yield the rows and repeat a few of them later, so that a page can end between a row and its repetition."""
    waiting: list[tuple[int, tuple[RowKey, Cells]]] = []
    for number, row in enumerate(rows):
        yield row
        if draw("again", row[0].source, row[0].origin, row[0].destination, row[0].ordinal) % REPEAT_EVERY == 0:
            waiting.append((number + REPEAT_AFTER, row))
        while waiting and waiting[0][0] <= number:
            yield waiting.pop(0)[1]
