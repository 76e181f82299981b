"""The JSON for one itinerary in JetBlue's search: a product offer with an offer for each brand."""

from __future__ import annotations

from datetime import datetime

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines._flights import layovers, local_time
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import distance, draw
from awardspider.sandbox.schedule import Flight

OWN = "B6"
CABIN_NAMES = {
    Cabin.ECONOMY: "Economy",
    Cabin.PREMIUM_ECONOMY: "Premium",
    Cabin.BUSINESS: "Business",
    Cabin.FIRST: "First",
}
# JetBlue's brands by cabin: id, price in percent of the cabin's lowest, booking class, end of the fare basis.
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
LOW_AVAILABILITY_SEATS = 3


def product_offer(itinerary: Itinerary, offers: list[Offer], ordinal: int, index: int) -> Json:
    """Build one itinerary; `index` is its position in the response. Without offers every brand is sold out."""
    part = _part(itinerary, ordinal, index)
    return {"originAndDestination": [part], "offers": list(_offers(itinerary, offers, ordinal, index))}


def _part(itinerary: Itinerary, ordinal: int, index: int) -> Json:
    times = itinerary.times(ordinal)
    departs, arrives = times[0][0], times[-1][1]
    segments = [
        _segment(flight, *ends, layover)
        for flight, ends, layover in zip(itinerary.flights, times, layovers(times), strict=True)
    ]
    return {
        "type": "ItineraryPart",
        "@id": str(index * 10 + 1),
        "originDestinationType": "NONSTOP"
        if not itinerary.stop_count
        else "CONNECTING"
        if len(times) > 1
        else "DIRECT",
        "stops": itinerary.stop_count,
        "totalDuration": itinerary.minutes,
        "departure": _endpoint(departs, itinerary.airports[0]),
        "arrival": _endpoint(arrives, itinerary.airports[-1]),
        "arrivalDateOffset": arrives.toordinal() - departs.toordinal(),
        "awardBooking": True,
        "isQuickest": index == 0,
        "flightSegments": [segment | {"@id": str(index * 10 + 2 + place)} for place, segment in enumerate(segments)],
    }


def _segment(flight: Flight, departs: datetime, arrives: datetime, layover: int) -> Json:
    return {
        "type": "Segment",
        "segmentType": "JETBLUE" if flight.carrier == OWN else "PARTNER",
        "duration": flight.block,
        "cabinClass": "Economy",
        "layoverDuration": layover,
        "departure": _endpoint(departs, flight.origin),
        "arrival": _endpoint(arrives, flight.destination),
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
        "arrivalDateOffset": arrives.toordinal() - departs.toordinal(),
        "awardFare": True,
    }


def _endpoint(moment: datetime, airport: str) -> Json:
    return {
        "date": local_time(moment),
        "airport": airport,
        "terminal": str(1 + draw("terminal", OWN, airport) % 7),
    }


def _offers(itinerary: Itinerary, offers: list[Offer], ordinal: int, index: int) -> list[Json]:
    """Return the brands of one offer in each cabin.

    The inventory's offer becomes the lowest brand. More expensive brands, or all economy brands, can be sold out.
    """
    chance = draw("brands", itinerary.flights[0].name, ordinal)
    brands: list[Json] = []
    cabins: set[Cabin] = set()
    partner = any(flight.carrier != OWN for flight in itinerary.flights)
    for offer in offers:
        cabins.add(offer.cabin)
        if partner:
            brands.append(_offer(PARTNER_BRANDS[offer.cabin], offer, 100, offer.cabin.value[0].upper(), "AWD", index))
            continue
        for number, (brand, percent, code, basis) in enumerate(BRANDS[offer.cabin]):
            if number and (chance >> number) % 8 == 0:
                brands.append(_sold_out(brand, offer.cabin))
            else:
                brands.append(_offer(brand, offer, percent, code, basis, index))
    if Cabin.ECONOMY not in cabins and not partner:
        brands = [_sold_out(brand, Cabin.ECONOMY) for brand, *_ in BRANDS[Cabin.ECONOMY]] + brands
    return brands


def _offer(brand: str, offer: Offer, percent: int, code: str, basis: str, index: int) -> Json:
    cents = offer.taxes + offer.fee
    reference = f"#/data/searchResults/0/productOffers/{index}/originAndDestination/0/flightSegments"
    return {
        "brand": {"brandId": brand},
        "cabinClass": CABIN_NAMES[offer.cabin],
        "soldOut": False,
        "seatsRemaining": {"count": offer.seats, "lowAvailability": offer.seats <= LOW_AVAILABILITY_SEATS},
        "price": [
            {"amount": _points(offer.miles, percent), "currency": "FFCURRENCY"},
            {"amount": cents / 100, "currency": "USD"},
        ],
        "offerSegmentInfo": [
            {
                "cabinClass": CABIN_NAMES[cabin],
                "bookingClass": code if cabin is offer.cabin else "L",
                "fareBasis": f"{code}I{2 + offer.ordinal % 4}AU{basis}",
                "ref": {"flightSegment": {"$ref": f"{reference}/{position}"}},
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
    """Return a brand's price: `miles` for the lowest; otherwise rounded to 100 and at least 100 above `miles`."""
    return miles if percent == 100 else max((miles * percent // 100 + 50) // 100 * 100, miles + 100)
