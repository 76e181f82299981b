"""Smiles's parser on recorded responses: five flights, the fees of one flight, and two partner itineraries.

The recordings are in ../shared/recorded and not part of the repository; without them these tests are skipped.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Money, ParseWarning, Search, SearchKind
from awardspider.parsers import Detected
from awardspider.parsers.smiles import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "smiles"
FLIGHTS = RESPONSES / "search-GRU-GIG-2026-10-05-2adt.sanitised.json"
FEES = RESPONSES / "boardingtax-GRU-GIG-G31382-2adt.sanitised.json"
PARTNERS = RESPONSES / "partners-GRU-CDG-2026-10-05.first2.json"
DAY = date(2026, 10, 5)
OFFSET = "-03:00"  # all year round, since 2019

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


def parse(path: Path) -> list[AwardOfferItem | CoveredDates | ParseWarning]:
    search = Search(
        program="smiles", kind=SearchKind.ITINERARY, origin="GRU", destination="GIG", first=DAY, last=DAY, travelers=2
    )
    return list(PARSERS[SearchKind.ITINERARY](path.read_bytes(), search, datetime(2026, 9, 6, tzinfo=UTC)))


def fare(flight: dict[str, Any], kind: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [fare for fare in flight["fareList"] if fare["type"] == kind]
    assert len(found) == 1
    return found[0]


def test_every_flight() -> None:
    items = parse(FLIGHTS)
    parsed = {item.flights: item for item in items if isinstance(item, AwardOfferItem)}
    [outbound] = json.loads(FLIGHTS.read_bytes())["requestedFlightSegmentList"]
    assert len(items) == len(parsed) == len(outbound["flightList"]) == 5
    for flight in outbound["flightList"]:
        [leg] = flight["legList"]
        offer, price = parsed[f"G3{leg['flightNumber']}"], fare(flight, "SMILES")
        assert (offer.miles, offer.taxes) == (price["miles"], Money(Decimal(str(price["g3"]["costTax"])), "BRL"))
        assert offer.cash_price == Money(Decimal(str(fare(flight, "MONEY")["money"])), "BRL")
        assert (offer.seats, offer.stops, offer.fare_name) == (flight["availableSeats"], 0, price["g3"]["productClass"])
        assert offer.duration_minutes == flight["duration"]["hours"] * 60 + flight["duration"]["minutes"]
        assert (offer.cabin, offer.mixed_cabin, offer.travelers) == (Cabin.ECONOMY, False, 2)
        [segment] = offer.segments
        assert segment.departs_at.isoformat() == leg["departure"]["date"] + OFFSET
        assert segment.arrives_at.isoformat() == leg["arrival"]["date"] + OFFSET
        assert (segment.booking_code, segment.aircraft) == (leg["classOfService"], leg["equipment"])
        assert (segment.marketing_carrier, segment.operating_carrier) == ("G3", "G3")


def test_boarding_tax_response() -> None:
    """The fees are 71.50 reais for two, as in the search. The other flights of the day are missing."""
    warning, offer = parse(FEES)
    assert isinstance(warning, ParseWarning)
    assert warning.drops_offer
    assert isinstance(offer, AwardOfferItem)
    assert (offer.flights, offer.miles, offer.taxes) == ("G31382", 20700, Money(Decimal("35.75"), "BRL"))


def test_booking_codes_of_partner_flights() -> None:
    search = Search(program="smiles", kind=SearchKind.ITINERARY, origin="GRU", destination="CDG", first=DAY, last=DAY)
    items = list(PARSERS[SearchKind.ITINERARY](PARTNERS.read_bytes(), search, datetime(2026, 9, 6, tzinfo=UTC)))
    parsed = {offer.flights: offer for offer in items if isinstance(offer, AwardOfferItem)}
    assert len(items) == len(parsed) == 2
    assert {flights: (offer.miles, offer.booking_code, offer.stops) for flights, offer in parsed.items()} == {
        "G31558 AF415": (200_000, "O/G", 1),
        "AF453": (213_000, "R", 0),
    }
    assert [segment.booking_code for segment in parsed["G31558 AF415"].segments] == ["O", "G"]


@pytest.mark.parametrize("path", [FLIGHTS, FEES], ids=["search", "boardingtax"])
def test_detect(path: Path) -> None:
    detected = detect(path.read_bytes())
    assert detected == Detected(
        kind=SearchKind.ITINERARY, origin="GRU", destination="GIG", first=DAY, last=DAY, travelers=2
    )
