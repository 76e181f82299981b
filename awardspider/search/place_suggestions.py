"""Places whose name or code begins as a text does, for fields that suggest places while a person types."""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice

from awardspider.airports import airports
from awardspider.search.city_names import fold
from awardspider.search.main_airports import NOT_MAIN
from awardspider.search.place_names import PlaceKind, PlacePart, airport_part, part_of_code, place_names, places_named

_MAX_TEXT = 60
# Names that are compared: with one or two letters, thousands of places would match.
_MAX_NAMES = 400
_KINDS = (PlaceKind.CITY, PlaceKind.COUNTRY, PlaceKind.REGION, PlaceKind.AIRPORT)


def suggest_places(text: str, *, limit: int = 8) -> list[PlacePart]:
    """Return the airports, cities, countries and regions that a text can become, the most likely first.

    An exact code comes first, then an exact name, then names that begin with the text, then names with a later word
    that does; among these, the largest place. The airports of a city follow it. Names are in English, Portuguese and
    Spanish; fewer than two letters suggest nothing.
    """
    folded = fold(text[:_MAX_TEXT])
    if len(folded) < 2:
        return []
    ranked: dict[PlacePart, tuple[int, ...]] = {}
    by_code = part_of_code(folded.upper()) if len(folded) == 3 else None
    if by_code is not None and by_code.size < NOT_MAIN:
        ranked[by_code] = (0,)
    for match, name in _names(folded):
        for place in places_named(name):
            rank = (match, place.size, _KINDS.index(place.kind), -len(place.airports))
            ranked[place] = min(rank, ranked.get(place, rank))
    found: dict[str, PlacePart] = {}
    for place in sorted(ranked, key=lambda place: (ranked[place], place.key)):
        found.setdefault(place.written, place)
        if place.kind is PlaceKind.CITY and len(place.main) > 1 and len(found) < limit:
            for code in place.main:
                found.setdefault(code, airport_part(code))
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def _names(folded: str) -> Iterator[tuple[int, str]]:
    """Yield the names that begin with a text, and those with a word that does, and how well they match."""
    for words, name in islice(_from(folded), _MAX_NAMES):
        yield 1 if name == folded else 2 if words == name else 3, name


def _from(prefix: str) -> Iterator[tuple[str, str]]:
    index = _index()
    for place in range(bisect_left(index, (prefix, "")), len(index)):
        words, name = index[place]
        if not words.startswith(prefix):
            return
        yield words, name


@functools.cache
def _index() -> list[tuple[str, str]]:
    """Return every ending of every name that begins with a word, and the name: `york` and `new york`."""
    found = set()
    for name in place_names():
        words = name.split()
        found |= {(" ".join(words[start:]), name) for start in range(len(words))}
    return sorted(found)


def airport_title(iata: str) -> str:
    """Return the name of an airport, such as `London Heathrow Airport`, or its code if it is unknown."""
    airport = airports().get(iata)
    return (airport["name"] if airport else "") or iata
