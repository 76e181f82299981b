"""The JSON for one day's offers: itineraries F0, F1, ..., with products by cabin, name and id (O_1, O_2, ...)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines._flights import group_by_itinerary, iso_milliseconds
from awardspider.sandbox.fares import Tariff
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import all_places, distance, draw
from awardspider.sandbox.schedule import Flight, aircraft_name, carrier_names

CABIN_KEYS = {Cabin.ECONOMY: "ECONOMY", Cabin.PREMIUM_ECONOMY: "PREMIUM", Cabin.BUSINESS: "BUSINESS"}
# Name and code of each cabin's product for saver seats, then of its product for other seats.
PRODUCTS = {
    Cabin.ECONOMY: (("ECONOMY BONUS", "AWDEB"), ("FLEX", "NEUEF")),
    Cabin.PREMIUM_ECONOMY: (("PREMIUM BONUS", "AWDPB"), ("PREMIUM FLEX", "NEUPF")),
    Cabin.BUSINESS: (("BUSINESS BONUS", "AWDBB"), ("BUSINESS", "NEUBF")),
}
# Booking classes for saver seats and for other seats.
CLASSES = {Cabin.ECONOMY: "XE", Cabin.PREMIUM_ECONOMY: "AY", Cabin.BUSINESS: "IC"}
LONG_HAUL_MILES = 2400


def shown_offers(offers: list[Offer]) -> list[Offer]:
    """Return the offers as SAS shows them: a standard award (saver) has no cash price."""
    return [replace(offer, cash=None) if offer.saver else offer for offer in offers]


def offers_json(offers: Sequence[Offer], party: Mapping[str, int], tariff: Tariff, *, points: bool) -> Json:
    """Build the response, with prices for all travelers, in points if `points` is true, otherwise in cash."""
    numbers = count(1)
    flights = {
        f"F{index}": _flight(index, group, party, tariff, numbers, points)
        for index, group in enumerate(group_by_itinerary(offers))
    }
    return {
        "bookingFlow": "POINTS" if points else "REVENUE",
        "tripType": "O",
        "currency": {"code": tariff.currency},
        "outboundFlights": flights,
    }


def _flight(
    index: int, offers: list[Offer], party: Mapping[str, int], tariff: Tariff, numbers: Iterator[int], points: bool
) -> Json:
    itinerary = offers[0].itinerary
    times = itinerary.times(offers[0].ordinal)
    cabins: Json = {}
    for offer in reversed(offers):
        for (name, code), price, saver in _products(offer):
            product = {
                "productName": name,
                "productCode": code,
                **({"isStandardAward": True} if saver else {}),
                "price": _party_price(price, party, tariff, points),
                "fares": [_fare(offer, position, code, saver=saver) for position in range(len(itinerary.flights))],
            }
            products = cabins.setdefault(CABIN_KEYS[offer.cabin], {}).setdefault(name, {"products": {}})["products"]
            products[f"O_{next(numbers)}"] = product
    return {
        "id": index,
        "origin": _airport(itinerary.airports[0]),
        "destination": _airport(itinerary.airports[-1]),
        "connectionDuration": _clock(itinerary.minutes),
        **_moment("startTime", times[0][0]),
        **_moment("endTime", times[-1][1]),
        "stops": itinerary.stop_count,
        "segments": [
            _segment(position, flight, *ends)
            for position, (flight, ends) in enumerate(zip(itinerary.flights, times, strict=True))
        ],
        "cabins": cabins,
    }


def _segment(position: int, flight: Flight, departs: datetime, arrives: datetime) -> Json:
    segment: Json = {
        "id": 11 + position,
        **_moment("departureDateTime", departs),
        **_moment("arrivalDateTime", arrives),
        "departureAirport": _airport(flight.origin),
        "arrivalAirport": _airport(flight.destination),
        "airCraft": {"code": flight.aircraft, "name": aircraft_name(flight.aircraft)},
        "flightNumber": str(flight.number),
        "duration": _clock(flight.block),
        "marketingCarrier": {"code": flight.carrier, "name": carrier_names()[flight.carrier]},
        "numberOfStops": int(flight.via is not None),
    }
    if flight.operator_name is not None:
        segment["operatingCarrier"] = {"code": flight.operator_code, "name": flight.operator_name}
    return segment


def _products(offer: Offer) -> Iterator[tuple[tuple[str, str], Json, bool]]:
    """Yield each product's name and code, price and saver flag. Saver seats also have a second, expensive product."""
    saver, other = PRODUCTS[offer.cabin]
    price = {
        "points": offer.regular_miles,
        "after": offer.miles,
        "cents": offer.taxes + offer.fee,
        "cash": offer.cash or 0,
        "standard_award": offer.saver,
    }
    yield (saver if offer.saver else other), price, offer.saver
    if offer.saver:
        points, cash = offer.regular_miles * 3 + 121, price["cash"] * 2
        yield other, {**price, "points": points, "after": points, "cash": cash, "standard_award": False}, False


def _party_price(price: Json, party: Mapping[str, int], tariff: Tariff, points: bool) -> Json:
    """Build the total for all travelers, and the price for one passenger of each type."""
    per_type = [
        {"type": kind, "numberCount": number, "price": _price(price, 1, tariff, points)}
        for kind, number in party.items()
    ]
    return {**_price(price, sum(party.values()), tariff, points), "pricePerPassengerType": per_type}


def _price(price: Json, travelers: int, tariff: Tariff, points: bool) -> Json:
    """Build a price. `totalPrice` is the cash price of the same flights; for a standard award it is the tax."""
    tax, cash = tariff.charge(price["cents"]), tariff.charge(price["cash"] * 100)
    if points and price["standard_award"]:
        cash = tax
    amounts: Json = {
        "currency": tariff.currency,
        "totalTax": tax * travelers / 100,
        "totalPrice": cash * travelers / 100,
    }
    if not points:
        return amounts
    return amounts | {
        "points": price["points"] * travelers,
        "pointsAfterDiscount": price["after"] * travelers,
        "discountedPoints": (price["points"] - price["after"]) * travelers,
        "credits": 0,
    }


def _fare(offer: Offer, position: int, code: str, *, saver: bool) -> Json:
    """Build one flight's booking class. `cabinClass` is M (economy), C (long-haul business) or Y (all others)."""
    cabin, flight = offer.cabins[position], offer.itinerary.flights[position]
    letter = CLASSES[cabin][0 if saver else 1]
    long_haul = distance(flight.origin, flight.destination) > LONG_HAUL_MILES
    cabin_class = "M" if cabin is Cabin.ECONOMY else "C" if cabin is Cabin.BUSINESS and long_haul else "Y"
    more = draw("seats", flight.name, offer.ordinal) % 3 if position else 0
    return {
        "segmentId": str(11 + position),
        "fareClass": f"{letter}DKO{code[-2:]}",
        "bookingClass": letter,
        "avlSeats": min(9, offer.seats + more),
        "cabinClass": cabin_class,
    }


def _airport(code: str) -> Json:
    return {"code": code, "name": all_places()[code].city}


def _moment(name: str, moment: datetime) -> Json:
    utc = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
    return {f"{name}InLocal": iso_milliseconds(moment), f"{name}InGmt": utc}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}:00"
