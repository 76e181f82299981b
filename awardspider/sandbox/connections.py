"""Itineraries: the flights between two airports, nonstop or with one or two changes of planes.

Local departure times are the same all year, but the time difference between two airports can shift by an hour when one
changes its clocks. A route's itineraries are therefore computed once for each combination of UTC offsets, and
separately for the few days around a clock change.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from operator import attrgetter
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from awardspider.sandbox.places import all_places, country, distance
from awardspider.sandbox.schedule import Flight, Schedule

DAY = 24 * 60
# Connecting times in minutes.
MIN_CONNECTION_DOMESTIC = 40
MIN_CONNECTION_INTERNATIONAL = 70
MAX_CONNECTION = 270
ENOUGH_ITINERARIES = 4  # with this many itineraries, none with two changes of planes is added
MAX_CACHED_ROUTES = 1 << 14
MAX_NONSTOP, MAX_ONE_STOP, MAX_TWO_STOP = 6, 5, 2
# An itinerary's zones must keep their offsets between these days, relative to the departure date: an itinerary takes at
# most three days, and a day's offset is the one at midnight UTC.
DAYS_BEFORE, DAYS_AFTER = -1, 3


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Itinerary:
    """Flights in order. `offsets` are the days from the first flight's local date to each flight's local date."""

    flights: tuple[Flight, ...]
    offsets: tuple[int, ...]
    minutes: int

    @property
    def key(self) -> tuple[object, ...]:
        """The values that identify an itinerary."""
        return self.flights, self.offsets, self.minutes

    @property
    def airports(self) -> tuple[str, ...]:
        """The origin, the airports where travelers change planes, and the destination."""
        return (self.flights[0].origin, *(flight.destination for flight in self.flights))

    @property
    def stop_count(self) -> int:
        """The number of stops as travelers count them: changes of planes plus intermediate stops."""
        return len(self.flights) - 1 + sum(flight.via is not None for flight in self.flights)

    def times(self, ordinal: int) -> list[tuple[datetime, datetime]]:
        """Return the local departure and arrival of each flight, for a local departure date."""
        days = [date.fromordinal(ordinal + offset) for offset in self.offsets]
        return [(flight.departure(day), flight.arrival(day)) for flight, day in zip(self.flights, days, strict=True)]


@dataclass(frozen=True, slots=True)
class Period:
    """Consecutive days on which a route has the same itineraries; `first` counts from the first requested day."""

    first: int
    days: int
    itineraries: tuple[Itinerary, ...]


class Connections:
    """The itineraries of one program: on its carriers, its partners, or both."""

    def __init__(
        self, schedule: Schedule, own: tuple[str, ...], partners: tuple[str, ...] = (), nonstop: bool = False
    ) -> None:
        self._between = schedule.between
        self._only_nonstop = nonstop
        self._carriers = own + partners
        # A carrier that is not in the network, such as one of a new program, has no flights.
        self._hubs = {carrier: frozenset(schedule.hubs.get(carrier, ())) for carrier in self._carriers}
        # A connection between two carriers is sold only if at least one is the program's own.
        self._sellable_pairs = frozenset(
            (first, second)
            for first in self._carriers
            for second in self._carriers
            if first == second or first in own or second in own
        )
        all_hubs = frozenset().union(*self._hubs.values())
        # For each airport: the (carrier, hub) pairs of the flights to and from hubs.
        self._to_hubs: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._from_hubs: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for carrier, origin, destination in schedule.flights:
            if carrier in self._carriers and destination in all_hubs:
                self._to_hubs[origin].append((carrier, destination))
            if carrier in self._carriers and origin in all_hubs:
                self._from_hubs[destination].append((carrier, origin))
        # Most itineraries are the same before and after a clock change, so they share one object and its cached prices.
        self._interned: WeakValueDictionary[tuple[object, ...], Itinerary] = WeakValueDictionary()
        self._cache: dict[tuple[str, str, tuple[object, ...]], tuple[Itinerary, ...]] = {}

    def periods(self, origin: str, destination: str, first: int, days: int) -> Iterator[Period]:
        """Split `days` days from the ordinal `first` into periods with the same itineraries, and yield each period."""
        for start, length, offsets in _offset_periods(self._zones(origin, destination), first, days):
            key = (origin, destination, offsets)
            if key not in self._cache:
                if len(self._cache) >= MAX_CACHED_ROUTES:
                    self._cache.clear()
                found = self._search(origin, destination, first + start)
                self._cache[key] = tuple(self._interned.setdefault(it.key, it) for it in found)
            yield Period(start, length, self._cache[key])

    @functools.cache  # noqa: B019 - lives as long as the world does
    def _zones(self, origin: str, destination: str) -> tuple[ZoneInfo, ...]:
        """Return the time zones of both airports and of the hubs that can connect them."""
        limit = _two_stop_limit(origin, destination)
        hubs = {hub for _, hub in self._to_hubs[origin] + self._from_hubs[destination]}
        possible_hubs = {hub for hub in hubs if distance(origin, hub) + distance(hub, destination) <= limit}
        names = {all_places()[code].zone.key for code in possible_hubs | {origin, destination}}
        return tuple(ZoneInfo(name) for name in sorted(names))

    def _search(self, origin: str, destination: str, ordinal: int) -> Iterator[Itinerary]:
        nonstop = _shortest(self._nonstop(origin, destination), MAX_NONSTOP)
        yield from nonstop
        if self._only_nonstop:
            return
        one_stop = _shortest(self._one_stop(origin, destination, ordinal), MAX_ONE_STOP)
        yield from one_stop
        if len(nonstop) + len(one_stop) < ENOUGH_ITINERARIES:
            yield from _shortest(self._two_stop(origin, destination, ordinal), MAX_TWO_STOP)

    def _nonstop(self, origin: str, destination: str) -> Iterator[Itinerary]:
        for carrier in self._carriers:
            for flight in self._between(carrier, origin, destination):
                yield Itinerary((flight,), (0,), flight.block)

    def _one_stop(self, origin: str, destination: str, ordinal: int) -> Iterator[Itinerary]:
        limit = 1.25 * distance(origin, destination) + 350
        for first, hub in self._to_hubs[origin]:
            if distance(origin, hub) + distance(hub, destination) > limit:
                continue
            for second, same_hub in self._from_hubs[destination]:
                if hub == same_hub and self._is_sellable(first, hub, second):
                    next_flights = self._between(second, hub, destination)
                    found = [_connect(((leg, 0),), next_flights, ordinal) for leg in self._between(first, origin, hub)]
                    yield from _shortest(filter(None, found), 2)

    def _two_stop(self, origin: str, destination: str, ordinal: int) -> Iterator[Itinerary]:
        limit = _two_stop_limit(origin, destination)
        for first, first_hub in self._to_hubs[origin]:
            for second, second_hub in self._from_hubs[destination]:
                if first_hub == destination or second_hub == origin:
                    continue
                miles = distance(origin, first_hub) + distance(first_hub, second_hub)
                if miles + distance(second_hub, destination) > limit or not self._is_sellable(first, first_hub, second):
                    continue
                middle = self._between(second, first_hub, second_hub)
                for leg in self._between(first, origin, first_hub)[:2] if middle else ():
                    if two_flights := _connect(((leg, 0),), middle, ordinal):
                        legs = tuple(zip(two_flights.flights, two_flights.offsets, strict=True))
                        if found := _connect(legs, self._between(second, second_hub, destination), ordinal):
                            yield found

    def _is_sellable(self, first: str, hub: str, second: str) -> bool:
        return (first, second) in self._sellable_pairs and (hub in self._hubs[first] or hub in self._hubs[second])


def _two_stop_limit(origin: str, destination: str) -> float:
    return 1.35 * distance(origin, destination) + 600


def _shortest(itineraries: Iterable[Itinerary], count: int) -> list[Itinerary]:
    return sorted(itineraries, key=attrgetter("minutes"))[:count]


def _connect(legs: tuple[tuple[Flight, int], ...], next_flights: tuple[Flight, ...], ordinal: int) -> Itinerary | None:
    """Append the first reachable flight to `legs` (flight, day offset); return None if the wait is too long."""
    flight, offset = legs[-1]
    _, arrives, local = _minutes(flight, ordinal + offset)
    international = country(flight.origin) != country(flight.destination)
    min_connection = MIN_CONNECTION_INTERNATIONAL if international else MIN_CONNECTION_DOMESTIC
    day, minute = divmod(local + min_connection, DAY)
    index = bisect_left(next_flights, minute, key=attrgetter("departs"))
    next_flight, day = (next_flights[index], day) if index < len(next_flights) else (next_flights[0], day + 1)
    departs, ends, _ = _minutes(next_flight, day)
    # Compare elapsed minutes, because the clocks at the hub may change during the connection.
    if not min_connection <= departs - arrives <= MAX_CONNECTION:
        return None
    flights = (*(leg for leg, _ in legs), next_flight)
    minutes = ends - _minutes(legs[0][0], ordinal)[0]
    return Itinerary(flights, (*(days for _, days in legs), day - ordinal), minutes)


@functools.lru_cache(maxsize=1 << 15)
def _minutes(flight: Flight, ordinal: int) -> tuple[int, int, int]:
    """Return the departure and arrival in UTC, and the arrival in local time, all in minutes since year 1."""
    origin, destination = (all_places()[code].zone for code in (flight.origin, flight.destination))
    if _is_stable(origin, ordinal) and _is_stable(destination, ordinal):
        origin_offset, destination_offset = _offset(origin, ordinal), _offset(destination, ordinal)
    else:
        origin_offset = _utc_offset(flight.departure(date.fromordinal(ordinal)))
        destination_offset = _utc_offset(flight.arrival(date.fromordinal(ordinal)))
    start = ordinal * DAY + flight.departs - origin_offset
    end = start + flight.block
    return start, end, end + destination_offset


def _utc_offset(moment: datetime) -> int:
    """Return a time's UTC offset in minutes."""
    offset = moment.utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) // 60


