"""Stored promotions, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from awardspider.items import Confidence, PromotionItem, PromotionKind
from awardspider.outcomes import InvalidArgument
from awardspider.search.points_cost import TransferBonus
from awardspider.search.promotion_identity import promotion_id
from awardspider.storage import schema
from awardspider.storage.promotions import (
    PromotionOrder,
    find_promotions,
    find_transfer_bonuses,
    promotion_by_prefix,
    prune_promotions,
)
from awardspider.storage.store import Store
from tests.support.storage_examples import DAY, NOW
from tests.support.stored_promotions import store_announcements

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


def test_a_promotion_that_is_seen_again_keeps_its_id_and_first_time(store: Store) -> None:
    store_announcements(store, BONUS)
    store_announcements(store, replace(BONUS, seen_at=NOW + HOUR))
    (row,) = find_promotions(store, PromotionOrder.LAST_SEEN)
    stored = replace(BONUS, seen_at=NOW + HOUR, entry_id=BONUS.link, confidence=Confidence.LIKELY)
    assert (row.id, row.first_seen_at, row.item) == (promotion_id(BONUS), NOW, stored)


def test_a_unique_prefix_of_the_id_finds_a_promotion(store: Store) -> None:
    others = [replace(BONUS, percent=percent, link=f"https://example.com/{percent}") for percent in range(26, 46)]
    store_announcements(store, BONUS, *others)
    stored_id = promotion_id(BONUS)
    assert promotion_by_prefix(store, f" {stored_id[:12].upper()} ").id == stored_id
    first_digits = [row.id[0] for row in find_promotions(store, PromotionOrder.LAST_SEEN)]
    common = max(first_digits, key=first_digits.count)  # 21 ids have only 16 first digits
    with pytest.raises(InvalidArgument, match=f"^{common} matches several promotions: {common}"):
        promotion_by_prefix(store, common)
    with pytest.raises(
        InvalidArgument, match=r'^"x%" is not a promotion id; scrapy promotions --format json shows ids$'
    ):
        promotion_by_prefix(store, "x%")


def test_promotions_are_ordered_by_the_chosen_time_and_end_with_their_booking_window(store: Store) -> None:
    first = replace(BONUS, title="first", published=NOW - HOUR)
    second = replace(BONUS, title="second", seen_at=NOW + HOUR, percent=40, book_by=None, link="", published=NOW)
    store_announcements(store, first, second)
    store_announcements(store, replace(first, seen_at=NOW + 3 * HOUR))

    def titles(order: PromotionOrder) -> list[str]:
        return [row.item.title for row in find_promotions(store, order)]

    assert titles(PromotionOrder.PUBLISHED) == titles(PromotionOrder.FIRST_SEEN) == ["second", "first"]
    assert titles(PromotionOrder.LAST_SEEN) == ["first", "second"]
    (only,) = find_promotions(store, PromotionOrder.PUBLISHED, bookable_on=DAY + timedelta(days=1))
    assert only.item.title == "second"


YEAR = timedelta(days=401)


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"book_by": NOW.date() - YEAR}, False),
        ({"book_by": NOW.date() - timedelta(days=399)}, True),
        ({"book_by": None}, False),
        ({"book_by": NOW.date() + timedelta(days=1)}, True),
    ],
)
def test_promotions_that_ended_long_ago_are_deleted(store: Store, fields: dict[str, Any], kept: bool) -> None:
    store_announcements(store, replace(BONUS, seen_at=NOW - timedelta(days=500), **fields))
    prune_promotions(store, NOW)
    assert bool(find_promotions(store, PromotionOrder.LAST_SEEN)) == kept
    with store.reading() as connection:
        assert connection.execute(schema.announcements.select()).all() == []


def test_a_promotion_that_was_marked_as_ended_long_ago_is_deleted(store: Store) -> None:
    bonus = replace(BONUS, seen_at=NOW - timedelta(days=500))
    ended = replace(bonus, title="(EXPIRED)", expired=True, seen_at=NOW - YEAR)
    store_announcements(store, bonus)
    store_announcements(store, ended)
    prune_promotions(store, NOW - timedelta(days=2))
    assert len(find_promotions(store, PromotionOrder.LAST_SEEN)) == 1
    prune_promotions(store, NOW)
    assert find_promotions(store, PromotionOrder.LAST_SEEN) == []


# ---- transfer bonuses ----------------------------------------------------------------------------------------------


def bonuses_after(store: Store, *changes: dict[str, Any], day: date = DAY) -> list[TransferBonus]:
    """Store bonuses that differ from BONUS, and return those that can be used on a day."""
    items = [replace(BONUS, link=f"https://example.com/{n}", **each) for n, each in enumerate(changes, 1)]
    store_announcements(store, *items)
    return sorted(find_transfer_bonuses(store, day), key=lambda bonus: (bonus.source, bonus.bank, bonus.program))


def test_a_stored_transfer_bonus_has_its_bank_program_days_and_source(store: Store) -> None:
    published = NOW - timedelta(days=3)
    changes: dict[str, Any] = {"banks": ("American Express",), "targeted": True, "up_to": True, "published": published}
    assert bonuses_after(store, changes, day=NOW.date()) == [
        TransferBonus(
            bank="amex",
            program="flyingblue",
            percent=25,
            first=published.date(),
            last=DAY,
            targeted=True,
            up_to=True,
            source="https://example.com/1",
        )
    ]


def test_unknown_flags_mean_a_bonus_for_everyone(store: Store) -> None:
    (bonus,) = bonuses_after(store, {})
    assert (bonus.targeted, bonus.up_to, bonus.first) == (False, False, None)


def test_a_promotion_of_several_banks_and_programs_is_a_bonus_for_each_pair(store: Store) -> None:
    found = bonuses_after(store, {"banks": ("Citi", "Chase UR"), "programs": ("flyingblue", "virginatlantic")})
    assert [(bonus.bank, bonus.program) for bonus in found] == [
        ("chase", "flyingblue"),
        ("chase", "virginatlantic"),
        ("citi", "flyingblue"),
        ("citi", "virginatlantic"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": PromotionKind.AWARD_SALE},
        {"percent": None},
        {"percent": 0},
        {"book_by": None},
        {"book_by": DAY - timedelta(days=1)},
        {"published": NOW + timedelta(days=365)},
        {"banks": ("Marriott Bonvoy",)},
        {"banks": ("United MileagePlus",)},
        {"banks": ()},
        {"programs": ()},
    ],
)
def test_bonuses_that_are_over_incomplete_or_of_unknown_banks_are_left_out(
    store: Store, changes: dict[str, Any]
) -> None:
    assert bonuses_after(store, changes) == []
