"""The best offers of routes, months and watches, on both engines."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec import structs

from awardspider.items import AwardOfferItem, Cabin
from awardspider.search.judgments import DealClass
from awardspider.storage.batches import write_batch
from awardspider.storage.best_offers import Group, best_matches_last_seen, best_offers, deals_last_seen
from awardspider.storage.offers import OfferFilter
from awardspider.storage.store import Store
from tests.support.deal_examples import make_judgment, store_judged, store_matches
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_offer
from tests.support.stored_watches import store_watches

CURRENT = OfferFilter(current_at=NOW)


def _fares(*offers: AwardOfferItem) -> list[str]:
    return [offer.fare_id for offer in offers]


def test_best_offer_of_a_route_and_month_has_the_best_class_then_the_largest_discount(store: Store) -> None:
    usual, good = make_offer(miles=5_000), make_offer(miles=19_000, cabin=Cabin.BUSINESS)
    better = make_offer(miles=18_000, cabin=Cabin.FIRST)
    record = make_offer(miles=60_000, cabin=Cabin.FIRST, departure_date=date(2027, 4, 1))
    unknown = make_offer(miles=4_000, origin="SFO")
    store_judged(store, DealClass.USUAL, usual)
    store_judged(store, DealClass.GOOD, good, better)
    store_judged(store, DealClass.RECORD_LOW, record)
    write_batch(store, make_batch(unknown))
    found = best_offers(store, CURRENT)
    assert _fares(*found) == _fares(record, better, unknown)
    assert found[1].judgment is not None
    assert found[1].judgment.discount_percent == 28
    assert found[2].judgment is None
    assert _fares(*best_offers(store, CURRENT, limit=1)) == _fares(record)


def test_a_larger_discount_comes_before_a_lower_price(store: Store) -> None:
    cheap, discounted = make_offer(miles=20_000), make_offer(miles=40_000, cabin=Cabin.BUSINESS)
    baseline = make_judgment().baseline
    assert baseline is not None
    store_judged(store, DealClass.GOOD, cheap)
    store_judged(store, DealClass.GOOD, discounted, baseline=structs.replace(baseline, median=100_000))
    assert _fares(*best_offers(store, CURRENT, group=Group.OFFER)) == _fares(discounted, cheap)
    store_judged(store, DealClass.GOOD, discounted, baseline=None)
    assert _fares(*best_offers(store, CURRENT, group=Group.OFFER)) == _fares(cheap, discounted)


def test_months_of_two_years_are_different(store: Store) -> None:
    offers = [make_offer(departure_date=date(year, 12, 5), miles=year) for year in (2026, 2027)]
    write_batch(store, make_batch(*offers))
    assert _fares(*best_offers(store, CURRENT)) == _fares(*offers)


def test_unavailable_and_unconfirmed_offers_and_those_without_price_are_left_out(store: Store) -> None:
    gone, unconfirmed, unpriced, departed, kept = (
        make_offer(origin=code, miles=miles, departure_date=day)
        for code, miles, day in (
            ("SFO", 1, DAY),
            ("JFK", 2, DAY),
            ("BOS", None, DAY),
            ("DEN", 4, date(2026, 11, 1)),
            ("LAX", 5, DAY),
        )
    )
    write_batch(store, make_batch(gone, unconfirmed, unpriced, departed, kept))
    write_batch(
        store, make_batch(gone={NOW: [gone.offer_id]}, unconfirmed={NOW + timedelta(hours=1): [unconfirmed.offer_id]})
    )
    assert _fares(*best_offers(store, CURRENT)) == _fares(kept)
    outdated = OfferFilter(current_at=NOW + timedelta(hours=49), max_age=timedelta(hours=48))
    assert best_offers(store, outdated) == []


def test_each_flight_is_listed_once_and_known_flights_come_first(store: Store) -> None:
    flight = make_itinerary()
    copy = make_itinerary(source="seatsaero")
    for_two = make_itinerary(travelers=2)
    saver = make_itinerary(fare_name="Saver", miles=11_000)
    day = make_offer()
    write_batch(store, make_batch(copy, for_two, flight, day))
    assert [(found.detail, found.source, found.travelers) for found in best_offers(store, CURRENT)] == [
        ("itinerary", "united", 1)
    ]
    assert len(best_offers(store, CURRENT, group=Group.FLIGHT)) == 2  # the flight and the day
    assert len(best_offers(store, CURRENT, group=Group.OFFER)) == 4
    write_batch(store, make_batch(saver))
    assert _fares(*best_offers(store, CURRENT)) == _fares(saver)


def test_classes_and_sales_can_be_selected(store: Store) -> None:
    record, usual = make_offer(miles=10_000), make_offer(origin="SFO")
    sale = make_offer(origin="JFK", on_sale=True, miles=30_000)
    store_judged(store, DealClass.RECORD_LOW, record)
    store_judged(store, DealClass.USUAL, usual)
    write_batch(store, make_batch(sale))
    of_class = OfferFilter(current_at=NOW, classes=(DealClass.USUAL,))
    assert _fares(*best_offers(store, of_class)) == _fares(usual)
    from_new_york = OfferFilter(current_at=NOW, origins=("JFK",))
    assert _fares(*best_offers(store, from_new_york)) == _fares(sale)
    assert deals_last_seen(store, now=NOW, max_age=None, per_route=10) == {record.offer_id: NOW, sale.offer_id: NOW}


def test_known_flights_come_before_the_price_of_a_day_of_the_same_class(store: Store) -> None:
    day, flight = make_offer(miles=10_000), make_itinerary(miles=12_000, departure_date=DAY + timedelta(days=1))
    exceptional = make_offer(miles=40_000, departure_date=DAY + timedelta(days=2))
    store_judged(store, DealClass.GOOD, day, flight)
    store_judged(store, DealClass.EXCEPTIONAL, exceptional)
    assert _fares(*best_offers(store, CURRENT, group=Group.OFFER)) == _fares(exceptional, flight, day)


def test_only_the_best_deals_of_each_route_and_cabin_are_selected(store: Store) -> None:
    economy = [make_itinerary(departure_date=DAY + timedelta(days=n), miles=10_000 + n) for n in range(4)]
    variants = [make_itinerary(miles=10_000, fare_name="Saver"), make_itinerary(miles=10_000, travelers=2)]
    business = make_itinerary(cabin=Cabin.BUSINESS, miles=60_000)
    other = make_itinerary(origin="JFK", miles=90_000)
    store_judged(store, DealClass.GOOD, *economy, *variants, business, other)

    def found(per_route: int) -> list[tuple[str, str, int]]:
        numbers = {offer.offer_id: offer for offer in (*economy, *variants, business, other)}
        selected = deals_last_seen(store, now=NOW, max_age=None, per_route=per_route)
        return sorted((numbers[key].origin, numbers[key].cabin, numbers[key].miles or 0) for key in selected)

    others = [("LAX", "business", 60_000)]
    assert found(2) == [("JFK", "economy", 90_000), *others, ("LAX", "economy", 10_000), ("LAX", "economy", 10_001)]
    assert found(1) == [("JFK", "economy", 90_000), *others, ("LAX", "economy", 10_000)]
    assert found(0) == []


def test_the_best_offers_of_each_watch_are_those_of_its_current_matches(store: Store) -> None:
    offers = [make_offer(departure_date=DAY + timedelta(days=n), miles=10_000 + n) for n in range(5)]
    store_judged(store, DealClass.UNKNOWN, *offers[:4], baseline=None)
    store_judged(store, DealClass.GOOD, offers[4])
    store_watches(store, "Austin", "Texas")
    store_watches(store, "Paused", active=False)
    store_matches(store, "Austin", *offers[1:])
    store_matches(store, "Texas", offers[0])
    store_matches(store, "Texas", offers[1], ended_at=NOW, end_reason="gone")
    store_matches(store, "Paused", *offers)
    store_matches(store, "in a file", offers[3])

    numbers = {offer.offer_id: number for number, offer in enumerate(offers)}

    def found(per_watch: int | None) -> list[int]:
        return sorted(numbers[key] for key in best_matches_last_seen(store, now=NOW, max_age=None, per_watch=per_watch))

    assert found(2) == [0, 1, 3, 4]
    assert found(1) == [0, 3, 4]
    assert found(0) == []
    assert found(None) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("group", Group)
def test_nothing_is_found_in_an_empty_database(store: Store, group: Group) -> None:
    assert best_offers(store, CURRENT, group=group) == []
