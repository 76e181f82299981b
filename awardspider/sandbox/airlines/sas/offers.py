"""The points offers of one day: itineraries under F0, F1, …, their products under cabin, name and O_1, O_2, …"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count, groupby
from typing import Any

from awardspider.items import Cabin
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.fares import Tariff
from awardspider.sandbox.market import Offer
from awardspider.sandbox.places import all_places, distance, draw
from awardspider.sandbox.schedule import Flight, aircraft_name, carrier_names

Json = dict[str, Any]
CABIN_KEYS = {Cabin.ECONOMY: "ECONOMY", Cabin.PREMIUM_ECONOMY: "PREMIUM", Cabin.BUSINESS: "BUSINESS"}
# Name and code of the product that sells saver seats, and of the one that sells the others.
PRODUCTS = {
    Cabin.ECONOMY: (("ECONOMY BONUS", "AWDEB"), ("FLEX", "NEUEF")),
    Cabin.PREMIUM_ECONOMY: (("PREMIUM BONUS", "AWDPB"), ("PREMIUM FLEX", "NEUPF")),
    Cabin.BUSINESS: (("BUSINESS BONUS", "AWDBB"), ("BUSINESS", "NEUBF")),
}
# Booking classes of saver seats and of others.
CLASSES = {Cabin.ECONOMY: "XE", Cabin.PREMIUM_ECONOMY: "AY", Cabin.BUSINESS: "IC"}
LONG_HAUL = 2400


def offers_json(offers: Sequence[Offer], party: Mapping[str, int], tariff: Tariff, *, points: bool) -> Json:
    """The whole answer: prices for the party, in points or (where the page did not ask for points) in money."""
    flights: Json = {}
    numbers = count(1)
    for index, (itinerary, found) in enumerate(groupby(offers, key=lambda offer: offer.itinerary)):
        flights[f"F{index}"] = _flight(index, itinerary, list(found), party, tariff, numbers, points)
    return {
        "bookingFlow": "POINTS" if points else "REVENUE",
        "tripType": "O",
        "currency": {"code": tariff.currency},
        "outboundFlights": flights,
    }


def _flight(
    index: int,
    itinerary: Itinerary,
    offers: list[Offer],
    party: Mapping[str, int],
    tariff: Tariff,
    numbers: Iterator[int],
    points: bool,
) -> Json:
    times = itinerary.times(offers[0].ordinal)
    cabins: Json = {}
    for offer in reversed(offers):
        for (name, code), price, saver in _products(offer):
            product = {
                "productName": name,
                "productCode": code,
                "price": _party_price(price, party, tariff, points),
                "fares": [
                    _fare(offer, position, code, saver=saver, long=distance(flight.origin, flight.destination))
                    for position, flight in enumerate(itinerary.flights)
                ],
            }
            products = cabins.setdefault(CABIN_KEYS[offer.cabin], {}).setdefault(name, {"products": {}})["products"]
            products[f"O_{next(numbers)}"] = product
    return {
        "id": index,
        "origin": _airport(itinerary.stops[0]),
        "destination": _airport(itinerary.stops[-1]),
        "connectionDuration": _clock(itinerary.minutes),
        **_moment("startTime", times[0][0]),
        **_moment("endTime", times[-1][1]),
        "stops": itinerary.landings,
        "segments": [
            _segment(position, flight, *both)
            for position, (flight, both) in enumerate(zip(itinerary.flights, times, strict=True))
        ],
        "cabins": cabins,
    }


def _segment(position: int, flight: Flight, leaves: datetime, arrives: datetime) -> Json:
    segment: Json = {
        "id": 11 + position,
        **_moment("departureDateTime", leaves),
        **_moment("arrivalDateTime", arrives),
        "departureAirport": _airport(flight.origin),
        "arrivalAirport": _airport(flight.destination),
        "airCraft": {"code": flight.aircraft, "name": aircraft_name(flight.aircraft)},
        "flightNumber": str(flight.number),
        "duration": _clock(flight.block),
        "marketingCarrier": {"code": flight.carrier, "name": carrier_names()[flight.carrier]},
        "numberOfStops": int(flight.via is not None),
    }
    if flight.operator_name is not None:  # only at times
        segment["operatingCarrier"] = {"code": flight.operator_code, "name": flight.operator_name}
    return segment


def _products(offer: Offer) -> Iterator[tuple[tuple[str, str], Json, bool]]:
    """Name and code, price and saver: the offer itself, and beside saver seats also the dearer product."""
    saver, other = PRODUCTS[offer.cabin]
    own = {"points": offer.before, "after": offer.miles, "cents": offer.taxes + offer.fee, "cash": offer.cash}
    yield (saver if offer.saver else other), own, offer.saver
    if offer.saver:
        dear = offer.before * 3 + 121
        yield other, {**own, "points": dear, "after": dear, "cash": (offer.cash or 0) * 2}, False


def _party_price(price: Json, party: Mapping[str, int], tariff: Tariff, points: bool) -> Json:
    """The totals of the party, and the price of one passenger of each type."""
    each = [
        {"type": kind, "numberCount": number, "price": _price(price, 1, tariff, points)}
        for kind, number in party.items()
    ]
    return {**_price(price, sum(party.values()), tariff, points), "pricePerPassengerType": each}


def _price(price: Json, travelers: int, tariff: Tariff, points: bool) -> Json:
    """`totalPrice` is what the same flights cost in money."""
    tax, cash = tariff.charge(price["cents"]), tariff.charge((price["cash"] or 0) * 100)
    money: Json = {
        "currency": tariff.currency,
        "totalTax": tax * travelers / 100,
        "totalPrice": cash * travelers / 100,
    }
    if not points:
        return money
    return money | {
        "points": price["points"] * travelers,
        "pointsAfterDiscount": price["after"] * travelers,
        "discountedPoints": (price["points"] - price["after"]) * travelers,
        "credits": 0,
    }


def _fare(offer: Offer, position: int, code: str, *, saver: bool, long: int) -> Json:
    """What one flight is booked in. The internal class misleads: Y is premium over the ocean and business in Europe."""
    cabin = offer.cabins[position]
    letter = CLASSES[cabin][0 if saver else 1]
    internal = "M" if cabin is Cabin.ECONOMY else "C" if cabin is Cabin.BUSINESS and long > LONG_HAUL else "Y"
    flight = offer.itinerary.flights[position]
    more = draw("seats", flight.name, offer.ordinal) % 3 if position else 0
    return {
        "segmentId": str(11 + position),
        "fareClass": f"{letter}DKO{code[-2:]}",
        "bookingClass": letter,
        "avlSeats": min(9, offer.seats + more),
        "cabinClass": internal,
    }


def _airport(code: str) -> Json:
    return {"code": code, "name": all_places()[code].city}


def _moment(name: str, moment: datetime) -> Json:
    local = moment.isoformat(timespec="milliseconds")
    return {f"{name}InLocal": local, f"{name}InGmt": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}:00"
