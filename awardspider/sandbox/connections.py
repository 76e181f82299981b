"""Itineraries: which flights take a traveler from one airport to another, nonstop or with a change of planes.

Local departure times are the same all year, but two zones can drift apart by an hour when one of them changes its
clocks. So the itineraries of a route are worked out once for each set of UTC offsets, and on their own for the few
days around a change.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from awardspider.sandbox.clock import day_of
from awardspider.sandbox.places import all_places, country, distance
from awardspider.sandbox.schedule import Flight, Schedule

DAY = 24 * 60
LEAST_WAIT = 40  # minutes, domestic
LEAST_WAIT_ABROAD = 70
LONGEST_WAIT = 270
FEW = 4  # with fewer itineraries than these, two changes of planes are offered too
KEPT_ANSWERS = 1 << 14
KEPT_NONSTOP, KEPT_ONE_STOP, KEPT_TWO_STOP = 6, 5, 2
# An itinerary is over within three days, and a zone's offset is looked up at midnight UTC: these days decide.
BEFORE, AFTER = -1, 3


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Itinerary:
    """Flights in order; `offsets` are the days each leaves after the first one's local date."""

    flights: tuple[Flight, ...]
    offsets: tuple[int, ...]
    minutes: int

    @property
    def key(self) -> tuple[object, ...]:
        return self.flights, self.offsets, self.minutes

    @property
    def stops(self) -> tuple[str, ...]:
        """Origin, every change of planes, destination."""
        return (self.flights[0].origin, *(flight.destination for flight in self.flights))

    @property
    def landings(self) -> int:
        """Stops as a traveler counts them: changes of planes and landings on the way."""
        return len(self.flights) - 1 + sum(flight.via is not None for flight in self.flights)

    def times(self, ordinal: int) -> list[tuple[datetime, datetime]]:
        """Departure and arrival of each flight for a local departure date, in local time."""
        days = [day_of(ordinal + offset) for offset in self.offsets]
        return [(flight.leaves(day), flight.arrives(day)) for flight, day in zip(self.flights, days, strict=True)]


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive days on which a route has the same itineraries: `first` counts from the day asked."""

    first: int
    days: int
    itineraries: tuple[Itinerary, ...]


class Connections:
    """Finds itineraries among the flights of a group of carriers that sell each other's seats."""

    def __init__(
        self, schedule: Schedule, own: tuple[str, ...], partners: tuple[str, ...] = (), nonstop: bool = False
    ) -> None:
        self._between = schedule.between
        self._only_nonstop = nonstop
        self._carriers = own + partners
        self._hubs = {carrier: frozenset(schedule.hubs[carrier]) for carrier in self._carriers}
        # A change between carriers is sold where one of them is ours.
        self._together = frozenset(
            (one, two) for one in self._carriers for two in self._carriers if one == two or one in own or two in own
        )
        every_hub = frozenset().union(*self._hubs.values())
        # Who flies from an airport to a hub, and from a hub to an airport.
        self._to_hubs: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._from_hubs: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for carrier, origin, destination in schedule.flights:
            if carrier in self._carriers and destination in every_hub:
                self._to_hubs[origin].append((carrier, destination))
            if carrier in self._carriers and origin in every_hub:
                self._from_hubs[destination].append((carrier, origin))
        # Most itineraries are the same on both sides of a change of clocks: they share one object, and its prices.
        self._known: WeakValueDictionary[tuple[object, ...], Itinerary] = WeakValueDictionary()
        self._found: dict[tuple[str, str, tuple[object, ...]], tuple[Itinerary, ...]] = {}

    def runs(self, origin: str, destination: str, first: int, days: int) -> Iterator[Run]:
        """The itineraries of `days` days from the ordinal `first`, in runs of days that share them."""
        for start, length, signature in _signatures(self._zones(origin, destination), first, days):
            key = (origin, destination, signature)
            if key not in self._found:
                if len(self._found) >= KEPT_ANSWERS:
                    self._found.clear()
                found = self._search(origin, destination, first + start)
                self._found[key] = tuple(self._known.setdefault(it.key, it) for it in found)
            yield Run(start, length, self._found[key])

    @functools.cache  # noqa: B019 - lives as long as the world does
    def _zones(self, origin: str, destination: str) -> tuple[ZoneInfo, ...]:
        """The zones of both ends and of every hub that can lie between them."""
        limit = _two_stop_limit(origin, destination)
        hubs = {hub for _, hub in self._to_hubs[origin] + self._from_hubs[destination]}
        on_the_way = {hub for hub in hubs if distance(origin, hub) + distance(hub, destination) <= limit}
        names = {all_places()[code].zone.key for code in on_the_way | {origin, destination}}
        return tuple(ZoneInfo(name) for name in sorted(names))

    def _search(self, origin: str, destination: str, ordinal: int) -> Iterator[Itinerary]:
        nonstop = sorted(self._nonstop(origin, destination), key=_minutes_of)[:KEPT_NONSTOP]
        if self._only_nonstop:
            yield from nonstop
            return
        one_stop = sorted(self._one_stop(origin, destination, ordinal), key=_minutes_of)[:KEPT_ONE_STOP]
        yield from nonstop
        yield from one_stop
        if len(nonstop) + len(one_stop) < FEW:
            yield from sorted(self._two_stop(origin, destination, ordinal), key=_minutes_of)[:KEPT_TWO_STOP]

    def _nonstop(self, origin: str, destination: str) -> Iterator[Itinerary]:
        for carrier in self._carriers:
            for flight in self._between(carrier, origin, destination):
                yield Itinerary((flight,), (0,), flight.block)

    def _one_stop(self, origin: str, destination: str, ordinal: int) -> Iterator[Itinerary]:
        limit = 1.25 * distance(origin, destination) + 350
        for one, hub in self._to_hubs[origin]:
            if distance(origin, hub) + distance(hub, destination) > limit:
                continue
            for two, same_hub in self._from_hubs[destination]:
                if hub == same_hub and self._sold_together(one, hub, two):
                    onward = self._between(two, hub, destination)
                    found = [_onward(((leg, 0),), onward, ordinal) for leg in self._between(one, origin, hub)]
                    yield from sorted(filter(None, found), key=_minutes_of)[:2]

    def _two_stop(self, origin: str, destination: str, ordinal: int) -> Iterator[Itinerary]:
        limit = _two_stop_limit(origin, destination)
        for one, first_hub in self._to_hubs[origin]:
            for two, second_hub in self._from_hubs[destination]:
                if first_hub == destination or second_hub == origin:
                    continue  # nobody flies back to where the way began
                miles = distance(origin, first_hub) + distance(first_hub, second_hub)
                if miles + distance(second_hub, destination) > limit or not self._sold_together(one, first_hub, two):
                    continue
                middle = self._between(two, first_hub, second_hub)
                for leg in self._between(one, origin, first_hub)[:2] if middle else ():
                    if half := _onward(((leg, 0),), middle, ordinal):
                        legs = tuple(zip(half.flights, half.offsets, strict=True))
                        if whole := _onward(legs, self._between(two, second_hub, destination), ordinal):
                            yield whole

    def _sold_together(self, one: str, hub: str, two: str) -> bool:
        return (one, two) in self._together and (hub in self._hubs[one] or hub in self._hubs[two])


