"""Delta's brands and award classes, and the cabin that each of them means.

Facts and their sources: docs/sources/delta.md.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from awardspider.items import Cabin


class Brand(NamedTuple):
    name: str
    cabin: Cabin


_BASIC = Brand("Delta Main Basic", Cabin.ECONOMY)
_MAIN = Brand("Delta Main Classic", Cabin.ECONOMY)
_COMFORT = Brand("Delta Comfort Classic", Cabin.ECONOMY)
_FIRST = Brand("Delta First Classic", Cabin.FIRST)
_SELECT = Brand("Delta Premium Select Classic", Cabin.PREMIUM_ECONOMY)
_ONE = Brand("Delta One Classic", Cabin.BUSINESS)

# Brands by id: that of today, and the older one. Comfort is a seat in the main cabin.
BRANDS = {"BMAIN": _BASIC, "CMAIN": _MAIN, "CDCP": _COMFORT, "CFIRST": _FIRST, "CDPS": _SELECT, "CD1": _ONE}
BRANDS |= {"BE": _BASIC, "MAIN": _MAIN, "DCP": _COMFORT, "FIRST": _FIRST, "DPPS": _SELECT, "D1": _ONE}

# Brands of partners that were seen. They keep their ids as names; others do too, and are counted as odd.
PARTNERS = frozenset({"AFST", "AFPE", "CVSUP", "CEC", "KEEC", "CKLEC", "CBU"})

# How the ids of Delta's own brands end: a brand that nobody knows yet is still of one of these families.
STEMS = {
    "D1": Cabin.BUSINESS,
    "FIRST": Cabin.FIRST,
    "DPS": Cabin.PREMIUM_ECONOMY,
    "DPPS": Cabin.PREMIUM_ECONOMY,
    "DCP": Cabin.ECONOMY,
    "MAIN": Cabin.ECONOMY,
}

# How the brands of partners end (AFPE, CKLEC, CVSUP): a guess, for classes that tell nothing.
ENDINGS = {
    "EC": Cabin.ECONOMY,
    "ST": Cabin.ECONOMY,
    "PE": Cabin.PREMIUM_ECONOMY,
    "BU": Cabin.BUSINESS,
    "UP": Cabin.BUSINESS,
}

# The first letter of cosCode, the class that an award is booked in.
CLASSES = {
    "N": Cabin.ECONOMY,
    "S": Cabin.ECONOMY,
    "R": Cabin.PREMIUM_ECONOMY,
    "P": Cabin.PREMIUM_ECONOMY,
    "O": Cabin.BUSINESS,
}

# What the letters usually mean at other airlines: a guess, where nothing else tells.
USUAL_CLASSES = (
    dict.fromkeys("YXK", Cabin.ECONOMY)
    | {"W": Cabin.PREMIUM_ECONOMY}
    | dict.fromkeys("JCDIZ", Cabin.BUSINESS)
    | dict.fromkeys("FA", Cabin.FIRST)
)

# Delta has one front cabin on each aircraft: a leg in First is not below a leg in Delta One, nor the other way.
LEVELS = {Cabin.ECONOMY: 0, Cabin.PREMIUM_ECONOMY: 1, Cabin.BUSINESS: 2, Cabin.FIRST: 2}


def cabin_on_leg(brand_id: object, code: object) -> Cabin | None:
    """The cabin on one leg, by its brand and its class; None where they do not tell."""
    return _cabin_on_leg(brand_id if isinstance(brand_id, str) else "", code[:1] if isinstance(code, str) else "")


@lru_cache(maxsize=4096)
def _cabin_on_leg(brand_id: str, letter: str) -> Cabin | None:
    return _cabin_of_family(brand_id) or CLASSES.get(letter)


def _cabin_of_family(brand_id: str) -> Cabin | None:
    if brand := BRANDS.get(brand_id):
        return brand.cabin
    return Cabin.BUSINESS if "D1" in brand_id else _by_ending(brand_id, STEMS)


def cabin_of_offer(brand_id: str | None, legs: list[Cabin | None], codes: list[str]) -> Cabin | None:
    """The cabin of an offer: by its brand's family, else by its legs, else by what brands and classes usually mean."""
    written = brand_id or ""
    if cabin := _cabin_of_family(written):
        return cabin
    highest = max(filter(None, legs), key=LEVELS.__getitem__, default=None) or _by_ending(written, ENDINGS)
    usual = filter(None, (USUAL_CLASSES.get(code[:1]) for code in codes))
    return highest or max(usual, key=LEVELS.__getitem__, default=None)


def _by_ending(brand_id: str, cabins: dict[str, Cabin]) -> Cabin | None:
    return next((cabin for ending, cabin in cabins.items() if brand_id.endswith(ending)), None)
