"""Aeromexico's parser on a recorded response: three flights with every fare.

The recordings are in ../shared/recorded and not part of the repository; without them these tests are skipped.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from awardspider.items import AwardOfferItem, Cabin, Money, ParseWarning, Search, SearchKind
from awardspider.parsers import Detected
from awardspider.parsers.aeromexico import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "aeromexico"
FLIGHTS = RESPONSES / "search-flight-points-MEX-CUN-2026-10-05.first3.json"
SEEN_AT = datetime(2026, 9, 5, 12, tzinfo=UTC)
DAY = date(2026, 10, 5)
CABINS = {"MAIN": Cabin.ECONOMY, "AM_PLUS": Cabin.ECONOMY, "BUSINESS": Cabin.BUSINESS}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


def parse(travelers: int) -> dict[tuple[str, str | None], AwardOfferItem]:
    search = Search(
        program="aeromexico",
        kind=SearchKind.ITINERARY,
        origin="MEX",
        destination="CUN",
        first=DAY,
        last=DAY,
        travelers=travelers,
    )
    items = list(PARSERS[SearchKind.ITINERARY](FLIGHTS.read_bytes(), search, SEEN_AT))
    assert [item for item in items if isinstance(item, ParseWarning)] == []
    return {(item.flights, item.fare_name): item for item in items if isinstance(item, AwardOfferItem)}


@pytest.mark.parametrize("travelers", [1, 2, 7])
def test_every_fare_with_seats_for_the_party(travelers: int) -> None:
    parsed = parse(travelers)
    expected = {}
    for flight in json.loads(FLIGHTS.read_bytes())["outbound"]:
        [leg] = flight["legCollection"]
        [segment] = leg["segments"]
        for fare in flight["fares"]:
            if fare["seatsRemaining"] >= travelers:
                expected[f"AM{segment['marketingFlightCode']}", fare["fareFamily"]] = leg, segment, fare
    assert parsed.keys() == expected.keys()
    for key, (leg, segment, fare) in expected.items():
        offer, price = parsed[key], fare["currency"]
        assert (offer.miles, offer.taxes, offer.cash_price) == (
            price["points"],
            Money(Decimal(price["totalCash"]), "MXN"),
            Money(Decimal(price["total"]), "MXN"),
        )
        assert (offer.cabin, offer.seats, offer.booking_code) == (
            CABINS[fare["cabinClass"]],
            fare["seatsRemaining"],
            fare["bookingClass"],
        )
        assert (offer.saver, offer.on_sale) == (fare["ticketType"] == "CLASSIC", fare["isPromoActive"])
        assert (offer.stops, offer.duration_minutes) == (leg["stops"], leg["totalFlightDuration"])
        assert offer.travelers == travelers
        [flown] = offer.segments
        assert flown.departs_at.isoformat() == segment["departureDateTime"] + "-06:00"  # Mexico City
        assert flown.arrives_at.isoformat() == segment["arrivalDateTime"] + "-05:00"  # Cancun
        assert (flown.aircraft, flown.operating_carrier) == (segment["aircraftType"], "AM")


def test_detect() -> None:
    detected = detect(FLIGHTS.read_bytes())
    assert detected == Detected(kind=SearchKind.ITINERARY, origin="MEX", destination="CUN", first=DAY, last=DAY)


@pytest.mark.parametrize("name", ["getPccInfo-MX_PP.json", "regionByRoute-MEX-CUN.json"])
def test_preliminary_responses_are_not_detected(name: str) -> None:
    assert detect((RESPONSES / name).read_bytes()) is None
