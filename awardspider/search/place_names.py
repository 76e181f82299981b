"""Places by the names that people write: airports, cities, countries and regions, in three languages.

A name can be shared by several places. A city with main airports is preferred to one without. Among cities with main
airports, the largest one is meant if all others are at least three size classes smaller, which is about 30 times
(Melbourne in Australia, not in Florida); otherwise the name is ambiguous (San Jose, Portland, Santiago).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from awardspider.airports import airports, is_city_code
from awardspider.search.cities import (
    City,
    airports_by_name,
    cities_by_name,
    city_of_area,
    other_cities_by_name,
)
from awardspider.search.city_names import city_name, city_table, fold
from awardspider.search.countries import (
    airports_by_country,
    countries_by_abbreviation,
    countries_by_name,
    countries_of_name,
    country,
    country_names,
)
from awardspider.search.distances import airports_within
from awardspider.search.main_airports import NOT_MAIN, airport_size, airport_sizes, main_of, searched_of
from awardspider.search.radius import find_radius
from awardspider.search.regions import Region, regions, states_by_abbreviation
from awardspider.search.suggestions import typos

# A name is clear if all other cities of this name are this many size classes smaller.
_MUCH_SMALLER = 3
# The largest size class of a city that makes the same name of a country ambiguous (Liberia in Costa Rica), and of one
# that is meant instead of the state with its name (New York, Washington).
_RIVALS_COUNTRY, _BEATS_STATE = 3, 1
# Countries that people search for as cities; Aruba and Luxembourg are countries, which have the same airports.
_CITY_STATES = frozenset({"HK", "MO", "SG"})
_MAX_CHOICES = 5
_MAX_NAME = 80
_CODE_LENGTH = 2
_MIN_SIMILAR = 5
_LONG_NAME = 9
_ANYWHERE = re.compile(
    "any(where| airport| place)?|everywhere|(the )?world(wide)?|(em )?qualquer (lugar|destino)|todo o mundo|mundo todo"
    "|(en )?cualquier (lugar|parte|destino)|todo el mundo"
)
_ARTICLES = frozenset({"the", "el", "la", "los", "las", "o", "a", "os", "as"})
# Abbreviations of states that are words in a sentence: "Portland or Seattle". After a comma, they are states.
_WORDS_LIKE_STATES = frozenset(
    ["al", "as", "co", "de", "hi", "id", "in", "la", "ma", "me", "mi", "mo", "oh", "ok", "or", "pa", "pe", "va"]
)
# What people add to the name of a city or an airport.
_ADDITIONS = re.compile(
    r"(?:(?:anywhere|any airport|all(?: airports)?) (?:in|of) |(?:the )?greater )?"
    r"(?:aerop(?:ue|o)rto(?: internacional)?(?: d[eo]l?| da)? )?(?P<name>.+?)"
    r"(?: metro(?:politan)?)?(?: area)?(?: international)?(?: airports?)?"
)
_PARENTHESES = re.compile(r"(.+?)\s*\((.+)\)")  # Tokyo (HND), Portland (Maine)
_KEY = re.compile(r"(airport|city|country|region):([A-Za-z_]+)")


class PlaceKind(StrEnum):
    """Kinds of places."""

    AIRPORT = "airport"
    CITY = "city"
    COUNTRY = "country"
    REGION = "region"
    NEAR = "near"
    ANYWHERE = "anywhere"


#: Kinds of places that have airports near them.
_CENTERS = (PlaceKind.AIRPORT, PlaceKind.CITY)


@dataclass(frozen=True, slots=True)
class PlacePart:
    """One place.

    `key` is an airport's or city's code (`LAX`, `TYO`), a country's code (`IT`), a region's key (`europe`,
    `california`), a center and its radius in kilometers (`BOS:150`), or `anywhere`. `airports` are all airports that
    match; `main` are those to search, the largest first, and never empty.
    """

    kind: PlaceKind
    key: str
    name: str
    airports: frozenset[str]
    main: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return the place in one word: `country:IT`, `region:europe`, `airport:LAX` or `anywhere`."""
        return self.key if self.kind is PlaceKind.ANYWHERE else f"{self.kind}:{self.key}"

    @property
    def size(self) -> int:
        """Return the size class of the largest airport."""
        return airport_size(self.main[0])

    @property
    def written(self) -> str:
        """Return the shortest text that means exactly this place."""
        if self.kind is PlaceKind.CITY and not is_city_code(self.key):
            return ",".join(self.main)
        if self.kind is PlaceKind.NEAR:
            code, _, radius = self.key.partition(":")
            return f"within {radius} km of {code}"
        if self.kind not in (PlaceKind.COUNTRY, PlaceKind.REGION):
            return self.key
        own = regions()[self.key].country if self.kind is PlaceKind.REGION else None
        first = self.name if self.kind is PlaceKind.REGION else self.key
        others = regions()[self.key].other_names if self.kind is PlaceKind.REGION else ()
        texts = (first, self.name, f"{self.name}, {country_names().get(own or '', '')}", *others)
        return next((text for text in texts if find_place(text) == self), self.label)


