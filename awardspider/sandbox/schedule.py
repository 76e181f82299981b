"""The flight schedule: a timetable derived from the network's data and the seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from awardspider.sandbox.places import all_places, block_minutes, distance, draw, eastward, network

GROUND_MINUTES = 50  # at an intermediate stop
DAILY = 0b1111111
# Monday is the lowest bit. Most flights are daily; the others skip some days of the week.
PATTERNS = (DAILY,) * 7 + (0b1011111, 0b0011111, 0b1110101)
THIN_PATTERNS = (DAILY,) * 6 + (0b1010101, 0b1101010, 0b0101011, 0b1111011)
WIDE_MILES = 3000  # longer flights have a wide-body aircraft


@dataclass(frozen=True, slots=True, eq=False)
class Flight:
    """A flight number. `departs` counts minutes from local midnight, `block` minutes from gate to gate.

    `weekdays` has a bit for each local day of departure; bit 0 is Monday. `cabins` contains letters from E, P, B and F.
    `via` is the airport of the intermediate stop, if any.
    """

    carrier: str
    number: int
    operator_code: str
    operator_name: str | None
    origin: str
    destination: str
    departs: int
    block: int
    weekdays: int
    aircraft: str
    cabins: str
    via: str | None

    @property
    def name(self) -> str:
        """Carrier and number: `UA1175`."""
        return f"{self.carrier}{self.number}"

    def departure(self, day: date) -> datetime:
        """Return the departure time on a local date, in the origin's time zone."""
        zone = all_places()[self.origin].zone
        return datetime.combine(day, time(self.departs // 60, self.departs % 60), tzinfo=zone)

    def arrival(self, day: date) -> datetime:
        """Return the arrival time in the destination's time zone, for a local departure date."""
        moment = self.departure(day).astimezone(UTC) + timedelta(minutes=self.block)
        return moment.astimezone(all_places()[self.destination].zone)

    def intermediate_stop(self, day: date) -> tuple[str, datetime, datetime] | None:
        """Return the airport of the intermediate stop, and the arrival and departure there in local time."""
        if self.via is None:
            return None
        zone = all_places()[self.via].zone
        arrival = self.departure(day).astimezone(UTC) + timedelta(minutes=block_minutes(self.origin, self.via))
        return self.via, arrival.astimezone(zone), (arrival + timedelta(minutes=GROUND_MINUTES)).astimezone(zone)


def carrier_names() -> dict[str, str]:
    """Return the carrier names, keyed by code."""
    return {code: entry["name"] for code, entry in network()["carriers"].items()}


def aircraft_name(code: str) -> str:
    """Return the name of an aircraft type."""
    return str(network()["aircraft"][code][0])


class Schedule:
    """Every flight of the world for one seed, keyed by carrier, origin and destination."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._numbers: set[tuple[str, int]] = set()
        self.flights: dict[tuple[str, str, str], tuple[Flight, ...]] = {}
        self.hubs: dict[str, tuple[str, ...]] = {}
        for code, entry in network()["carriers"].items():
            self.hubs[code] = tuple(entry["routes"])
            by_route: dict[tuple[str, str, str], list[Flight]] = defaultdict(list)
            for flight in self._carrier(code, entry):
                by_route[code, flight.origin, flight.destination].append(flight)
            for key, flights in by_route.items():
                self.flights[key] = tuple(sorted(flights, key=lambda flight: flight.departs))

    def between(self, carrier: str, origin: str, destination: str) -> tuple[Flight, ...]:
        """Return a carrier's flights on a route, in order of departure."""
        return self.flights.get((carrier, origin, destination), ())

    def _carrier(self, code: str, entry: dict[str, Any]) -> Iterator[Flight]:
        for hub, served in entry["routes"].items():
            for item in served.split():
                place, _, daily = item.partition(":")
                for origin, destination in ((hub, place), (place, hub)):
                    yield from self._route(code, entry, origin, destination, int(daily or 0))
        for text in entry.get("stops", ()):
            pair, via = text.split(" via ")
            start, end = pair.split("-")
            for origin, destination in ((start, end), (end, start)):
                yield self._direct(code, entry, origin, destination, via)

    def _route(self, code: str, entry: dict[str, Any], origin: str, destination: str, daily: int) -> Iterator[Flight]:
        """Yield the nonstop flights of a route; `daily` is the number per day, or 0 to choose by distance."""
        miles = distance(origin, destination)
        random = draw(self._seed, "route", code, origin, destination)
        count = daily or max(1, _usual_count(miles) + random % 3 - 1)
        patterns = THIN_PATTERNS if count == 1 and not daily else PATTERNS
        for index in range(count):
            random = draw(self._seed, "flight", code, origin, destination, index)
            regional = "regional" in entry and miles < 800 and random % 100 < 45
            affiliated = regional and "affiliates" in entry
            yield Flight(
                carrier=code,
                number=self._number(code, random, regional, miles),
                operator_code=entry["affiliate_code"] if affiliated else code,
                operator_name=entry["affiliates"][random % len(entry["affiliates"])] if affiliated else None,
                origin=origin,
                destination=destination,
                departs=_departure(origin, destination, index, count, random),
                block=block_minutes(origin, destination),
                weekdays=DAILY if index == 0 and daily else patterns[random // 100 % len(patterns)],
                **_equipment(entry, regional, miles, random),
                via=None,
            )

    def _direct(self, code: str, entry: dict[str, Any], origin: str, destination: str, via: str) -> Flight:
        """Return a flight with an intermediate stop."""
        random = draw(self._seed, "landing", code, origin, destination)
        longest = max(distance(origin, via), distance(via, destination))
        return Flight(
            carrier=code,
            number=self._number(code, random, False, 0),
            operator_code=code,
            operator_name=None,
            origin=origin,
            destination=destination,
            departs=7 * 60 + random % 300,
            block=block_minutes(origin, via) + GROUND_MINUTES + block_minutes(via, destination),
            weekdays=DAILY,
            **_equipment(entry, False, longest if longest > WIDE_MILES else 1500, random),
            via=via,
        )

    def _number(self, code: str, random: int, regional: bool, miles: int) -> int:
        """Return an unused flight number: low for long flights and high for regional ones, as at most carriers."""
        first, span = (3400, 2500) if regional else (1, 199) if miles > WIDE_MILES else (200, 2500)
        number = first + random // 1000 % span
        while (code, number) in self._numbers:
            number += 1
        self._numbers.add((code, number))
        return number


def _usual_count(miles: int) -> int:
    """Return the typical number of flights per day for a distance."""
    return 4 if miles < 600 else 3 if miles < 1300 else 2 if miles < 2700 else 1


def _equipment(entry: dict[str, Any], regional: bool, miles: int, random: int) -> dict[str, str]:
    """Return the aircraft and cabins. Wide-bodies fly routes over 3,000 miles, and some over 1,800."""
    wide = miles > WIDE_MILES or (miles > 1800 and random // 7 % 6 == 0)
    types = entry["regional" if regional else "wide" if wide else "narrow"].split()
    aircraft = types[random // 11 % len(types)]
    cabins: str = network()["aircraft"][aircraft][1]
    if entry.get("one_cabin"):
        cabins = "E"
    elif miles <= WIDE_MILES:
        cabins = cabins.replace("P", "")  # premium economy is sold on long flights only
    elif aircraft in entry.get("first", "").split():
        cabins += "F"
    return {"aircraft": aircraft, "cabins": cabins}


def _departure(origin: str, destination: str, index: int, count: int, random: int) -> int:
    """Return minutes after local midnight. Short flights are spread over the day; long ones arrive in the daytime."""
    miles = distance(origin, destination)
    if miles > WIDE_MILES:
        return _long_departure(origin, destination, index, random)
    if index == count - 1 and count > 1 and miles > 1500 and eastward(origin, destination) > 0.4:
        return 22 * 60 + random // 13 % 20 * 5  # red-eye
    spread = 15 * 60 // count
    return 6 * 60 + index * spread + random // 13 % max(1, spread // 5) * 5


def _long_departure(origin: str, destination: str, index: int, random: int) -> int:
    block = block_minutes(origin, destination)
    for attempt in range(40):
        departs = 7 * 60 + draw(random, index, attempt) % 198 * 5  # 07:00 to 23:25
        flight = Flight("", 0, "", None, origin, destination, departs, block, 0, "", "", None)
        if 5 <= flight.arrival(date(2026, 1, 15)).hour <= 21:
            break
    return departs
