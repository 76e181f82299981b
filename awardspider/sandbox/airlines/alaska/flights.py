"""A day's flights as Alaska's results hold them: rows with segments, and a solution for each fare."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from awardspider.items import Cabin
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.market import Offer
from awardspider.sandbox.places import all_places, draw
from awardspider.sandbox.schedule import Flight, aircraft_name, carrier_names

Json = dict[str, Any]

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


def row(offers: list[Offer], travelers: int, award: bool) -> Json:
    """One itinerary with the fares of its offers; for money where `award` is False."""
    itinerary, ordinal = offers[0].itinerary, offers[0].ordinal
    legs = [leg for index in range(len(itinerary.flights)) for leg in _legs(itinerary, ordinal, index)]
    solutions: Json = {}
    for _, same_cabin in groupby(offers, key=lambda offer: offer.cabin):
        offer = next(same_cabin)  # seats of one cabin throughout come before those with a lower one on the way
        for key, percent in _fares(offer, award):
            solutions[key] = _solution(offer, percent, legs, travelers, award, key)
    return {
        "duration": itinerary.minutes,
        "origin": itinerary.stops[0],
        "destination": itinerary.stops[-1],
        "segments": [_segment(legs, position) for position in range(len(legs))],
        "solutions": solutions,
    }


# A flight with a landing on the way is two entries with one number.
Leg = tuple[Flight, int, str, datetime, str, datetime]


def _legs(itinerary: Itinerary, ordinal: int, index: int) -> list[Leg]:
    """Flight, its place in the itinerary, where from and when, where to and when."""
    flight, (leaves, arrives) = itinerary.flights[index], itinerary.times(ordinal)[index]
    landing = flight.landing(leaves.date())
    if landing is None:
        return [(flight, index, flight.origin, leaves, flight.destination, arrives)]
    via, down, up = landing
    return [(flight, index, flight.origin, leaves, via, down), (flight, index, via, up, flight.destination, arrives)]


def _segment(legs: list[Leg], position: int) -> Json:
    flight, _, origin, leaves, destination, arrives = legs[position]
    after = legs[position + 1][3] if position + 1 < len(legs) else None
    carrier = {
        "carrierCode": flight.carrier,
        "carrierFullName": carrier_names()[flight.carrier],
        "flightNumber": flight.number,
    }
    return {
        "publishingCarrier": carrier,
        "displayCarrier": dict(carrier),
        "departureStation": origin,
        "arrivalStation": destination,
        "departureTime": leaves.isoformat(),
        "arrivalTime": arrives.isoformat(),
        "duration": _minutes(leaves, arrives),
        "aircraft": f"{aircraft_name(flight.aircraft)} Passenger",
        "aircraftCode": flight.aircraft,
        "operationalDisclosure": f"Operated by {flight.operator_name}" if flight.operator_name else "",
        "amenities": [],
        "stopoverDuration": _minutes(arrives, after) if after else 0,
        "nextDayArrival": arrives.date() > leaves.date(),
    }


def _minutes(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds()) // 60


def _front(flight: Flight) -> str:
    """Over land and to Hawaii the front cabin is called First."""
    return "BUSINESS" if "P" in flight.cabins else "FIRST"


def _fares(offer: Offer, award: bool) -> list[tuple[str, int]]:
    """Keys of the fares of a cabin, and their price in percent of the lowest."""
    name = NAMES[offer.cabin]
    flights = offer.itinerary.flights
    if offer.cabin is Cabin.BUSINESS and not any(_front(flight) == "BUSINESS" for flight in flights):
        name = "FIRST"
    if any(flight.carrier not in OWN for flight in flights):
        return [(f"REFUNDABLE_PARTNER_{name}", 100)]
    chance = draw("fares", flights[0].name, offer.ordinal)
    if name == "MAIN" and (not award or chance % 6 == 0):
        return list(ALL_MAIN)
    return [(name, 100), (f"REFUNDABLE_{name}", 137)] if not award else [(f"REFUNDABLE_{name}", 100)]


def _solution(offer: Offer, percent: int, legs: list[Leg], travelers: int, award: bool, key: str) -> Json:
    flights = offer.itinerary.flights
    booked = ["COACH" if offer.cabins[leg[1]] is Cabin.ECONOMY else _aboard(flights, leg, offer) for leg in legs]
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
        "isDiscounted": award and offer.percent > 0,
        "refundable": key.startswith("REFUNDABLE"),
        "cabins": booked,
        "bookingCodes": [BOOKING_CODES[cabin] for cabin in booked],
    }


def _aboard(flights: tuple[Flight, ...], leg: Leg, offer: Offer) -> str:
    cabin = offer.cabins[leg[1]]
    if cabin is Cabin.PREMIUM_ECONOMY:
        return "PREMIUM"
    return "FIRST" if cabin is Cabin.FIRST else _front(flights[leg[1]])


def knows(*codes: str) -> bool:
    return all(code in all_places() for code in codes)