@dataclass(frozen=True, slots=True)
class AmbiguousPlace:
    """A name of several places, the largest first."""

    name: str
    choices: tuple[PlacePart, ...]

    def message(self) -> str:
        """Return a sentence with the choices and what distinguishes them."""
        choices = [f"{choice.written} ({_description(choice)})" for choice in self.choices]
        return f"{self.name} is ambiguous: write {_join_with_or(choices)}"

    def codes(self) -> str:
        """Return what to write for each choice: `SJC or SJO`."""
        return _join_with_or([choice.written for choice in self.choices])


@functools.lru_cache(maxsize=8192)
def find_place(name: str, *, fuzzy: bool = False) -> PlacePart | AmbiguousPlace | None:
    """Return the place with a code or name, all places with it if it is ambiguous, or None if it is unknown.

    The name can be followed by a state or country, as in `Portland, Maine` or `Portland OR`. With `fuzzy`, a name with
    a typo means the most similar one.
    """
    text = " ".join(name.split())
    if not text or len(text) > _MAX_NAME:
        return None
    folded = fold(text)
    if _ANYWHERE.fullmatch(folded):
        return _anywhere()
    found = _by_key(text) or _near(text) or _by_code(text) or _by_name(text, folded) or _qualified(text)
    if found is None and (parentheses := _PARENTHESES.fullmatch(text)):
        found = part_of_code(parentheses[2]) or qualified_place(parentheses[1], parentheses[2])
    if found is None and (others := other_cities_by_name().get(folded)):
        found = _choose(text, [_city_part(city) for city in others])
    if found is None and (shorter := _ADDITIONS.fullmatch(folded)) and shorter["name"] != folded:
        found = find_place(shorter["name"])
    return _similar(folded) if found is None and fuzzy else found


def is_place_code(word: str) -> bool:
    """Return whether a word is the code of a main airport or of a city."""
    code = word.upper()
    return code in airport_sizes() or is_city_code(code)


@functools.cache
def place_names() -> frozenset[str]:
    """Return the normalized names of all cities with main airports, airports, countries and regions."""
    return frozenset({*cities_by_name(), *airports_by_name(), *countries_by_name(), *_regions_by_name()})


def is_state_code(text: str) -> bool:
    """Return whether a text in capitals is the abbreviation of a state, and not a country (CA) or city (NY) too."""
    return len(text) == 2 and text in states_by_abbreviation() and not places_named(text.lower())


def airport_part(iata: str) -> PlacePart:
    """Return an airport as a place."""
    return PlacePart(PlaceKind.AIRPORT, iata, city_name(iata) or iata, frozenset({iata}), (iata,))


def _by_key(text: str) -> PlacePart | None:
    """Return the place with a key such as `country:IT`, as `PlacePart.label` writes it."""
    if not (match := _KEY.fullmatch(text)):
        return None
    kind, key = match[1], match[2]
    if kind == PlaceKind.COUNTRY:
        return _country_part(key.upper()) if key.upper() in airports_by_country() else None
    if kind == PlaceKind.REGION:
        return _region_part(regions()[key.lower()]) if key.lower() in regions() else None
    found = part_of_code(key.upper())
    return found if isinstance(found, PlacePart) else None


def _by_code(text: str) -> PlacePart | AmbiguousPlace | None:
    """Return the airport or city with a code. In lower case, the code can also be a name, such as Goa or Sal."""
    if is_state_code(text):
        return _region_part(states_by_abbreviation()[text][0])
    if len(text) != 3 or not (text.isascii() and text.isalpha()):
        return None
    by_code, folded = part_of_code(text.upper()), text.casefold()
    if folded in countries_by_abbreviation():  # USA and UAE, which are also the codes of small airports
        return _country_part(countries_by_abbreviation()[folded])
    if by_code is None or text.isupper():
        return by_code
    by_name = _by_name(text, folded)
    if by_name is None or (isinstance(by_name, PlacePart) and set(by_code.main) <= by_name.airports):
        return by_code
    if by_code.size == NOT_MAIN:
        return by_name
    if not text.islower():
        return by_name
    others = by_name.choices if isinstance(by_name, AmbiguousPlace) else (by_name,)
    return AmbiguousPlace(text, (by_code, *others))


