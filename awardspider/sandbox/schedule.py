"""Who flies what and when: a timetable made from the network's data and the seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from awardspider.sandbox.places import all_places, block_minutes, distance, draw, eastward, network

GROUND_MINUTES = 50  # how long a flight stands at a landing between
DAILY = 0b1111111
# Monday is the lowest bit. Most flights are daily; the rest rest on Saturdays, weekends or some days.
PATTERNS = (DAILY,) * 7 + (0b1011111, 0b0011111, 0b1110101)
THIN_PATTERNS = (DAILY,) * 6 + (0b1010101, 0b1101010, 0b0101011, 0b1111011)


@dataclass(frozen=True, slots=True, eq=False)
class Flight:
    """One flight number: `departs` in minutes after local midnight, `block` gate to gate with landings between.

    `weekdays` has bit 0 for Monday, by the local day of departure. `cabins` holds the letters E, P, B and F.
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
        return f"{self.carrier}{self.number}"

    def leaves(self, day: date) -> datetime:
        """Departure on a local date, in the origin's zone."""
        zone = all_places()[self.origin].zone
        return datetime.combine(day, time(self.departs // 60, self.departs % 60), tzinfo=zone)

    def arrives(self, day: date) -> datetime:
        """Arrival of the departure on a local date, in the destination's zone."""
        moment = self.leaves(day).astimezone(UTC) + timedelta(minutes=self.block)
        return moment.astimezone(all_places()[self.destination].zone)

    def landing(self, day: date) -> tuple[str, datetime, datetime] | None:
        """The landing between: airport, arrival and departure there, in its zone."""
        if self.via is None:
            return None
        zone = all_places()[self.via].zone
        down = self.leaves(day).astimezone(UTC) + timedelta(minutes=block_minutes(self.origin, self.via))
        return self.via, down.astimezone(zone), (down + timedelta(minutes=GROUND_MINUTES)).astimezone(zone)


def carrier_names() -> dict[str, str]:
    return {code: entry["name"] for code, entry in network()["carriers"].items()}


def aircraft_name(code: str) -> str:
    name: str = network()["aircraft"][code][0]
    return name


class Schedule:
    """Every flight of the world for one seed, by carrier, origin and destination."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._numbers: set[tuple[str, int]] = set()
        self.flights: dict[tuple[str, str, str], tuple[Flight, ...]] = {}
        self.hubs: dict[str, tuple[str, ...]] = {}
        for code, entry in network()["carriers"].items():
            self.hubs[code] = tuple(entry["routes"])
            made: dict[tuple[str, str, str], list[Flight]] = defaultdict(list)
            for flight in self._carrier(code, entry):
                made[code, flight.origin, flight.destination].append(flight)
            for key, flights in made.items():
                self.flights[key] = tuple(sorted(flights, key=lambda flight: flight.departs))

    def between(self, carrier: str, origin: str, destination: str) -> tuple[Flight, ...]:
        return self.flights.get((carrier, origin, destination), ())

    def _carrier(self, code: str, entry: dict[str, Any]) -> Iterator[Flight]:
        for hub, served in entry["routes"].items():
            for item in served.split():
                place, _, daily = item.partition(":")
                for origin, destination in ((hub, place), (place, hub)):
                    yield from self._route(code, entry, origin, destination, int(daily or 0))
        for text in entry.get("stops", ()):
            pair, via = text.split(" via ")
            one, two = pair.split("-")
            for origin, destination in ((one, two), (two, one)):
                yield self._direct_with_landing(code, entry, origin, destination, via)

    def _route(self, code: str, entry: dict[str, Any], origin: str, destination: str, daily: int) -> Iterator[Flight]:
        miles = distance(origin, destination)
        chance = draw(self._seed, "route", code, origin, destination)
        count = daily or max(1, _usual_count(miles) + chance % 3 - 1)
        patterns = THIN_PATTERNS if count == 1 and not daily else PATTERNS
        for index in range(count):
            chance = draw(self._seed, "flight", code, origin, destination, index)
            regional = "regional" in entry and miles < 800 and chance % 100 < 45
            affiliated = regional and "affiliates" in entry
            yield Flight(
                carrier=code,
                number=self._number(code, chance, regional, miles),
                operator_code=entry["affiliate_code"] if affiliated else code,
                operator_name=entry["affiliates"][chance % len(entry["affiliates"])] if affiliated else None,
                origin=origin,
                destination=destination,
                departs=_departure(origin, destination, index, count, chance),
                block=block_minutes(origin, destination),
                weekdays=DAILY if index == 0 and daily else patterns[chance // 100 % len(patterns)],
                **_equipment(entry, regional, miles, chance),
                via=None,
            )

    def _direct_with_landing(self, code: str, entry: dict[str, Any], origin: str, destination: str, via: str) -> Flight:
        chance = draw(self._seed, "landing", code, origin, destination)
        longest = max(distance(origin, via), distance(via, destination))
        return Flight(
            carrier=code,
            number=self._number(code, chance, False, 0),
            operator_code=code,
            operator_name=None,
            origin=origin,
            destination=destination,
            departs=7 * 60 + chance % 300,
            block=block_minutes(origin, via) + GROUND_MINUTES + block_minutes(via, destination),
            weekdays=DAILY,
            **_equipment(entry, False, longest if longest > 3000 else 1500, chance),
            via=via,
        )

    def _number(self, code: str, chance: int, regional: bool, miles: int) -> int:
        """Long flights have low numbers, regional ones high numbers, as at most carriers."""
        first, span = (3400, 2500) if regional else (1, 199) if miles > 3000 else (200, 2500)
        number = first + chance // 1000 % span
        while (code, number) in self._numbers:
            number += 1
        self._numbers.add((code, number))
        return number


def _usual_count(miles: int) -> int:
    return 4 if miles < 600 else 3 if miles < 1300 else 2 if miles < 2700 else 1


def _equipment(entry: dict[str, Any], regional: bool, miles: int, chance: int) -> dict[str, str]:
    """The aircraft and its cabins: wide ones beyond 3,000 miles, and at times on the busy domestic routes."""
    wide = miles > 3000 or (miles > 1800 and chance // 7 % 6 == 0)
    kind = "regional" if regional else "wide" if wide else "narrow"
    kinds = entry[kind].split()
    aircraft = kinds[chance // 11 % len(kinds)]
    cabins: str = network()["aircraft"][aircraft][1]
    if miles <= 3000:
        cabins = cabins.replace("P", "")  # over land a wide aircraft sells no premium economy
    elif aircraft in entry.get("first", "").split():
        cabins += "F"
    return {"aircraft": aircraft, "cabins": cabins}


def _departure(origin: str, destination: str, index: int, count: int, chance: int) -> int:
    """Minutes after local midnight. Short flights spread over the day; long ones land at a civil hour."""
    miles = distance(origin, destination)
    if miles > 3000:
        return _long_departure(origin, destination, index, chance)
    if index == count - 1 and count > 1 and miles > 1500 and eastward(origin, destination) > 0.4:
        return 22 * 60 + chance // 13 % 20 * 5  # the red-eye
    spread = 15 * 60 // count
    return 6 * 60 + index * spread + chance // 13 % max(1, spread // 5) * 5


def _long_departure(origin: str, destination: str, index: int, chance: int) -> int:
    for attempt in range(40):
        departs = 7 * 60 + draw(chance, index, attempt) % 198 * 5  # 07:00 to 23:25
        flight = Flight(
            "", 0, "", None, origin, destination, departs, block_minutes(origin, destination), 0, "", "", None
        )
        if 5 <= flight.arrives(date(2026, 1, 15)).hour <= 21:
            break
    return departs
