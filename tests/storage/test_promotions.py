"""Stored promotions, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from awardspider.items import PromotionItem, PromotionKind
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.promotions import PromotionOrder, find_promotions, has_promotion, promotion_id
from awardspider.storage.store import Store
from tests.support.storage_examples import DAY, NOW

HOUR = timedelta(hours=1)
BONUS = PromotionItem(
    kind=PromotionKind.TRANSFER_BONUS,
    title="30% to Flying Blue",
    source="feed",
    link="https://example.com/1",
    seen_at=NOW,
    programs=("flyingblue",),
    banks=("amex",),
    percent=25,
    cents_per_mile=Decimal("1.25"),
    book_by=DAY,
)


def test_a_promotion_that_is_seen_again_is_updated(store: Store) -> None:
    again = [replace(BONUS, seen_at=NOW + HOUR, percent=percent) for percent in (28, 30)]
    write_batch(store, Batch(promotions=[BONUS]))
    write_batch(store, Batch(promotions=again))
    (row,) = find_promotions(store, PromotionOrder.LAST_SEEN)
    assert (row.id, row.first_seen_at, row.item) == (promotion_id(BONUS), NOW, again[-1])
    assert has_promotion(store, row.id)
    assert not has_promotion(store, "0" * 20)


def test_promotions_are_ordered_by_the_chosen_time_and_end_with_their_booking_window(store: Store) -> None:
    first = replace(BONUS, title="first", published=NOW + 2 * HOUR)
    second = replace(BONUS, title="second", seen_at=NOW + HOUR, book_by=None)
    write_batch(store, Batch(promotions=[first, second]))
    write_batch(store, Batch(promotions=[replace(first, seen_at=NOW + 3 * HOUR)]))

    def titles(order: PromotionOrder) -> list[str]:
        return [row.item.title for row in find_promotions(store, order)]

    assert titles(PromotionOrder.PUBLISHED) == titles(PromotionOrder.LAST_SEEN) == ["first", "second"]
    assert titles(PromotionOrder.FIRST_SEEN) == ["second", "first"]
    (only,) = find_promotions(store, PromotionOrder.PUBLISHED, bookable_on=DAY + timedelta(days=1))
    assert only.item.title == "second"