def part_of_code(code: str) -> PlacePart | None:
    """Return the airport or city with a code in capitals, or None if there is none."""
    if is_city_code(code):
        return _city_part(city_of_area(code))
    return airport_part(code) if code in airports() else None


def _by_name(text: str, folded: str) -> PlacePart | AmbiguousPlace | None:
    candidates = places_named(folded)
    if not candidates:
        first, _, rest = folded.partition(" ")
        candidates = places_named(rest) if first in _ARTICLES and len(rest) > _CODE_LENGTH else ()
    return _choose(text, candidates) if candidates else None


@functools.lru_cache(maxsize=4096)
def places_named(folded: str) -> tuple[PlacePart, ...]:
    """Return all places with a normalized name."""
    found = [_city_part(city) for city in cities_by_name().get(folded, ())]
    named = countries_of_name(folded) or ((folded.upper(),) if len(folded) == 2 else ())
    found += [_country_part(code) for code in named if code in airports_by_country()]
    found += [_region_part(region) for region in _regions_by_name().get(folded, ())]
    if not found and folded in airports_by_name():
        found.append(airport_part(airports_by_name()[folded]))
    return tuple(found)


def _choose(name: str, candidates: Iterable[PlacePart]) -> PlacePart | AmbiguousPlace:
    """Return the place that a shared name means, or the places that it can mean."""
    by_kind: dict[PlaceKind, list[PlacePart]] = {}
    for candidate in candidates:
        by_kind.setdefault(candidate.kind, []).append(candidate)
    cities = sorted(by_kind.get(PlaceKind.CITY, []), key=lambda city: (city.size, city.key))
    cities = [city for city in cities if city.size - cities[0].size < _MUCH_SMALLER]
    states = by_kind.get(PlaceKind.REGION, [])
    choices = [*by_kind.get(PlaceKind.COUNTRY, []), *cities, *states, *by_kind.get(PlaceKind.AIRPORT, [])]
    if countries := by_kind.get(PlaceKind.COUNTRY):
        own = [city for city in cities if city.main[0] in countries[0].airports]
        if own == cities and own and countries[0].key in _CITY_STATES:
            return own[0]
        if cities and len(fold(name)) == 2 and countries[0].size - cities[0].size >= _MUCH_SMALLER:  # LA is not Laos
            return cities[0]
        others = [city for city in cities if city not in own and city.size <= _RIVALS_COUNTRY]
        choices = [*countries, *others, *states]
    elif cities and states and cities[0].size <= _BEATS_STATE:
        choices = cities
    return choices[0] if len(choices) == 1 else AmbiguousPlace(name, tuple(choices[:_MAX_CHOICES]))


