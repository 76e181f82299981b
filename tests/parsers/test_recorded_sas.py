"""SAS's reader on real answers, read in place (see test_recorded.py): a year of seats, and two flights for points."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Detail, Money, ParseWarning, Search
from awardspider.parsers.sas import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "sas"
YEAR = RESPONSES / "award-finder-destinations-v1-CPH-BOS-allmonths.json"
NETWORK = RESPONSES / "award-finder-destinations-v1-CPH-network-trimmed5.json"
FLIGHTS = RESPONSES / "api-offers-flights-points-CPH-JFK-2026-10-05.first2.json"
SEEN_AT = datetime(2026, 6, 20, 12, tzinfo=UTC)
FINDER_CABINS = {"AG": Cabin.ECONOMY, "AP": Cabin.PREMIUM_ECONOMY, "AB": Cabin.BUSINESS}
SOLD_CABINS = {"ECONOMY": Cabin.ECONOMY, "PREMIUM": Cabin.PREMIUM_ECONOMY, "BUSINESS": Cabin.BUSINESS}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded answers beside this clone (../shared/recorded)"
)


def read(
    path: Path, kind: str, destination: str, first: date, last: date
) -> list[AwardOfferItem | CoveredDates | ParseWarning]:
    search = Search(
        program="sas", kind=kind, origin="CPH", destination=destination, first=first, last=last, travelers=2
    )
    return list(PARSERS[kind](path.read_bytes(), search, SEEN_AT))


def offers(items: list[AwardOfferItem | CoveredDates | ParseWarning]) -> list[AwardOfferItem]:
    return [item for item in items if isinstance(item, AwardOfferItem)]


def seats_to_boston(path: Path) -> set[tuple[date, Cabin, int]]:
    """Day, cabin and seats of every outbound entry, walked without the reader."""
    [boston] = [row for row in json.loads(path.read_bytes()) if row["airportCode"] == "BOS"]
    return {
        (date.fromisoformat(day["date"]), cabin, day[code])
        for day in boston["availability"]["outbound"]
        for code, cabin in FINDER_CABINS.items()
        if code in day
    }


@pytest.mark.parametrize(("path", "others"), [(YEAR, 0), (NETWORK, 4)])
def test_every_seat_count_of_a_year(path: Path, others: int) -> None:
    items = read(path, "calendar", "BOS", date(2026, 6, 24), date(2027, 6, 20))
    told = offers(items)
    assert {(offer.departure_date, offer.cabin, offer.seats) for offer in told} == seats_to_boston(path)
    assert len(told) == len(seats_to_boston(path))
    assert {(offer.detail, offer.miles, offer.taxes) for offer in told} == {(Detail.SEATS, None, None)}
    chart = {Cabin.ECONOMY: 45_000, Cabin.PREMIUM_ECONOMY: 60_000, Cabin.BUSINESS: 80_000}
    assert all(offer.chart_miles == chart[offer.cabin] for offer in told)
    assert [item.path for item in items if isinstance(item, ParseWarning)] == ["nearby"] * others


def test_no_day_of_the_way_back_is_told() -> None:
    [boston] = json.loads(YEAR.read_bytes())
    only_back = {day["date"] for day in boston["availability"]["inbound"]} - {
        day["date"] for day in boston["availability"]["outbound"]
    }
    told = {str(offer.departure_date) for offer in offers(read(YEAR, "calendar", "BOS", *_whole_year()))}
    assert only_back
    assert not told & only_back


def _whole_year() -> tuple[date, date]:
    return date(2026, 7, 13), date(2027, 7, 8)


def test_every_product_of_two_flights() -> None:
    told = {
        (offer.flights, offer.cabin, offer.fare_name): offer
        for offer in offers(read(FLIGHTS, "itinerary", "JFK", date(2026, 10, 5), date(2026, 10, 5)))
    }
    walked: dict[Any, Any] = {}
    for flight in json.loads(FLIGHTS.read_bytes())["outboundFlights"].values():
        numbers = " ".join(part["marketingCarrier"]["code"] + part["flightNumber"] for part in flight["segments"])
        for key, families in flight["cabins"].items():
            for family in families.values():
                for product in family["products"].values():
                    walked[numbers, SOLD_CABINS[key], product["productName"]] = flight, product
    assert told.keys() == walked.keys()
    for key, (flight, product) in walked.items():
        offer, [adult] = told[key], product["price"]["pricePerPassengerType"]
        price = adult["price"]
        assert (offer.miles, offer.taxes, offer.cash_price) == (
            price["points"],
            Money(Decimal(str(price["totalTax"])), "EUR"),
            Money(Decimal(str(price["totalPrice"])), "EUR"),
        )
        assert offer.seats == min(fare["avlSeats"] for fare in product["fares"])
        assert [segment.booking_code for segment in offer.segments] == [f["bookingClass"] for f in product["fares"]]
        assert [segment.aircraft for segment in offer.segments] == [s["airCraft"]["name"] for s in flight["segments"]]
        assert offer.segments[0].departs_at.isoformat() == flight["startTimeInLocal"].replace(".000", "")
        assert offer.segments[-1].arrives_at.isoformat() == flight["endTimeInLocal"].replace(".000", "")
        hours, minutes, _ = map(int, flight["connectionDuration"].split(":"))
        assert (offer.duration_minutes, offer.stops) == (hours * 60 + minutes, flight["stops"])
        assert (offer.saver, offer.on_sale, offer.mixed_cabin) == (False, False, False)


def test_the_answers_say_what_they_are() -> None:
    year, network, flights = (detect(path.read_bytes()) for path in (YEAR, NETWORK, FLIGHTS))
    assert year is not None
    assert network is not None
    assert flights is not None
    assert (year.kind, year.destination, year.first, year.last) == (
        "calendar",
        "BOS",
        date(2026, 10, 1),
        date(2026, 12, 31),
    )
    assert (network.kind, network.destination) == ("calendar", None)
    assert (flights.origin, flights.destination, flights.first, flights.travelers) == (
        "CPH",
        "JFK",
        date(2026, 10, 5),
        2,
    )
