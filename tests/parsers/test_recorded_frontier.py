"""Frontier's parser on a recorded response: the flights of a day.

The recordings are in ../shared/recorded and not part of the repository; without them these tests are skipped.
"""

from __future__ import annotations

import html
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, ParseWarning, Search, SearchKind
from awardspider.parsers import Detected
from awardspider.parsers.frontier import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "frontier"
FLIGHTS = RESPONSES / "pointsnap-2026-09-DEN-LAS-2026-10-05.FlightData.excerpt.json"
DAY = date(2026, 10, 5)
SEEN_AT = datetime(2026, 9, 5, 4, 32, 8, 471000, tzinfo=UTC)

# The keys of the extra miles of the bundles.
EXTRA = {
    "Standard": None,
    "Economy Bundle": "milesBundleFareEcob",
    "Premium Bundle": "milesBundleFarePrem",
    "Business Bundle": "milesBundleFareBusi",
}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


def parse(body: bytes) -> list[Any]:
    search = Search(program="frontier", kind=SearchKind.ITINERARY, origin="DEN", destination="LAS", first=DAY, last=DAY)
    return list(PARSERS[SearchKind.ITINERARY](body, search, SEEN_AT))


def test_every_fare() -> None:
    items = parse(FLIGHTS.read_bytes())
    offers = {(offer.flights, offer.fare_name): offer for offer in items if isinstance(offer, AwardOfferItem)}
    [journey] = json.loads(FLIGHTS.read_bytes())["flightData"]["journeys"]
    assert len(offers) == 4 * len(journey["flights"]) == 16
    for flight in journey["flights"]:
        [leg] = flight["legs"]
        for name, extra in EXTRA.items():
            offer = offers[f"F9{leg['flightNumber']}", name]
            assert offer.miles == flight["standardFare"] + (flight[extra] if extra else 0)
            assert offer.taxes == Money(Decimal(str(flight["milesFare"])).quantize(Decimal("0.01")), "USD")
            assert (offer.cabin, offer.detail, offer.booking_code) == (Cabin.ECONOMY, Detail.ITINERARY, "Z")
            assert (offer.seats, offer.stops, offer.mixed_cabin) == (None, flight["stopCount"], None)
            hours, minutes, _ = leg["duration"].split(":")
            assert offer.duration_minutes == 60 * int(hours) + int(minutes)
            [segment] = offer.segments
            assert (segment.origin, segment.destination) == (leg["departureStation"], leg["arrivalStation"])
            assert segment.departs_at.isoformat() == f"{leg['departureDate']}-06:00"
            assert segment.arrives_at.isoformat() == f"{leg['arrivalDate']}-07:00"
            assert segment.departs_at == datetime.fromisoformat(leg["departureDateUtc"])
            assert segment.arrives_at == datetime.fromisoformat(leg["arrivalDateUtc"])


def test_page_has_the_same_offers() -> None:
    saved = json.loads(FLIGHTS.read_bytes())["flightData"]
    page = f"<!DOCTYPE html><html><script>var FlightData = '{html.escape(json.dumps(saved))}';</script></html>"
    assert parse(page.encode()) == parse(FLIGHTS.read_bytes())


def test_no_warnings() -> None:
    assert [item for item in parse(FLIGHTS.read_bytes()) if isinstance(item, ParseWarning)] == []


def test_detect() -> None:
    detected = detect(FLIGHTS.read_bytes())
    assert detected == Detected(
        kind=SearchKind.ITINERARY, origin="DEN", destination="LAS", first=DAY, last=DAY, responded_at=SEEN_AT
    )


def test_responses_of_other_programs_are_not_detected() -> None:
    others = [path for path in RESPONSES.parent.glob("*/*.json") if path.parent.name != "frontier"]
    assert others
    for path in others:
        assert detect(path.read_bytes()) is None, path.name
