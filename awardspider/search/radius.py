"""The notation of a distance around a place, such as `within 150 km of BOS`: its numbers, units and limit."""

from __future__ import annotations

import re
from typing import NamedTuple

#: The largest distance, in kilometers.
MAX_RADIUS = 5000
_NOTATION = re.compile(
    r"(?:(?:with)?in|up to|less than|at most|dentro de|a menos de|(?:hasta|at[eé]) a|hasta|at[eé]|a"
    r"|(?:em |en )?(?:n?um|un) (?:raio|radio|c[ií]rculo) de)?"
    r"\s*(?P<number>[0-9][0-9.,]*)\s*(?P<unit>[^\W\d_]+\.?(?:\s+miles?|\s+n[aá]uticas?)?)\s+"
    r"(?:of|from|around|to|de|do|da|del)\s+(?P<center>.+)",
    re.IGNORECASE,
)
#: Kilometers of each unit.
_UNITS = (
    (re.compile(r"kms?\.?|kilomet(?:er|re)s?|(?:qui|ki)l[oóô]metros?", re.IGNORECASE), 1.0),
    (re.compile(r"mi\.?|miles?|milhas?|millas?", re.IGNORECASE), 1.609344),
    (re.compile(r"nmi?\.?|nautical miles?|mil(?:ha|la)s? n[aá]uticas?", re.IGNORECASE), 1.852),
)
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?:\.[0-9]{3})+")
_DECIMAL = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,2})?")


class Radius(NamedTuple):
    """A distance in kilometers, or None if `error` says what is wrong with it, and the place that it is around."""

    km: int | None
    center: str
    error: str = ""


def find_radius(text: str) -> Radius | None:
    """Return the distance that a text describes; None for a text that is not of this notation."""
    if not (found := _NOTATION.fullmatch(text)):
        return None
    center = found["center"]
    factor = next((factor for unit, factor in _UNITS if unit.fullmatch(found["unit"])), None)
    if factor is None:
        return Radius(None, center, f'unknown unit "{found["unit"][:20]}": write km or miles')
    number = re.sub(r"[.,]", "", found["number"]) if _GROUPED.fullmatch(found["number"]) else found["number"]
    if not _DECIMAL.fullmatch(number):
        return Radius(None, center, f'"{found["number"][:20]}" is not a distance: write for example 150 km')
    km = max(1, round(float(number.replace(",", ".")) * factor))
    if km > MAX_RADIUS:
        return Radius(None, center, f"a distance can be at most {MAX_RADIUS:,} km: name a country or region instead")
    return Radius(km, center)
