"""Tests of the flights from which a list of a few good deals is chosen, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from awardspider.items import AwardOfferItem, Cabin
from awardspider.search.exchange_rates import shipped_rates
from awardspider.search.judgments import DEAL_CLASSES, DealClass
from awardspider.storage import best_flights as best_flights_module
from awardspider.storage import flight_counts
from awardspider.storage.best_flights import best_flights
from awardspider.storage.offer_queries import OfferQuery
from awardspider.storage.store import Store
from tests.support.deal_examples import store_judged
from tests.support.storage_examples import DAY, NOW, make_itinerary, make_offer, make_segment

QUERY = OfferQuery(current_at=NOW, classes=DEAL_CLASSES)
RATES = shipped_rates()


def found(store: Store, query: OfferQuery = QUERY, *, per_route: int = 9, size: int = 99) -> list[str]:
    return [offer.id for offer in best_flights(store, query, per_route=per_route, size=size, rates=RATES).offers]


def on_days(number: int, **fields: object) -> list[AwardOfferItem]:
    return [make_itinerary(departure_date=DAY + timedelta(days=day), **fields) for day in range(number)]


def test_the_best_are_first_and_few_of_each_route(store: Store) -> None:
    first, second, third = on_days(3)
    other = make_itinerary(origin="SFO", miles=20_000)
    store_judged(store, DealClass.GOOD, first, second, third, other)
    assert found(store, per_route=2) == [first.offer_id, second.offer_id, other.offer_id]
    assert found(store, per_route=2, size=1) == [first.offer_id]


def test_the_airports_of_a_city_are_one_place(store: Store) -> None:
    offers = [make_itinerary(origin=origin) for origin in ("JFK", "EWR", "LGA")]
    store_judged(store, DealClass.GOOD, *offers)
    assert len(found(store, per_route=2)) == 2


def test_another_cabin_counts_separately(store: Store) -> None:
    offers = [make_itinerary(cabin=cabin) for cabin in (Cabin.ECONOMY, Cabin.BUSINESS)]
    store_judged(store, DealClass.GOOD, *offers)
    assert len(found(store, per_route=1)) == 2


def test_of_the_fares_of_a_flight_only_the_best_is_found(store: Store) -> None:
    cheap, dear = make_itinerary(miles=10_000), make_itinerary(miles=12_000, fare_name="Saver", travelers=2)
    store_judged(store, DealClass.GOOD, cheap, dear)
    assert found(store) == [cheap.offer_id]


def test_the_price_of_a_day_is_left_out_if_a_flight_costs_no_more(store: Store) -> None:
    flight, day = make_itinerary(miles=12_500), make_offer(miles=12_500)
    cheaper = make_offer(miles=11_000, departure_date=DAY + timedelta(days=1))
    dearer = make_itinerary(miles=12_000, departure_date=DAY + timedelta(days=1), segments=(make_segment("7"),))
    store_judged(store, DealClass.GOOD, flight, day, cheaper, dearer)
    assert set(found(store)) == {flight.offer_id, cheaper.offer_id, dearer.offer_id}


def test_the_price_of_a_day_is_left_out_for_a_flight_of_a_worse_class(store: Store) -> None:
    flight, day = make_itinerary(miles=12_500), make_offer(miles=12_500)
    store_judged(store, DealClass.GOOD, flight)
    store_judged(store, DealClass.RECORD_LOW, day)  # seen first, and kept
    assert found(store) == [flight.offer_id]


def test_the_number_of_all_flights_is_counted(store: Store) -> None:
    store_judged(store, DealClass.GOOD, *on_days(5))
    result = best_flights(store, QUERY, per_route=1, size=1, rates=RATES)
    assert (len(result.offers), result.count, result.is_capped) == (1, 5, False)


def test_offers_of_other_classes_and_outdated_ones_are_left_out(store: Store) -> None:
    store_judged(store, DealClass.USUAL, make_itinerary())
    assert found(store) == []
    store_judged(store, DealClass.GOOD, make_itinerary())
    late = NOW + timedelta(hours=49)
    assert found(store, OfferQuery(current_at=late, max_age=timedelta(hours=48), classes=DEAL_CLASSES)) == []


def test_the_best_of_every_cabin_are_in_one_order(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(best_flights_module, "MOST_SORTED", 3)
    monkeypatch.setattr(best_flights_module, "_MAX_READ", 4)
    economy = on_days(3, miles=12_000)
    business = on_days(3, miles=11_000, cabin=Cabin.BUSINESS)
    store_judged(store, DealClass.GOOD, *economy, *business)
    result = best_flights(store, QUERY, per_route=9, size=99, rates=RATES)
    assert [offer.id for offer in result.offers] == [offer.offer_id for offer in (*business, economy[0])]
    assert (result.count, result.is_capped) == (4, True)


@pytest.fixture
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the limits be so low that five flights are many."""
    monkeypatch.setattr(best_flights_module, "MOST_SORTED", 3)
    monkeypatch.setattr(best_flights_module, "_MAX_READ", 5)
    for module in (best_flights_module, flight_counts):
        monkeypatch.setattr(module, "MAX_COUNT", 4)


@pytest.mark.usefixtures("low_limits")
def test_many_flights_are_not_counted(store: Store) -> None:
    flights = on_days(4, miles=12_000)
    days = [make_offer(miles=12_000, departure_date=DAY + timedelta(days=day)) for day in range(4)]
    store_judged(store, DealClass.GOOD, *flights, *days)
    assert counts(store) == (4, False)  # the prices of days are those of the flights
    store_judged(store, DealClass.GOOD, make_itinerary(origin="SFO"))
    assert counts(store) == (4, True)
    assert counts(store, size=2) == (4, True)
    assert len(found(store, size=2)) == 2


@pytest.mark.usefixtures("low_limits")
@pytest.mark.parametrize("most_sorted", [0, 20])
def test_of_many_flights_of_few_routes_the_prices_of_days_fill_the_list(
    store: Store, monkeypatch: pytest.MonkeyPatch, most_sorted: int
) -> None:
    monkeypatch.setattr(best_flights_module, "MOST_SORTED", most_sorted)
    day = make_offer(miles=9_000, origin="SFO")
    store_judged(store, DealClass.GOOD, *on_days(6, miles=12_000), day)
    assert len(found(store, per_route=2, size=2)) == 2
    assert found(store, per_route=2, size=3)[-1] == day.offer_id


@pytest.mark.parametrize("number", [2, 5])
@pytest.mark.parametrize("most_sorted", [0, 20])
def test_prices_of_days_come_after_all_flights(
    store: Store, monkeypatch: pytest.MonkeyPatch, low_limits: None, number: int, most_sorted: int
) -> None:
    monkeypatch.setattr(best_flights_module, "MOST_SORTED", most_sorted)
    day = make_offer(miles=5_000, origin="SFO")
    store_judged(store, DealClass.RECORD_LOW, day)
    flights = on_days(number, miles=12_000)
    store_judged(store, DealClass.GOOD, *flights)
    assert found(store, size=2) == [each.offer_id for each in flights[:2]]
    assert found(store)[-1] == day.offer_id
    assert found(store, replace(QUERY, confirmed=True)) == [each.offer_id for each in flights]


def counts(store: Store, size: int = 99) -> tuple[int, bool]:
    result = best_flights(store, QUERY, per_route=9, size=size, rates=RATES)
    return result.count, result.is_capped
