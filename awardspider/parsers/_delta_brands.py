"""The cabins of Delta's brands and award classes.

Facts and sources: docs/sources/delta.md.
"""

from __future__ import annotations

from collections.abc import Iterable
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

# Ids of partner brands in recorded responses, also used as fare names. Ids not listed here or above cause a warning.
PARTNER_BRANDS = frozenset({"AFST", "AFPE", "CVSUP", "CEC", "KEEC", "CKLEC", "CBU"})

KNOWN_BRANDS = BRANDS.keys() | PARTNER_BRANDS

# Suffixes in the ids of Delta's own brands, which give the cabin of an unknown brand.
SUFFIXES = {
    "D1": Cabin.BUSINESS,
    "FIRST": Cabin.FIRST,
    "DPS": Cabin.PREMIUM_ECONOMY,
    "DPPS": Cabin.PREMIUM_ECONOMY,
    "DCP": Cabin.ECONOMY,
    "MAIN": Cabin.ECONOMY,
}

# Suffixes in the ids of partner brands (AFPE, CKLEC, CVSUP), as a guess if the classes are unknown.
PARTNER_SUFFIXES = {
    "EC": Cabin.ECONOMY,
    "ST": Cabin.ECONOMY,
    "PE": Cabin.PREMIUM_ECONOMY,
    "BU": Cabin.BUSINESS,
    "UP": Cabin.BUSINESS,
}

# Cabins keyed by the first letter of cosCode, the class in which an award is booked.
CLASSES = {
    "N": Cabin.ECONOMY,
    "S": Cabin.ECONOMY,
    "R": Cabin.PREMIUM_ECONOMY,
    "P": Cabin.PREMIUM_ECONOMY,
    "O": Cabin.BUSINESS,
}

# The usual meaning of a class at other airlines, as a guess if nothing else is known.
USUAL_CLASSES = (
    dict.fromkeys("YXK", Cabin.ECONOMY)
    | {"W": Cabin.PREMIUM_ECONOMY}
    | dict.fromkeys("JCDIZ", Cabin.BUSINESS)
    | dict.fromkeys("FA", Cabin.FIRST)
)

# Delta has only one front cabin on each aircraft, so First and Delta One have the same level.
LEVELS = {Cabin.ECONOMY: 0, Cabin.PREMIUM_ECONOMY: 1, Cabin.BUSINESS: 2, Cabin.FIRST: 2}


def brand_name(brand_id: str | None) -> str | None:
    """Return the name of a brand, or its id if the name is unknown."""
    return BRANDS[brand_id].name if brand_id in BRANDS else brand_id


def leg_cabin(brand_id: object, code: object) -> Cabin | None:
    """Return the cabin on one leg, from its brand or else its class; None if both are unknown."""
    return _leg_cabin(brand_id if isinstance(brand_id, str) else "", code[:1] if isinstance(code, str) else "")


@lru_cache(maxsize=4096)
def _leg_cabin(brand_id: str, letter: str) -> Cabin | None:
    return _brand_cabin(brand_id) or CLASSES.get(letter)


def _brand_cabin(brand_id: str) -> Cabin | None:
    if brand := BRANDS.get(brand_id):
        return brand.cabin
    return Cabin.BUSINESS if "D1" in brand_id else _by_suffix(brand_id, SUFFIXES)


def offer_cabin(brand_id: str | None, legs: list[Cabin | None], codes: list[str]) -> Cabin | None:
    """Return an offer's cabin: by its brand, else its highest leg, else its partner suffix, else its usual classes."""
    text = brand_id or ""
    if cabin := _brand_cabin(text):
        return cabin
    highest = max(filter(None, legs), key=LEVELS.__getitem__, default=None) or _by_suffix(text, PARTNER_SUFFIXES)
    usual = filter(None, (USUAL_CLASSES.get(code[:1]) for code in codes))
    return highest or max(usual, key=LEVELS.__getitem__, default=None)


def _by_suffix(brand_id: str, cabins: dict[str, Cabin]) -> Cabin | None:
    return next((cabin for suffix, cabin in cabins.items() if brand_id.endswith(suffix)), None)


def lowest(cabins: Iterable[Cabin | None]) -> Cabin | None:
    """Return the lowest known cabin, or None if there is none."""
    return min(filter(None, cabins), key=LEVELS.__getitem__, default=None)


def is_mixed(cabin: Cabin, legs: list[Cabin | None], count: int) -> bool | None:
    """Return True if a leg is below the offer's cabin; otherwise None if a leg is unknown or missing, or else False."""
    if any(leg is not None and LEVELS[leg] < LEVELS[cabin] for leg in legs):
        return True
    return False if len(legs) >= count and None not in legs else None
