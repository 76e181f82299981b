"""Qantas's parser on recorded responses: the three flights of a day, and a flight that lands on the way.

The recordings are in ../shared/recorded and not part of the repository; without them these tests are skipped.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from awardspider.items import AwardOfferItem, Cabin, Money, ParseWarning, Search, SearchKind
from awardspider.parsers import Detected
from awardspider.parsers.qantas import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "qantas"
FLIGHTS = RESPONSES / "flightrewardfinder-SYD-DXB-2026-10-05.json"
THROUGH = RESPONSES / "flightrewardfinder-SYD-LHR-2026-10-05-through.first1.json"
DAY = date(2026, 10, 5)
CABINS = {
    "Economy": Cabin.ECONOMY,
    "PremiumEconomy": Cabin.PREMIUM_ECONOMY,
    "Business": Cabin.BUSINESS,
    "First": Cabin.FIRST,
}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


def test_every_cabin_of_every_flight() -> None:
    search = Search(program="qantas", kind=SearchKind.ITINERARY, origin="SYD", destination="DXB", first=DAY, last=DAY)
    items = list(PARSERS[SearchKind.ITINERARY](FLIGHTS.read_bytes(), search, datetime(2026, 9, 6, tzinfo=UTC)))
    assert [item for item in items if isinstance(item, ParseWarning)] == []
    parsed = {(item.flights, item.cabin): item for item in items if isinstance(item, AwardOfferItem)}
    expected = {
        (flight["legs"][0]["flightNumber"], CABINS[name]): (flight, cabin)
        for flight in json.loads(FLIGHTS.read_bytes())["flights"]
        for name, cabin in flight["cabins"].items()
        if cabin
    }
    assert len(items) == len(parsed) == len(expected) == 5
    assert parsed.keys() == expected.keys()
    for key, (flight, cabin) in expected.items():
        offer, [leg] = parsed[key], flight["legs"]
        assert (offer.miles, offer.taxes) == (cabin["points"], Money(Decimal(cabin["tax"]), "AUD"))
        assert (offer.seats, offer.booking_code, offer.stops) == (cabin["seats"], cabin["rbd"], 0)
        hours, _, minutes, _ = flight["duration"].split()
        assert offer.duration_minutes == int(hours) * 60 + int(minutes)
        assert offer.seen_at == datetime.fromisoformat(flight["lastSeenAt"])
        [segment] = offer.segments
        assert segment.departs_at.isoformat() == leg["departsAt"] + "+11:00"  # Sydney's summer
        assert segment.arrives_at.isoformat() == leg["arrivesAt"] + "+04:00"
        assert (segment.operating_carrier, segment.aircraft) == ("EK", leg["equipment"])
        assert (segment.cabin, offer.mixed_cabin) == (offer.cabin, False)


def test_the_stops_of_a_flight_longer_than_any_nonstop_are_unknown() -> None:
    """QF1 lands in Singapore, although the response has 0 stopovers: 24 h 50 min is longer than any nonstop."""
    search = Search(program="qantas", kind=SearchKind.ITINERARY, origin="SYD", destination="LHR", first=DAY, last=DAY)
    [offer] = PARSERS[SearchKind.ITINERARY](THROUGH.read_bytes(), search, datetime(2026, 9, 6, tzinfo=UTC))
    assert isinstance(offer, AwardOfferItem)
    assert (offer.flights, offer.miles, offer.stops, offer.duration_minutes) == ("QF1", 63_500, None, 1490)


def test_detect() -> None:
    detected = detect(FLIGHTS.read_bytes())
    assert detected is not None
    assert replace(detected, responded_at=None) == Detected(
        kind=SearchKind.ITINERARY, origin="SYD", destination="DXB", first=DAY, last=DAY
    )
