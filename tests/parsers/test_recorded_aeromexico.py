"""Aeromexico's reader on a real answer, read in place (see test_recorded.py): three flights with every fare."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from awardspider.items import AwardOfferItem, Cabin, Money, ParseWarning, Search
from awardspider.parsers.aeromexico import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "aeromexico"
FLIGHTS = RESPONSES / "search-flight-points-MEX-CUN-2026-10-05.first3.json"
SEEN_AT = datetime(2026, 9, 5, 12, tzinfo=UTC)
DAY = date(2026, 10, 5)
CABINS = {"MAIN": Cabin.ECONOMY, "AM_PLUS": Cabin.ECONOMY, "BUSINESS": Cabin.BUSINESS}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded answers beside this clone (../shared/recorded)"
)


def read(travelers: int) -> dict[tuple[str, str | None], AwardOfferItem]:
    search = Search(
        program="aeromexico",
        kind="itinerary",
        origin="MEX",
        destination="CUN",
        first=DAY,
        last=DAY,
        travelers=travelers,
    )
    items = list(PARSERS["itinerary"](FLIGHTS.read_bytes(), search, SEEN_AT))
    assert [item for item in items if isinstance(item, ParseWarning)] == []
    return {(item.flights, item.fare_name): item for item in items if isinstance(item, AwardOfferItem)}


@pytest.mark.parametrize("travelers", [1, 2, 7])
def test_every_fare_with_seats_for_the_party(travelers: int) -> None:
    told = read(travelers)
    walked = {}
    for flight in json.loads(FLIGHTS.read_bytes())["outbound"]:
        [leg] = flight["legCollection"]
        [segment] = leg["segments"]
        for fare in flight["fares"]:
            if fare["seatsRemaining"] >= travelers:
                walked[f"AM{segment['marketingFlightCode']}", fare["fareFamily"]] = leg, segment, fare
    assert told.keys() == walked.keys()
    for key, (leg, segment, fare) in walked.items():
        offer, price = told[key], fare["currency"]
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


def test_the_answer_says_what_it_is() -> None:
    said = detect(FLIGHTS.read_bytes())
    assert said is not None
    assert (said.kind, said.origin, said.destination, said.first, said.last) == ("itinerary", "MEX", "CUN", DAY, DAY)


@pytest.mark.parametrize("name", ["getPccInfo-MX_PP.json", "regionByRoute-MEX-CUN.json"])
def test_the_steps_on_the_way_are_no_answer(name: str) -> None:
    assert detect((RESPONSES / name).read_bytes()) is None
