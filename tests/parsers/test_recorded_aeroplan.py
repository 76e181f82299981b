"""Aeroplan's parser on a recorded response: eight itineraries with all their fares.

The recordings are in ../shared/recorded and not part of the repository; without them these tests are skipped.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from awardspider.items import AwardOfferItem, Cabin, Money, ParseWarning, Search, SearchKind
from awardspider.parsers import Detected
from awardspider.parsers.aeroplan import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "aeroplan"
FLIGHTS = RESPONSES / "awardwiz-2022-aeroplan.first8.json"
DAY = date(2022, 6, 4)
CABINS = {"eco": Cabin.ECONOMY, "ecoPremium": Cabin.PREMIUM_ECONOMY, "business": Cabin.BUSINESS}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


def test_every_fare_of_every_itinerary() -> None:
    search = Search(program="aeroplan", kind=SearchKind.ITINERARY, origin="SFO", destination="YYZ", first=DAY, last=DAY)
    items = list(PARSERS[SearchKind.ITINERARY](FLIGHTS.read_bytes(), search, datetime(2022, 6, 1, tzinfo=UTC)))
    assert [item for item in items if isinstance(item, ParseWarning)] == []
    parsed = {(item.flights, item.fare_name): item for item in items if isinstance(item, AwardOfferItem)}
    response = json.loads(FLIGHTS.read_bytes())
    names = response["dictionaries"]
    expected = [
        (group["boundDetails"], fare) for group in response["data"]["airBoundGroups"] for fare in group["airBounds"]
    ]
    assert len(parsed) == len(items) == len(expected) == 50
    for bound, fare in expected:
        legs = [names["flight"][leg["flightId"]] for leg in bound["segments"]]
        flights = " ".join(leg["marketingAirlineCode"] + leg["marketingFlightNumber"] for leg in legs)
        offer = parsed[flights, fare["fareFamilyCode"]]
        assert offer.miles == fare["airOffer"]["milesConversion"]["convertedMiles"]["base"]
        [price] = fare["prices"]["totalPrices"]
        assert offer.taxes == Money(Decimal(price["totalTaxes"]) / 100, price["currencyCode"])
        assert offer.cabin == CABINS[names["fareFamilyWithServices"][fare["fareFamilyCode"]]["cabin"]]
        assert offer.mixed_cabin == fare.get("isMixedCabin", False)
        assert (offer.stops, offer.duration_minutes) == (len(legs) - 1, bound["duration"] // 60)
        details = fare["availabilityDetails"]
        assert offer.seats == min(detail["quota"] for detail in details)
        assert [segment.cabin for segment in offer.segments] == [CABINS[detail["cabin"]] for detail in details]
        assert [segment.booking_code for segment in offer.segments] == [detail["bookingClass"] for detail in details]
        for leg, segment in zip(legs, offer.segments, strict=True):
            assert segment.departs_at.isoformat(timespec="milliseconds") == leg["departure"]["dateTime"]
            assert segment.arrives_at.isoformat(timespec="milliseconds") == leg["arrival"]["dateTime"]
            assert segment.operating_carrier == leg.get("operatingAirlineCode")
            assert segment.aircraft == " ".join(names["aircraft"][leg["aircraftCode"]].split())


def test_detect() -> None:
    detected = detect(FLIGHTS.read_bytes())
    assert detected == Detected(kind=SearchKind.ITINERARY, origin="SFO", destination="YYZ", first=DAY, last=DAY)
