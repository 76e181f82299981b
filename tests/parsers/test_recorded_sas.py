"""SAS's parser on recorded responses: a year of seats, and flights in points.

The recordings are in ../shared/recorded and not part of the repository; without them these tests are skipped.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Detail, Money, ParseWarning, Search, SearchKind
from awardspider.parsers.sas import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "sas"
YEAR = RESPONSES / "award-finder-destinations-v1-CPH-BOS-allmonths.json"
NETWORK = RESPONSES / "award-finder-destinations-v1-CPH-network-trimmed5.json"
FLIGHTS = RESPONSES / "api-offers-flights-points-CPH-JFK-2026-10-05.first2.json"
AWARDS = RESPONSES / "api-offers-flights-points-CPH-ARN-2026-10-05-2adt.first2.json"
SEEN_AT = datetime(2026, 6, 20, 12, tzinfo=UTC)
FINDER_CABINS = {"AG": Cabin.ECONOMY, "AP": Cabin.PREMIUM_ECONOMY, "AB": Cabin.BUSINESS}
OFFER_CABINS = {"ECONOMY": Cabin.ECONOMY, "PREMIUM": Cabin.PREMIUM_ECONOMY, "BUSINESS": Cabin.BUSINESS}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


def parse(
    path: Path, kind: SearchKind, destination: str, first: date, last: date
) -> list[AwardOfferItem | CoveredDates | ParseWarning]:
    search = Search(
        program="sas", kind=kind, origin="CPH", destination=destination, first=first, last=last, travelers=2
    )
    return list(PARSERS[kind](path.read_bytes(), search, SEEN_AT))


def only_offers(items: list[AwardOfferItem | CoveredDates | ParseWarning]) -> list[AwardOfferItem]:
    return [item for item in items if isinstance(item, AwardOfferItem)]


def seats_to_boston(path: Path) -> set[tuple[date, Cabin, int]]:
    """Return day, cabin and seats of every outbound entry, read without the parser."""
    [boston] = [row for row in json.loads(path.read_bytes()) if row["airportCode"] == "BOS"]
    return {
        (date.fromisoformat(day["date"]), cabin, day[code])
        for day in boston["availability"]["outbound"]
        for code, cabin in FINDER_CABINS.items()
        if code in day
    }


@pytest.mark.parametrize(("path", "others"), [(YEAR, 0), (NETWORK, 4)])
def test_every_seat_count_of_a_year(path: Path, others: int) -> None:
    items = parse(path, SearchKind.CALENDAR, "BOS", date(2026, 6, 24), date(2027, 6, 20))
    parsed = only_offers(items)
    assert {(offer.departure_date, offer.cabin, offer.seats) for offer in parsed} == seats_to_boston(path)
    assert len(parsed) == len(seats_to_boston(path))
    assert {(offer.detail, offer.miles, offer.taxes) for offer in parsed} == {(Detail.SEATS, None, None)}
    chart = {Cabin.ECONOMY: 45_000, Cabin.PREMIUM_ECONOMY: 60_000, Cabin.BUSINESS: 80_000}
    assert all(offer.chart_miles == chart[offer.cabin] for offer in parsed)
    assert [item.path for item in items if isinstance(item, ParseWarning)] == ["nearby"] * others


def test_return_days_are_ignored() -> None:
    [boston] = json.loads(YEAR.read_bytes())
    return_days = {day["date"] for day in boston["availability"]["inbound"]} - {
        day["date"] for day in boston["availability"]["outbound"]
    }
    parsed = {
        str(offer.departure_date)
        for offer in only_offers(parse(YEAR, SearchKind.CALENDAR, "BOS", date(2026, 7, 13), date(2027, 7, 8)))
    }
    assert return_days
    assert not parsed & return_days


@pytest.mark.parametrize(("path", "destination"), [(FLIGHTS, "JFK"), (AWARDS, "ARN")])
def test_every_product_of_two_flights(path: Path, destination: str) -> None:
    items = parse(path, SearchKind.ITINERARY, destination, date(2026, 10, 5), date(2026, 10, 5))
    assert [item for item in items if isinstance(item, ParseWarning)] == []
    parsed = {(offer.flights, offer.cabin, offer.fare_name): offer for offer in only_offers(items)}
    expected: dict[Any, Any] = {}
    for flight in json.loads(path.read_bytes())["outboundFlights"].values():
        numbers = " ".join(part["marketingCarrier"]["code"] + part["flightNumber"] for part in flight["segments"])
        for key, families in flight["cabins"].items():
            for family in families.values():
                for product in family["products"].values():
                    expected[numbers, OFFER_CABINS[key], product["productName"]] = flight, product
    assert parsed.keys() == expected.keys()
    for key, (flight, product) in expected.items():
        offer, [adult] = parsed[key], product["price"]["pricePerPassengerType"]
        price = adult["price"]
        assert (offer.miles, offer.taxes, offer.cash_price) == (
            price["points"],
            Money(Decimal(str(price["totalTax"])), "EUR"),
            Money(Decimal(str(price["totalPrice"])), "EUR") if price["totalPrice"] > price["totalTax"] else None,
        )
        assert offer.seats == min(fare["avlSeats"] for fare in product["fares"])
        assert [segment.booking_code for segment in offer.segments] == [f["bookingClass"] for f in product["fares"]]
        assert [segment.aircraft for segment in offer.segments] == [s["airCraft"]["name"] for s in flight["segments"]]
        assert offer.segments[0].departs_at.isoformat() == flight["startTimeInLocal"].replace(".000", "")
        assert offer.segments[-1].arrives_at.isoformat() == flight["endTimeInLocal"].replace(".000", "")
        hours, minutes, _ = map(int, flight["connectionDuration"].split(":"))
        assert (offer.duration_minutes, offer.stops) == (hours * 60 + minutes, flight["stops"])
        is_award = product.get("isStandardAward", False)
        assert offer.saver is (True if is_award else False if "FLEX" in product["productName"] else None)
        assert (offer.on_sale, offer.mixed_cabin) == (False, False)


def test_the_chart_agrees_with_standard_awards() -> None:
    """The finder has no prices; those of the chart are the prices of standard awards on the same route."""
    year = YEAR.read_bytes().replace(b"BOS", b"ARN")
    search = Search(
        program="sas",
        kind=SearchKind.CALENDAR,
        origin="CPH",
        destination="ARN",
        first=date(2026, 7, 13),
        last=date(2027, 7, 8),
    )
    days = only_offers(list(PARSERS[SearchKind.CALENDAR](year, search, SEEN_AT)))
    chart = {offer.cabin: offer.chart_miles for offer in days}
    flights = only_offers(parse(AWARDS, SearchKind.ITINERARY, "ARN", date(2026, 10, 5), date(2026, 10, 5)))
    awards = {offer.cabin: offer.miles for offer in flights if offer.saver}
    assert awards == {Cabin.ECONOMY: 10_000, Cabin.BUSINESS: 20_000}
    assert chart == awards | {Cabin.PREMIUM_ECONOMY: None}


def test_detect() -> None:
    year, network, flights = (detect(path.read_bytes()) for path in (YEAR, NETWORK, FLIGHTS))
    assert year is not None
    assert network is not None
    assert flights is not None
    assert (year.kind, year.destination, year.first, year.last) == (
        SearchKind.CALENDAR,
        "BOS",
        date(2026, 10, 1),
        date(2026, 12, 31),
    )
    assert (network.kind, network.destination) == (SearchKind.CALENDAR, None)
    assert (flights.origin, flights.destination, flights.first, flights.travelers) == (
        "CPH",
        "JFK",
        date(2026, 10, 5),
        2,
    )
