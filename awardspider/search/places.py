"""Places of a watch as people write them: airports, cities, countries, regions, distances, and exclusions.

`LAX, SFO`, `Tokyo`, `Europe, not UK`, `within 150 km of BOS` and `anywhere` are places. Names are in `place_names`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from awardspider.airports import airports, is_city_code
from awardspider.outcomes import InvalidArgument
from awardspider.search.countries import countries_by_abbreviation, country, country_names, territory
from awardspider.search.exclusions import included_after_exclusion, split_exclusions
from awardspider.search.field_values import quoted
from awardspider.search.main_airports import searched_of
from awardspider.search.place_names import (
    AmbiguousPlace,
    PlaceKind,
    PlacePart,
    find_place,
    is_elsewhere,
    is_place_code,
    is_state_code,
    qualified_place,
)
from awardspider.search.radius import Radius, find_radius
from awardspider.search.regions import regions_by_airport

_MAX_TEXT = 2000
_OR = re.compile(r"\s+(?:or|and|ou|e|o|y|u)\s+|\s*[/|&+]\s*", re.IGNORECASE)
# Not the comma of 1,000 km.
_COMMA = re.compile(r",(?![0-9]{3}\s*[a-z])", re.IGNORECASE)
# Country codes that are words, also YAML's for false. They are countries in capitals.
_WORDS_LIKE_COUNTRIES = frozenset(["am", "as", "at", "be", "by", "do", "in", "is", "it", "me", "my", "no", "so", "to"])
_FORMS = "write for example LAX, Tokyo, Japan, Europe, within 150 km of BOS, or anywhere"


@dataclass(frozen=True, slots=True)
class Places:
    """Places as written, and what they mean.

    `airports` are all airports that match. `searched` are those to search: an airport or city as written, and the main
    airports of a country, region or radius, the largest first. `labels` are keys for an index of watches: an airport in
    these places has at least one of them (see `labels_of`), and with exclusions, some other airports do too.
    """

    text: str
    airports: frozenset[str]
    searched: tuple[str, ...]
    labels: tuple[str, ...]
    parts: tuple[PlacePart, ...]
    excluded: tuple[PlacePart, ...] = ()

    def __contains__(self, iata: object) -> bool:
        return iata in self.airports

    def __str__(self) -> str:
        return self.text


@functools.lru_cache(maxsize=4096)
def parse_places(text: str) -> Places:
    """Parse places such as `LAX, SFO` or `Europe, not UK`.

    Raise InvalidArgument for an unknown place, with a suggestion, and for an ambiguous one, with the choices.
    """
    written = " ".join(text.split())
    if len(written) > _MAX_TEXT:
        raise InvalidArgument(f"the places are longer than {_MAX_TEXT:,} characters: name a country or region instead")
    included, excluded = _parse_parts(written)
    if not included and not excluded:
        raise InvalidArgument(f"places are missing: {_FORMS}")
    if not included:
        included = _find("anywhere")
    without = frozenset().union(*(part.airports for part in excluded))
    codes = frozenset().union(*(part.airports for part in included)) - without
    if not codes:
        raise InvalidArgument(f'"{quoted(written)}" excludes every airport')
    searched = tuple(dict.fromkeys(code for part in included for code in part.main if code in codes))
    labels = dict.fromkeys(label for part in included for label in _labels(part, codes))
    return Places(written, codes, searched or searched_of(codes), tuple(labels), included, excluded)


def labels_of(iata: str) -> tuple[str, ...]:
    """Return the labels under which an airport is found: its own, its country's, all its regions', and `anywhere`."""
    if iata not in airports():
        return (f"airport:{iata}", "anywhere")
    countries = [f"country:{code}" for code in (country(iata), territory(iata)) if code]
    regions = [f"region:{key}" for key in regions_by_airport().get(iata, ())]
    return (f"airport:{iata}", *countries, *regions, "anywhere")


def parse_airport_codes(text: str) -> tuple[str, ...]:
    """Parse places that are airports or cities, and return the codes of their airports in the order written.

    Raise InvalidArgument for an unknown or ambiguous place, and for a country, a region or an exclusion.
    """
    places = parse_places(text)
    broad = [part.name for part in places.parts if part.kind not in (PlaceKind.AIRPORT, PlaceKind.CITY)]
    if broad or places.excluded:
        raise InvalidArgument(f'"{quoted(text)}" is not an airport or city: write for example LAX or LAX,SFO')
    return tuple(dict.fromkeys(code for part in places.parts for code in _codes_of(part)))


def _codes_of(part: PlacePart) -> Iterable[str]:
    return sorted(part.main) if part.kind is PlaceKind.CITY else part.main


def _labels(part: PlacePart, codes: frozenset[str]) -> Iterable[str]:
    """Return the labels of a place; of a few airports, only those that are not excluded."""
    if part.kind in (PlaceKind.COUNTRY, PlaceKind.REGION, PlaceKind.ANYWHERE):
        return (part.label,)
    return (f"airport:{code}" for code in sorted(part.airports & codes))


def _parse_parts(text: str) -> tuple[tuple[PlacePart, ...], tuple[PlacePart, ...]]:
    """Return the included and the excluded places. Exclusions come last, each after `not` or joined by `or`."""
    included: dict[PlacePart, None] = {}
    excluded: dict[PlacePart, None] = {}
    for piece in _pieces(text):
        first, exclusions = split_exclusions(piece)
        if first and excluded:
            raise included_after_exclusion(quoted(first))
        if "" in exclusions:
            raise InvalidArgument(f'"{quoted(piece)}" does not say what to exclude: write for example not LHR')
        included.update(dict.fromkeys(_find(first) if first else ()))
        excluded.update((part, None) for exclusion in exclusions for part in _find(exclusion))
    return tuple(included), tuple(excluded)


def _pieces(text: str) -> list[str]:
    """Split places at commas and semicolons, except between a city and its state or country."""
    pieces: list[str] = []
    for listed in text.split(";"):
        joined: list[str] = []
        for piece in (each.strip() for each in _COMMA.split(listed)):
            if joined and piece and _is_qualifier(piece, of=_last_name(joined[-1])):
                joined[-1] += f", {piece}"
            elif piece:
                joined.append(piece)
        pieces += joined
    return pieces


def _last_name(piece: str) -> str:
    """Return the last place of a piece, which a state or country after it describes: `Toledo` of `LAX or Toledo`."""
    included, exclusions = split_exclusions(piece)
    name = (exclusions or [included])[-1]
    name = distance.center if (distance := find_radius(name)) else name
    return name if find_place(name) else _OR.split(name)[-1].strip()


def _is_qualifier(piece: str, *, of: str) -> bool:
    """Return whether a piece is the state or country of the city before it, and not a place of its own."""
    if _is_code(piece) and piece.casefold() not in countries_by_abbreviation():
        return False
    if qualified_place(of, piece) is not None:
        return True
    if len(of) > 3 and "," not in of and is_elsewhere(of, piece):
        error = f"no airport is known for {quoted(of)} in {piece}: write an airport near it"
        if isinstance(find_place(of), PlacePart):
            error = f'{error}, or "{quoted(of)}; {piece}" for both places'
        raise InvalidArgument(error)
    return is_state_code(piece) and len(of) > 3 and "," not in of


def _is_code(word: str) -> bool:
    return len(word) == 3 and word.isupper() and (word in airports() or is_city_code(word))


def _find(words: str) -> tuple[PlacePart, ...]:
    """Return the places in a text without commas: one place, several codes, or several places joined by `or`."""
    codes = words.split()
    if len(codes) > 1 and all(map(_is_code, codes)):  # LAX SFO
        return tuple(part for code in codes for part in _find(code))
    if (word := words.casefold()) in _WORDS_LIKE_COUNTRIES and not words.isupper():
        raise InvalidArgument(f'"{words}" is a word: write {word.upper()} for {country_names()[word.upper()]}')
    found = find_place(words)
    if isinstance(found, PlacePart):
        return (found,)
    if isinstance(found, AmbiguousPlace):
        raise InvalidArgument(found.message())
    if distance := find_radius(words):
        raise InvalidArgument(_distance_error(distance))
    if len(pieces := [each for each in _OR.split(words) if each.strip()]) > 1:
        return tuple(part for each in pieces for part in _find(each.strip()))
    if len(codes) > 1 and all(len(code) == 3 for code in codes):  # lax sfo
        return tuple(part for code in codes for part in _find(code))
    raise InvalidArgument(_unknown_place(words))


def _distance_error(radius: Radius) -> str:
    """Return the error message for a distance that is no place."""
    center = find_place(radius.center)
    if radius.error or center is None:
        return radius.error or _unknown_place(radius.center)
    return f"a distance is measured from an airport or a city: {quoted(radius.center)} is neither"


def _unknown_place(words: str) -> str:
    """Return the error message for an unknown place, with a suggestion if there is one."""
    similar = find_place(words, fuzzy=True)
    is_code = words.isupper() or len(words) == 3  # Bath is not BAH
    if is_code and (code := _similar_code(words.upper())):
        hint = f"did you mean {code}?"
    elif isinstance(similar, PlacePart):
        hint = f"did you mean {similar.name}?"
    elif similar is not None:
        hint = f"{similar.name} is ambiguous: write {similar.codes()}"
    else:
        hint = _FORMS
    return f'unknown place "{quoted(words)}" ({hint})'


def _similar_code(word: str) -> str | None:
    """Return the code meant by an ICAO code, a code with an extra letter, or a code with two letters swapped."""
    if len(word) == 4:
        icao = next((code for code, airport in airports().items() if airport["icao"] == word), None)
        one_letter_less = (word[:drop] + word[drop + 1 :] for drop in (3, 2, 1, 0))
        return icao or next((code for code in one_letter_less if is_place_code(code)), None)
    if len(word) == 3:
        two_letters_swapped = (word[0] + word[2] + word[1], word[1] + word[0] + word[2])
        return next((code for code in two_letters_swapped if is_place_code(code)), None)
    return None
