"""American's parser: sales, responses for a city, and responses that may be incomplete."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, ParseWarning, Search, SearchKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers.american import PARSERS, detect

DAY = date(2027, 10, 5)
SEEN_AT = datetime(2026, 11, 20, tzinfo=UTC)


def price(points: int = 15000, product: str = "COACH", **changes: Any) -> dict[str, Any]:
    taxes = {"amount": 5.6, "currency": "USD"}
    row = {"productType": product, "productAvailable": True, "perPassengerAwardPoints": points}
    return row | {"perPassengerTaxesAndFees": taxes, "extendedFareCode": f"Y{points // 100:04}XNA"} | changes


def itinerary(number: int, origin: str = "JFK", destination: str = "LAX", *prices: dict[str, Any]) -> dict[str, Any]:
    ends = {
        "origin": {"code": origin},
        "destination": {"code": destination},
        "departureDateTime": f"2027-10-05T08:{number % 60:02}:00.000-04:00",
        "arrivalDateTime": f"2027-10-05T11:{number % 60:02}:00.000-07:00",
    }
    seat = {"productType": "COACH", "cabinType": "COACH", "bookingCode": "Y", "webSpecial": True}
    leg = ends | {"aircraftCode": "32B", "operationalDisclosure": "", "productDetails": [seat]}
    segment = {"flight": {"carrierCode": "AA", "flightNumber": str(number)}, "legs": [leg]}
    return {"segments": [segment], "pricingDetail": list(prices or [price()]), "durationInMinutes": 360}


def response(*slices: dict[str, Any], origin: str = "JFK", destination: str = "LAX") -> bytes:
    metadata = {"searchType": "Award", "departureDate": str(DAY)}
    metadata |= {"origin": {"code": origin}, "destination": {"code": destination}}
    return json.dumps({"error": "", "responseMetadata": metadata, "slices": slices}).encode()


def parse(body: bytes, origin: str = "JFK", destination: str = "LAX") -> list[Any]:
    search = Search(
        program="american", kind=SearchKind.ITINERARY, origin=origin, destination=destination, first=DAY, last=DAY
    )
    return list(PARSERS[SearchKind.ITINERARY](body, search, SEEN_AT))


def offers(items: list[Any]) -> list[AwardOfferItem]:
    return [item for item in items if isinstance(item, AwardOfferItem)]


@pytest.mark.parametrize(
    ("prices", "regular", "expected"),
    [
        ([price(webSpecial=True)], 15000, (False, None)),  # every price of 2025
        ([price(webSpecial=True, productBenefits="PRODUCT-BENEFITS.COACH-WEB-SPECIAL")], 15000, (False, None)),
        ([price(webSpecial=True)], None, (None, None)),
        ([price(webSpecial=True)], 12000, (False, None)),
        ([price(webSpecial=True)], 40000, (True, 40000)),
        ([price(webSpecial=True), price(40000, webSpecial=False)], None, (True, 40000)),
        ([price(webSpecial=True), price(40000, webSpecial=True)], 15000, (False, None)),
        ([price(webSpecial=False)], 40000, (False, None)),
        ([price()], 40000, (None, None)),
    ],
)
def test_a_sale_has_a_higher_regular_price(
    prices: list[dict[str, Any]], regular: int | None, expected: tuple[bool | None, int | None]
) -> None:
    one = itinerary(1, "JFK", "LAX", *prices)
    if regular:
        regular_price = {"productType": "COACH", "perPassengerAwardPoints": regular}
        one["productPricing"] = [{"regularPrice": regular_price, "webSpecialPrice": None}]
    [offer] = offers(parse(response(one)))
    assert (offer.miles, offer.on_sale, offer.regular_miles) == (15000, *expected)


@pytest.mark.parametrize(("origin", "flights"), [("JFK", ["AA1"]), ("LGA", ["AA2", "AA4"]), ("EWR", ["AA3"])])
def test_a_response_for_a_city_is_read_for_the_searched_airport(origin: str, flights: list[str]) -> None:
    slices = [itinerary(number, code) for number, code in enumerate(["JFK", "LGA", "EWR", "LGA"], 1)]
    items = parse(response(*slices, origin="NYC"), origin)
    assert [offer.flights for offer in offers(items)] == flights
    assert {offer.origin for offer in offers(items)} == {origin}
    assert not any(item.drops_offer for item in items if isinstance(item, ParseWarning))


@pytest.mark.parametrize(
    ("city", "airport"),
    [("ORL", "MCO"), ("HOU", "IAH"), ("CHI", "ORD"), ("WAS", "IAD"), ("WAS", "BWI"), ("MKC", "MCI"), ("DFW", "DAL")],
)
def test_the_code_of_a_city_can_be_the_one_of_another_airport(city: str, airport: str) -> None:
    body = response(itinerary(1, airport), origin=city)
    assert [offer.origin for offer in offers(parse(body, airport))] == [airport]
    detected = detect(body)
    assert detected is not None
    assert detected.origin == airport


def test_a_city_of_arrival() -> None:
    items = parse(response(itinerary(1), itinerary(2, "JFK", "BUR"), destination="QLA"))
    assert [offer.flights for offer in offers(items)] == ["AA1"]


@pytest.mark.parametrize(("origin", "searched"), [("NYC", "SFO"), ("CHI", "JFK"), ("EWR", "JFK"), ("LGA", "JFK")])
def test_a_response_for_another_place_is_unexpected(origin: str, searched: str) -> None:
    code = origin if origin in ("EWR", "LGA") else "ORD"
    body = response(itinerary(1, code), *([itinerary(2, "JFK")] if code == origin else []), origin=origin)
    with pytest.raises(UnexpectedResponse):
        parse(body, searched)


def test_detected_airport_of_a_city_is_the_most_common_one() -> None:
    slices = [itinerary(number, code) for number, code in enumerate(["JFK", "LGA", "LGA"], 1)]
    detected = detect(response(*slices, origin="NYC"))
    assert detected is not None
    assert (detected.origin, detected.destination, detected.first) == ("LGA", "LAX", DAY)


@pytest.mark.parametrize(("count", "incomplete"), [(39, False), (40, True), (41, True)])
def test_forty_slices_may_not_be_all(count: int, incomplete: bool) -> None:
    airports = ["JFK" if number % 2 else "LGA" for number in range(count)]  # also slices of other airports count
    slices = [itinerary(number, code) for number, code in enumerate(airports, 1)]
    items = parse(response(*slices, origin="NYC"))
    dropping = [item.path for item in items if isinstance(item, ParseWarning) and item.drops_offer]
    assert dropping == ["slices"] * incomplete
    assert len(offers(items)) == airports.count("JFK")
