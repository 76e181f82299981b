"""Main airports: those with scheduled airline service that travelers search for, and how large they are."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from awardspider.search.city_names import load_data
from awardspider.search.countries import country

# The classes of data/main_airports.toml, the largest first. Each is about three times as large as the next.
_CLASSES = ("30M", "10M", "3M", "1M", "300k", "less")
# A broad place is searched at its airports with a million passengers a year or more.
_SEARCHED_SIZE = _CLASSES.index("1M")
#: The size of an airport that is not a main airport.
NOT_MAIN = len(_CLASSES)


@functools.cache
def airport_sizes() -> dict[str, int]:
    """Return the size class of each main airport, from 0 (30 million passengers a year or more) to 5."""
    return {
        code: _CLASSES.index(name)
        for classes in load_data("main_airports.toml").values()
        for name, codes in classes.items()
        for code in codes.split()
    }


def airport_size(iata: str) -> int:
    """Return the size class of an airport; NOT_MAIN for one without airline service or unknown."""
    return airport_sizes().get(iata, NOT_MAIN)


@functools.cache
def _ranks() -> dict[str, int]:
    """Return the place of each main airport in its class and country, which the file lists in order of size."""
    countries = load_data("main_airports.toml").values()
    lists = [codes.split() for classes in countries for codes in classes.values()]
    return {code: rank for codes in lists for rank, code in enumerate(codes)}


def by_size(codes: Iterable[str]) -> tuple[str, ...]:
    """Return airports, the largest first."""
    ranks = _ranks()
    return tuple(sorted(codes, key=lambda code: (airport_size(code), ranks.get(code, 0), code)))


def route_size(origin: str, destination: str) -> tuple[int, int]:
    """Return a sort key of a route by the size of its airports: the routes between the largest come first."""
    ranks = _ranks()
    return airport_size(origin) + airport_size(destination), ranks.get(origin, 0) + ranks.get(destination, 0)


def main_of(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the main airports among these, the largest first; all of them if none is a main airport."""
    codes = tuple(codes)
    return by_size([code for code in codes if code in airport_sizes()] or codes)


def searched_of(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the airports to search of a broad place, the largest first.

    These are the airports with a million passengers a year or more. In a country without such an airport, they are its
    largest airports.
    """
    codes = tuple(codes)
    largest = _largest_by_country()
    found = [
        code for code in codes if airport_size(code) <= max(_SEARCHED_SIZE, largest.get(country(code) or "", NOT_MAIN))
    ]
    return by_size(code for code in found if code in airport_sizes()) or main_of(codes)


@functools.cache
def _largest_by_country() -> dict[str, int]:
    """Return the size class of each country's largest airport."""
    largest: dict[str, int] = {}
    for code, size in airport_sizes().items():
        own = country(code) or ""
        largest[own] = min(size, largest.get(own, NOT_MAIN))
    return largest
