"""Active sales of programs, on both engines."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from awardspider.items import PromotionItem, PromotionKind
from awardspider.search.offer_promotions import OfferPromotion, ProgramSale, sale_of
from awardspider.search.promotion_identity import promotion_id
from awardspider.storage.program_sales import find_program_sales
from awardspider.storage.schema import promotions
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW
from tests.support.stored_promotions import store_announcements

TODAY = NOW.date()
DAY = timedelta(days=1)


def sale(**fields: Any) -> PromotionItem:
    values: dict[str, Any] = {
        "kind": PromotionKind.AWARD_SALE,
        "title": "Global Getaways",
        "source": "blog.example",
        "link": "https://blog.example/sale",
        "seen_at": NOW,
        "programs": ("alaska",),
        "percent": 50,
        "book_by": date(2026, 12, 5),
    }
    return PromotionItem(**values | fields)


def test_a_sale_has_its_program_last_day_and_the_time_it_was_first_seen(store: Store) -> None:
    item = sale(programs=("alaska", "delta"))
    store_announcements(store, item)
    (found,) = find_program_sales(store, ["alaska", "united"], NOW + DAY)
    assert found == ProgramSale(
        promotion=OfferPromotion(
            id=promotion_id(item),
            kind=PromotionKind.AWARD_SALE,
            title="Global Getaways",
            link="https://blog.example/sale",
            program="alaska",
            until=date(2026, 12, 5),
        ),
        since=NOW,
    )
    with store.writing() as connection:
        connection.execute(update(promotions).values(ended_at=NOW + DAY))
    assert find_program_sales(store, ["alaska"], NOW + 2 * DAY) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"kind": PromotionKind.PROMO_AWARD_LIST}, True),
        ({"kind": PromotionKind.BUY_MILES}, False),
        ({"kind": PromotionKind.TRANSFER_BONUS}, False),
        ({"programs": ("delta",)}, False),
        ({"targeted": True}, False),
        ({"book_by": TODAY}, True),
        ({"book_by": TODAY - DAY}, False),
        ({"book_from": TODAY}, True),
        ({"book_from": TODAY + DAY}, False),
        ({"book_by": None}, True),
    ],
)
def test_sales_that_are_active_now(sqlite_store: Store, fields: dict[str, Any], expected: bool) -> None:
    store_announcements(sqlite_store, sale(**fields))
    assert bool(find_program_sales(sqlite_store, ["alaska"], NOW)) is expected


def test_a_sale_that_was_announced_before_begins_at_midnight_in_los_angeles(sqlite_store: Store) -> None:
    store_announcements(sqlite_store, sale(book_from=TODAY + DAY))
    (found,) = find_program_sales(sqlite_store, ["alaska"], NOW + 2 * DAY)
    assert found.since == datetime(2026, 11, 23, 8, tzinfo=NOW.tzinfo)


def test_the_newest_sale_that_had_begun_is_named() -> None:
    def one(number: str, since: datetime, program: str = "alaska") -> ProgramSale:
        promotion = OfferPromotion(
            id=number, kind=PromotionKind.AWARD_SALE, title=number, link="https://a.example", program=program
        )
        return ProgramSale(promotion=promotion, since=since)

    sales = [one("old", NOW - DAY), one("new", NOW), one("other", NOW, "delta")]
    found = [sale_of(sales, "alaska", NOW + days * DAY) for days in (-2, -1, 0, 1)]
    assert [each.title if each else None for each in found] == [None, "old", "new", "new"]
