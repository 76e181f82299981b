"""The airports of the world, how far apart they are, and what leaving and reaching their countries costs."""

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
# United counts Guam among the domestic places, and so does its tax of 5.60.
SAME_COUNTRY = {"GU": "US"}


@dataclass(frozen=True, slots=True)
class Airport:
    """An airport: `city` and `state` as airlines write them (state is empty outside the US and Canada)."""

    code: str
    city: str
    state: str
    country: str
    zone: ZoneInfo
    latitude: float
    longitude: float

    @property
    def place(self) -> str:
        """`Denver, CO, US` or `London, GB`."""
        return ", ".join(part for part in (self.city, self.state, self.country) if part)


@functools.cache
def network() -> dict[str, Any]:
    """The data file, as it stands."""
    return tomllib.loads(files("awardspider.sandbox").joinpath("data", "network.toml").read_text(encoding="utf-8"))


@functools.cache
def all_places() -> dict[str, Airport]:
    """Every airport of the world, by IATA code."""
    return {code: _airport(code, name) for code, name in network()["airports"].items()}


def _airport(code: str, name: str) -> Airport:
    city, _, state = name.partition(", ")
    known = airports()[code]
    zone = airport_zone(code)
    assert zone is not None
    return Airport(code, city, state, known["country"], zone, known["lat"], known["lon"])


@functools.cache
def nearby(code: str) -> tuple[str, ...]:
    """The other airports of the same city."""
    return tuple(network()["nearby"].get(code, "").split())


@functools.cache
def distance(origin: str, destination: str) -> int:
    """Great-circle distance in statute miles, the unit of every mileage program here."""
    one, two = all_places()[origin], all_places()[destination]
    lat1, lat2 = math.radians(one.latitude), math.radians(two.latitude)
    half_lat, half_lon = (lat2 - lat1) / 2, math.radians(two.longitude - one.longitude) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
    return round(2 * EARTH_RADIUS_MILES * math.asin(math.sqrt(chord)))


def eastward(origin: str, destination: str) -> float:
    """From -1 (far west) to 1 (far east): how much of the wind a flight has behind it."""
    degrees = all_places()[destination].longitude - all_places()[origin].longitude
    return max(-1.0, min(1.0, ((degrees + 180) % 360 - 180) / 40))


def block_minutes(origin: str, destination: str) -> int:
    """Gate to gate, with the west wind: LAX-AUS 2:55, LAX-JFK 5:20, LHR-SFO 11:40."""
    miles = distance(origin, destination)
    still = 25 + min(miles, 2500) / 7.8 + max(0, miles - 2500) / 8.6
    return round(still * (1 - 0.06 * eastward(origin, destination)))


def country(code: str) -> str:
    """The country whose domestic flights these are."""
    own = all_places()[code].country
    return SAME_COUNTRY.get(own, own)


@functools.cache
def taxes(stops: tuple[str, ...], front: bool) -> int:
    """Taxes and fees of one traveler in US cents over `stops` (origin, changes of planes, destination)."""
    table = network()["taxes"]
    start, *between, end = (country(code) for code in stops)
    if start == end and all(middle == start for middle in between):
        return int(table["domestic"].get(start, table["other_domestic"]))
    cents: int = table["departure"].get(start, table["other_departure"])
    cents += table["arrival"].get(end, table["other_arrival"])
    cents += table["front"].get(start, 0) if front else 0
    cents += table["transit"] * sum(middle not in (start, end) for middle in between)
    return cents


def draw(*key: object) -> int:
    """A number of 64 bits that depends on nothing but the key."""
    text = "|".join(map(str, key))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
