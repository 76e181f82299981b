"""City names of airports in English, and the names under which people search for them."""

from __future__ import annotations

import functools
import tomllib
import unicodedata
from importlib.resources import files
from typing import Any

from awardspider.airports import airports

# Letters that Unicode does not decompose into a plain letter and an accent.
_PLAIN_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "æ": "ae", "œ": "oe"})
_WITHOUT_SPACE = str.maketrans("", "", ".'’‘`´ʼʻ")
_ABBREVIATIONS = {"st": "saint", "sta": "santa", "sto": "santo", "ft": "fort", "pto": "puerto"}


def load_data(name: str) -> dict[str, Any]:
    """Return the content of a file in `search/data`."""
    return tomllib.loads(files("awardspider.search").joinpath("data", name).read_text(encoding="utf-8"))


@functools.cache
def city_table() -> dict[str, Any]:
    """Return the content of `data/cities.toml`: corrected names, other names, and translations by language."""
    return load_data("cities.toml")


def city_name(iata: str) -> str | None:
    """Return an airport's city in English, or its name if the city is missing, or None for an unknown airport."""
    if known := city_table()["airports"].get(iata):
        return str(known)
    airport = airports().get(iata)
    return (airport["city"] or airport["name"] or None) if airport else None


@functools.lru_cache(maxsize=16384)
def fold(name: str) -> str:
    """Normalize a name: lower case, no accents, no punctuation, single spaces. `St. John's` becomes `saint johns`."""
    decomposed = unicodedata.normalize("NFKD", name.translate(_WITHOUT_SPACE).casefold().translate(_PLAIN_LETTERS))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    if len(words) > 1 and words[0] in _ABBREVIATIONS:
        words[0] = _ABBREVIATIONS[words[0]]
    return " ".join(words)
