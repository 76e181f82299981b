"""The stored offers that match a watch, and near misses, on each database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, Detail
from awardspider.search.exchange_rates import shipped_rates
from awardspider.search.matching import MatchResult
from awardspider.search.watch_fields import Nights
from awardspider.search.watches import Watch
from awardspider.storage.batches import write_batch
from awardspider.storage.store import Store
from awardspider.storage.watch_check import TooManyOffers, WatchCheck, check_watch
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_offer, make_segment
from tests.support.watch_examples import make_watch

FIRST, LAST = date(2027, 3, 10), date(2027, 3, 20)
LATER = datetime(2027, 3, 12, 12, tzinfo=UTC)


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
    assert check(store, watch(), *offers, hours=49) == WatchCheck([], [], [], [])


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
    assert [each.trip.nights for each in found.trips] == [2, 3]
    assert {each.found.is_return for each in found.matches} == {False, True}


def back(day: date, miles: int, **fields: Any) -> AwardOfferItem:
    return make_offer(origin="AUS", destination="LAX", departure_date=day, miles=miles, **fields)


def test_pairs_that_miss_only_limits_of_the_trip_are_near_misses(store: Store) -> None:
    found = check(
        store,
        watch(nights=Nights(7, 9), max_trip_miles=20_000),
        make_offer(departure_date=FIRST, miles=35_000),
        make_offer(departure_date=FIRST, miles=9_000, cabin=Cabin.BUSINESS, taxes=None),
        back(FIRST + timedelta(8), 35_000),
        back(LAST + timedelta(10), 12_000),
    )
    assert found.trips == []
    assert [(each.trip.nights, each.trip.miles, each.result) for each in found.near_trips[:2]] == [
        (8, 44_000, MatchResult.NO_MATCH),
        (8, 70_000, MatchResult.NO_MATCH),
    ]
    assert [miss.text for each in found.near_trips[:2] for miss in each.reasons] == [
        "24,000 miles over for both directions",
        "50,000 miles over for both directions",
    ]
    texts = {miss.text for each in found.misses for miss in each.found.reasons}
    assert "15,000 miles over for one direction alone" in texts


def test_a_return_after_the_dates_is_a_near_miss_of_the_nights(store: Store) -> None:
    one_day = make_watch(origin="LAX", destination="AUS", dates=f"{FIRST}", nights=Nights(7, 9))
    found = check(store, one_day, make_offer(departure_date=FIRST), back(FIRST + timedelta(11), 9_000))
    assert [miss.text for each in found.near_trips for miss in each.reasons] == ["two nights too many"]


def test_a_pair_of_possible_matches_is_possible(store: Store) -> None:
    trip = watch(nights=Nights(2, 3), max_stops=0)
    found = check(store, trip, make_offer(departure_date=FIRST, stops=0), back(FIRST + timedelta(2), 9_000))
    assert [(each.result, [miss.text for miss in each.reasons]) for each in found.trips] == [
        (MatchResult.POSSIBLE, ["does not say its stops"])
    ]


def test_a_trip_is_listed_once(store: Store) -> None:
    there = [make_offer(departure_date=FIRST), make_itinerary(departure_date=FIRST)]
    places = {"origin": "AUS", "destination": "LAX", "departure_date": FIRST + timedelta(2)}
    flight = make_segment(origin="AUS", destination="LAX", departs_at=LATER, arrives_at=LATER + timedelta(hours=3))
    returns = make_offer(**places), make_itinerary(segments=(flight,), **places)
    found = check(store, watch(nights=Nights(2, 2)), *there, *returns)
    assert [(each.trip.outbound.detail, each.trip.inbound.detail) for each in found.trips] == [
        (Detail.ITINERARY, Detail.ITINERARY)
    ]


def test_a_watch_whose_dates_have_passed_has_no_offers(store: Store) -> None:
    past = make_watch(origin="LAX", destination="AUS", dates="2020-03")
    assert check(store, past, make_offer()) == WatchCheck([], [], [], [])


def test_more_offers_than_the_limit_are_refused(store: Store) -> None:
    offers = [make_offer(), make_offer(origin="SFO")]
    write_batch(store, make_batch(*offers))
    anywhere = make_watch(origin="anywhere", destination="AUS", dates=f"{FIRST}..{LAST}")
    values: dict[str, Any] = {"now": NOW, "max_age": None, "rates": shipped_rates(), "trips": 0, "misses": 5}
    assert len(check_watch(store, anywhere, **values, most_offers=2).matches) == 2
    with pytest.raises(TooManyOffers, match="more than 1 offers are stored for these places and dates"):
        check_watch(store, anywhere, **values, most_offers=1)
