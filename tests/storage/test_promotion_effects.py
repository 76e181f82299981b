"""Flights that a promotion makes cheaper, and the watches that it reached, on both engines."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from awardspider.items import AwardOfferItem, Cabin, PromotionItem, PromotionKind
from awardspider.search.judgments import DealClass
from awardspider.search.transfer_savings import TransferSaving
from awardspider.storage import schema
from awardspider.storage.batches import write_batch
from awardspider.storage.promotion_effects import CheaperOffer, best_examples, cheaper_offers, promotion_matches
from awardspider.storage.promotion_pages import open_promotions
from awardspider.storage.promotions import PromotionRow
from awardspider.storage.store import Store
from tests.support.deal_examples import store_judged
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


def sale(**fields: Any) -> PromotionItem:
    return bonus(**{"kind": PromotionKind.AWARD_SALE, "banks": (), "percent": 20} | fields)


def flight(miles: int, **fields: Any) -> AwardOfferItem:
    values = {"program": "flyingblue", "source": "flyingblue", "miles": miles, "regular_miles": None, "on_sale": None}
    return make_itinerary(**values | fields)


def found(store: Store, row: PromotionRow, limit: int = 10) -> list[CheaperOffer]:
    return cheaper_offers(store, row, now=NOW, max_age=MAX_AGE, limit=limit)


def examples(store: Store, *rows: PromotionRow) -> dict[str, CheaperOffer]:
    return best_examples(store, rows, now=NOW, max_age=MAX_AGE)


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


@pytest.mark.parametrize("kind", ["sale", "bonus"])
def test_of_several_programs_the_best_offers_are_first(store: Store, kind: str) -> None:
    programs = ("delta", "flyingblue")  # in the order of their keys, the one with the better offer is last
    usual = [
        flight(miles, program="delta", source="delta", origin=origin, regular_miles=miles + 1_000)
        for miles, origin in ((90_000, "LAX"), (80_000, "SFO"))
    ]
    lowest = flight(20_000, regular_miles=80_000)
    store_judged(store, DealClass.USUAL, *usual)
    store_judged(store, DealClass.RECORD_LOW, lowest)
    terms: dict[str, Any] = {"kind": PromotionKind.AWARD_SALE, "banks": ()} if kind == "sale" else {}
    row = stored(store, bonus(programs=programs, **terms))
    assert [each.offer.id for each in found(store, row, limit=2)] == [lowest.offer_id, usual[1].offer_id]
    assert [each.offer.id for each in found(store, row)] == [lowest.offer_id, usual[1].offer_id, usual[0].offer_id]
    assert examples(store, row)[row.id].offer.id == lowest.offer_id


def test_offers_of_the_same_rank_are_in_the_order_of_their_numbers(store: Store) -> None:
    first = flight(20_000, regular_miles=25_000)
    second = flight(20_000, program="delta", source="delta", regular_miles=25_000)
    write_batch(store, make_batch(first))
    write_batch(store, make_batch(second))
    row = stored(store, sale(programs=("delta", "flyingblue")))
    assert [each.offer.id for each in found(store, row)] == [first.offer_id, second.offer_id]
    assert examples(store, row)[row.id].offer.id == first.offer_id


def test_of_many_offers_of_the_same_rank_those_with_the_lowest_numbers_are_compared(store: Store) -> None:
    offers = [flight(20_000, origin=f"AA{letter}", regular_miles=25_000) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    write_batch(store, make_batch(*offers))
    with store.writing() as connection:  # the opposite of the order in which PostgreSQL reads them
        connection.execute(update(schema.offers).values(number=1_000 - schema.offers.c.number))
        lowest = connection.scalar(select(schema.offers.c.id).order_by(schema.offers.c.number).limit(1))
    row = stored(store, sale())
    assert examples(store, row)[row.id].offer.id == lowest


@pytest.mark.parametrize("sizes", [(20, 50), (1, 1), (2, 1)], ids=["one-statement", "a-statement-each", "in-parts"])
def test_the_price_before_each_sale_is_that_before_its_start(
    store: Store, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, int]
) -> None:
    monkeypatch.setattr("awardspider.storage.promotion_effects._PARTS", sizes[0])
    monkeypatch.setattr("awardspider.storage.promotion_effects._OFFERS_OF_PART", sizes[1])
    day = timedelta(days=1)
    for miles, days_ago in ((30_000, 4), (25_000, 2), (20_000, 0)):
        seen_at = NOW - days_ago * day
        write_batch(
            store, make_batch(flight(miles, seen_at=seen_at), flight(miles + 500, origin="SFO", seen_at=seen_at))
        )
    store_announcements(
        store,
        sale(percent=20, seen_at=NOW - 3 * day),
        sale(percent=30, seen_at=NOW - day, entry_id="2", link="https://a.example/2"),
    )
    rows = {row.item.percent: row for row in open_promotions(store, NOW)}
    shown = examples(store, *rows.values())
    assert {percent: shown[row.id].previous_miles for percent, row in rows.items()} == {20: 30_000, 30: 25_000}
    assert [each.previous_miles for each in found(store, rows[20])] == [30_000, 30_500]
    assert [each.previous_miles for each in found(store, rows[30])] == [25_000, 25_500]


def test_each_promotion_has_an_example_of_its_own_kind_and_programs(store: Store) -> None:
    write_batch(
        store, make_batch(flight(20_000), flight(9_000, program="united", source="united", regular_miles=9_500))
    )
    store_announcements(
        store,
        bonus(),
        sale(programs=("united",), entry_id="2", link="https://a.example/2"),
        sale(programs=("delta",), entry_id="3", link="https://a.example/3"),
    )
    rows = {row.item.programs[0]: row for row in open_promotions(store, NOW)}
    shown = examples(store, *rows.values())
    assert set(shown) == {rows["flyingblue"].id, rows["united"].id}
    assert shown[rows["flyingblue"].id].saving == TransferSaving(bank="amex", before=20_000, after=16_000)
    assert shown[rows["united"].id].previous_miles == 9_500


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
