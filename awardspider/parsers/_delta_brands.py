"""The cabins of Delta's brands and award classes.

Facts and sources: docs/sources/delta.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import NamedTuple

from awardspider.items import Cabin


class Brand(NamedTuple):
    """A brand of Delta's own flights."""

    name: str
    cabin: Cabin


_BASIC = Brand("Delta Main Basic", Cabin.ECONOMY)
_MAIN = Brand("Delta Main Classic", Cabin.ECONOMY)
_COMFORT = Brand("Delta Comfort Classic", Cabin.ECONOMY)
_FIRST = Brand("Delta First Classic", Cabin.FIRST)
_SELECT = Brand("Delta Premium Select Classic", Cabin.PREMIUM_ECONOMY)
_ONE = Brand("Delta One Classic", Cabin.BUSINESS)

# Brands keyed by their current ids, then by their older ids. Comfort is a seat in the main cabin.
BRANDS = {"BMAIN": _BASIC, "CMAIN": _MAIN, "CDCP": _COMFORT, "CFIRST": _FIRST, "CDPS": _SELECT, "CD1": _ONE}
BRANDS |= {"BE": _BASIC, "MAIN": _MAIN, "DCP": _COMFORT, "FIRST": _FIRST, "DPPS": _SELECT, "D1": _ONE}

# The cabins of partner brands in recorded responses. A partner brand's id is also its fare name.
PARTNER_BRANDS = {
    "AFST": Cabin.ECONOMY,
    "AFPE": Cabin.PREMIUM_ECONOMY,
    "CKLEC": Cabin.ECONOMY,
    "CKLEE": Cabin.ECONOMY,
    "KLPC": Cabin.PREMIUM_ECONOMY,
    "CVSUP": Cabin.BUSINESS,
    "KEEC": Cabin.ECONOMY,
    "CEC": Cabin.ECONOMY,
    "CBU": Cabin.BUSINESS,
}

KNOWN_BRANDS = BRANDS.keys() | PARTNER_BRANDS.keys()

# The parts of an id of Delta's own brands, which give the cabin of an unknown brand: at most a letter, and the cabin. A
# longer id can be a partner's, whose front cabin is not Delta's.
OWN_ID = re.compile(r"[A-Z]?(?P<cabin>D1|FIRST|DPS|DPPS|DCP|MAIN)(?:S|SUITES?)?")
SUFFIXES = {
    "D1": Cabin.BUSINESS,
    "FIRST": Cabin.FIRST,
    "DPS": Cabin.PREMIUM_ECONOMY,
    "DPPS": Cabin.PREMIUM_ECONOMY,
    "DCP": Cabin.ECONOMY,
    "MAIN": Cabin.ECONOMY,
}

# The parts of a partner brand's id (AFPE, CKLEC, CVSUP): the carrier, or C alone, and the cabin.
PARTNER_ID = re.compile(r"C?(?P<carrier>[A-Z0-9]{2})(?P<cabin>EC|EE|ST|PE|PC|BU|UP)|C(?P<any>EC|PE|BU)")
PARTNER_SUFFIXES = {
    "EC": Cabin.ECONOMY,
    "EE": Cabin.ECONOMY,
    "ST": Cabin.ECONOMY,
    "PE": Cabin.PREMIUM_ECONOMY,
    "PC": Cabin.PREMIUM_ECONOMY,
    "BU": Cabin.BUSINESS,
    "UP": Cabin.BUSINESS,
}

# Cabins keyed by the first letter of cosCode, the class in which an award is booked: Delta's own, and its partners'.
DELTA = "DL"
CLASSES = {
    "N": Cabin.ECONOMY,
    "S": Cabin.ECONOMY,
    "R": Cabin.PREMIUM_ECONOMY,
    "P": Cabin.PREMIUM_ECONOMY,
    "O": Cabin.BUSINESS,
}
PARTNER_CLASSES = {"X": Cabin.ECONOMY, "O": Cabin.BUSINESS}

