"""The order of offers, and the grouping of neighboring dates."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.deals.ranking import OfferFacts, best_entries, best_first, body_facts, group_neighbors, vary
from awardspider.delivery.messages.events import event_body, offer_event
from awardspider.items import EventType, Money
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.judgments import DealClass
from tests.support.storage_examples import DAY, NOW, make_itinerary

RATES = ExchangeRates(day=date(2026, 11, 20), rates={"USD": Decimal("1.10"), "JPY": Decimal(165)}, source="test")


def facts(**fields: Any) -> OfferFacts:
    values: dict[str, Any] = {
        "route": ("Los Angeles", "Tokyo"),
        "cabin": "business",
        "day": DAY,
        "miles": 60_000,
        "taxes": usd(50),
        "duration_minutes": 700,
        "stops": 1,
    }
    return OfferFacts(**values | fields)


def usd(amount: float) -> Money:
    return Money(Decimal(str(amount)), "USD")


def same(offer: OfferFacts) -> OfferFacts:
    return offer


def test_facts_of_a_body() -> None:
    body = event_body(offer_event(EventType.OFFER_MATCHED, "key", make_itinerary(), NOW))
    found = body_facts(body | {"deal_class": "good", "deal_discount_percent": 31})
    assert replace(found, neighbors=None) == OfferFacts(
        route=("Los Angeles", "Austin"),
        cabin="economy",
        day=DAY,
        miles=12_500,
        taxes=usd(5.60),
        duration_minutes=185,
        stops=0,
        deal_class=DealClass.GOOD,
        discount_percent=31,
    )
    assert body_facts({}).deal_class is DealClass.UNKNOWN


@pytest.mark.parametrize(
    ("best", "other"),
    [
        ({"miles": 29_000}, {"miles": 80_000}),
        ({"miles": None, "deal_class": DealClass.GOOD}, {"deal_class": DealClass.USUAL}),
        ({"miles": 80_000, "deal_class": DealClass.RECORD_LOW}, {"deal_class": DealClass.EXCEPTIONAL}),
        ({"deal_class": DealClass.USUAL, "miles": 90_000}, {}),
        # Both are in the first front, because neither is better in everything.
        ({"miles": 29_000, "taxes": usd(500)}, {"miles": 30_000, "taxes": usd(5)}),
        ({"miles": 30_000, "duration_minutes": 600, "discount_percent": 40}, {"miles": 29_000, "discount_percent": 30}),
        # The first front comes before a higher discount in the second one.
        ({"discount_percent": 30}, {"discount_percent": 40, "miles": 70_000}),
        ({"taxes": usd(5)}, {"taxes": usd(500)}),
        ({"taxes": usd(500)}, {"taxes": None}),
        ({"taxes": usd(50)}, {"taxes": Money(Decimal(9_000), "JPY")}),
        ({"taxes": Money(Decimal(1_000), "JPY")}, {"taxes": usd(50)}),
        ({"taxes": usd(50)}, {"taxes": Money(Decimal(1), "XXX")}),
        ({"duration_minutes": 700}, {"duration_minutes": None}),
        ({"stops": 0}, {"stops": 1, "mixed_cabin": True}),
        ({"mixed_cabin": False}, {"mixed_cabin": True}),
        ({"mixed_cabin": False, "miles": 61_000}, {"mixed_cabin": False, "miles": 62_000}),
        ({"day": DAY}, {"day": DAY + timedelta(days=9)}),
    ],
)
def test_order_of_two_offers(best: dict[str, Any], other: dict[str, Any]) -> None:
    better, worse = facts(**best), facts(**other)
    assert best_first([worse, better], same, RATES) == [better, worse]
    assert best_first([better, worse], same, RATES) == [better, worse]


def test_taxes_in_several_currencies_count_only_with_rates() -> None:
    dollars, yen = facts(stops=1), facts(taxes=Money(Decimal(1), "JPY"), stops=2)
    assert best_first([yen, dollars], same) == [dollars, yen]
    assert best_first([yen, dollars], same, RATES) == [yen, dollars]


def test_equal_offers_of_other_dates_follow_those_of_other_routes() -> None:
    """So that a summary of a few offers is not about one route only."""
    tokyo = [facts(day=DAY + timedelta(days=number)) for number in range(0, 12, 4)]
    osaka = [facts(route=("Los Angeles", "Osaka"), miles=62_000)]
    assert best_first([*tokyo, *osaka], same) == [tokyo[0], *osaka, *tokyo[1:]]


def test_a_mixed_cabin_replaces_no_offer_of_one_cabin() -> None:
    mixed, plain, dearer = facts(miles=50_000, mixed_cabin=True), facts(), facts(miles=65_000)
    assert best_first([dearer, plain, mixed], same) == [mixed, plain, dearer]


OFFERS = st.builds(
    facts,
    route=st.sampled_from([("A", "B"), ("A", "C")]),
    day=st.integers(0, 5).map(lambda number: DAY + timedelta(days=number)),
    miles=st.none() | st.integers(1, 6),
    taxes=st.none() | st.builds(Money, st.integers(0, 5).map(Decimal), st.sampled_from(["USD", "JPY", "EUR"])),
    duration_minutes=st.none() | st.integers(1, 6),
    stops=st.none() | st.integers(0, 2),
    mixed_cabin=st.booleans(),
    deal_class=st.sampled_from(DealClass),
    discount_percent=st.none() | st.integers(-5, 60),
)


@given(st.lists(OFFERS, max_size=30))
def test_no_offer_follows_one_that_is_worse_in_everything(offers: list[OfferFacts]) -> None:
    ranked = best_first(offers, same, RATES)
    assert sorted(map(repr, ranked)) == sorted(map(repr, offers))
    for place, first in enumerate(ranked):
        for later in ranked[place + 1 :]:
            assert first.deal_class.rank <= later.deal_class.rank
            same_group = all(
                getattr(first, name) == getattr(later, name) for name in ("route", "cabin", "mixed_cabin", "deal_class")
            )
            assert not (same_group and dominates(later, first))


def dominates(offer: OfferFacts, other: OfferFacts) -> bool:
    values, others = (
        (
            facts.miles or 99,
            RATES.convert(facts.taxes, "EUR").amount if facts.taxes else 999,  # type: ignore[union-attr]
            facts.duration_minutes or 99,
        )
        for facts in (offer, other)
    )
    return values != others and all(value <= limit for value, limit in zip(values, others, strict=True))


def test_ten_thousand_offers_are_sorted_quickly() -> None:
    random = Random(1)
    offers = [
        facts(
            miles=random.randrange(20_000, 90_000, 500),
            taxes=usd(random.randrange(5, 500)),
            duration_minutes=random.randrange(600, 1_800, 5),
            day=DAY + timedelta(days=random.randrange(300)),
        )
        for _ in range(10_000)
    ]
    started = time.perf_counter()
    best_first(offers, same)
    assert time.perf_counter() - started < 5


# ---- neighbors ---------------------------------------------------------------------------------------------------


def body(day: date, **fields: Any) -> dict[str, Any]:
    item = make_itinerary(departure_date=day)
    return event_body(offer_event(EventType.OFFER_MATCHED, "key", item, NOW)) | fields


def days(bodies: list[dict[str, Any]]) -> list[list[int]]:
    return [[date.fromisoformat(each["departure_date"]).day for each in group] for group in neighbors(bodies)]


def neighbors(bodies: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return group_neighbors(bodies, body_facts)


def test_the_same_flights_at_one_price_on_consecutive_days_are_one_group() -> None:
    bodies = [body(date(2027, 3, day)) for day in (12, 10, 11, 14, 20, 21)]
    assert days(bodies) == [[10, 11, 12], [14], [20, 21]]


@pytest.mark.parametrize(
    "changes",
    [
        {"miles": 13_000},
        {"taxes": "7.00"},
        {"taxes_currency": "EUR"},
        {"flights": "UA2"},
        {"cabin": "business"},
        {"program": "aeroplan"},
        {"destination": "HOU"},
        {"deal_class": "good"},
        {"type": "offer.dropped"},
        {"trip_other_offer_id": "other"},
    ],
)
def test_offers_that_differ_are_not_neighbors(changes: dict[str, Any]) -> None:
    bodies = [body(date(2027, 3, 10)), body(date(2027, 3, 11), **changes), body(date(2027, 3, 12))]
    assert sorted(days(bodies)) == [[10], [11], [12]]


def test_two_offers_of_one_day_stay_apart() -> None:
    bodies = [body(date(2027, 3, day)) for day in (10, 10, 11)]
    assert sorted(days(bodies)) == [[10], [10, 11]]


def places(*routes: str) -> list[OfferFacts]:
    return [facts(route=(name[0], name[1]), miles=number) for number, name in enumerate(routes)]


@pytest.mark.parametrize(
    ("per_route", "size", "expected"),
    [
        (2, None, [0, 1, 3, 4]),
        (1, None, [0, 3]),
        (0, None, [0, 1, 2, 3, 4, 5]),
        (0, 3, [0, 1, 2]),
        (2, 3, [0, 1, 3]),
        (1, 3, [0, 1, 3]),  # an entry beyond the first of its route fills the list, and keeps its place
        (1, 9, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_few_entries_of_one_route_are_chosen(per_route: int, size: int | None, expected: list[int]) -> None:
    offers = places("AB", "AB", "AB", "CD", "CD", "AB")
    assert [offer.miles for offer in vary(offers, same, per_route, size)] == expected


def test_a_single_route_keeps_its_best() -> None:
    offers = places(*["AB"] * 5)
    assert vary(offers, same, 2) == offers
    assert vary(offers, same, 2, 3) == offers[:3]
    other_cabin = [*offers, facts(route=("A", "B"), cabin="first", miles=9)]
    assert [offer.miles for offer in vary(other_cabin, same, 2)] == [0, 1, 9]


def test_the_dates_of_the_same_flights_are_one_entry_in_the_order_of_the_best() -> None:
    days = [DAY, DAY + timedelta(days=1), DAY + timedelta(days=9)]
    cheap = [facts(day=day, neighbors="cheap") for day in days]
    better = facts(day=DAY, deal_class=DealClass.GOOD)
    assert best_entries([*cheap, better], same) == [[better], cheap[:2], cheap[2:]]
