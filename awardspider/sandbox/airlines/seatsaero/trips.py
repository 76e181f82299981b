"""The trips behind a row: every itinerary that the program sells that day, with its flights.

Times are local to the airports although they end in Z, as seats.aero writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from awardspider.programs import all_programs
from awardspider.sandbox.airlines.seatsaero.names import opaque
from awardspider.sandbox.airlines.seatsaero.rows import Key, cabin_percent, moments, seats_told, taxes_in, written
from awardspider.sandbox.airlines.seatsaero.sources import AEROPLAN_LINK, BY_KEY, LETTERS, NAMES, Source
from awardspider.sandbox.clock import day_of
from awardspider.sandbox.market import Market, Offer
from awardspider.sandbox.places import all_places, distance, draw
from awardspider.sandbox.schedule import aircraft_name

Json = dict[str, Any]

WORDS = {LETTERS[letter]: name for name, letter in NAMES.items()}
SYMBOLS = {"USD": "$", "CAD": "CA$", "EUR": "€", "GBP": "£", "DKK": "kr", "SEK": "kr", "NOK": "kr", "": "$"}
CLASSES = {"economy": "X", "premium": "N", "business": "I", "first": "O"}
# What is left out where a client asks for short trips.
LONG_FIELDS = ("RouteID", "AllianceCost", "TotalSegmentDistance", "TaxesCurrencySymbol", "CreatedAt")


def trips(key: Key, market: Market, step: int, *, percent: int, filtered: bool) -> Iterator[Json]:
    """The trips of a row; `filtered` brings those too that the price filter hides, and says so."""
    source = BY_KEY[key.source]
    for offer in market.offers(key.origin, key.destination, key.ordinal, 1, step):
        share = cabin_percent(offer.itinerary.stops, offer.cabins, offer.cabin)
        hidden = offer.miles > source.most(offer.cabin, offer.itinerary.minutes)
        if offer.cabin in source.columns and share >= percent and (filtered or not hidden):
            yield _trip(key, market, offer, step, share) | ({"Filtered": hidden} if filtered else {})


def _trip(key: Key, market: Market, offer: Offer, step: int, share: int) -> Json:
    source = BY_KEY[key.source]
    itinerary, times = offer.itinerary, offer.itinerary.times(offer.ordinal)
    created, updated = moments(key, step, market.tariff.window_days)
    currency, rate = taxes_in(source, key.origin)
    flights = itinerary.flights
    trip_id = opaque("trip", key.id, offer.cabin, offer.mixed, *(flight.name for flight in flights))
    shared = {"CreatedAt": written(created), "UpdatedAt": written(updated), "Source": key.source}
    ids = {"RouteID": key.route_id, "AvailabilityID": key.id, "AvailabilityTripID": trip_id}
    segments = []
    for order, (flight, (leaves, arrives), cabin) in enumerate(zip(flights, times, offer.cabins, strict=True)):
        told: Json = {
            "ID": opaque("segment", trip_id, order),
            **ids,
            "FlightNumber": flight.name,
            "Distance": distance(flight.origin, flight.destination),
            "FareClass": CLASSES[WORDS[cabin]],
            "AircraftName": aircraft_name(flight.aircraft),
            "AircraftCode": flight.aircraft,
            "OriginAirport": flight.origin,
            "DestinationAirport": flight.destination,
            "DepartsAt": _local(leaves),
            "ArrivesAt": _local(arrives),
            **shared,
            "Cabin": WORDS[cabin],
            "Order": order,
        }
        if key.source == "emirates" and len(flights) > 1:  # its connections may lack fields
            told |= {"FareClass": "", "AircraftName": "", "AircraftCode": ""}
        segments.append(told)
    trip: Json = {
        "ID": trip_id,
        "RouteID": key.route_id,
        "AvailabilityID": key.id,
        "AvailabilitySegments": segments,
        "TotalDuration": itinerary.minutes,
        "Stops": itinerary.landings,
        "Carriers": ", ".join(dict.fromkeys(flight.carrier for flight in flights)),
        "RemainingSeats": seats_told(source, offer.seats),
        "MileageCost": offer.miles,
        "TotalTaxes": round(offer.taxes * rate) if source.taxes else 0,
        "TaxesCurrency": currency,
        "TaxesCurrencySymbol": SYMBOLS[currency],
        "AllianceCost": offer.miles,
        "TotalSegmentDistance": sum(segment["Distance"] for segment in segments),
        "FlightNumbers": ", ".join(flight.name for flight in flights),
        "DepartsAt": _local(times[0][0]),
        "ArrivesAt": _local(times[-1][1]),
        "Cabin": WORDS[offer.cabin],
        **shared,
    }
    return trip | ({"MixedCabinPct": 100 - share} if share < 100 else {})


def short(trip: Json) -> Json:
    """A trip with fewer fields, and without its flights."""
    return {key: value for key, value in trip.items() if key not in (*LONG_FIELDS, "AvailabilitySegments")}


def around(key: Key, found: list[Json]) -> Json:
    """The whole answer about a row's trips."""
    return {
        "data": found,
        "origin_coordinates": _coordinates(key.origin),
        "destination_coordinates": _coordinates(key.destination),
        "booking_links": list(_links(BY_KEY[key.source], key)),
        **({"revalidation_id": opaque("again", key.id)} if draw("again", key.id) % 2 else {}),
    }


def _links(source: Source, key: Key) -> Iterator[Json]:
    day = day_of(key.ordinal)
    site = all_programs()[source.program].site if source.program in all_programs() else "https://seats.aero"
    link = source.link.format(key.origin, key.destination, day) if source.link else site
    yield {"label": f"Book via {source.name}", "link": link, "primary": True}
    if source.key != "aeroplan" and {key.origin, key.destination} & {"YYZ", "YUL", "YVR", "FRA", "MUC"}:
        other = AEROPLAN_LINK.format(key.origin, key.destination, day)
        yield {"label": "Book via Aeroplan", "link": other, "primary": False}


def _coordinates(code: str) -> Json:
    place = all_places()[code]
    return {"Lat": round(place.latitude, 2), "Lon": round(place.longitude, 2)}


def _local(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
