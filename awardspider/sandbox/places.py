"""The airports of the simulated world, the distances between them, and taxes by country."""

from __future__ import annotations

import functools
import math
import tomllib
from dataclasses import dataclass
from hashlib import blake2b
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from awardspider.airports import airport_zone, airports

EARTH_RADIUS_MILES = 3958.8
# United treats Guam as domestic and charges the domestic tax of $5.60.
SAME_COUNTRY = {"GU": "US"}


@dataclass(frozen=True, slots=True)
class Airport:
    """An airport. `city` and `state` are spelled as airlines spell them; `state` is empty outside the US and Canada."""

    code: str
    city: str
    state: str
    country: str
    zone: ZoneInfo
    latitude: float
    longitude: float

    @property
    def place(self) -> str:
        """City, state and country: `Denver, CO, US` or `London, GB`."""
        return ", ".join(part for part in (self.city, self.state, self.country) if part)


@functools.cache
def network() -> dict[str, Any]:
    """Return the content of `data/network.toml`."""
    return tomllib.loads(files("awardspider.sandbox").joinpath("data", "network.toml").read_text(encoding="utf-8"))


@functools.cache
def all_places() -> dict[str, Airport]:
    """Return every airport of the world by IATA code."""
    return {code: _airport(code, name) for code, name in network()["airports"].items()}


def _airport(code: str, name: str) -> Airport:
    city, _, state = name.partition(", ")
    record = airports()[code]
    zone = airport_zone(code)
    assert zone is not None
    return Airport(code, city, state, record["country"], zone, record["lat"], record["lon"])


@functools.cache
def nearby(code: str) -> tuple[str, ...]:
    """Return the other airports of the same city."""
    return tuple(network()["nearby"].get(code, "").split())


@functools.cache
def distance(origin: str, destination: str) -> int:
    """Return the great-circle distance in statute miles."""
    start, end = all_places()[origin], all_places()[destination]
    lat1, lat2 = math.radians(start.latitude), math.radians(end.latitude)
    half_lat, half_lon = (lat2 - lat1) / 2, math.radians(end.longitude - start.longitude) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
    return round(2 * EARTH_RADIUS_MILES * math.asin(math.sqrt(chord)))


def eastward(origin: str, destination: str) -> float:
    """Return the east-west direction of a flight, from -1 (far west) to 1 (far east)."""
    degrees = all_places()[destination].longitude - all_places()[origin].longitude
    return max(-1.0, min(1.0, ((degrees + 180) % 360 - 180) / 40))


def block_minutes(origin: str, destination: str) -> int:
    """Return the gate-to-gate time, allowing for the west wind: LAX-AUS 2:55, LAX-JFK 5:20, LHR-SFO 11:40."""
    miles = distance(origin, destination)
    without_wind = 25 + min(miles, 2500) / 7.8 + max(0, miles - 2500) / 8.6
    return round(without_wind * (1 - 0.06 * eastward(origin, destination)))


def country(code: str) -> str:
    """Return the country within which flights from an airport are domestic."""
    own = all_places()[code].country
    return SAME_COUNTRY.get(own, own)


@functools.cache
def taxes(route: tuple[str, ...], front: bool) -> int:
    """Return taxes and fees for one traveler in US cents.

    `route` is the origin, the airports where travelers change planes, and the destination. `front` means business or
    first.
    """
    table = network()["taxes"]
    start, *between, end = (country(code) for code in route)
    if start == end and all(middle == start for middle in between):
        return int(table["domestic"].get(start, table["other_domestic"]))
    cents: int = table["departure"].get(start, table["other_departure"])
    cents += table["arrival"].get(end, table["other_arrival"])
    cents += table["front"].get(start, 0) if front else 0
    cents += table["transit"] * sum(middle not in (start, end) for middle in between)
    return cents


def draw(*key: object) -> int:
    """Return a 64-bit number that depends only on the key."""
    text = "|".join(map(str, key))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
