"""City names of airports in English, and their translations from CLDR and cities.toml."""

from __future__ import annotations

import functools
import tomllib
import unicodedata
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from awardspider.airports import airports

if TYPE_CHECKING:
    from babel import Locale


def city_name(iata: str) -> str | None:
    """Return an airport's city in English, or its name if the city is missing, or None for an unknown airport."""
    if known := _table()["airports"].get(iata):
        return str(known)
    airport = airports().get(iata)
    return (airport["city"] or airport["name"] or None) if airport else None


@functools.lru_cache(maxsize=4096)
def translated_city(iata: str, english: str, locale: Locale) -> str:
    """Return the name of an airport's city in the language of a locale, or `english` if no translation is known.

    CLDR translates only the city that names a time zone, so it is used for airports of that city only.
    """
    airport = airports().get(iata)
    if airport is None:
        return english
    by_country: dict[str, dict[str, str]] = _table().get(locale.language, {})
    if found := by_country.get(airport["country"], {}).get(english):
        return found
    zone = airport["tz"]
    city = locale.time_zones.get(zone, {}).get("city")
    is_main_city = _folded(zone.rpartition("/")[2].replace("_", " ")) == _folded(english)
    return str(city) if city and is_main_city else english


@functools.cache
def _table() -> dict[str, Any]:
    file = files("awardspider.delivery.messages").joinpath("cities.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _folded(text: str) -> str:
    """Return the text without accents and case."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()
