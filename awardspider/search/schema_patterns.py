"""Regular expressions of values of a watch for its JSON Schema, where a list or a simple notation exists.

They accept whatever the parsers accept. The parsers are stricter: they also know all places, zones and days of months.
JSON Schema has no flags, so patterns spell out both cases of each letter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from awardspider.search.aircraft import codes_without_digits
from awardspider.search.alliances import Alliance
from awardspider.search.amounts import currency_names
from awardspider.search.weekdays import weekday_words

#: Letters that are written with accents in Portuguese and Spanish; names are also understood without them.
_ACCENTS = "áàâãéêíóôõúüçñ"


def any_case(names: Iterable[str], separator: str = "[ _-]*") -> str:
    """Return a pattern of names in any case, with `separator` for underscores."""
    return "|".join("".join(separator if letter == "_" else _letter(letter) for letter in name) for name in names)


def listed(item: str) -> str:
    """Return a pattern of one or several items, separated by commas, semicolons, slashes, `or` or `and`."""
    return rf"^([\s,;/]*({item})\s*(?=[,;/&]|$|or\s|and\s)((or|and|&)\s+)?)+[\s,;/]*$"


def _letter(letter: str) -> str:
    if letter.upper() != letter.lower() and len(letter.upper()) == 1:
        return f"[{letter.upper()}{letter.lower()}]"
    return f"\\{letter}" if letter in "$.+*?()[]{}|^\\" else letter


def _unaccented(words: Iterable[str]) -> str:
    """Return a pattern of words in any case, with or without accents."""
    variants: dict[str, str] = {}
    for accented in _ACCENTS:
        plain = unicodedata.normalize("NFD", accented)[0]
        variants[plain] = variants.get(plain, "") + accented + accented.upper()
    words = sorted(set(words), key=lambda word: (-len(word), word))
    return "|".join(
        "".join(f"[{letter.upper()}{letter}{variants.get(letter, '')}]" for letter in word) for word in words
    )


# ---- codes -------------------------------------------------------------------------------------------------------

_ALLIANCES = any_case((*Alliance, "star", "sky_team", "one_world", "ow"), r"[\s_-]*")
_CARRIER = "[A-Za-z][A-Za-z0-9]|[0-9][A-Za-z]"
_FLIGHT = rf"({_CARRIER})[\s-]*[0-9]{{1,6}}"

CARRIERS = listed(rf"({_CARRIER})(\s+({_CARRIER}))*|({_ALLIANCES})([\s_-]*{any_case(['alliance'])})?")
FLIGHTS = listed(rf"{_FLIGHT}(\s+{_FLIGHT})*")
#: A code or name with a digit, or a family such as CRJ.
AIRCRAFT = listed(rf"[^,;]*([0-9]|{any_case(codes_without_digits())})[^,;]*")


def names_pattern(names: Iterable[str]) -> str:
    """Return a pattern of names in any case, with any punctuation or none between their letters."""
    spelled = (r"[\W_]*".join(map(_letter, name)) for name in sorted(names))
    return "|".join(spelled)


# ---- amounts -----------------------------------------------------------------------------------------------------

_NUMBER = r"[0-9][0-9.,'\s\u00a0\u202f]*"
_CURRENCIES = "|".join(
    sorted({any_case([name], "_") for name in currency_names()}, key=lambda each: (-len(each), each))
)
#: One number, and at least one currency.
MONEY = rf"^(?=[^0-9]*{_NUMBER}[^0-9]*$)(?=.*[^0-9.,'\s\u00a0\u202f])(\s*({_CURRENCIES}|[0-9][0-9.,']*|\$))+\s*$"
CENTS = rf"^\s*[0-9]{{1,2}}([.,][0-9]{{1,2}})?\s*(¢|{any_case(('c', 'cpp', 'cents', 'cent'))})?\s*$"
MILES = (
    r"[0-9]+|[0-9]{1,3}([,._' ][0-9]{3}){1,2}|"
    rf"([0-9]+|[0-9]{{1,3}}([,._' ][0-9]{{3}}){{1,2}}|[0-9]{{1,4}}[.,][0-9])\s*({any_case(('k', 'mil', 'thousand'))})?"
    rf"\s*({any_case(('miles', 'points', 'pts', 'mi'))})?"
)


# ---- times -------------------------------------------------------------------------------------------------------

_CLOCK = (
    r"((2[0-3]|[01]?[0-9])([:Hh][0-5][0-9]|[Hh])|(1[0-2]|0?[1-9])(:[0-5][0-9])?\s*[AaPp]\.?[Mm]\.?"
    rf"|{any_case(('noon', 'midday', 'midnight'))})"
)
_TO = rf"(\s*(-|–|{any_case(('to', 'and', 'until'))})\s*)"
_PERIOD = rf"(({any_case(('from', 'between'))})\s+)?{_CLOCK}{_TO}({_CLOCK}|24:00|24[Hh])"
_OPEN = rf"({any_case(('after', 'from', 'not before', 'before', 'until', 'not after'))})\s+{_CLOCK}"

CLOCK = rf"^\s*{_CLOCK}\s*$"
PERIOD = rf"^\s*{_PERIOD}\s*$"
HOURS = rf"^\s*({_PERIOD}|{_OPEN})\s*$"

_DAYS = rf"[0-7]\s*[Dd]({any_case(['ay'])}[Ss]?)?"
_HOURS = rf"0{{0,2}}([0-9]{{1,2}}|1[0-6][0-9])(\.[0-9])?\s*({any_case(('hours', 'hour', 'hrs', 'hr', 'h'))}|:)"
_MINUTE_UNIT = any_case(("minutes", "minute", "mins", "min", "m"))
DURATION = (
    rf"^\s*(({_DAYS})?\s*{_HOURS}\s*(0{{0,3}}[0-5]?[0-9]\s*({_MINUTE_UNIT})?)?"
    rf"|({_DAYS})?\s*[0-9]{{1,5}}\s*({_MINUTE_UNIT})|{_DAYS}(\s*[0-9]{{1,5}})?)\s*$"
)

_AREAS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Brazil", "Canada", "Chile", "Etc",
    "Europe", "Indian", "Mexico", "Pacific", "US",
)  # fmt: skip
TIMEZONE = rf"^\s*(({any_case(_AREAS)})/[^/]+(/[^/]+)?|[A-Za-z][A-Za-z0-9+\s_-]*)\s*$"


# ---- dates -------------------------------------------------------------------------------------------------------

_DATE_WORDS = (
    "to through until ate hasta a and or e y ou o de not but except for excluding without exceto excepto salvo "
    "excluindo excluyendo menos nao mas pero no sin sem any time anytime day anyday date anydate flexible qualquer "
    "cualquier data fecha dia days dias d"
)
_TOLERANCE = r"(±|\+\s*/?\s*-)\s*[0-9]{1,2}(?![0-9])"
_DATE = (
    r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?(?![0-9])|\+[0-9]{1,3}(?![0-9])"
    rf"|{_TOLERANCE}|\.\.|[-–—/&+,;]|({_unaccented((*_DATE_WORDS.split(), *weekday_words()))})(?![a-zA-Z])"
)
#: Days, months, years, days from today, weekdays, and the words between them.
DATES = rf"^(?=[\s\S]*[^\s,;])(\s*({_DATE}))+\s*$"
