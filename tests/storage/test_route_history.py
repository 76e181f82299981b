"""The history of a route, on each database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from awardspider.items import Cabin
from awardspider.outcomes import Outcome, Reason
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.route_history import (
    LowestPrice,
    MonthPrice,
    PriceSample,
    RouteHistory,
    read_route_history,
    routes_with_prices,
)
from awardspider.storage.route_queries import RouteQuery
from awardspider.storage.search_days import SearchDay
from awardspider.storage.store import Store
from tests.support.route_prices import (
    APRIL,
    FIRST_DAY,
    MARCH,
    NOW,
    route_report,
    search_day,
    store_month_prices,
    store_record,
    store_samples,
    store_searches,
)
from tests.support.storage_examples import make_batch, make_itinerary, make_offer

QUERY = RouteQuery(program="united", cabin=Cabin.BUSINESS, origins=["LAX"], destinations=["NRT"])
DAY = timedelta(days=1)


def history(store: Store, *, now: datetime = NOW, window_days: int = 90, **changes: Any) -> RouteHistory:
    query = replace(QUERY, **changes)
    return read_route_history(store, query, now=now, max_age=timedelta(hours=48), window_days=window_days)


def outcomes(found: RouteHistory) -> dict[int, tuple[Outcome, int | None]]:
    return {(day.day - FIRST_DAY).days: (day.outcome, day.lowest) for day in found.days}


def test_the_lowest_price_of_each_search_day(store: Store) -> None:
    store_month_prices(store, (0, MARCH, 80_000), (0, APRIL, 70_000), (2, MARCH, 65_000))
    assert outcomes(history(store)) == {0: (Outcome.FOUND, 70_000), 2: (Outcome.FOUND, 65_000)}
    assert [day.departure_date for day in history(store).days] == [date(2027, 4, 9), date(2027, 3, 9)]


def test_a_response_with_offers_that_could_not_be_read_does_not_make_a_day_empty(store: Store) -> None:
    store_searches(store, replace(route_report(0, "empty"), invalid=2), route_report(1, "empty"))
    assert outcomes(history(store)) == {0: (Outcome.FAILED, None), 1: (Outcome.EMPTY, None)}


def test_a_day_without_a_price_is_failed_if_any_search_failed_and_otherwise_empty(store: Store) -> None:
    store_month_prices(store, (3, MARCH, 80_000))
    store_searches(
        store,
        route_report(0, "empty"),
        route_report(1, "failed"),
        route_report(2, "empty"),
        route_report(2, "failed", hour=7),
        route_report(3, "failed"),
        route_report(3, "found", hour=7),
    )
    found = history(store)
    assert outcomes(found) == {
        0: (Outcome.EMPTY, None),
        1: (Outcome.FAILED, None),
        2: (Outcome.FAILED, None),
        3: (Outcome.FOUND, 80_000),
    }
    assert [(day.searches, day.failed) for day in found.days] == [(1, 0), (1, 1), (2, 1), (2, 1)]
    assert found.last_search_at == datetime.combine(search_day(3), datetime.min.time(), NOW.tzinfo) + timedelta(hours=7)


def test_only_searches_that_could_find_the_offers_count(store: Store) -> None:
    store_searches(
        store,
        route_report(0, "empty", cabins=(Cabin.ECONOMY,)),
        route_report(1, "empty", cabins=(Cabin.ECONOMY, Cabin.BUSINESS)),
        route_report(2, "empty", origin="SFO"),
        route_report(3, "empty", program="delta"),
        route_report(4, "empty", program="seatsaero"),
        route_report(5, "empty", program="seatsaero", target_program="delta"),
        route_report(6, "empty", program="seatsaero", target_program="united"),
    )
    assert list(outcomes(history(store, sources=["seatsaero"]))) == [1, 4, 6]
    assert list(outcomes(history(store))) == [1]


def test_a_day_is_in_utc(store: Store) -> None:
    store_searches(store, route_report(0, "empty", hour=23), route_report(1, "empty", hour=0))
    assert list(outcomes(history(store))) == [0, 1]


def test_departure_months_and_search_days_can_be_limited(store: Store) -> None:
    store_month_prices(store, (0, MARCH, 80_000), (0, APRIL, 70_000), (2, MARCH, 65_000))
    store_searches(store, route_report(1, "empty"), route_report(3, "empty", first=APRIL, last=date(2027, 4, 30)))
    assert outcomes(history(store, last_month=MARCH)) == {
        0: (Outcome.FOUND, 80_000),
        1: (Outcome.EMPTY, None),
        2: (Outcome.FOUND, 65_000),
    }
    assert list(outcomes(history(store, first_month=APRIL))) == [0, 3]
    since = datetime.combine(search_day(1), datetime.min.time(), NOW.tzinfo)
    assert list(outcomes(history(store, since=since))) == [1, 2, 3]


def test_prices_of_other_programs_cabins_routes_and_mixed_cabins_do_not_count(store: Store) -> None:
    for changes in (
        {"program": "delta"},
        {"cabin": "economy"},
        {"origin": "SFO"},
        {"destination": "HND"},
        {"mixed_cabin": True},
    ):
        store_month_prices(store, (0, MARCH, 10_000), **changes)
        store_samples(store, 0, {10_000: 5}, **changes)
        store_record(store, 10_000, 0, **changes)
    assert history(store) == RouteHistory(
        query=QUERY, days=(), months=(), sample=None, lowest=None, last_search_at=None
    )
    assert routes_with_prices(store, QUERY) == [
        ("delta", Cabin.BUSINESS),
        ("united", Cabin.ECONOMY),
        ("united", Cabin.BUSINESS),
    ]


def test_a_city_combines_its_airports(store: Store) -> None:
    for destination, miles in (("NRT", 80_000), ("HND", 75_000)):
        store_month_prices(store, (0, MARCH, miles), destination=destination)
        store_record(store, miles, 0, destination=destination)
        store_samples(store, 0, {miles: 1}, destination=destination)
    found = history(store, destinations=["NRT", "HND"])
    assert outcomes(found) == {0: (Outcome.FOUND, 75_000)}
    assert found.lowest == LowestPrice(miles=75_000, day=FIRST_DAY, first_day=FIRST_DAY)
    assert found.sample == PriceSample(counts={75_000: 1, 80_000: 1}, days=1, searches=4)


def test_a_sample_has_the_prices_of_all_lead_times_in_the_window(store: Store) -> None:
    store_samples(store, 6, {10_000: 50})
    store_samples(store, 7, {40_000: 1, 50_000: 1})
    store_samples(store, 10, {40_000: 1, 70_000: 1}, lead=4)
    store_samples(store, 10, {1_000: 9}, scope="region_pair")
    found = history(store, window_days=5)
    assert found.sample == PriceSample(counts={40_000: 2, 50_000: 1, 70_000: 1}, days=2, searches=4)


def test_a_month_has_the_lowest_price_that_is_available_now(store: Store) -> None:
    flight = {"destination": "NRT", "cabin": Cabin.BUSINESS, "seen_at": NOW - timedelta(hours=1)}
    gone = make_itinerary(**flight, departure_date=MARCH, miles=50_000)
    write_batch(
        store,
        make_batch(
            gone,
            make_itinerary(**flight, departure_date=date(2027, 3, 20), miles=80_000),
            make_itinerary(**flight, departure_date=date(2027, 3, 21), miles=90_000),
            make_itinerary(**flight, departure_date=date(2027, 3, 22), miles=40_000, mixed_cabin=True),
            make_offer(**flight | {"seen_at": NOW - 3 * DAY}, departure_date=APRIL, miles=30_000),
        ),
    )
    write_batch(store, Batch(gone={NOW: [gone.offer_id]}))
    store_month_prices(store, (2, MARCH, 45_000), (2, APRIL, 70_000), (3, APRIL, 60_000), (3, date(2026, 10, 1), 1_000))
    assert history(store).months == (
        MonthPrice(month=MARCH, miles=80_000, departure_date=date(2027, 3, 20), seen_on=NOW.date(), is_available=True),
        MonthPrice(
            month=APRIL, miles=60_000, departure_date=date(2027, 4, 9), seen_on=search_day(3), is_available=False
        ),
    )
    assert [price.month for price in history(store, first_month=APRIL).months] == [APRIL]


def test_days_on_which_an_offer_was_on_sale(store: Store) -> None:
    store_month_prices(store, *((number, MARCH, 80_000) for number in range(6)))
    offer = make_itinerary(destination="NRT", cabin=Cabin.BUSINESS, departure_date=MARCH, on_sale=False)
    start = datetime.combine(FIRST_DAY, datetime.min.time(), NOW.tzinfo)
    for number, changes in enumerate(({}, {"on_sale": True}, {"on_sale": True}, {"on_sale": False, "miles": 90_000})):
        write_batch(store, make_batch(replace(offer, seen_at=start + number * DAY, **changes)))
    other = replace(offer, fare_name="other", seen_at=start + 5 * DAY, on_sale=True)
    write_batch(store, make_batch(other))
    on_sale = [(day.day - FIRST_DAY).days for day in history(store).days if day.is_on_sale]
    assert on_sale == [1, 2, 3, 5]


def test_a_search_that_was_not_sent_still_explains_its_day(store: Store) -> None:
    report = route_report(0, "failed")
    store_searches(store, replace(report, reason=Reason.OUT_OF_BUDGET, http_status=None, seconds=None))
    assert history(store).days == (SearchDay(day=FIRST_DAY, outcome=Outcome.FAILED, searches=1, failed=1),)
