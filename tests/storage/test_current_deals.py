"""The deals that are available now, and the numbers that explain why there are none, on each database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from awardspider.items import AwardOfferItem, Cabin
from awardspider.search.judgments import DealClass
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.current_deals import count_classes, current_deals, longest_history
from awardspider.storage.offers import OfferFilter, OfferRow
from awardspider.storage.store import Store
from tests.support.deal_examples import store_judged
from tests.support.route_prices import store_record
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_offer

HOUR = timedelta(hours=1)
GOOD = (DealClass.RECORD_LOW, DealClass.EXCEPTIONAL, DealClass.GOOD)
CURRENT = OfferFilter(current_at=NOW + HOUR, max_age=timedelta(hours=48), classes=GOOD)


def ids(offers: list[OfferRow]) -> list[str]:
    return [offer.id for offer in offers]


def only(*offers: AwardOfferItem) -> list[str]:
    return [offer.offer_id for offer in offers]


def test_prices_of_days_come_after_flights_even_if_their_class_is_better(store: Store) -> None:
    day, flight = make_offer(origin="SFO"), make_itinerary()
    store_judged(store, DealClass.RECORD_LOW, day)
    store_judged(store, DealClass.GOOD, flight)
    assert ids(current_deals(store, CURRENT)) == only(flight, day)


def test_the_price_of_a_day_is_left_out_if_any_current_flight_costs_no_more(store: Store) -> None:
    same, lower = make_offer(miles=12_500), make_offer(miles=12_000, cabin=Cabin.BUSINESS)
    store_judged(store, DealClass.GOOD, same, lower)
    flights = make_itinerary(miles=12_500), make_itinerary(miles=12_500, cabin=Cabin.BUSINESS)
    write_batch(store, make_batch(*flights))
    assert ids(current_deals(store, CURRENT)) == only(lower)
    write_batch(store, Batch(gone={NOW: [flights[0].offer_id]}))
    assert set(ids(current_deals(store, CURRENT))) == set(only(same, lower))


def test_another_fare_of_a_flight_counts_if_the_best_one_is_not_accepted(store: Store) -> None:
    saver, standard = make_itinerary(miles=10_000, fare_name="Saver", seats=1), make_itinerary(miles=11_000, seats=4)
    store_judged(store, DealClass.GOOD, saver, standard)
    assert ids(current_deals(store, CURRENT)) == only(saver)
    assert ids(current_deals(store, CURRENT, accepts=lambda offer: (offer.seats or 0) > 1)) == only(standard)
    assert current_deals(store, CURRENT, accepts=lambda offer: False) == []


def test_deals_have_a_class_and_a_minimum_value(store: Store) -> None:
    good, valuable, usual = make_itinerary(), make_itinerary(origin="SFO"), make_itinerary(origin="JFK")
    store_judged(store, DealClass.GOOD, good)
    store_judged(store, DealClass.GOOD, valuable, cents_per_point=Decimal("2.50"))
    store_judged(store, DealClass.USUAL, usual)
    assert set(ids(current_deals(store, CURRENT))) == set(only(good, valuable))
    assert ids(current_deals(store, replace(CURRENT, min_cpp=Decimal("2.5")))) == only(valuable)
    assert current_deals(store, replace(CURRENT, min_cpp=Decimal("2.51"))) == []


def test_current_offers_are_counted_by_class_for_the_other_criteria(store: Store) -> None:
    store_judged(store, DealClass.GOOD, make_itinerary(), make_itinerary(origin="SFO"))
    store_judged(store, DealClass.USUAL, make_itinerary(origin="JFK"))
    outdated, unpriced = make_offer(seen_at=NOW - 72 * HOUR), make_offer(departure_date=DAY + 24 * HOUR, miles=None)
    write_batch(store, make_batch(outdated, unpriced, make_offer(origin="BOS")))
    counts = {DealClass.GOOD: 2, DealClass.USUAL: 1, DealClass.UNKNOWN: 1}
    assert count_classes(store, CURRENT) == counts
    assert count_classes(store, replace(CURRENT, min_cpp=Decimal(99))) == counts
    assert count_classes(store, replace(CURRENT, origins=("SFO",))) == {DealClass.GOOD: 1}


def test_the_longest_history_is_that_of_a_route_of_the_criteria(store: Store) -> None:
    assert longest_history(store, CURRENT) == 0
    store_record(store, 50_000, 3, days=4)
    store_record(store, 50_000, 3, days=9, scope="region_pair")
    store_record(store, 50_000, 3, days=6, origin="SFO")
    assert longest_history(store, CURRENT) == 6
    assert longest_history(store, replace(CURRENT, origins=("LAX",))) == 4
    assert longest_history(store, replace(CURRENT, cabins=(Cabin.FIRST,))) == 0
