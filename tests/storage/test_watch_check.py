"""The stored offers that match a watch, and near misses, on each database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, Detail
from awardspider.search.exchange_rates import shipped_rates
from awardspider.search.matching import MatchResult
from awardspider.search.watch_fields import Nights
from awardspider.search.watches import Watch
from awardspider.storage.batches import write_batch
from awardspider.storage.store import Store
from awardspider.storage.watch_check import WatchCheck, check_watch
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_offer
from tests.support.watch_examples import make_watch

FIRST, LAST = date(2027, 3, 10), date(2027, 3, 20)


def watch(**fields: Any) -> Watch:
    return make_watch(origin="LAX", destination="AUS", dates=f"{FIRST}..{LAST}", **fields)


def check(store: Store, checked: Watch, *offers: AwardOfferItem, hours: int = 1) -> WatchCheck:
    write_batch(store, make_batch(*offers))
    now = NOW + timedelta(hours=hours)
    return check_watch(store, checked, now=now, max_age=timedelta(hours=48), rates=shipped_rates(), trips=10, misses=10)


def days(found: WatchCheck) -> list[int]:
    return [each.offer.departure_date.day for each in found.matches]


def test_matches_come_best_first_and_possible_ones_last(store: Store) -> None:
    found = check(
        store,
        watch(max_stops=1),
        make_offer(departure_date=FIRST, miles=9_000),
        make_offer(departure_date=FIRST + timedelta(1), miles=12_000, stops=0),
        make_offer(departure_date=FIRST + timedelta(2), miles=11_000, stops=1),
        make_offer(departure_date=FIRST + timedelta(3), miles=10_000, stops=2),
    )
    assert days(found) == [12, 11, 10]
    assert [each.found.result for each in found.matches][-1] is MatchResult.POSSIBLE
    assert [each.offer.departure_date.day for each in found.misses] == [13]


@pytest.mark.parametrize(("days_late", "is_near"), [(14, True), (15, False)])
def test_near_misses_are_at_most_two_weeks_from_the_dates(store: Store, days_late: int, is_near: bool) -> None:
    offers = [make_offer(departure_date=day) for day in (LAST + timedelta(days_late), FIRST - timedelta(days_late))]
    found = check(store, watch(), *offers)
    assert found.matches == []
    assert len(found.misses) == 2 * is_near


def test_only_current_offers_on_the_routes_count(store: Store) -> None:
    offers = (make_offer(origin="SFO"), make_offer(origin="AUS", destination="LAX"), make_offer())
    assert len(check(store, watch(), *offers).matches) == 1
    assert check(store, watch(), *offers, hours=49) == WatchCheck([], [], [])


@pytest.mark.parametrize(("miles", "is_listed"), [(11_999, True), (12_000, False), (12_001, False)])
def test_the_price_of_a_day_is_left_out_if_its_flights_cost_no_more(store: Store, miles: int, is_listed: bool) -> None:
    offers = make_itinerary(miles=12_000), make_offer(miles=miles), make_offer(miles=miles, cabin=Cabin.BUSINESS)
    details = sorted((each.offer.cabin, each.offer.detail) for each in check(store, watch(), *offers).matches)
    expected = [(Cabin.BUSINESS, Detail.DAY), (Cabin.ECONOMY, Detail.ITINERARY)]
    assert details == sorted([*expected, *[(Cabin.ECONOMY, Detail.DAY)] * is_listed])


def test_the_price_of_a_day_is_listed_while_a_calendar_contradicts_its_flights(store: Store) -> None:
    flights = make_itinerary(miles=12_000)
    write_batch(store, make_batch(flights))
    write_batch(store, make_batch(unconfirmed={NOW: [flights.offer_id]}))
    assert {each.offer.detail for each in check(store, watch(), make_offer(miles=13_000)).matches} >= {Detail.DAY}


def test_offers_from_anywhere_are_compared(store: Store) -> None:
    anywhere = make_watch(origin="anywhere", destination="AUS", dates=f"{FIRST}..{LAST}")
    assert len(check(store, anywhere, make_offer(), make_offer(origin="SFO")).matches) == 2


def test_a_round_trip_has_pairs_within_its_nights(store: Store) -> None:
    found = check(
        store,
        watch(nights=Nights(2, 3), max_trip_miles=25_000),
        make_offer(departure_date=FIRST),
        *(
            make_offer(origin="AUS", destination="LAX", departure_date=FIRST + timedelta(stay), miles=12_000 + stay)
            for stay in (1, 2, 3, 4)
        ),
    )
    assert [trip.nights for trip in found.trips] == [2, 3]
    assert {each.found.is_return for each in found.matches} == {False, True}


def test_a_watch_whose_dates_have_passed_has_no_offers(store: Store) -> None:
    past = make_watch(origin="LAX", destination="AUS", dates="2020-03")
    assert check(store, past, make_offer()) == WatchCheck([], [], [])
