"""Translations of city names from CLDR and search/data/cities.toml."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from awardspider.airports import airports
from awardspider.search.city_names import city_table, fold

if TYPE_CHECKING:
    from babel import Locale


@functools.lru_cache(maxsize=4096)
def translated_city(iata: str, english: str, locale: Locale) -> str:
    """Return the name of an airport's city in the language of a locale, or `english` if no translation is known.

    CLDR translates only the city that names a time zone, so it is used for airports of that city only.
    """
    airport = airports().get(iata)
    if airport is None:
        return english
    by_country: dict[str, dict[str, str]] = city_table().get(locale.language, {})
    if found := by_country.get(airport["country"], {}).get(english):
        return found
    zone = airport["tz"]
    city = locale.time_zones.get(zone, {}).get("city")
    is_main_city = fold(zone.rpartition("/")[2].replace("_", " ")) == fold(english)
    return str(city) if city and is_main_city else english
