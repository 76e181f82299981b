"""The JSON for one itinerary in Alaska's results: a row with its segments and a solution for each fare."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines._flights import Leg, legs_of_flight, operator_name
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import draw
from awardspider.sandbox.schedule import Flight, aircraft_name, carrier_names
from awardspider.values import elapsed

OWN = ("AS", "HA")
BOOKING_CODES = {"COACH": "X", "PREMIUM": "W", "FIRST": "A", "BUSINESS": "I"}
POINTS_IN_CASH_MODE = -1
ALL_MAIN = (("SAVER", 100), ("MAIN", 118), ("REFUNDABLE_MAIN", 137))
NAMES = {
    Cabin.ECONOMY: "MAIN",
    Cabin.PREMIUM_ECONOMY: "PREMIUM",
    Cabin.BUSINESS: "BUSINESS",
    Cabin.FIRST: "FIRST",
}


class Segment(NamedTuple):
    """A leg, its flight, and the flight's position in the itinerary."""

    leg: Leg
    flight: Flight
    position: int


def row(offers: list[Offer], travelers: int, award: bool) -> Json:
    """Build one itinerary with the fares of each offer, in points if `award` is true, otherwise in dollars."""
    itinerary = offers[0].itinerary
    segments = [
        Segment(leg, flight, position)
        for position, (flight, times) in enumerate(
            zip(itinerary.flights, itinerary.times(offers[0].ordinal), strict=True)
        )
        for leg in legs_of_flight(flight, *times)
    ]
    solutions: Json = {}
    for offer in offers:
        for key, percent in _fares(offer, award):
            solutions[key] = _solution(offer, percent, segments, travelers, award, key)
    return {
        "duration": itinerary.minutes,
        "origin": itinerary.airports[0],
        "destination": itinerary.airports[-1],
        "segments": [_segment(segments, position) for position in range(len(segments))],
        "solutions": solutions,
    }


def _segment(segments: list[Segment], position: int) -> Json:
    leg, flight, _ = segments[position]
    following = segments[position + 1].leg if position + 1 < len(segments) else None
    carrier = {
        "carrierCode": flight.carrier,
        "carrierFullName": carrier_names()[flight.carrier],
        "flightNumber": flight.number,
    }
    return {
        "publishingCarrier": carrier,
        "displayCarrier": dict(carrier),
        "departureStation": leg.origin,
        "arrivalStation": leg.destination,
        "departureTime": leg.departs.isoformat(),
        "arrivalTime": leg.arrives.isoformat(),
        "duration": leg.minutes,
        "aircraft": f"{aircraft_name(flight.aircraft)} Passenger",
        "aircraftCode": flight.aircraft,
        "operationalDisclosure": f"Operated by {'Alaska' if flight.operator_code == 'AS' else operator_name(flight)}",
        "amenities": [],
        "stopoverDuration": elapsed(leg.arrives, following.departs) // timedelta(minutes=1) if following else 0,
        "nextDayArrival": leg.arrives.date() > leg.departs.date(),
    }


def _front_cabin(flight: Flight) -> str:
    """Return a flight's front cabin: business if it has premium economy; else first (North America and Hawaii)."""
    return "BUSINESS" if "P" in flight.cabins else "FIRST"


def _fares(offer: Offer, award: bool) -> list[tuple[str, int]]:
    """Return the keys of a cabin's fares, each with its price as a percentage of the lowest fare."""
    name = NAMES[offer.cabin]
    flights = offer.itinerary.flights
    if offer.cabin is Cabin.BUSINESS and not any(_front_cabin(flight) == "BUSINESS" for flight in flights):
        name = "FIRST"
    if any(flight.carrier not in OWN for flight in flights):
        return [(f"REFUNDABLE_PARTNER_{name}", 100)]
    chance = draw("fares", flights[0].name, offer.ordinal)
    if name == "MAIN" and (not award or chance % 6 == 0):
        return list(ALL_MAIN)
    return [(name, 100), (f"REFUNDABLE_{name}", 137)] if not award else [(f"REFUNDABLE_{name}", 100)]


def _solution(offer: Offer, percent: int, segments: list[Segment], travelers: int, award: bool, key: str) -> Json:
    cabins = [_cabin(offer.cabins[segment.position], segment.flight) for segment in segments]
    points = -(-offer.miles * percent // 50_000) * 500 if percent > 100 else offer.miles
    cents = offer.taxes + offer.fee if award else (offer.cash or 0) * percent + 40
    return {
        "atmosPoints": points if award else POINTS_IN_CASH_MODE,
        "milesPoints": None,
        "grandTotal": cents / 100,
        "allPaxTotal": cents * travelers / 100,
        "allPaxPoints": points * travelers if award else POINTS_IN_CASH_MODE,
        "seatsRemaining": offer.seats,
        "mixedCabin": offer.mixed,
        "isDiscounted": award and offer.discount_percent > 0,
        "refundable": key.startswith("REFUNDABLE"),
        "cabins": cabins,
        "bookingCodes": [BOOKING_CODES[cabin] for cabin in cabins],
    }


def _cabin(cabin: Cabin, flight: Flight) -> str:
    names = {Cabin.ECONOMY: "COACH", Cabin.PREMIUM_ECONOMY: "PREMIUM", Cabin.FIRST: "FIRST"}
    return names.get(cabin) or _front_cabin(flight)
