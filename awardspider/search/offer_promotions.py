"""Promotions that change what an award costs: a transfer bonus that makes a match true, and a sale of its program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from awardspider.items import PromotionKind

#: Kinds of promotions with fewer miles for awards.
SALE_KINDS = (PromotionKind.AWARD_SALE, PromotionKind.PROMO_AWARD_LIST)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPromotion:
    """A promotion that a message about an offer names.

    `until` is its last day, if known. A transfer bonus has the key of the `bank`, the `percent`, and the `points` that
    pay for the party with it; `previous_points` are those without it. They are None for a sale.
    """

    id: str
    kind: PromotionKind
    title: str
    link: str
    program: str
    until: date | None = None
    bank: str | None = None
    percent: int | None = None
    points: int | None = None
    previous_points: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSale:
    """A sale of awards that is active. `since` is when it was first seen or, if that is later, when it began."""

    promotion: OfferPromotion
    since: datetime


def sale_of(sales: Iterable[ProgramSale], program: str, found_at: datetime) -> OfferPromotion | None:
    """Return the newest sale of a program that had begun when an offer was found, or None."""
    begun = [sale for sale in sales if sale.promotion.program == program and sale.since <= found_at]
    return max(begun, key=lambda sale: (sale.since, sale.promotion.id)).promotion if begun else None
