"""A day's flights as JetBlue's search tells them: a product offer for each itinerary, an offer in it for each brand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from awardspider.items import Cabin
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.market import Offer
from awardspider.sandbox.places import distance, draw
from awardspider.sandbox.schedule import Flight

Json = dict[str, Any]

OWN = "B6"
CABIN_NAMES = {
    Cabin.ECONOMY: "Economy",
    Cabin.PREMIUM_ECONOMY: "Premium",
    Cabin.BUSINESS: "Business",
    Cabin.FIRST: "First",
}
# Brands of JetBlue's own cabins with their prices in percent of the lowest, their class and the end of the fare basis.
BRANDS: dict[Cabin, tuple[tuple[str, int, str, str], ...]] = {
    Cabin.ECONOMY: (
        ("DN", 100, "L", "EY1"),
        ("AN", 106, "W", "EY5"),
        ("GR", 137, "W", "EY9"),
        ("DE", 150, "N", "EN1"),
        ("EN", 165, "N", "EN5"),
        ("ER", 199, "N", "EN9"),
    ),
    Cabin.BUSINESS: (("MN", 100, "C", "EJ5"), ("MR", 114, "C", "EJ9")),
}
PARTNER_BRANDS = {Cabin.ECONOMY: "A2", Cabin.PREMIUM_ECONOMY: "W2", Cabin.BUSINESS: "J2", Cabin.FIRST: "Z2"}
LOW = 3


def product_offer(itinerary: Itinerary, offers: list[Offer], ordinal: int, index: int) -> Json:
    """One itinerary; `index` is its place in the answer. Without offers everything on it is sold out."""
    part = _part(itinerary, ordinal, index)
    return {"originAndDestination": [part], "offers": list(_offers(itinerary, offers, ordinal, index))}


def _part(itinerary: Itinerary, ordinal: int, index: int) -> Json:
    times = itinerary.times(ordinal)
    leaves, arrives = times[0][0], times[-1][1]
    segments = [_segment(itinerary.flights[position], times, position) for position in range(len(times))]
    return {
        "type": "ItineraryPart",
        "@id": str(index * 10 + 1),
        "originDestinationType": "NONSTOP" if not itinerary.landings else "CONNECTING" if len(times) > 1 else "DIRECT",
        "stops": itinerary.landings,
        "totalDuration": itinerary.minutes,
        "departure": _end(leaves, itinerary.stops[0]),
        "arrival": _end(arrives, itinerary.stops[-1]),
        "arrivalDateOffset": arrives.toordinal() - leaves.toordinal(),
        "awardBooking": True,
        "isQuickest": index == 0,
        "flightSegments": [segment | {"@id": str(index * 10 + 2 + place)} for place, segment in enumerate(segments)],
    }


def _segment(flight: Flight, times: list[tuple[datetime, datetime]], position: int) -> Json:
    leaves, arrives = times[position]
    wait = (times[position + 1][0] - arrives).total_seconds() if position + 1 < len(times) else 0
    return {
        "type": "Segment",
        "segmentType": "JETBLUE" if flight.carrier == OWN else "PARTNER",
        "duration": flight.block,
        "cabinClass": "Economy",
        "layoverDuration": int(wait) // 60,
        "departure": _end(leaves, flight.origin),
        "arrival": _end(arrives, flight.destination),
        "flightInfo": {
            "marketingAirlineCode": flight.carrier,
            "marketingFlightNumber": flight.number,
            "operatingAirlineCode": flight.operator_code,
            "operatingFlightNumber": flight.number,
        },
        "aircraft": flight.aircraft,
        "aircraftCode": flight.aircraft,
        "distance": distance(flight.origin, flight.destination),
        "stopAirport": [flight.via] if flight.via else [],
        "arrivalDateOffset": arrives.toordinal() - leaves.toordinal(),
        "awardFare": True,
    }


def _end(moment: datetime, airport: str) -> Json:
    """Local time, without an offset."""
    return {
        "date": f"{moment:%Y-%m-%dT%H:%M:%S}",
        "airport": airport,
        "terminal": str(1 + draw("terminal", OWN, airport) % 7),
    }


def _offers(itinerary: Itinerary, offers: list[Offer], ordinal: int, index: int) -> list[Json]:
    """All brands of each cabin for sale; of a cabin with seats on all flights not also the mixed ones.

    What the world offers is the lowest brand. A dearer brand can be sold out, and so can all of economy.
    """
    chance = draw("brands", itinerary.flights[0].name, ordinal)
    told: list[Json] = []
    sold: set[Cabin] = set()
    partner = any(flight.carrier != OWN for flight in itinerary.flights)
    for offer in offers:
        if offer.cabin in sold:
            continue
        sold.add(offer.cabin)
        if partner:
            told.append(_offer(PARTNER_BRANDS[offer.cabin], offer, 100, offer.cabin.value[0].upper(), "AWD", index))
            continue
        for number, (brand, percent, code, basis) in enumerate(BRANDS[offer.cabin]):
            if number and (chance >> number) % 8 == 0:
                told.append(_sold_out(brand, offer.cabin))
            else:
                told.append(_offer(brand, offer, percent, code, basis, index))
    if Cabin.ECONOMY not in sold and not partner:
        told = [_sold_out(brand, Cabin.ECONOMY) for brand, *_ in BRANDS[Cabin.ECONOMY]] + told
    return told


def _offer(brand: str, offer: Offer, percent: int, code: str, basis: str, index: int) -> Json:
    cents = offer.taxes + offer.fee
    place = f"#/data/searchResults/0/productOffers/{index}/originAndDestination/0/flightSegments"
    return {
        "brand": {"brandId": brand},
        "cabinClass": CABIN_NAMES[offer.cabin],
        "soldOut": False,
        "seatsRemaining": {"count": offer.seats, "lowAvailability": offer.seats <= LOW},
        "price": [
            {"amount": _points(offer.miles, percent), "currency": "FFCURRENCY"},
            {"amount": cents / 100, "currency": "USD"},
        ],
        "offerSegmentInfo": [
            {
                "cabinClass": CABIN_NAMES[cabin],
                "bookingClass": code if cabin is offer.cabin else "L",
                "fareBasis": f"{code}I{2 + offer.ordinal % 4}AU{basis}",
                "ref": {"flightSegment": {"$ref": f"{place}/{position}"}},
            }
            for position, cabin in enumerate(offer.cabins)
        ],
    }


def _sold_out(brand: str, cabin: Cabin) -> Json:
    return {
        "brand": {"brandId": brand},
        "cabinClass": CABIN_NAMES[cabin],
        "soldOut": True,
        "seatsRemaining": {"count": 0, "lowAvailability": True},
        "price": [],
        "offerSegmentInfo": [],
    }


def _points(miles: int, percent: int) -> int:
    """A dearer brand, to the next hundred points, and at least a hundred above the lowest."""
    return miles if percent == 100 else max((miles * percent // 100 + 50) // 100 * 100, miles + 100)
