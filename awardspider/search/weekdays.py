"""Parsing of weekdays as people write them: `Tue-Thu`, `Fri/Sat`, `weekends`, in English, Portuguese and Spanish."""

from __future__ import annotations

import difflib
import re

from awardspider.outcomes import InvalidArgument
from awardspider.search.city_names import fold
from awardspider.search.field_values import quoted

#: The mask of all weekdays. Bit 0 is Monday.
ALL_WEEKDAYS = 0b1111111
_NAMES = (
    "mon monday mondays lun lunes seg segunda segundas",
    "tue tues tuesday tuesdays mar martes ter terca tercas",
    "wed weds wednesday wednesdays mie miercoles qua quarta quartas",
    "thu thur thurs thursday thursdays jue jueves qui quinta quintas",
    "fri friday fridays vie viernes sex sexta sextas",
    "sat saturday saturdays sab sabado sabados",
    "sun sunday sundays dom domingo domingos",
)
_NUMBERS = {name: number for number, names in enumerate(_NAMES) for name in names.split()}
_GROUPS = {
    "weekday": 0b0011111,
    "weekdays": 0b0011111,
    "weekend": 0b1100000,
    "weekends": 0b1100000,
    "fim de semana": 0b1100000,
    "fins de semana": 0b1100000,
    "fin de semana": 0b1100000,
    "fines de semana": 0b1100000,
    "dias uteis": 0b0011111,
    "dias laborables": 0b0011111,
}
_RANGE = re.compile(r"\s*(?:\.\.|[-–—]|\bto\b|\bthrough\b|\ba\b)\s*", re.IGNORECASE)
_LIST = re.compile(r"\s*[/,&+]\s*|\s+(?:and|or|e|y|ou|o)\s+", re.IGNORECASE)


def weekday_words() -> frozenset[str]:
    """Return the words of the names of weekdays and of groups of weekdays, without accents."""
    return frozenset(word for name in (*_NUMBERS, *_GROUPS, "feira", "feiras") for word in name.split())


def is_weekday(word: str) -> bool:
    """Return whether a word is the name of a weekday or a group of weekdays."""
    return (folded := fold(word)) in _NUMBERS or folded in _GROUPS


def starts_with_weekday(text: str) -> bool:
    """Return whether a text begins with the name of a weekday or a group of weekdays."""
    first = re.match(r"[^\W\d_]+", text)
    groups = any(fold(text).startswith(group) for group in _GROUPS)
    return groups or (first is not None and is_weekday(first[0]))


def parse_weekdays(text: str) -> int:
    """Parse weekdays into a mask whose bit 0 is Monday. A range can pass the end of the week (Fri-Mon).

    Raise InvalidArgument for a word that is not a weekday, with a suggestion.
    """
    plain = re.sub(r"[- ]feiras?\b", "", text, flags=re.IGNORECASE).strip()
    mask = 0
    for item in filter(None, _LIST.split(plain)):
        if fold(item) in _GROUPS:
            mask |= _GROUPS[fold(item)]
            continue
        first, *rest = [_number(end) for end in _RANGE.split(item)]
        if len(rest) > 1:
            raise InvalidArgument(f'"{quoted(item)}" is not a range of weekdays: write for example Tue-Thu')
        last = rest[0] if rest else first
        for number in range(first, last + 1 if last >= first else last + 8):
            mask |= 1 << number % 7
    return mask


def _number(name: str) -> int:
    folded = fold(name)
    if folded in _NUMBERS:
        return _NUMBERS[folded]
    similar = difflib.get_close_matches(folded, _NUMBERS, n=1, cutoff=0.7)
    hint = f"did you mean {similar[0].title()}?" if similar else "write for example Tue-Thu or Fri/Sat"
    raise InvalidArgument(f'unknown weekday "{quoted(name)}" ({hint})')
