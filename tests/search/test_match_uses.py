"""Uses of matching: alerts about possible matches, days that could match, and near misses."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.items import Cabin
from awardspider.search.judgments import DealClass
from awardspider.search.matching import could_match, match, may_alert, nearest_misses
from awardspider.search.places import parse_places
from awardspider.search.watch_fields import Nights, UnknownSeats
from tests.support.matching_examples import (
    NO_FLIGHTS,
    NOW,
    RATES,
    Fields,
    first_flight,
    hours,
    judgment,
    offer,
    texts,
    usd,
)
from tests.support.watch_examples import make_watch

# ---- alerts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("watch_fields", "offer_fields", "alerts"),
    [
        ({}, {}, True),
        ({"max_miles": 1}, {}, False),
        # United gives stops, taxes and mixed cabins, so a search of its flights says more.
        ({"max_stops": 0}, {"stops": None}, False),
        ({"max_taxes": usd("20")}, {"taxes": None}, False),
        ({"allow_mixed_cabin": False}, {"mixed_cabin": None}, False),
        ({"departure_hours": hours("08:00", "22:00")}, {"segments": ()}, False),
        # Virgin Atlantic never gives them.
        ({"max_stops": 0}, {"source": "virginatlantic", "stops": None}, True),
        ({"max_taxes": usd("20")}, {"source": "virginatlantic", "taxes": None}, True),
        ({"departure_hours": hours("08:00", "22:00")}, {"source": "virginatlantic", "segments": ()}, True),
        ({"max_stops": 0, "max_miles": 1}, {"source": "virginatlantic", "stops": None}, False),
        # It gives prices.
        ({"max_stops": 0, "max_miles": 1}, {"source": "virginatlantic", "stops": None, "miles": None}, False),
        # A watch that chooses certain flights or marks is not notified of offers that may be others.
        ({"flights": ("NH7",)}, {"source": "virginatlantic", "segments": ()}, False),
        ({"carriers": ("NH",)}, {"source": "virginatlantic", "segments": ()}, False),
        ({"via": "DEN"}, {"source": "virginatlantic", "segments": (), "stops": None}, False),
        ({"saver_only": True}, {"source": "virginatlantic", "saver": None}, False),
        # No program says where a flight lands in between.
        ({"not_via": "DEN"}, {"segments": (first_flight(stops=1),)}, True),
        ({"unknown_seats": UnknownSeats.REJECT}, {"source": "frontier", "seats": None}, False),
        ({"max_stops": 0}, {"source": "unknown", "stops": None}, False),
    ],
)
def test_a_possible_match_alerts_only_if_no_search_could_say_more(
    watch_fields: Fields, offer_fields: Fields, alerts: bool
) -> None:
    seen = offer(**offer_fields)
    assert may_alert(match(make_watch(**watch_fields), seen, rates=RATES), seen) is alerts


# ---- days that could match ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("watch_fields", "offer_fields", "expected"),
    [
        ({}, {}, True),
        ({"max_miles": 39_999}, {}, False),
        ({"max_miles": 1}, {"miles": None}, True),
        ({"cabins": (Cabin.FIRST,)}, {}, False),
        ({"programs": ("delta",)}, {}, False),
        ({"origin": "SFO"}, {}, False),
        ({"dates": "2027-04"}, {}, False),
        ({"travelers": 2}, {}, False),
        ({"min_seats": 5}, {}, False),
        ({"saver_only": True}, {"saver": False}, False),
        ({"saver_only": True}, {"saver": None}, True),
        # other flights on the day can be cheaper in taxes, on sale, nonstop and without mixed cabins
        ({"max_taxes": usd("1")}, {}, True),
        ({"sale_only": True}, {}, True),
        ({"max_stops": 0}, {"stops": 2}, True),
        ({"allow_mixed_cabin": False}, {"mixed_cabin": True}, True),
        ({"flights": ("NH7",)}, {}, True),
        ({"origin": "AUS", "destination": "LAX", "nights": Nights(3, 5)}, {}, True),
        ({"nights": Nights(3, 5), "max_trip_miles": 39_999}, {}, False),
        ({"active": False}, {}, True),
    ],
)
def test_a_day_could_match_unless_its_lowest_price_excludes_all_flights(
    watch_fields: Fields, offer_fields: Fields, expected: bool
) -> None:
    day = offer(**NO_FLIGHTS | offer_fields)
    assert could_match(make_watch(**watch_fields), day) is expected


@pytest.mark.parametrize(
    ("offer_fields", "judged", "expected"),
    [
        ({}, DealClass.USUAL, False),
        ({}, DealClass.GOOD, True),
        ({}, DealClass.UNKNOWN, True),
        ({"mixed_cabin": None}, DealClass.USUAL, False),
        # flights without a mixed cabin are compared with other prices
        ({"mixed_cabin": True}, DealClass.USUAL, True),
        # the judgment of an earlier price
        ({"miles": 39_000}, DealClass.USUAL, True),
    ],
)
def test_no_flight_of_a_day_is_a_better_deal_than_its_lowest_price(
    offer_fields: Fields, judged: DealClass, expected: bool
) -> None:
    day = offer(**NO_FLIGHTS | {"mixed_cabin": False} | offer_fields)
    watch = make_watch(deal=DealClass.GOOD)
    assert could_match(watch, day, judgment(judged)) is expected
    assert could_match(watch, day)


# ---- near misses ----------------------------------------------------------------------------------------------------


def test_the_nearest_misses_come_first() -> None:
    watch = make_watch(max_miles=40_000, cabins=(Cabin.BUSINESS,), min_seats=2)
    seen = {
        "match": offer(),
        "possible": offer(miles=None),
        "slightly over": offer(miles=40_500),
        "over": offer(miles=48_000),
        "one day late": offer(departure_date=date(2027, 4, 1)),
        "over and late": offer(miles=40_500, departure_date=date(2027, 4, 1)),
        "one seat": offer(seats=1),
        "economy": offer(cabin=Cabin.ECONOMY),
        "elsewhere": offer(origin="JFK", destination="LHR"),
    }
    names = {id(each): name for name, each in seen.items()}
    found = nearest_misses(watch, seen.values(), 9, now=NOW, rates=RATES)
    assert [(names[id(miss.offer)], miss.found.text) for miss in found] == [
        ("slightly over", "500 miles over"),
        ("one day late", "1 day outside the dates"),
        ("over and late", "1 day outside the dates; 500 miles over"),
        ("over", "8,000 miles over"),
        ("one seat", "one seat short"),
        ("economy", "in economy"),
        ("elsewhere", "from JFK; to LHR"),
    ]
    assert nearest_misses(watch, seen.values(), 2, now=NOW, rates=RATES) == found[:2]
    assert nearest_misses(watch, [], 2) == []


def test_near_misses_at_the_same_distance_have_one_order() -> None:
    watch = make_watch(max_miles=30_000)
    days = [offer(departure_date=date(2027, 3, day)) for day in (12, 10, 11)]
    found = nearest_misses(watch, days, 3)
    assert [miss.offer.departure_date.day for miss in found] == [10, 11, 12]


def test_places_are_named_as_written() -> None:
    found = match(make_watch(via=parse_places("Denver or Dallas")), offer())
    assert texts(found) == ["no connection in Denver or Dallas"]
