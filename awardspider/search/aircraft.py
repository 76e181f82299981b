"""Aircraft types: the codes of IATA and ICAO, and the names that programs write for them.

The codes are those of IATA's Standard Schedules Information Manual and of ICAO Doc 8643, from general knowledge as of
2026-11; codes that single carriers use for their variants (7S8) are listed if a recorded response has them.
"""

from __future__ import annotations

import functools
import re

#: Type -> its codes and other names. Only letters and digits count in names.
_TYPES = {
    "717-200": "717 712 B712",
    "737-700": "73G 73W B737 7S7",
    "737-800": "738 73H B738 7S8",
    "737-900": "739 73J B739 737-900ER",
    "737MAX7": "7M7 B37M 737-7",
    "737MAX8": "7M8 B38M 737-8 7X8",
    "737MAX9": "7M9 B39M 737-9 7X9",
    "737MAX10": "7MJ B3XM 737-10",
    "747-400": "744 74E B744",
    "747-8": "74H 74N B748 747-8I 748",
    "757-200": "752 75W B752",
    "757-300": "753 75T B753",
    "767-200": "762 B762 767-200ER",
    "767-300": "763 76W B763 767-300ER",
    "767-400": "764 B764 767-400ER",
    "777-200": "772 77E B772 777-200ER",
    "777-200LR": "77L B77L",
    "777-300": "773 B773",
    "777-300ER": "77W B77W",
    "777-8": "778 B778",
    "777-9": "779 B779",
    "787-8": "788 B788",
    "787-9": "789 B789",
    "787-10": "781 78X 78J B78X",
    "A220-100": "221 BCS1",
    "A220-300": "223 BCS3",
    "A318": "318 A318",
    "A319": "319 A319",
    "A319neo": "31N A19N",
    "A320": "320 32A A320 A320-200",
    "A320neo": "32N A20N",
    "A321": "321 32B A321 A321-200",
    "A321neo": "32Q A21N A321LR A321neoLR A321XLR",
    "A330-200": "332 A332",
    "A330-300": "333 A333",
    "A330-800": "338 A338 A330-800neo",
    "A330-900": "339 A339 A330-900neo",
    "A340-300": "343 A343",
    "A340-600": "346 A346",
    "A350-900": "359 A359",
    "A350-1000": "351 35K A35K",
    "A380": "388 A388 A380-800",
    "ATR42": "AT4 AT43 AT45 AT46 ATR42-600",
    "ATR72": "AT7 AT72 AT75 AT76 ATR72-600",
    "CRJ200": "CR2 CRJ2",
    "CRJ700": "CR7 CRJ7",
    "CRJ900": "CR9 CRJ9",
    "CRJ1000": "CRK CRJX",
    "Dash8-400": "DH4 DH8D Q400",
    "E135": "ER3 E135",
    "E145": "ER4 E145",
    "E170": "E70 E170",
    "E175": "E75 E7W E75L E75S E175",
    "E190": "E90 E190",
    "E195": "E95 E195",
    "E190-E2": "290 E290",
    "E195-E2": "295 E295",
}
#: Codes and names of several types.
_FAMILIES = {
    "737": r"737.*",
    "73M 7MX 737MAX": r"737MAX.*",
    "747": r"747.*",
    "757": r"757.*",
    "767": r"767.*",
    "777": r"777.*",
    "787": r"787.*",
    "A220 220": r"A220.*",
    "32S A32S": r"A3(18|19|20|21)(neo)?",
    "A330 330": r"A330-[23]00",
    "A330neo": r"A330-[89]00",
    "A340 340": r"A340.*",
    "A350 350": r"A350.*",
    "380": r"A380",
    "CRJ": r"CRJ.*",
    "EMJ": r"E1[79].*",
}
_NOISE = re.compile(
    r"BOEING|AIRBUS(INDUSTRIE)?|EMBRAER|EMB|ERJ|BOMBARDIER|PASSENGER|DREAMLINER|WINGLETS|SHARKLETS|JET|SERIES"
)

_EMBRAER = re.compile(r"EMB|ERJ", re.IGNORECASE)


def compare_aircraft(code: str, written: str) -> bool | None:
    """Return whether an aircraft, as a program writes it, has a code; None if that is not certain.

    `777` is a code of every 777, and an aircraft that is written as 777 can be a 77W.
    """
    wished, known = _types(code), _types(written)
    if _key(code) == _key(written) or (wished and known and known <= wished):
        return True
    return None if not known or known & wished else False


def is_aircraft(name: str) -> bool:
    """Return whether a code or a name, such as `Boeing 777`, means a type or a family of types."""
    return bool(_types(name))


def codes_without_digits() -> tuple[str, ...]:
    """Return the codes that consist of letters only, such as CRJ, sorted."""
    return tuple(sorted(code for code in _known() if code.isalpha()))


@functools.lru_cache(1024)
def _types(written: str) -> frozenset[str]:
    key = _key(written)
    keys = [key, f"A{key}"]  # also written without their beginning: Airbus 330-300, Embraer 190, MAX 8
    if _EMBRAER.search(written):
        keys.append(f"E{key}")
    if key.startswith("MAX"):
        keys.append(f"737{key}")
    return next((_known()[each] for each in keys if each in _known()), frozenset())


@functools.cache
def _known() -> dict[str, frozenset[str]]:
    """Return the types of each code and name."""
    found = {_key(name): frozenset({kind}) for kind, names in _TYPES.items() for name in (kind, *names.split())}
    for names, pattern in _FAMILIES.items():
        kinds = frozenset(kind for kind in _TYPES if re.fullmatch(pattern, kind))
        found |= {_key(name): kinds for name in names.split()}
    return found


def _key(written: str) -> str:
    """Return a code or name without the manufacturer, punctuation and other words of no meaning."""
    return re.sub(r"[^A-Z0-9]", "", _NOISE.sub("", re.sub(r"[\s-]", "", written.upper())))
