"""Flying Blue's reader on a real answer, read in place (see test_recorded.py): a day from Paris to Johannesburg."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Money, ParseWarning, Search
from awardspider.parsers.flyingblue import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "flyingblue"
FLIGHTS = RESPONSES / "af-availableoffers-reward-PAR-JNB-2026-02-27.json"
DAY = date(2026, 2, 27)
CABINS = {"ECONOMY": Cabin.ECONOMY, "PREMIUM": Cabin.PREMIUM_ECONOMY, "BUSINESS": Cabin.BUSINESS}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded answers beside this clone (../shared/recorded)"
)


def read(origin: str) -> list[AwardOfferItem | CoveredDates | ParseWarning]:
    search = Search(program="flyingblue", kind="itinerary", origin=origin, destination="JNB", first=DAY, last=DAY)
    return list(PARSERS["itinerary"](FLIGHTS.read_bytes(), search, datetime(2026, 2, 26, tzinfo=UTC)))


def offers(items: list[AwardOfferItem | CoveredDates | ParseWarning]) -> list[AwardOfferItem]:
    return [item for item in items if isinstance(item, AwardOfferItem)]


def walked(origin: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The itinerary and the product of every price of the flights from an airport."""
    itineraries = json.loads(FLIGHTS.read_bytes())["data"]["availableOffers"]["offerItineraries"]
    return [
        (itinerary["activeConnection"], product["connections"][0])
        for itinerary in itineraries
        for product in itinerary["upsellCabinProducts"]
        if itinerary["activeConnection"]["segments"][0]["origin"]["code"] == origin
        and product["connections"][0]["price"]["amount"] is not None
    ]


def test_every_price_of_every_flight() -> None:
    told = {(offer.flights, offer.cabin): offer for offer in offers(read("CDG"))}
    found = walked("CDG")
    assert len(told) == len(found) == 17
    for way, product in found:
        legs = way["segments"]
        codes = [leg["marketingFlight"] for leg in legs]
        flights = " ".join(f"{code['carrier']['code']}{int(code['number'])}" for code in codes)
        offer = told[flights, CABINS[product["cabinClass"]]]
        assert (offer.miles, offer.seats) == (product["price"]["amount"], product["numberOfSeatsAvailable"])
        assert offer.taxes == Money(Decimal(str(product["tax"]["amount"])), "EUR")
        assert (offer.fare_name, offer.on_sale) == (product["fareFamily"]["code"], product["isPromo"])
        assert (offer.stops, offer.duration_minutes) == (len(legs) - 1, way["duration"])
        for leg, segment in zip(legs, offer.segments, strict=True):
            assert segment.departs_at.replace(tzinfo=None).isoformat() == leg["departureDateTime"]
            assert segment.arrives_at - segment.departs_at == timedelta(minutes=leg["duration"])
            assert (segment.origin, segment.destination) == (leg["origin"]["code"], leg["destination"]["code"])
            assert segment.operating_carrier == leg["marketingFlight"]["operatingFlight"]["carrier"]["code"]
            assert segment.aircraft == leg["equipmentName"]


def test_the_city_has_another_airport() -> None:
    """Asked for Paris: one itinerary leaves from Orly."""
    assert [item.value for item in read("CDG") if isinstance(item, ParseWarning)] == ["ORY-JNB 2026-02-27"]
    assert len(offers(read("ORY"))) == len(walked("ORY")) > 0


def test_the_answer_says_what_it_is() -> None:
    said = detect(FLIGHTS.read_bytes())
    assert said is not None
    assert (said.kind, said.origin, said.destination, said.first, said.last) == ("itinerary", "CDG", "JNB", DAY, DAY)
