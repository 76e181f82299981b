"""Cities and airports of a route that prose names, as IATA codes."""

from __future__ import annotations

import functools

from awardspider.airports import airports, is_city_code
from awardspider.search.cities import airports_by_name, cities_by_name
from awardspider.search.city_names import fold
from awardspider.search.place_names import AmbiguousPlace, PlaceKind, PlacePart, find_place, qualified_place

_CENTERS = (PlaceKind.CITY, PlaceKind.AIRPORT)


@functools.lru_cache(maxsize=4096)
def route_place(text: str) -> str | None:
    """Return the IATA code of the city or airport that a text names exactly, or None.

    Names are in English, Portuguese or Spanish, and may be followed by a state or country: `Cancun, Mexico`. A code is
    in capitals. Countries, regions, ambiguous names and names with typos have no code.
    """
    name, comma, qualifier = text.partition(",")
    found: PlacePart | AmbiguousPlace | None = None
    if len(text) == 3 and text.isupper():
        return text if text in airports() or is_city_code(text) else None
    if comma:
        found = qualified_place(name.strip(), qualifier.strip())
    elif fold(text) in cities_by_name() or (" " in text and fold(text) in airports_by_name()):
        found = find_place(text)
    return found.key if isinstance(found, PlacePart) and found.kind in _CENTERS else None
