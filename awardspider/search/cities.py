"""Cities with main airports, and the names under which people search for them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import airportsdata

from awardspider.airports import airports, metropolitan_areas
from awardspider.search.city_names import city_name, city_table, fold
from awardspider.search.countries import country
from awardspider.search.distances import distance_km
from awardspider.search.main_airports import airport_size, airport_sizes, by_size
from awardspider.search.regions import split_names

# The airports of a city with a metropolitan code are main unless they are this many size classes smaller than its
# largest one (London City is, Southend is not); those of another city, unless they are smaller at all by two classes.
_MUCH_SMALLER_IN_AREA, _MUCH_SMALLER = 3, 2
# Airports of the same city are at most this far from each other.
_SAME_CITY_KM = 100


@dataclass(frozen=True, slots=True)
class City:
    """A city: its code if it has one, otherwise that of its largest airport. `main` has the largest airport first."""

    code: str
    name: str
    airports: frozenset[str]
    main: tuple[str, ...]


@functools.cache
def cities_by_name() -> dict[str, tuple[City, ...]]:
    """Return the cities with main airports, by normalized name in several languages."""
    by_code = {city.code: city for city in _main_cities()}
    owner = {code: city for city in by_code.values() for code in city.airports}
    found: dict[str, dict[str, City]] = {}
    for city in by_code.values():
        for name in _usual_names(city):
            found.setdefault(fold(name), {})[city.code] = city
    for code, text in city_table()["names"].items():
        city = by_code.get(code) or owner[code]
        for name in split_names(text):
            found.setdefault(fold(name), {})[city.code] = city
    return {name: tuple(cities.values()) for name, cities in found.items() if name}


@functools.cache
def other_cities_by_name() -> dict[str, tuple[City, ...]]:
    """Return the cities without a main airport, by normalized name in English."""
    found: dict[str, list[City]] = {}
    for city in _grouped(code for code in airports().keys() - airport_sizes().keys() if airports()[code]["city"]):
        found.setdefault(fold(city.name), []).append(city)
    return {name: tuple(cities) for name, cities in found.items() if name}


@functools.cache
def airports_by_name() -> dict[str, str]:
    """Return airport codes by the normalized names of airports that people write instead of the city."""
    table = city_table()["airport_names"]
    return {fold(name): code for code, text in table.items() for name in split_names(text)}


def in_same_city(first: str, second: str) -> bool:
    """Return whether two airports are one or in one city, such as Haneda and Narita."""
    return first == second or bool(_city_codes().get(first, frozenset()) & _city_codes().get(second, frozenset()))


@functools.cache
def _city_codes() -> dict[str, frozenset[str]]:
    """Return the codes of the cities of each airport; Newark is in New York and a city of its own."""
    found: dict[str, set[str]] = {}
    for code in metropolitan_areas():
        for airport in city_of_area(code).airports:
            found.setdefault(airport, set()).add(code)
    for city in _main_cities():
        for airport in city.airports:
            found.setdefault(airport, set()).add(city.code)
    return {airport: frozenset(codes) for airport, codes in found.items()}


# Cities whose list lacks an airport that airlines sell as the city.
_LISTED_TOO = {"NYC": frozenset({"EWR"}), "WAS": frozenset({"BWI"})}


@functools.cache
def listed_airports(code: str) -> frozenset[str]:
    """Return the airports that IATA lists for a city with a metropolitan code; empty if it lists none in service."""
    if not (listed := airportsdata.load_iata_macs().get(code)):
        return frozenset()
    known = metropolitan_areas()[code].airports
    return (frozenset(listed["airports"]) | {code} | _LISTED_TOO.get(code, frozenset())) & known


def city_of_area(code: str) -> City:
    """Return the city with a metropolitan code."""
    area = metropolitan_areas()[code]
    spelled = {fold(_plain_name(airport)): _plain_name(airport) for airport in area.airports}
    name = spelled.get(fold(area.name), area.name)
    return City(code, name, area.airports, _main_of(area.airports, _MUCH_SMALLER_IN_AREA))


def _main_cities() -> Iterator[City]:
    """Yield each city with a main airport: metropolitan areas, and all other airports by city."""
    in_areas = set()
    for code, area in metropolitan_areas().items():
        city = city_of_area(code)
        if any(airport in airport_sizes() for airport in area.airports):
            yield city
            in_areas |= {airport for airport in area.airports if fold(_plain_name(airport)) == fold(city.name)}
    yield from _grouped(airport_sizes().keys() - in_areas)


def _grouped(codes: Iterable[str]) -> Iterator[City]:
    """Yield a city for each group of airports that are near each other and have the same city in their names."""
    groups: dict[tuple[str, str | None], list[set[str]]] = {}
    for code in by_size(codes):
        same_name = groups.setdefault((fold(_plain_name(code)), country(code)), [])
        near = next((group for group in same_name if distance_km(code, min(group)) <= _SAME_CITY_KM), None)
        if near is None:
            same_name.append({code})
        else:
            near.add(code)
    for group in (group for same_name in groups.values() for group in same_name):
        yield _city(group)


def _city(codes: Iterable[str]) -> City:
    main = _main_of(codes, _MUCH_SMALLER)
    return City(main[0], _plain_name(main[0]), frozenset(codes), main)


def _main_of(codes: Iterable[str], much_smaller: int) -> tuple[str, ...]:
    largest, *others = by_size(codes)
    return (largest, *(code for code in others if airport_size(code) - airport_size(largest) < much_smaller))


def _usual_names(city: City) -> Iterator[str]:
    """Yield the English name of a city, and its translations."""
    from babel import Locale  # slow to import, and only needed to find places by name

    yield city.name
    first = city.main[0]
    zone = airports()[first]["tz"]
    names_zone = fold(zone.rpartition("/")[2].replace("_", " ")) == fold(city.name)
    for locale in map(Locale.parse, ("pt", "pt_PT", "es")):
        translations = city_table().get(locale.language, {}).get(country(first), {})
        if found := translations.get(city.name):
            yield str(found)
        if names_zone and (translated := locale.time_zones.get(zone, {}).get("city")):
            yield str(translated)


def _plain_name(iata: str) -> str:
    """Return the name of an airport's city without what airportsdata adds: `Lille` for `Lille/Lesquin`."""
    name = (city_name(iata) or iata).partition(" (")[0]
    if iata in city_table()["airports"]:
        return name
    for separator in ("/", ","):
        name = name.partition(separator)[0].strip()
    return name.removesuffix(" Island").removesuffix(" Atoll")
