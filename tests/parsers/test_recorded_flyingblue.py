"""Flying Blue's parser on a recorded response: a day from Paris to Johannesburg.

The recordings are in ../shared/recorded and not part of the repository; without them these tests are skipped.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Money, ParseWarning, Search, SearchKind
from awardspider.parsers import Detected
from awardspider.parsers.flyingblue import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "flyingblue"
FLIGHTS = RESPONSES / "af-availableoffers-reward-PAR-JNB-2026-02-27.json"
DAY = date(2026, 2, 27)
CABINS = {"ECONOMY": Cabin.ECONOMY, "PREMIUM": Cabin.PREMIUM_ECONOMY, "BUSINESS": Cabin.BUSINESS}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


def parse(origin: str) -> list[AwardOfferItem | CoveredDates | ParseWarning]:
    search = Search(
        program="flyingblue", kind=SearchKind.ITINERARY, origin=origin, destination="JNB", first=DAY, last=DAY
    )
    return list(PARSERS[SearchKind.ITINERARY](FLIGHTS.read_bytes(), search, datetime(2026, 2, 26, tzinfo=UTC)))


def only_offers(items: list[AwardOfferItem | CoveredDates | ParseWarning]) -> list[AwardOfferItem]:
    return [item for item in items if isinstance(item, AwardOfferItem)]


def expected_products(origin: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the connection and the product of every price of the flights from an airport."""
    itineraries = json.loads(FLIGHTS.read_bytes())["data"]["availableOffers"]["offerItineraries"]
    return [
        (itinerary["activeConnection"], product["connections"][0])
        for itinerary in itineraries
        for product in itinerary["upsellCabinProducts"]
        if itinerary["activeConnection"]["segments"][0]["origin"]["code"] == origin
        and product["connections"][0]["price"]["amount"] is not None
    ]


def test_every_price_of_every_flight() -> None:
    parsed = {(offer.flights, offer.cabin): offer for offer in only_offers(parse("CDG"))}
    expected = expected_products("CDG")
    assert len(parsed) == len(expected) == 17
    for connection, product in expected:
        legs = connection["segments"]
        codes = [leg["marketingFlight"] for leg in legs]
        flights = " ".join(f"{code['carrier']['code']}{int(code['number'])}" for code in codes)
        offer = parsed[flights, CABINS[product["cabinClass"]]]
        assert (offer.miles, offer.seats) == (product["price"]["amount"], product["numberOfSeatsAvailable"])
        assert offer.taxes == Money(Decimal(str(product["tax"]["amount"])), "EUR")
        assert (offer.fare_name, offer.on_sale) == (product["fareFamily"]["code"], product["isPromo"])
        assert (offer.stops, offer.duration_minutes) == (len(legs) - 1, connection["duration"])
        for leg, segment in zip(legs, offer.segments, strict=True):
            assert segment.departs_at.replace(tzinfo=None).isoformat() == leg["departureDateTime"]
            assert segment.arrives_at - segment.departs_at == timedelta(minutes=leg["duration"])
            assert (segment.origin, segment.destination) == (leg["origin"]["code"], leg["destination"]["code"])
            assert segment.operating_carrier == leg["marketingFlight"]["operatingFlight"]["carrier"]["code"]
            assert segment.aircraft == leg["equipmentName"]


def test_flights_of_another_airport_are_skipped() -> None:
    """One itinerary of the search for Paris leaves from Orly."""
    assert [item.value for item in parse("CDG") if isinstance(item, ParseWarning)] == ["ORY-JNB 2026-02-27"]
    assert len(only_offers(parse("ORY"))) == len(expected_products("ORY")) > 0


def test_detect() -> None:
    detected = detect(FLIGHTS.read_bytes())
    assert detected == Detected(kind=SearchKind.ITINERARY, origin="CDG", destination="JNB", first=DAY, last=DAY)