# Class A is first class at some airlines, but premium economy at these.
PREMIUM_CLASS, PREMIUM_CARRIERS = "A", frozenset({"AF", "KL"})

# The usual meaning of a class, as a guess if nothing else is known. Letters that can mean first class are left out.
USUAL_CLASSES = (
    dict.fromkeys("YXK", Cabin.ECONOMY) | {"W": Cabin.PREMIUM_ECONOMY} | dict.fromkeys("JCDIZ", Cabin.BUSINESS)
)

# Delta has only one front cabin on each aircraft, so First and Delta One have the same level.
LEVELS = {Cabin.ECONOMY: 0, Cabin.PREMIUM_ECONOMY: 1, Cabin.BUSINESS: 2, Cabin.FIRST: 2}


def brand_name(brand_id: str | None) -> str | None:
    """Return the name of a brand, or its id if the name is unknown."""
    return BRANDS[brand_id].name if brand_id in BRANDS else brand_id


def leg_cabin(brand_id: object, code: object, carriers: tuple[str | None, ...]) -> Cabin | None:
    """Return the cabin on one leg, from its brand or else its class; None if both are unknown.

    `carriers` are the leg's marketing and operating carriers.
    """
    letter = code[:1] if isinstance(code, str) else ""
    return _leg_cabin(brand_id if isinstance(brand_id, str) else "", letter, carriers)


@lru_cache(maxsize=4096)
def _leg_cabin(brand_id: str, letter: str, carriers: tuple[str | None, ...]) -> Cabin | None:
    if letter == PREMIUM_CLASS and not PREMIUM_CARRIERS.isdisjoint(carriers):
        return Cabin.PREMIUM_ECONOMY
    classes = CLASSES if carriers[:1] in ((), (DELTA,)) else PARTNER_CLASSES
    return _brand_cabin(brand_id, carriers) or classes.get(letter)


def _brand_cabin(brand_id: str, carriers: Collection[str | None]) -> Cabin | None:
    if brand := BRANDS.get(brand_id):
        return brand.cabin
    if cabin := PARTNER_BRANDS.get(brand_id):
        return cabin
    if (match := PARTNER_ID.fullmatch(brand_id)) and (match["any"] or match["carrier"] in carriers):
        return PARTNER_SUFFIXES[match["any"] or match["cabin"]]
    match = OWN_ID.fullmatch(brand_id)
    return SUFFIXES[match["cabin"]] if match else None


def day_cabin(brand_id: str) -> Cabin | None:
    """Return the cabin of a brand if the flights are not known; None if the brand is unknown."""
    return _brand_cabin(brand_id, ())


def offer_cabin(
    brand_id: str | None, legs: list[Cabin | None], codes: list[str], carriers: Collection[str | None]
) -> Cabin | None:
    """Return an offer's cabin: by its brand, else its highest leg, else the usual meaning of its classes.

    It is never above the highest leg, and None if a leg that could be the highest is unknown. `carriers` are those of
    all flights.
    """
    known = [leg for leg in legs if leg is not None]
    highest = max(known, key=LEVELS.__getitem__, default=None) if len(known) == len(legs) else None
    if cabin := _brand_cabin(brand_id or "", carriers):
        return highest if highest and LEVELS[highest] < LEVELS[cabin] else cabin
    usual = [USUAL_CLASSES.get(code[:1]) for code in codes]
    if highest or not usual or None in usual:
        return highest
    return max(filter(None, usual), key=LEVELS.__getitem__)


def lowest(cabins: Iterable[Cabin | None]) -> Cabin | None:
    """Return the lowest known cabin, or None if there is none."""
    return min(filter(None, cabins), key=LEVELS.__getitem__, default=None)


def is_mixed(cabin: Cabin, legs: list[Cabin | None], count: int) -> bool | None:
    """Return True if a leg is below the offer's cabin; otherwise None if a leg is unknown or missing, or else False."""
    if any(leg is not None and LEVELS[leg] < LEVELS[cabin] for leg in legs):
        return True
    return False if len(legs) >= count and None not in legs else None
