"""The cost of an award in the points that a person has."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec


class PointsCost(msgspec.Struct, frozen=True, kw_only=True):
    """One way to pay for an award with points that a person has, for all travelers together.

    `key` and `name` are those of the bank or program whose points are used: `points` of them become `miles` at the
    standard `ratio` and the bonus, if any. `own_miles` of the program's own balance complete the payment; they are 0
    for a payment from one balance. `leftover` are the miles that remain in the program afterward. `held` are the points
    that the person has, and `enough` says whether they suffice.

    `bonus_percent` is included in the calculation. `up_to_percent` is not: it is the maximum of an active bonus that
    promises no percentage, until `up_to_until`.
    """

    key: str
    name: str
    points: int
    miles: int
    ratio: Decimal
    held: int
    enough: bool
    leftover: int = 0
    own_miles: int = 0
    bonus_percent: int | None = None
    bonus_until: date | None = None
    bonus_source: str | None = None
    up_to_percent: int | None = None
    up_to_until: date | None = None
