"""Recognition of cities that are written with their state or country: `Natal (RN)`, `Vitória/ES`, `Portland (OR)`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from awardspider.airports import airports
from awardspider.search.city_names import fold
from awardspider.search.place_names import AmbiguousPlace, PlaceKind, PlacePart, find_place, qualified_place

_MOST_WORDS = 4
# States of Brazil by postal abbreviation, as airportsdata writes them.
_BRAZILIAN_STATES = {
    "ac": "Acre", "al": "Alagoas", "am": "Amazonas", "ap": "Amapá", "ba": "Bahia", "ce": "Ceará",
    "df": "Distrito Federal", "es": "Espírito Santo", "go": "Goiás", "ma": "Maranhão", "mg": "Minas Gerais",
    "ms": "Mato Grosso do Sul", "mt": "Mato Grosso", "pa": "Pará", "pb": "Paraíba", "pe": "Pernambuco", "pi": "Piauí",
    "pr": "Paraná", "rj": "Rio de Janeiro", "rn": "Rio Grande do Norte", "ro": "Rondônia", "rr": "Roraima",
    "rs": "Rio Grande do Sul", "sc": "Santa Catarina", "se": "Sergipe", "sp": "São Paulo", "to": "Tocantins",
}  # fmt: skip
_STATE_NAMES = {fold(name): name for name in _BRAZILIAN_STATES.values()}
_OTHER_SPELLINGS = {"Distrito Federal": "Federal-District"}
# Abbreviations that are also words: they count in parentheses and after a slash only.
_WORDS = frozenset({"se", "to", "es", "al", "go", "ma", "am", "pa", "ac", "ap", "ro", "ms", "pe", "pi"})
_NAME = r"(?<![a-z'])(?P<name>[a-z][a-z']*\.?(?:[\s-][a-z][a-z']*){0,5})"
_IN_PARENTHESES = re.compile(_NAME + r"\s?\(\s?(?P<qualifier>[a-z]{2,}(?:[\s-][a-z]+){0,3})\s?\)")
_AFTER_SIGN = re.compile(_NAME + r"(?:\s?(?P<sign>/)\s?|\s?[,-]\s?|\s)(?P<qualifier>[a-z]{2})(?![a-z'])")


def qualified_names(text: str) -> Iterator[tuple[int, int, PlacePart | AmbiguousPlace]]:
    """Yield each city with a state or country beside it: its start and end in the text, and the place."""
    end = 0
    for match in _IN_PARENTHESES.finditer(text):
        if found := _longest(match, match["qualifier"]):
            yield found[0], match.end(), found[1]
    while beside := _AFTER_SIGN.search(text, end):
        end = beside.end("name")
        state = beside["qualifier"]
        if state not in _BRAZILIAN_STATES or (state in _WORDS and not beside["sign"]):
            continue
        if found := _longest(beside, state, only_brazil=True):
            yield found[0], beside.end(), found[1]


def _longest(
    match: re.Match[str], qualifier: str, *, only_brazil: bool = False
) -> tuple[int, PlacePart | AmbiguousPlace] | None:
    """Return where the longest name of a place before a qualifier starts, and the place."""
    words = list(re.finditer(r"[^\s]+", match["name"]))
    for first in words[-_MOST_WORDS:]:
        name = match["name"][first.start() :]
        place = _in_brazil(name, qualifier) or (None if only_brazil else qualified_place(name, qualifier))
        if place is not None:
            return match.start("name") + first.start(), place
    return None


def _in_brazil(name: str, qualifier: str) -> PlacePart | AmbiguousPlace | None:
    """Return the city with a name in a state of Brazil, or None."""
    state = _BRAZILIAN_STATES.get(qualifier) or _STATE_NAMES.get(fold(qualifier))
    place = find_place(f"{name}, Brazil") if state else None
    if state is None or not isinstance(place, PlacePart) or place.kind is not PlaceKind.CITY:
        return None
    own = airports()[place.main[0]]["subd"]
    return place if own in ("", state, _OTHER_SPELLINGS.get(state)) else None
