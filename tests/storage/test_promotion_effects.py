"""Flights that a promotion makes cheaper, and the watches that it reached, on both engines."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert

from awardspider.items import AwardOfferItem, Cabin, PromotionItem, PromotionKind
from awardspider.search.transfer_savings import TransferSaving
from awardspider.storage import schema
from awardspider.storage.batches import write_batch
from awardspider.storage.promotion_effects import CheaperOffer, cheaper_offers, promotion_matches
from awardspider.storage.promotion_pages import open_promotions
from awardspider.storage.promotions import PromotionRow
from awardspider.storage.store import Store
from tests.support.promotion_crawl import make_bonus
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary
from tests.support.stored_promotions import store_announcements
from tests.support.stored_watches import store_watches

MAX_AGE = timedelta(hours=48)


def stored(store: Store, item: PromotionItem) -> PromotionRow:
    store_announcements(store, item)
    [row] = open_promotions(store, NOW)
    return row


def bonus(**fields: Any) -> PromotionItem:
    return make_bonus(**{"source": "a.example", "book_by": date(2026, 11, 30)} | fields)


def flight(miles: int, **fields: Any) -> AwardOfferItem:
    values = {"program": "flyingblue", "source": "flyingblue", "miles": miles, "regular_miles": None, "on_sale": None}
    return make_itinerary(**values | fields)


def found(store: Store, row: PromotionRow, limit: int = 10) -> list[CheaperOffer]:
    return cheaper_offers(store, row, now=NOW, max_age=MAX_AGE, limit=limit)


def test_a_bonus_lowers_the_points_for_the_best_offer_of_each_route_and_cabin(store: Store) -> None:
    cheap, dear = flight(20_000), flight(30_000, departure_date=DAY + timedelta(days=1))
    business = flight(60_000, cabin=Cabin.BUSINESS)
    other = flight(10_000, program="united", source="united")
    outdated = flight(5_000, origin="SFO", seen_at=NOW - timedelta(hours=49))
    write_batch(store, make_batch(cheap, dear, business, other, outdated))
    row = stored(store, bonus())
    cheaper = found(store, row)
    assert [each.offer.id for each in cheaper] == [cheap.offer_id, business.offer_id]
    assert cheaper[0].saving == TransferSaving(bank="amex", before=20_000, after=16_000)
    assert [each.offer.id for each in found(store, row, limit=1)] == [cheap.offer_id]


def test_a_sale_shows_offers_below_their_regular_price(store: Store) -> None:
    marked = flight(20_000, regular_miles=25_000)
    unchanged = flight(30_000, origin="SFO", regular_miles=30_000)
    write_batch(store, make_batch(marked, unchanged))
    row = stored(store, bonus(kind=PromotionKind.AWARD_SALE, banks=(), percent=20))
    assert [(each.offer.id, each.previous_miles, each.is_observed) for each in found(store, row)] == [
        (marked.offer_id, 25_000, False)
    ]


def test_a_sale_shows_offers_whose_price_fell_since_it_was_seen(store: Store) -> None:
    before = NOW - timedelta(days=2)
    write_batch(store, make_batch(flight(25_000, seen_at=before), flight(9_000, origin="SFO", seen_at=before)))
    row = stored(store, bonus(kind=PromotionKind.AWARD_SALE, banks=(), percent=20, seen_at=NOW - timedelta(days=1)))
    assert found(store, row) == []
    fallen = flight(20_000)
    write_batch(store, make_batch(fallen, flight(9_500, origin="SFO")))
    assert [(each.offer.id, each.previous_miles, each.is_observed) for each in found(store, row)] == [
        (fallen.offer_id, 25_000, True)
    ]


def test_other_kinds_make_no_stored_offer_cheaper(store: Store) -> None:
    write_batch(store, make_batch(flight(20_000)))
    assert found(store, stored(store, bonus(kind=PromotionKind.BUY_MILES, banks=()))) == []


def test_the_matches_of_a_bonus_are_those_of_its_messages(store: Store) -> None:
    row = stored(store, bonus())
    store_watches(store, "mine")
    with store.writing() as connection:
        values = {"id": "ana", "name": "Ana", "locale": "en", "timezone": "UTC", "points": {}, "targeted": []}
        connection.execute(insert(schema.owners).values(created_at=NOW, **values))
    store_watches(store, "hers", owner_id="ana")
    points = {"promotion_points": 16_000, "promotion_previous_points": 20_000}
    with store.writing() as connection:
        for number, (watch, promotion_id) in enumerate(
            [("mine", row.id), ("mine", row.id), ("mine", "other"), ("hers", row.id)]
        ):
            connection.execute(
                insert(schema.outbox).values(
                    key=f"key {number}",
                    channel=f"channel {number}",
                    event_type="offer.matched",
                    subject="0123",
                    body=points | {"promotion_id": promotion_id},
                    created_at=NOW + timedelta(minutes=number),
                    status="sent",
                    next_attempt_at=NOW,
                    watch_key=watch,
                )
            )
    matches = promotion_matches(store, row)
    assert [(match.watch_name, match.points, match.previous_points) for match in matches] == [
        ("hers", 16_000, 20_000),
        ("mine", 16_000, 20_000),
    ]
    assert [match.watch_id for match in promotion_matches(store, row, owner_id="ana")] == ["hers"]
