"""Offers that a crawl finds in a sale of their program."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import update

from awardspider.items import AwardOfferItem, PromotionKind
from awardspider.search.offer_promotions import OfferPromotion, ProgramSale
from awardspider.storage.schema import outbox
from awardspider.storage.store import Store
from tests.support.pipeline_crawl import Crawl, add_channel
from tests.support.storage_examples import NOW, make_itinerary
from tests.support.watch_examples import make_watch

SALE = OfferPromotion(
    id="s1",
    kind=PromotionKind.AWARD_SALE,
    title="Global Getaways",
    link="https://blog.example/sale",
    program="united",
    until=date(2026, 12, 5),
)


def fare(miles: int) -> AwardOfferItem:
    return make_itinerary(miles=miles)


def crawl_with_sale(store: Store, hours: int, program: str = "united") -> Crawl:
    """Return a crawl of United; the sale begins after some hours."""
    add_channel(store)
    crawl = Crawl(store, make_watch(max_miles=40_000))
    sale = ProgramSale(promotion=replace(SALE, program=program), since=NOW + timedelta(hours=hours))
    crawl.spider.context = replace(crawl.spider.context, sales=[sale])
    for step in crawl._steps[1:]:
        step.open_spider()
    return crawl


def named(crawl: Crawl) -> list[tuple[str, Any]]:
    """Return the type of each message and the title of its sale."""
    return [(body["type"], body["promotion_title"]) for (body,) in crawl.rows("body")]


def set_sent(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(update(outbox).values(status="sent"))


def test_an_offer_that_is_new_in_a_sale_names_it(sqlite_store: Store) -> None:
    crawl = crawl_with_sale(sqlite_store, hours=0)
    crawl.search(fare(30_000))
    assert named(crawl) == [("offer.matched", "Global Getaways")]


def test_only_a_lower_price_after_the_sale_has_begun_names_it(sqlite_store: Store) -> None:
    crawl = crawl_with_sale(sqlite_store, hours=1)
    crawl.search(fare(30_000))
    set_sent(sqlite_store)
    crawl.search(fare(30_000), hours=2)
    crawl.search(fare(20_000), hours=3)
    assert named(crawl) == [("offer.matched", None), ("offer.dropped", "Global Getaways")]


def test_an_offer_that_did_not_change_does_not_name_a_sale(sqlite_store: Store) -> None:
    first = Crawl(sqlite_store, make_watch(max_miles=20_000))
    first.search(fare(30_000))
    crawl = crawl_with_sale(sqlite_store, hours=1)
    crawl.search(fare(30_000), hours=2)
    assert [title for _, title in named(crawl)] == [None]


def test_a_sale_of_another_program_is_not_named(sqlite_store: Store) -> None:
    crawl = crawl_with_sale(sqlite_store, hours=0, program="delta")
    crawl.search(fare(30_000))
    assert named(crawl) == [("offer.matched", None)]