def _qualified(text: str) -> PlacePart | AmbiguousPlace | None:
    """Return the place named by `Portland, Maine` or `Portland OR`: a name, then its state or country."""
    before, comma, after = text.rpartition(",")
    words = text.split()
    splits = [(before, after)] if comma else [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    for name, qualifier in splits:
        if not comma and qualifier in _WORDS_LIKE_STATES:
            continue
        if found := qualified_place(name.strip(" ,"), qualifier.strip(" ,")):
            return found
    return None


def qualified_place(name: str, qualifier: str) -> PlacePart | AmbiguousPlace | None:
    """Return the airport, city or state with a name within a state or country, or None if there is none."""
    folded = fold(name)
    code = part_of_code(name) if len(name) == 3 and name.isupper() else None
    if not (qualifiers := _qualifiers(fold(qualifier))):
        return None
    if found := _within([code] if code else places_named(folded), name, qualifiers):
        return found
    if found := _within(map(_city_part, other_cities_by_name().get(folded, ())), name, qualifiers):
        return found
    longer = _qualified(name) if "," in name else None  # San Jose, California, US
    return longer if isinstance(longer, PlacePart) and longer.main[0] in frozenset().union(*qualifiers) else None


def is_elsewhere(name: str, qualifier: str) -> bool:
    """Return whether a name is that of a city, and what follows it a state or country without such a city."""
    after = find_place(qualifier)
    if isinstance(after, PlacePart) and after.kind in (PlaceKind.CITY, PlaceKind.AIRPORT):
        return False
    found = find_place(name)
    choices = found.choices if isinstance(found, AmbiguousPlace) else (found,)
    is_city = any(place is not None and place.kind is PlaceKind.CITY for place in choices)
    return is_city and bool(_qualifiers(fold(qualifier))) and qualified_place(name, qualifier) is None


def _within(
    candidates: Iterable[PlacePart], name: str, qualifiers: Iterable[frozenset[str]]
) -> PlacePart | AmbiguousPlace | None:
    """Return what a name means within the first state or country that has a place of this name."""
    candidates = tuple(candidates)
    for within in qualifiers:
        inside = [
            place
            for place in candidates
            if within.intersection(place.main) and (place.kind is PlaceKind.CITY or not within <= place.airports)
        ]
        if inside:
            return _choose(name, inside)
    return None


@functools.cache
def _qualifiers(folded: str) -> tuple[frozenset[str], ...]:
    """Return the airports of each state or country with a name; for CA, those of California before those of Canada."""
    abbreviated = states_by_abbreviation().get(folded.upper(), ())
    named = [region for region in _regions_by_name().get(folded, ()) if region.qualifies]
    countries = [place for place in places_named(folded) if place.kind is PlaceKind.COUNTRY]
    across = city_table()["across_borders"].items()
    return tuple(
        place.airports.union(code for code, label in across if label == place.label)
        for place in (*map(_region_part, (*abbreviated, *named)), *countries)
    )


def _near(text: str) -> PlacePart | AmbiguousPlace | None:
    """Return the airports within a distance, as in `within 150 km of BOS`."""
    if not (radius := find_radius(text)) or radius.km is None:
        return None
    center = find_place(radius.center)
    if isinstance(center, AmbiguousPlace):
        return center
    if center is None or center.kind not in _CENTERS:
        return None
    codes = frozenset().union(*(airports_within(code, radius.km) for code in center.main))
    name = f"{radius.km} km around {center.name}"
    return PlacePart(PlaceKind.NEAR, f"{center.key}:{radius.km}", name, codes, main_of(codes))


def _similar(folded: str) -> PlacePart | AmbiguousPlace | None:
    """Return the place whose name differs by a typo, or by two in a long name."""
    length = len(folded)
    if length < _MIN_SIMILAR:
        return None
    allowed = 2 if length >= _LONG_NAME else 1
    nearby = [name for name in _long_names() if abs(len(name) - length) <= allowed]
    if length < _LONG_NAME:  # hardly anyone mistypes the first letter: Braga is not Prague
        nearby = [name for name in nearby if folded[0] in name[:2]]
    distances = sorted((distance, name) for name in nearby if (distance := typos(folded, name, allowed)) <= allowed)
    if not distances:
        return None
    found = {place for distance, name in distances if distance == distances[0][0] for place in places_named(name)}
    ordered = sorted(found, key=lambda place: (place.size, place.key))
    return _choose(distances[0][1].title(), ordered)


@functools.cache
def _long_names() -> tuple[str, ...]:
    """Return the names that are long enough to be meant with a typo; those of airports are often surnames (Pearson)."""
    airport_names = airports_by_name().keys()
    return tuple(
        sorted(name for name in place_names() if len(name) >= (_LONG_NAME if name in airport_names else _MIN_SIMILAR))
    )


@functools.cache
def _anywhere() -> PlacePart:
    return PlacePart(
        PlaceKind.ANYWHERE, "anywhere", "anywhere", frozenset(airports()), searched_of(airport_sizes().keys())
    )


def _city_part(city: City) -> PlacePart:
    return PlacePart(PlaceKind.CITY, city.code, city.name, city.airports, city.main)


@functools.cache
def _country_part(code: str) -> PlacePart:
    codes = airports_by_country()[code]
    return PlacePart(PlaceKind.COUNTRY, code, country_names()[code], codes, searched_of(codes))


def _region_part(region: Region) -> PlacePart:
    return PlacePart(PlaceKind.REGION, region.key, region.name, region.airports, searched_of(region.airports))


@functools.cache
def _regions_by_name() -> dict[str, tuple[Region, ...]]:
    found: dict[str, dict[str, Region]] = {}
    for region in regions().values():
        for name in (region.name, *region.other_names):
            found.setdefault(fold(name), {})[region.key] = region
    return {name: tuple(keyed.values()) for name, keyed in found.items()}


def _description(place: PlacePart) -> str:
    """Return what distinguishes a place from others of the same name: `Portland, Maine` or `the country`."""
    if place.kind is PlaceKind.COUNTRY:
        return f"the country {place.name}"
    if place.kind is PlaceKind.REGION:
        own = regions()[place.key].country
        return "the state or province" if own else f"the region {place.name}"
    first = airports()[place.main[0]]
    state = first["subd"] if first["country"] in ("US", "CA") else country_names()[country(place.main[0]) or ""]
    return f"{place.name}, {state}"


def _join_with_or(choices: list[str]) -> str:
    *firsts, last = choices
    return f"{', '.join(firsts)} or {last}" if firsts else last
