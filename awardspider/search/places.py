"""Airports and cities as people write them, made into airport codes.

An IATA code can be an airport (LAX), a city with several airports (NYC), or both (HOU is Hobby and Houston). Where
it is both it means the airport, as on a ticket; who wants the whole city writes each airport.
"""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata

import airportsdata

from awardspider.items import airports
from awardspider.outcomes import InvalidArgument

# airportsdata follows IATA's pricing list, which leaves out airports that airlines sell as the city (Newark,
# Baltimore) and cities whose only airport has another code. ANK alone is the other way about: an air base without
# airline service, so the city's airport is meant.
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

_SUGGESTED_AT_MOST = 5
_SHOWN_AT_MOST = 40


def airport_codes(text: str) -> tuple[str, ...]:
    """Airport codes from text such as `LAX,SFO` or `lax nyc`, cities expanded, in the order written, each once.

    Raises BadArgument, with what was probably meant, at the first word that is no code.
    """
    codes: dict[str, None] = {}
    for part in re.split(r"[,;]", text):
        words = part.split()
        found = [_expanded(word.upper()) for word in words]
        if () in found:
            if len(words) > 1 and _city_airports(part):
                raise InvalidArgument(_not_a_code(" ".join(words)))
            raise InvalidArgument(_not_a_code(words[found.index(())]))
        codes.update((code, None) for expansion in found for code in expansion)
    if not codes:
        raise InvalidArgument("an airport code is missing: write for example LAX, or several as LAX,SFO")
    return tuple(codes)


def describe(iata: str) -> str:
    """The city and the code, `Los Angeles (LAX)`; the airport's name stands in for a city that is not known."""
    airport = airports().get(iata)
    if airport is None:
        return iata
    return f"{airport['city'] or airport['name']} ({iata})"


def _expanded(code: str) -> tuple[str, ...]:
    if code in airports() and code not in _CORRECTIONS:
        return (code,)
    return _cities()[code][1] if code in _cities() else ()


@functools.cache
def _cities() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Name and airports of each city that has a code, by that code."""
    listed = {
        # Johannesburg's own airport is missing from its list, hence the union.
        code: (city["name"], tuple(sorted({*city["airports"]} | ({code} & airports().keys()))))
        for code, city in airportsdata.load_iata_macs().items()
    }
    return listed | _CORRECTIONS


def _not_a_code(word: str) -> str:
    """The sentence for a word that is no code, with what was probably meant where that can be told."""
    if choices := _city_airports(word):
        return f"{word.strip().title() if word.islower() else word.strip()} is a city: write {_either(choices)}"
    sentence = f"{word[:_SHOWN_AT_MOST].upper()} is not an airport code"
    if code := _near_code(word.upper()):
        return f"{sentence}; did you mean {code}?"
    if city := _near_city(_folded(word)):
        return f"{sentence}; did you mean {city.title()}, written {_either(_city_airports(city))}?"
    return f"{sentence}; write its three letters, for example LAX"


def _near_code(word: str) -> str | None:
    """An airport code that a slip of the hand or an ICAO code turns into `word`."""
    if len(word) == 4:
        icao = next((code for code, airport in airports().items() if airport["icao"] == word), None)
        one_letter_less = (word[:drop] + word[drop + 1 :] for drop in (3, 2, 1, 0))
        return icao or next((code for code in one_letter_less if _expanded(code)), None)
    if len(word) == 3:
        two_letters_swapped = (word[0] + word[2] + word[1], word[1] + word[0] + word[2])
        return next((code for code in two_letters_swapped if _expanded(code)), None)
    return None


def _near_city(name: str) -> str | None:
    """A city whose name begins with `name` (Frankfurt am Main) or is nearly it."""
    if not 3 < len(name) <= _SHOWN_AT_MOST:
        return None
    longer = next((city for city in _airports_by_city() if city.startswith(name + " ")), None)
    return longer or next(iter(difflib.get_close_matches(name, _airports_by_city(), n=1, cutoff=0.8)), None)


def _city_airports(city: str) -> tuple[str, ...]:
    """What to write for a city, the city's own code last: `HND, NRT, TYO`. Empty for a name we do not know."""
    name = _folded(city)
    for code, (listed, its_airports) in _cities().items():
        if _folded(listed) == name:
            return its_airports if code in its_airports or not _is_city_code(code) else (*its_airports, code)
    return _airports_by_city().get(name, ())[:_SUGGESTED_AT_MOST]


def _is_city_code(code: str) -> bool:
    return code not in airports() or code in _CORRECTIONS


@functools.cache
def _airports_by_city() -> dict[str, tuple[str, ...]]:
    """Airport codes by folded city name; only the international ones where a city has any, as most are airstrips."""
    all_of: dict[str, list[str]] = {}
    for code, airport in airports().items():
        if airport["city"]:
            all_of.setdefault(_folded(airport["city"]), []).append(code)
    for name, its_airports in _cities().values():
        all_of[_folded(name)] = list(its_airports)
    international = {code for code, airport in airports().items() if "International" in airport["name"]}
    return {
        city: tuple(sorted([code for code in codes if code in international] or codes))
        for city, codes in all_of.items()
    }


def _folded(name: str) -> str:
    """Lower case without accents and with single spaces: `São  Paulo` is `sao paulo`."""
    plain = unicodedata.normalize("NFKD", name)
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).casefold().split())


def _either(choices: tuple[str, ...]) -> str:
    *firsts, last = choices
    return f"{', '.join(firsts)} or {last}" if firsts else last
