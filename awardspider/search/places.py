"""Parsing of airport and city codes into airport codes, with suggestions for anything else.

An IATA code can be an airport (LAX), a city with several airports (NYC), or both (HOU is both Hobby Airport and the
city of Houston). A code that is both means the airport, as on a ticket.
"""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from dataclasses import dataclass

import airportsdata

from awardspider.airports import airports
from awardspider.outcomes import InvalidArgument

# airportsdata follows IATA's pricing list, which lacks airports that airlines sell as the city (Newark, Baltimore) and
# cities whose only airport has a different code. ANK is listed for another reason: the airport with this code is an air
# base without airline service, so the code means the city's airport.
_CORRECTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ANK": ("Ankara", ("ESB",)),
    "DTT": ("Detroit", ("DTW",)),
    "EAP": ("Basel", ("BSL",)),
    "IZM": ("Izmir", ("ADB",)),
    "NYC": ("New York", ("EWR", "JFK", "LGA")),
    "WAS": ("Washington", ("BWI", "DCA", "IAD")),
    "YEA": ("Edmonton", ("YEG",)),
    "YMQ": ("Montreal", ("YUL",)),
}

_MAX_SUGGESTED = 5
_MAX_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Places:
    """Places as written, and their airports.

    `airports` contains every airport included. `searched` contains those to search, in the order written: of a country
    or region only the main ones. `labels` are the keys under which an index finds these places (see `labels_of`).
    """

    text: str
    airports: frozenset[str]
    searched: tuple[str, ...]
    labels: tuple[str, ...]

    def __contains__(self, iata: str) -> bool:
        return iata in self.airports

    def __str__(self) -> str:
        return self.text


@functools.lru_cache(maxsize=4096)
def parse_places(text: str) -> Places:
    """Parse places, which are kept as written. Raises InvalidArgument with a suggestion for an unknown place."""
    codes = parse_airport_codes(text)
    return Places(text.strip(), frozenset(codes), codes, tuple(f"airport:{code}" for code in codes))


def labels_of(iata: str) -> tuple[str, ...]:
    """Return the labels of all places that contain an airport."""
    return (f"airport:{iata}",)


def parse_airport_codes(text: str) -> tuple[str, ...]:
    """Parse codes such as `LAX,SFO` or `lax nyc`: expand cities, remove duplicates and keep the order.

    Raises InvalidArgument with a suggestion for the first word that is not a code.
    """
    codes: dict[str, None] = {}
    for part in re.split(r"[,;]", text):
        words = part.split()
        found = [_expand(word.upper()) for word in words]
        if () in found:
            if len(words) > 1 and _city_airports(part):
                raise InvalidArgument(_unknown_code_message(" ".join(words)))
            raise InvalidArgument(_unknown_code_message(words[found.index(())]))
        codes.update((code, None) for expansion in found for code in expansion)
    if not codes:
        raise InvalidArgument("no airport code: write for example LAX, or LAX,SFO for several")
    return tuple(codes)


def _expand(code: str) -> tuple[str, ...]:
    if code in airports() and code not in _CORRECTIONS:
        return (code,)
    return _cities()[code][1] if code in _cities() else ()


@functools.cache
def _cities() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the name and airports of each city that has a code, keyed by city code."""
    listed = {
        # If a city's code is also an airport, it is added: Johannesburg's list lacks JNB.
        code: (city["name"], tuple(sorted({*city["airports"]} | ({code} & airports().keys()))))
        for code, city in airportsdata.load_iata_macs().items()
    }
    return listed | _CORRECTIONS


def _unknown_code_message(word: str) -> str:
    """Return the error message for a word that is not a code, with a suggestion if there is one."""
    if choices := _city_airports(word):
        return f"{word.strip().title() if word.islower() else word.strip()} is a city: write {_join_with_or(choices)}"
    if code := _similar_code(word.upper()):
        hint = f"did you mean {code}?"
    elif city := _similar_city(_fold(word)):
        hint = f"did you mean {city.title()}? Write {_join_with_or(_city_airports(city))}"
    else:
        hint = "write three letters, for example LAX"
    return f'unknown airport code "{word[:_MAX_SHOWN].upper()}" ({hint})'


def _similar_code(word: str) -> str | None:
    """Return the code meant by an ICAO code, a code with an extra letter, or a code with two letters swapped."""
    if len(word) == 4:
        icao = next((code for code, airport in airports().items() if airport["icao"] == word), None)
        one_letter_less = (word[:drop] + word[drop + 1 :] for drop in (3, 2, 1, 0))
        return icao or next((code for code in one_letter_less if _expand(code)), None)
    if len(word) == 3:
        two_letters_swapped = (word[0] + word[2] + word[1], word[1] + word[0] + word[2])
        return next((code for code in two_letters_swapped if _expand(code)), None)
    return None


def _similar_city(name: str) -> str | None:
    """Return a city whose name begins with the words in `name` (Frankfurt am Main) or is similar to `name`."""
    if not 3 < len(name) <= _MAX_SHOWN:
        return None
    longer = next((city for city in _airports_by_city() if city.startswith(name + " ")), None)
    return longer or next(iter(difflib.get_close_matches(name, _airports_by_city(), n=1, cutoff=0.8)), None)


def _city_airports(city: str) -> tuple[str, ...]:
    """Return the codes that can be used for a city, its city code last (`HND, NRT, TYO`); empty if unknown."""
    name = _fold(city)
    for code, (listed, codes) in _cities().items():
        if _fold(listed) == name:
            return codes if code in codes or not _is_city_code(code) else (*codes, code)
    return _airports_by_city().get(name, ())[:_MAX_SUGGESTED]


def _is_city_code(code: str) -> bool:
    return code not in airports() or code in _CORRECTIONS


@functools.cache
def _airports_by_city() -> dict[str, tuple[str, ...]]:
    """Return airport codes, keyed by normalized city name.

    If a city has airports with "International" in their names, only these are returned: most others are airstrips.
    """
    by_city: dict[str, list[str]] = {}
    for code, airport in airports().items():
        if airport["city"]:
            by_city.setdefault(_fold(airport["city"]), []).append(code)
    for name, listed in _cities().values():
        by_city[_fold(name)] = list(listed)
    international = {code for code, airport in airports().items() if "International" in airport["name"]}
    return {
        city: tuple(sorted([code for code in codes if code in international] or codes))
        for city, codes in by_city.items()
    }


def _fold(name: str) -> str:
    """Normalize a name: lower case, no accents, single spaces. `São  Paulo` becomes `sao paulo`."""
    plain = unicodedata.normalize("NFKD", name)
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).casefold().split())


def _join_with_or(choices: tuple[str, ...]) -> str:
    *firsts, last = choices
    return f"{', '.join(firsts)} or {last}" if firsts else last
