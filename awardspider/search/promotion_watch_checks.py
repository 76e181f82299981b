"""Checks of fields of a watch for promotions that contradict each other, so that no promotion could ever match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awardspider.items import PromotionKind
from awardspider.search.promotion_fields import PROMOTION_KINDS
from awardspider.search.watch_checks import Conflict

_FLIGHTS = (PromotionKind.AWARD_SALE, PromotionKind.PROMO_AWARD_LIST, PromotionKind.CASH_FARE_DEAL)
_WITHOUT_PERCENT = (PromotionKind.CASH_FARE_DEAL, PromotionKind.DEVALUATION_NEWS, PromotionKind.PAGE_CHANGE)

#: What a field limits, and the kinds of promotions that can have it.
_LIMITS: Mapping[str, tuple[str, tuple[PromotionKind, ...]]] = {
    "banks": (
        "bank",
        (PromotionKind.TRANSFER_BONUS, PromotionKind.EARN_BONUS, PromotionKind.DEVALUATION_NEWS),
    ),
    "min_percent": ("percentage", tuple(kind for kind in PROMOTION_KINDS if kind not in _WITHOUT_PERCENT)),
    "max_cents": ("price of a mile", (PromotionKind.BUY_MILES,)),
    "origin": ("routes", _FLIGHTS),
    "destination": ("routes", _FLIGHTS),
}


def find_promotion_conflict(values: Mapping[str, Any]) -> Conflict | None:
    """Return the first contradiction between parsed fields, keyed by name without those that are missing."""
    given = [name for name in _LIMITS if name in values]
    listed = values.get("kinds", ())
    for name in given:
        subject, kinds = _LIMITS[name]
        if without := [kind for kind in listed if kind not in kinds]:
            names, has = " and ".join(without), "has" if len(without) == 1 else "have"
            fix = "remove one of these fields" if len(without) == len(listed) else f"make another watch for {names}"
            return Conflict(name, f"{names} {has} no {subject}: {fix}")
        for other in given[: given.index(name)]:
            if not set(kinds) & set(_LIMITS[other][1]):
                return Conflict(name, f"a promotion has no {subject} if it has a {_LIMITS[other][0]}: remove {other}")
    return None
