"""Alaska's parser: the key of the points, unknown fares and operators."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, ParseWarning, Search, SearchKind
from awardspider.parsers.alaska import PARSERS

DAY = date(2027, 10, 5)
SEARCH = Search(program="alaska", kind=SearchKind.ITINERARY, origin="SEA", destination="SFO", first=DAY, last=DAY)


def segment(origin: str, destination: str, hour: int, disclosure: str = "Operated by Alaska") -> dict[str, Any]:
    return {
        "publishingCarrier": {"carrierCode": "AS", "flightNumber": 100 + hour},
        "departureStation": origin,
        "arrivalStation": destination,
        "departureTime": f"2027-10-05T{hour:02}:00:00-07:00",
        "arrivalTime": f"2027-10-05T{hour + 2:02}:00:00-07:00",
        "operationalDisclosure": disclosure,
    }


def solution(*cabins: str, **changes: Any) -> dict[str, Any]:
    values = {"atmosPoints": 20000, "milesPoints": None, "grandTotal": 5.6, "seatsRemaining": 4, "mixedCabin": False}
    return values | {"cabins": list(cabins)} | changes


def parse(solutions: dict[str, Any], *segments: dict[str, Any]) -> tuple[list[AwardOfferItem], list[ParseWarning]]:
    """Parse one itinerary with these fares, and another one that is always valid."""
    legs = list(segments or [segment("SEA", "SFO", 8)])
    row = {"segments": legs, "duration": 240 * len(legs) - 120, "solutions": solutions}
    valid = {"segments": [segment("SEA", "SFO", 20)], "duration": 120, "solutions": {"MAIN": solution("COACH")}}
    body = json.dumps([{"departureStation": "SEA", "arrivalStation": "SFO", "rows": [row, valid]}]).encode()
    items = list(PARSERS[SearchKind.ITINERARY](body, SEARCH, datetime(2026, 11, 20, tzinfo=UTC)))
    offers = [item for item in items if isinstance(item, AwardOfferItem) and item.flights != "AS120"]
    return offers, [item for item in items if isinstance(item, ParseWarning)]


@pytest.mark.parametrize(
    ("points", "miles"),
    [
        ({"atmosPoints": 20000, "milesPoints": None}, 20000),
        ({"milesPoints": 17500}, 17500),  # a response of 2025
        ({"atmosPoints": None, "milesPoints": 17500}, 17500),
        ({"atmosPoints": 20000, "milesPoints": 17500}, 20000),
    ],
)
def test_points_of_2025_and_of_today(points: dict[str, int | None], miles: int) -> None:
    fare = solution("COACH")
    del fare["atmosPoints"], fare["milesPoints"]
    offers, warnings = parse({"MAIN": fare | points})
    assert [offer.miles for offer in offers] == [miles]
    assert warnings == []


@pytest.mark.parametrize("points", [{"atmosPoints": -1}, {"milesPoints": -1, "atmosPoints": None}])
def test_a_price_in_money_drops_the_offer(points: dict[str, int | None]) -> None:
    offers, warnings = parse({"MAIN": solution("COACH", **points)})
    assert offers == []
    assert [(warning.path, warning.drops_offer) for warning in warnings] == [("atmosPoints", True)]


@pytest.mark.parametrize(
    ("cabins", "cabin"),
    [
        (["COACH", "COACH"], "economy"),
        (["COACH", "FIRST"], "first"),
        (["FIRST", "SUITE"], None),
        (["COACH", "SUITE"], None),
        (["SUITE", "SUITE"], None),
        (["COACH"], None),  # one cabin for two segments
        ([], None),
    ],
)
def test_an_unknown_fare_with_an_unknown_cabin_costs_the_offer(cabins: list[str], cabin: str | None) -> None:
    segments = segment("SEA", "PDX", 8), segment("PDX", "SFO", 12)
    offers, warnings = parse({"REFUNDABLE_LUXE": solution(*cabins)}, *segments)
    assert [offer.cabin for offer in offers] == ([cabin] if cabin else [])
    assert any(warning.drops_offer for warning in warnings) == (cabin is None)


def test_own_flights_name_alaska_as_the_operator() -> None:
    regional = segment("PDX", "SFO", 12, "Operated by Horizon Air as Alaska Horizon")
    offers, warnings = parse({"MAIN": solution("COACH", "COACH")}, segment("SEA", "PDX", 8), regional)
    assert [one.operating_carrier for one in offers[0].segments] == ["AS", "QX"]
    assert warnings == []
