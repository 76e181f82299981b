"""Which watches an offer satisfies."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.deals.matching import Matcher, matches, unknown
from awardspider.items import AwardOfferItem, Cabin, Detail
from awardspider.search.watches import Watch

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def watch(**fields: Any) -> Watch:
    plain: dict[str, Any] = {"name": "one", "origins": ("LAX",), "destinations": ("AUS",), "dates": "2027-03"}
    return Watch(**plain | fields)


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
    ("wanted", "seen", "satisfied"),
    [
        ({}, {}, True),
        ({"max_miles": 15_000}, {}, True),
        ({"max_miles": 14_999}, {}, False),
        ({"cabins": (Cabin.BUSINESS,)}, {}, False),
        ({"min_seats": 4}, {}, True),
        ({"min_seats": 5}, {}, False),
        ({"travelers": 4}, {}, True),  # asked for one, but the seats are counted
        ({"travelers": 5}, {}, False),
        ({"min_seats": 5}, {"seats": None}, True),
        ({"travelers": 2}, {"seats": None, "travelers": 2}, True),
        ({"travelers": 2}, {"seats": None, "travelers": 1}, False),
        ({"travelers": 1}, {"seats": None, "travelers": 2}, True),
        ({"max_stops": 1}, {}, True),
        ({"max_stops": 0}, {}, False),
        ({"max_stops": 0}, {"stops": None}, True),
        ({"max_miles": 1}, {"miles": None}, True),
    ],
)
def test_seats_and_stops_exclude_where_they_are_known(
    wanted: dict[str, Any], seen: dict[str, Any], satisfied: bool
) -> None:
    assert matches(offer(**seen), watch(**wanted)) is satisfied
    assert Matcher([watch(**wanted)]).matching(offer(**seen)) == ["one"] * satisfied


@pytest.mark.parametrize(
    ("wanted", "seen", "still_open"),
    [
        ({"max_miles": 20_000, "min_seats": 2, "max_stops": 1}, {}, ()),
        ({"max_stops": 1}, {"stops": None}, ("stops",)),
        ({}, {"stops": None}, ()),
        ({"min_seats": 2}, {"seats": None}, ("seats",)),
        ({"travelers": 2}, {"seats": None, "travelers": 2}, ()),  # the program was asked for that many
        ({"max_miles": 20_000}, {"miles": None}, ("miles",)),
        ({"min_seats": 2, "max_stops": 0}, {"miles": None, "seats": None, "stops": None}, ("miles", "seats", "stops")),
    ],
)
def test_what_a_match_leaves_open_is_named(
    wanted: dict[str, Any], seen: dict[str, Any], still_open: tuple[str, ...]
) -> None:
    assert matches(offer(**seen), watch(**wanted))
    assert unknown(offer(**seen), watch(**wanted)) == still_open


def test_the_names_come_in_the_order_of_the_watches() -> None:
    wants = [
        watch(name="dear", max_miles=90_000),
        watch(name="cheap", max_miles=10_000),
        watch(name="all"),
        watch(name="paused", active=False),
        watch(name="elsewhere", destinations=("ORD",)),
        watch(name="several", origins=("SFO", "LAX"), destinations=("ORD", "AUS")),
    ]
    assert Matcher(wants).matching(offer()) == ["dear", "all", "several"]


def test_nobody_wants_an_offer_of_a_route_without_watches() -> None:
    assert Matcher([watch()]).matching(offer(origin="JFK")) == []
    assert Matcher([]).matching(offer()) == []


some = st.sampled_from
watches = st.builds(
    watch,
    origins=some([("LAX",), ("SFO", "LAX"), ("AUS",)]),
    destinations=some([("AUS",), ("LAX", "AUS")]),
    dates=some(["2027-03", "2027-03-11", "+100..+110"]),
    cabins=some([(), (Cabin.ECONOMY,), (Cabin.BUSINESS, Cabin.FIRST)]),
    max_miles=some([None, 14_000, 15_000]),
    travelers=some([1, 4, 5]),
    max_stops=some([None, 0]),
    active=st.booleans(),
)
offers = st.builds(
    offer,
    departure_date=some([date(2027, 3, 10), date(2027, 3, 11)]),
    cabin=some(list(Cabin)),
    miles=some([None, 13_000, 15_000]),
    seats=some([None, 1, 4]),
    stops=some([None, 0, 1]),
)


@settings(deadline=None)
@given(st.lists(watches, max_size=6), offers)
def test_the_index_finds_exactly_what_comparing_with_each_watch_finds(wants: list[Watch], seen: AwardOfferItem) -> None:
    expected = [wanted.name for wanted in wants if wanted.active and matches(seen, wanted)]
    assert Matcher(wants).matching(seen) == expected