def _two_stop_limit(origin: str, destination: str) -> float:
    return 1.35 * distance(origin, destination) + 600


def _minutes_of(itinerary: Itinerary) -> int:
    return itinerary.minutes


def _onward(legs: tuple[tuple[Flight, int], ...], onward: tuple[Flight, ...], ordinal: int) -> Itinerary | None:
    """The legs so far with the first flight after them that leaves time enough, if it is not too long a wait."""
    flight, offset = legs[-1]
    _, arrives, local = _minutes(flight, ordinal + offset)
    abroad = country(flight.origin) != country(flight.destination)
    least = LEAST_WAIT_ABROAD if abroad else LEAST_WAIT
    day, minute = divmod(local + least, DAY)
    index = bisect_left(onward, minute, key=attrgetter("departs"))
    following, day = (onward[index], day) if index < len(onward) else (onward[0], day + 1)
    leaves, ends, _ = _minutes(following, day)
    # Measured in true minutes: the clocks at the hub may change while the traveler waits.
    if not least <= leaves - arrives <= LONGEST_WAIT:
        return None
    flights = (*(one for one, _ in legs), following)
    minutes = ends - _minutes(legs[0][0], ordinal)[0]
    return Itinerary(flights, (*(days for _, days in legs), day - ordinal), minutes)


@functools.lru_cache(maxsize=1 << 15)
def _minutes(flight: Flight, ordinal: int) -> tuple[int, int, int]:
    """Departure and arrival in minutes of UTC, and the arrival in minutes of local time, all since year 1."""
    origin, destination = (all_places()[code].zone for code in (flight.origin, flight.destination))
    if _is_calm(origin, ordinal) and _is_calm(destination, ordinal):
        before, after = _offset(origin, ordinal), _offset(destination, ordinal)
    else:
        before = _minutes_east(flight.leaves(day_of(ordinal)))
        after = _minutes_east(flight.arrives(day_of(ordinal)))
    start = ordinal * DAY + flight.departs - before
    end = start + flight.block
    return start, end, end + after


def _minutes_east(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) // 60


def _is_calm(zone: ZoneInfo, ordinal: int) -> bool:
    """Whether a zone's clocks stay as they are while flights of a day are on their way."""
    return _offset(zone, ordinal + BEFORE) == _offset(zone, ordinal + AFTER)


@functools.lru_cache(maxsize=1 << 16)
def _offset(zone: ZoneInfo, ordinal: int) -> int:
    """Minutes east of Greenwich at midnight UTC."""
    midnight = datetime.combine(day_of(ordinal), datetime.min.time(), tzinfo=UTC)
    return _minutes_east(midnight.astimezone(zone))


@functools.lru_cache(maxsize=1 << 14)
def _signatures(zones: tuple[ZoneInfo, ...], first: int, days: int) -> tuple[tuple[int, int, tuple[object, ...]], ...]:
    """Runs of days with the same offsets between the zones: start, length and what tells them apart."""
    offsets = zip(*(_calm_offsets(zone, first, days) for zone in zones), strict=True)
    marks = [
        ("change", first + day) if None in every else tuple(one - every[0] for one in every)
        for day, every in enumerate(offsets)
    ]
    runs, start = [], 0
    for mark, group in groupby(marks):
        length = len(list(group))
        runs.append((start, length, mark))
        start += length
    return tuple(runs)


@functools.lru_cache(maxsize=1 << 12)
def _calm_offsets(zone: ZoneInfo, first: int, days: int) -> tuple[int | None, ...]:
    """The offset of a zone on each day, None on the days around a change of its clocks."""
    return tuple(_offset(zone, ordinal) if _is_calm(zone, ordinal) else None for ordinal in range(first, first + days))
