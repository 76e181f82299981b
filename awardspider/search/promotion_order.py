"""The order of promotions in a message: the best first. docs/delivery.md describes it."""

from __future__ import annotations

from datetime import date
from math import inf
from typing import Any

from awardspider.items import BonusOrDiscount, PromotionKind

# The kinds, the most useful first: a transfer bonus applies to points that someone has, news calls for no decision.
_KINDS = (
    PromotionKind.TRANSFER_BONUS,
    PromotionKind.AWARD_SALE,
    PromotionKind.PROMO_AWARD_LIST,
    PromotionKind.BUY_MILES,
    PromotionKind.EARN_BONUS,
    PromotionKind.CASH_FARE_DEAL,
    PromotionKind.DEVALUATION_NEWS,
    PromotionKind.PAGE_CHANGE,
    PromotionKind.ROUND_UP,
    PromotionKind.OTHER,
)


def promotion_rank(
    *,
    kind: PromotionKind,
    percent: int | None,
    bonus_or_discount: BonusOrDiscount | None,
    up_to: bool | None,
    targeted: bool | None,
    book_by: date | None,
) -> tuple[Any, ...]:
    """Return the sort key of a promotion: by kind, then the highest percentage, then the one that ends sooner.

    Promotions for invited members come after the others. Bonuses and discounts are compared by what is saved: a bonus
    of 100% is worth a discount of 50%. Of equal percentages, one that is a maximum comes later. Unknown values come
    last.
    """
    saved = inf if percent is None else -_saved(percent, bonus_or_discount)
    return bool(targeted), _KINDS.index(kind), saved, bool(up_to), book_by or date.max


def _saved(percent: int, bonus_or_discount: BonusOrDiscount | None) -> float:
    return percent if bonus_or_discount is BonusOrDiscount.DISCOUNT else 100 * percent / (100 + percent)
