"""Regions of the world and parts of countries, such as Europe, the Caribbean or California, and their airports."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from awardspider.airports import airports
from awardspider.search.city_names import fold, load_data
from awardspider.search.countries import airports_by_country


@dataclass(frozen=True, slots=True)
class Region:
    """A region. `country` and `abbreviation` are codes (`US`, `CA`) if it is a state or province.

    `qualifies` says that people write it after the name of a city, as in `Palermo, Sicily`.
    """

    key: str
    name: str
    other_names: tuple[str, ...]
    airports: frozenset[str]
    country: str | None = None
    abbreviation: str | None = None
    qualifies: bool = False


@functools.cache
def regions() -> dict[str, Region]:
    """Return all regions by key: those of data/regions.toml, and states such as `california`."""
    table = load_data("regions.toml")
    found = {
        key: Region(
            key,
            entry["name"],
            split_names(entry.get("names", "")),
            _airports_of(key, table),
            qualifies="states" in entry and ";" not in entry["states"],
        )
        for key, entry in table.items()
    }
    for country, states in load_data("states.toml").items():
        for abbreviation, text in states.items():
            name, *others = split_names(text)
            key = fold(name).replace(" ", "_")
            codes = _airports_by_state()[country, name]
            found[key] = Region(key, name, tuple(others), codes, country, abbreviation, qualifies=True)
    return found


@functools.cache
def states_by_abbreviation() -> dict[str, tuple[Region, ...]]:
    """Return the states and provinces with a postal abbreviation, such as CA."""
    found: dict[str, list[Region]] = {}
    for region in regions().values():
        if region.abbreviation:
            found.setdefault(region.abbreviation, []).append(region)
    return {abbreviation: tuple(states) for abbreviation, states in found.items()}


@functools.cache
def regions_by_airport() -> dict[str, tuple[str, ...]]:
    """Return the keys of all regions that contain an airport, by airport."""
    found: dict[str, list[str]] = {}
    for region in regions().values():
        for code in region.airports:
            found.setdefault(code, []).append(region.key)
    return {code: tuple(keys) for code, keys in found.items()}


def split_names(text: str) -> tuple[str, ...]:
    """Split names that are separated by semicolons."""
    return tuple(" ".join(name.split()) for name in text.split(";") if name.strip())


def _airports_of(key: str, table: dict[str, Any]) -> frozenset[str]:
    entry = table[key]
    found = set(entry.get("airports", "").split())
    for country in entry.get("countries", "").split():
        found |= airports_by_country()[country]
    for other in entry.get("regions", "").split():
        found |= _airports_of(other, table)
    if states := entry.get("states"):
        country, _, names = states.partition(":")
        for name in split_names(names):
            found |= _airports_by_state()[country.strip(), name]
    return frozenset(found)


@functools.cache
def _airports_by_state() -> dict[tuple[str, str], frozenset[str]]:
    """Return the airports of each state, by country code and the name of the state in airportsdata."""
    found: dict[tuple[str, str], set[str]] = {}
    for code, airport in airports().items():
        found.setdefault((airport["country"], airport["subd"]), set()).add(code)
    return {state: frozenset(codes) for state, codes in found.items()}