def _is_stable(zone: ZoneInfo, ordinal: int) -> bool:
    """Return whether a zone keeps its offset while the itineraries that depart on a day are underway."""
    return _offset(zone, ordinal + DAYS_BEFORE) == _offset(zone, ordinal + DAYS_AFTER)


@functools.lru_cache(maxsize=1 << 16)
def _offset(zone: ZoneInfo, ordinal: int) -> int:
    """Return a zone's offset at midnight UTC, in minutes."""
    midnight = datetime.combine(date.fromordinal(ordinal), datetime.min.time(), tzinfo=UTC)
    return _utc_offset(midnight.astimezone(zone))


@functools.lru_cache(maxsize=1 << 14)
def _offset_periods(
    zones: tuple[ZoneInfo, ...], first: int, days: int
) -> tuple[tuple[int, int, tuple[object, ...]], ...]:
    """Return the start, length and key of each period in which the offsets between the zones stay the same."""
    daily_offsets = zip(*(_stable_offsets(zone, first, days) for zone in zones), strict=True)
    keys = [
        ("change", first + day) if None in offsets else tuple(offset - offsets[0] for offset in offsets)
        for day, offsets in enumerate(daily_offsets)
    ]
    periods, start = [], 0
    for key, group in groupby(keys):
        length = len(list(group))
        periods.append((start, length, key))
        start += length
    return tuple(periods)


@functools.lru_cache(maxsize=1 << 12)
def _stable_offsets(zone: ZoneInfo, first: int, days: int) -> tuple[int | None, ...]:
    """Return a zone's offset on each day, or None on the days around a clock change."""
    return tuple(
        _offset(zone, ordinal) if _is_stable(zone, ordinal) else None for ordinal in range(first, first + days)
    )
