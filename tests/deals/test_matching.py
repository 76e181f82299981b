"""Matching of offers with watches."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.deals.matching import Matcher, matches
from awardspider.items import AwardOfferItem, Cabin, Detail
from awardspider.search.watches import Watch
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def watch(**fields: Any) -> Watch:
    plain: dict[str, Any] = {"name": "one", "origin": "LAX", "destination": "AUS", "dates": "2027-03"}
    return make_watch(**plain | fields)


def offer(**fields: Any) -> AwardOfferItem:
    plain: dict[str, Any] = {
        "program": "united",
        "source": "united.com",
        "detail": Detail.ITINERARY,
        "origin": "LAX",
        "destination": "AUS",
        "departure_date": date(2027, 3, 10),
        "cabin": Cabin.ECONOMY,
        "miles": 15_000,
        "seats": 4,
        "stops": 1,
        "seen_at": NOW,
    }
    return AwardOfferItem(**plain | fields)


@pytest.mark.parametrize(
    ("watch_fields", "offer_fields", "expected"),
    [
        ({}, {}, True),
        ({"max_miles": 15_000}, {}, True),
        ({"max_miles": 14_999}, {}, False),
        ({"cabins": (Cabin.BUSINESS,)}, {}, False),
        ({"min_seats": 4}, {}, True),
        ({"min_seats": 5}, {}, False),
        ({"travelers": 4}, {}, True),  # searched for one, but the seats are known
        ({"travelers": 5}, {}, False),
        ({"min_seats": 5}, {"seats": None}, True),
        ({"travelers": 2}, {"seats": None, "travelers": 2}, True),
        ({"travelers": 2}, {"seats": None, "travelers": 1}, False),
        ({"travelers": 1}, {"seats": None, "travelers": 2}, True),
        ({"max_stops": 1}, {}, True),
        ({"max_stops": 0}, {}, False),
        ({"max_stops": 0}, {"stops": None}, True),
        ({"max_miles": 1}, {"miles": None}, True),
        ({"min_seats": 2}, {"seats": None}, True),
        ({"min_seats": 2, "max_stops": 0}, {"miles": None, "seats": None, "stops": None}, True),
    ],
)
def test_known_seats_and_stops_exclude_an_offer(
    watch_fields: dict[str, Any], offer_fields: dict[str, Any], expected: bool
) -> None:
    assert matches(offer(**offer_fields), watch(**watch_fields)) is expected
    assert Matcher([watch(**watch_fields)]).matching(offer(**offer_fields)) == ["one"] * expected


def test_names_are_in_the_order_of_the_watches() -> None:
    watches = [
        watch(name="dear", max_miles=90_000),
        watch(name="cheap", max_miles=10_000),
        watch(name="all"),
        watch(name="paused", active=False),
        watch(name="elsewhere", destination="ORD"),
        watch(name="several", origin="SFO,LAX", destination="ORD,AUS"),
    ]
    assert Matcher(watches).matching(offer()) == ["dear", "all", "several"]


def test_an_offer_of_an_unwatched_route_matches_nothing() -> None:
    assert Matcher([watch()]).matching(offer(origin="JFK")) == []
    assert Matcher([]).matching(offer()) == []


sampled = st.sampled_from
watch_strategy = st.builds(
    watch,
    origin=sampled(["LAX", "SFO,LAX", "AUS"]),
    destination=sampled(["AUS", "LAX,AUS"]),
    dates=sampled(["2027-03", "2027-03-11", "+100..+110"]),
    cabins=sampled([(), (Cabin.ECONOMY,), (Cabin.BUSINESS, Cabin.FIRST)]),
    max_miles=sampled([None, 14_000, 15_000]),
    travelers=sampled([1, 4, 5]),
    max_stops=sampled([None, 0]),
    active=st.booleans(),
)
offer_strategy = st.builds(
    offer,
    departure_date=sampled([date(2027, 3, 10), date(2027, 3, 11)]),
    cabin=sampled(list(Cabin)),
    miles=sampled([None, 13_000, 15_000]),
    seats=sampled([None, 1, 4]),
    stops=sampled([None, 0, 1]),
)


@settings(deadline=None)
@given(st.lists(watch_strategy, max_size=6), offer_strategy)
def test_the_index_finds_the_same_as_a_comparison_with_each_watch(watches: list[Watch], seen: AwardOfferItem) -> None:
    expected = [each.name for each in watches if each.active and matches(seen, each)]
    assert Matcher(watches).matching(seen) == expected
