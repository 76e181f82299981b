"""Keys and groups of the price history, and the arithmetic of its prices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.airports import airports
from awardspider.items import Cabin, Detail
from awardspider.search.change_rates import lead_time
from awardspider.search.judgments import BaselineScope
from awardspider.search.price_history import (
    BAND_STARTS,
    PRICE_REGIONS,
    DayPrice,
    DaySample,
    PriceKey,
    PriceRecord,
    add_histogram,
    day_price,
    distance_band,
    histogram,
    lowest_by_month,
    lowest_price,
    price_key,
    price_region,
    reverse_key,
    wider_keys,
)
from awardspider.search.regions import regions
from tests.support.storage_examples import make_itinerary, make_offer

TODAY = date(2026, 11, 22)
KEY = PriceKey("united", BaselineScope.ROUTE, "LAX", "AUS", Cabin.ECONOMY, False)

prices = st.builds(DayPrice, st.integers(1, 6).map(lambda number: number * 5_000), st.booleans())
observations = st.lists(st.tuples(st.integers(0, 200), prices), max_size=30)


def add_all(found: Sequence[tuple[int, DayPrice]]) -> DaySample:
    sample = DaySample()
    for days, price in found:
        sample.add(TODAY + timedelta(days=days), price)
    return sample


# ---- keys ----


def test_every_airport_has_exactly_one_region() -> None:
    assert set(PRICE_REGIONS) <= regions().keys()
    antarctica = {code for code, airport in airports().items() if airport["country"] == "AQ"}
    assert {code for code in airports() if price_region(code) is None} <= antarctica


@pytest.mark.parametrize(
    ("airport", "region"),
    [
        ("LAX", "north_america"),
        ("HNL", "north_america"),
        ("MEX", "north_america"),
        ("SJU", "caribbean"),
        ("PTY", "central_america"),
        ("GRU", "south_america"),
        ("IST", "middle_east"),
        ("LHR", "europe"),
        ("NRT", "east_asia"),
        ("DEL", "south_asia"),
        ("CMN", "africa"),
        ("SYD", "oceania"),
    ],
)
def test_the_region_of_an_airport(airport: str, region: str) -> None:
    assert price_region(airport) == region


@pytest.mark.parametrize(
    ("route", "band"),
    [(("LAX", "SFO"), "0-499"), (("LAX", "JFK"), "2000-2999"), (("LAX", "SYD"), "7000+"), (("LAX", "LAX"), "0-499")],
)
def test_the_distance_band_of_a_route(route: tuple[str, str], band: str) -> None:
    assert distance_band(*route) == band
    assert int(band.split("-")[0].rstrip("+")) in BAND_STARTS


def test_wider_keys_are_the_region_pair_within_its_distance_band_and_the_band() -> None:
    assert [key[1:4] for key in wider_keys(KEY)] == [
        (BaselineScope.REGION_PAIR, "north_america", "north_america 1000-1499"),
        (BaselineScope.DISTANCE_BAND, "1000-1499", ""),
    ]
    assert {key[4:] for key in wider_keys(KEY)} == {(Cabin.ECONOMY, False)}
    assert wider_keys(KEY._replace(origin="QQQ")) == ()
    assert reverse_key(KEY)[2:4] == ("AUS", "LAX")


@pytest.mark.parametrize(("mixed_cabin", "is_mixed"), [(True, True), (False, False), (None, False)])
def test_only_a_known_mixed_cabin_is_mixed(mixed_cabin: bool | None, is_mixed: bool) -> None:
    assert price_key(make_offer(mixed_cabin=mixed_cabin)) == KEY._replace(mixed_cabin=is_mixed)


def test_an_offer_without_miles_has_no_price() -> None:
    assert day_price(make_offer(miles=None)) is None
    assert day_price(make_offer(miles=0)) is None
    assert day_price(make_offer(miles=9_000)) == DayPrice(9_000, False)
    assert day_price(make_itinerary(miles=9_000)) == DayPrice(9_000, True)
    assert make_itinerary().detail is Detail.ITINERARY


# ---- prices of a day ----


def test_flights_replace_the_prices_of_a_calendar() -> None:
    calendar, flights = DayPrice(10_000, False), DayPrice(12_000, True)
    assert calendar.merged(flights) == flights.merged(calendar) == flights
    assert calendar.merged(DayPrice(9_000, False)) == DayPrice(9_000, False)
    assert flights.merged(DayPrice(13_000, True)) == flights
    assert flights.merged(None) == flights


@given(observations, st.randoms(use_true_random=False))
def test_the_order_of_searches_does_not_matter(found: list[tuple[int, DayPrice]], source: object) -> None:
    shuffled = list(found)
    source.shuffle(shuffled)  # type: ignore[attr-defined]
    assert add_all(found).prices == add_all(shuffled).prices
    assert add_all(found).lowest == add_all(shuffled).lowest


@given(observations, observations)
def test_samples_of_two_crawls_are_one_sample(
    one: list[tuple[int, DayPrice]], other: list[tuple[int, DayPrice]]
) -> None:
    both = add_all(one)
    both.update(add_all(other))
    assert both == add_all([*one, *other])


@given(observations, observations)
def test_adding_a_difference_is_a_computation_from_scratch(
    before: list[tuple[int, DayPrice]], after: list[tuple[int, DayPrice]]
) -> None:
    """The row of a wider scope changes by what one route has added and removed."""
    other_route = histogram(add_all([(3, DayPrice(5_000, True))]).prices, TODAY)
    old, new = (histogram(add_all(found).prices, TODAY) for found in (before, [*before, *after]))
    total: dict[int, dict[int, int]] = {}
    add_histogram(total, other_route)
    add_histogram(total, old)
    add_histogram(total, new)
    add_histogram(total, old, -1)
    expected: dict[int, dict[int, int]] = {}
    add_histogram(expected, new)
    add_histogram(expected, other_route)
    assert total == expected
    assert lowest_price(total) == min(miles for by_price in expected.values() for miles in by_price)


def test_a_histogram_counts_departure_days_by_lead_time() -> None:
    sample = add_all([(1, DayPrice(5_000, False)), (2, DayPrice(5_000, True)), (100, DayPrice(7_000, False))])
    assert histogram(sample.prices, TODAY) == {lead_time(1): {5_000: 2}, lead_time(100): {7_000: 1}}
    assert lowest_price({}) is None


def test_the_lowest_price_of_a_month_has_its_first_day() -> None:
    found = {
        date(2027, 3, 9): DayPrice(8_000, False),
        date(2027, 3, 4): DayPrice(8_000, False),
        date(2027, 3, 1): DayPrice(9_000, False),
        date(2027, 4, 1): DayPrice(1_000, False),
    }
    assert lowest_by_month(found, [date(2027, 3, 1)]) == {date(2027, 3, 1): (8_000, date(2027, 3, 4), 3)}


# ---- records ----


def test_a_record_keeps_the_lowest_price_and_its_last_day() -> None:
    record = None
    for day, lowest, is_new_day in [(1, 9_000, True), (2, 8_000, True), (2, 9_500, False), (3, 8_000, True)]:
        record = PriceRecord.merged(record, date(2026, 11, day), lowest=lowest, searches=2, is_new_day=is_new_day)
    assert record is not None
    first, second, last = (date(2026, 11, day) for day in (1, 2, 3))
    assert record == PriceRecord(8_000, last, first, last, 3, 8, 8_000, second)
    assert record.before(last) == record._replace(lowest_day=second)
    assert record.before(date(2026, 11, 4)) == record
