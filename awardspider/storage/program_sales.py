"""Active sales of awards of programs, from stored promotions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from awardspider.search.offer_promotions import SALE_KINDS, OfferPromotion, ProgramSale
from awardspider.search.promotion_states import PromotionState, day_start, promotion_day
from awardspider.storage.promotions import PromotionRow, find_promotions_of_kinds
from awardspider.storage.store import Store

_ACTIVE = (PromotionState.ACTIVE, PromotionState.ENDING_SOON)


def find_program_sales(store: Store, programs: Collection[str], now: datetime) -> list[ProgramSale]:
    """Return the sales of these programs that are active at the aware time `now`, without targeted ones."""
    return [
        ProgramSale(promotion=_promotion(row, program), since=_since(row))
        for row in find_promotions_of_kinds(store, SALE_KINDS, promotion_day(now))
        if row.state(now) in _ACTIVE and not row.item.targeted
        for program in row.item.programs
        if program in programs
    ]


def _promotion(row: PromotionRow, program: str) -> OfferPromotion:
    item = row.item
    return OfferPromotion(
        id=row.id, kind=item.kind, title=item.title, link=item.link, program=program, until=item.book_by
    )


def _since(row: PromotionRow) -> datetime:
    first = row.item.book_from
    return row.first_seen_at if first is None else max(row.first_seen_at, day_start(first))
