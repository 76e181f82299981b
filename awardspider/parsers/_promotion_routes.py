"""Routes that an announcement names: `FRA-CUN` and `Frankfurt to Cancun, Mexico`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from awardspider.airports import airports, is_city_code
from awardspider.parsers._promotion_text import fold_text
from awardspider.parsers._promotion_words import Words

#: Returns the IATA code of the city or airport that a text names, or None.
PlaceFinder = Callable[[str], str | None]

MAX_ROUTES = 12

_MAX_WORDS = 4
_CODES = re.compile(r"(?<![A-Za-z0-9])([A-Z]{3})\s?(?:-|/|>|to|TO|a|para)\s?([A-Z]{3})(?![A-Za-z0-9])")
# Codes of airports that are words in a headline in capitals.
_WORDS_LIKE_CODES = frozenset(
    re.findall(
        r"\w+",
        "THE AND FOR NEW ALL BUY FLY GET OFF OUT ONE TWO TOP HOT BIG NOW DAY ANY CAN MAY SEP OCT NOV DEC JAN FEB MAR "
        "APR JUN JUL AUG SUN MON TUE WED THU FRI SAT USD EUR GBP CAD AUD BRL MIN MAX VIA PER TAX USA UAE SAS TAP JAL "
        "ANA IHG SPG DOT SEU ATE SUA POR DOS DAS MIL",
    )
)
_CLAUSE = re.compile(r"[()\[\]:;!?|\"]|\.\s|\s-\s(?=[a-z])")
# Washington, D.C.: these dots end no sentence.
_INITIALS = re.compile(r"\b([A-Z])\.([A-Z])\.")
_OR = re.compile(r",?\s(?:or|and|ou|e|o|y|u)\s|\s?[/&]\s?", re.IGNORECASE)


def find_routes(text: str, words: Words, find_place: PlaceFinder | None) -> tuple[str, ...]:
    """Return the routes in a text, such as FRA-CUN; only those whose places are known and unambiguous."""
    text = _INITIALS.sub(r"\1\2", text)
    routes = dict.fromkeys(_by_codes(text))
    if find_place is not None:
        routes |= dict.fromkeys(_by_names(text, words, find_place))
    return tuple(routes)[:MAX_ROUTES]


def _is_code(code: str) -> bool:
    return code not in _WORDS_LIKE_CODES and (code in airports() or is_city_code(code))


def _by_codes(text: str) -> Iterator[str]:
    for match in _CODES.finditer(text):
        if _is_code(match[1]) and _is_code(match[2]) and match[1] != match[2]:
            yield f"{match[1]}-{match[2]}"


def _by_names(text: str, words: Words, find_place: PlaceFinder) -> Iterator[str]:
    folded = fold_text(text)
    departing = list(words.patterns["routes.departing"].finditer(folded))
    for joint in words.patterns["routes.to"].finditer(folded):
        left = _clause_before(text, joint.start(), words)
        right = _clause_after(text, joint.end(), words)
        origins = _places(left, find_place, from_end=True)
        destinations = _places(right, find_place, from_end=False)
        for match in departing if not origins else ():
            origins = _places(_clause_after(text, match.end(), words), find_place, from_end=False) or origins
        for origin in origins:
            yield from (f"{origin}-{destination}" for destination in destinations if destination != origin)
    yield from _between(text, folded, words, find_place)


def _between(text: str, folded: str, words: Words, find_place: PlaceFinder) -> Iterator[str]:
    """Yield the route of `between Mexico City and Madrid`."""
    for joint in words.patterns["routes.between"].finditer(folded):
        parts = _OR.split(_clause_after(text, joint.end(), words), maxsplit=1)
        codes = [_place(part.strip(), find_place, from_end=False) for part in parts]
        if len(codes) == 2 and codes[0] and codes[1] and codes[0] != codes[1]:
            yield f"{codes[0]}-{codes[1]}"


def _clause_before(text: str, end: int, words: Words) -> str:
    clause = _CLAUSE.split(text[max(0, end - 90) : end])[-1]
    folded = fold_text(clause)
    begins = [match.end() for match in words.patterns["routes.from"].finditer(folded)]
    return clause[begins[-1] if begins else 0 :].strip(" -,")


def _clause_after(text: str, begin: int, words: Words) -> str:
    clause = _CLAUSE.split(text[begin : begin + 90])[0]
    stop = words.patterns["routes.stop"].search(fold_text(clause))
    return clause[: stop.start() if stop else len(clause)].strip(" -,")


def _places(text: str, find_place: PlaceFinder, *, from_end: bool) -> tuple[str, ...]:
    """Return the codes of the places at one end of a text: several, if they are joined by `or`, `and` or commas."""
    found: list[str] = []
    parts = [part for part in (part.strip(" ,-") for part in _OR.split(text)) if part]
    for part in reversed(parts) if from_end else parts:
        codes = _listed(part, find_place, from_end=from_end)
        if not codes:
            break
        found = codes + found if from_end else found + codes
    return tuple(dict.fromkeys(found))


def _listed(text: str, find_place: PlaceFinder, *, from_end: bool) -> list[str]:
    """Return the codes of places in a list with commas, in which a country follows its city: `London, UK`."""
    pieces = text.split(", ")
    found: list[str] = []
    index = 0
    while index < len(pieces):
        both = _place_in(pieces[index], pieces[index + 1], find_place) if index + 1 < len(pieces) else None
        code = both or _place(pieces[index], find_place, from_end=from_end)
        if code is None:
            break
        found.append(code)
        index += 2 if both else 1
    return found if index >= len(pieces) or not from_end else []


def _place_in(name: str, country: str, find_place: PlaceFinder) -> str | None:
    """Return the code of a place whose name is at the end of a text, and whose country begins the next one."""
    tokens, following = name.split(), country.split()
    for length in range(min(_MAX_WORDS, len(tokens)), 0, -1):
        for end in range(min(_MAX_WORDS - 1, len(following)), 0, -1):
            if code := find_place(f"{' '.join(tokens[-length:])}, {' '.join(following[:end])}"):
                return code
    return None


def _place(text: str, find_place: PlaceFinder, *, from_end: bool) -> str | None:
    tokens = text.split()
    for length in range(min(_MAX_WORDS, len(tokens)), 0, -1):
        chosen = tokens[-length:] if from_end else tokens[:length]
        name = " ".join(chosen).strip(" ,.-*'")
        if name[:1].isupper() and (code := find_place(name)):
            return code
    return None
