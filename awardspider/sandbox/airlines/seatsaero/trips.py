"""A row's trips: every itinerary that the program sells on that day, with its flights.

As on seats.aero, times are local to the airports although they end in Z.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from awardspider.programs import all_programs
from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines._flights import local_time
from awardspider.sandbox.airlines.seatsaero.ids import opaque_id
from awardspider.sandbox.airlines.seatsaero.rows import (
    RowKey,
    cabin_percent,
    format_time,
    seen_times,
    shown_seats,
    tax_currency,
)
from awardspider.sandbox.airlines.seatsaero.sources import AEROPLAN_LINK, BY_KEY, LETTERS, NAMES, Source
from awardspider.sandbox.inventory import Inventory, Offer
from awardspider.sandbox.places import all_places, distance, draw
from awardspider.sandbox.schedule import aircraft_name

CABIN_NAMES = {LETTERS[letter]: name for name, letter in NAMES.items()}
SYMBOLS = {"USD": "$", "CAD": "CA$", "EUR": "€", "GBP": "£", "DKK": "kr", "SEK": "kr", "NOK": "kr", "": "$"}
CLASSES = {"economy": "X", "premium": "N", "business": "I", "first": "O"}
# Fields that short trips leave out.
LONG_FIELDS = (
    "RouteID", "AllianceCost", "TotalSegmentDistance", "TaxesCurrencySymbol", "CreatedAt", "AvailabilitySegments",
)  # fmt: skip


def trips(key: RowKey, inventory: Inventory, step: int, *, percent: int, filtered: bool) -> Iterator[Json]:
    """Yield a row's trips. If `filtered` is true, include those that the price filter hides, and add `Filtered`."""
    source = BY_KEY[key.source]
    for offer in inventory.offers(key.origin, key.destination, key.ordinal, 1, step):
        share = cabin_percent(offer.itinerary.airports, offer.cabins, offer.cabin)
        hidden = offer.miles > source.max_miles(offer.cabin, offer.itinerary.minutes)
        if offer.cabin in source.columns and share >= percent and (filtered or not hidden):
            yield _trip(key, inventory, offer, step, share) | ({"Filtered": hidden} if filtered else {})


def _trip(key: RowKey, inventory: Inventory, offer: Offer, step: int, share: int) -> Json:
    source = BY_KEY[key.source]
    itinerary, times = offer.itinerary, offer.itinerary.times(offer.ordinal)
    created, updated = seen_times(key, step, inventory.tariff.window_days)
    currency, rate = tax_currency(source, key.origin)
    flights = itinerary.flights
    trip_id = opaque_id("trip", key.id, offer.cabin, offer.mixed, *(flight.name for flight in flights))
    shared = {"CreatedAt": format_time(created), "UpdatedAt": format_time(updated), "Source": key.source}
    ids = {"RouteID": key.route_id, "AvailabilityID": key.id, "AvailabilityTripID": trip_id}
    segments = []
    for order, (flight, (departs, arrives), cabin) in enumerate(zip(flights, times, offer.cabins, strict=True)):
        segment: Json = {
            "ID": opaque_id("segment", trip_id, order),
            **ids,
            "FlightNumber": flight.name,
            "Distance": distance(flight.origin, flight.destination),
            "FareClass": CLASSES[CABIN_NAMES[cabin]],
            "AircraftName": aircraft_name(flight.aircraft),
            "AircraftCode": flight.aircraft,
            "OriginAirport": flight.origin,
            "DestinationAirport": flight.destination,
            "DepartsAt": f"{local_time(departs)}Z",
            "ArrivesAt": f"{local_time(arrives)}Z",
            **shared,
            "Cabin": CABIN_NAMES[cabin],
            "Order": order,
        }
        if key.source == "emirates" and len(flights) > 1:  # this program's connecting flights can have empty fields
            segment |= {"FareClass": "", "AircraftName": "", "AircraftCode": ""}
        segments.append(segment)
    trip: Json = {
        "ID": trip_id,
        "RouteID": key.route_id,
        "AvailabilityID": key.id,
        "AvailabilitySegments": segments,
        "TotalDuration": itinerary.minutes,
        "Stops": itinerary.stop_count,
        "Carriers": ", ".join(dict.fromkeys(flight.carrier for flight in flights)),
        "RemainingSeats": shown_seats(source, offer.seats),
        "MileageCost": offer.miles,
        "TotalTaxes": round(offer.taxes * rate) if source.taxes else 0,
        "TaxesCurrency": currency,
        "TaxesCurrencySymbol": SYMBOLS[currency],
        "AllianceCost": offer.miles,
        "TotalSegmentDistance": sum(segment["Distance"] for segment in segments),
        "FlightNumbers": ", ".join(flight.name for flight in flights),
        "DepartsAt": f"{local_time(times[0][0])}Z",
        "ArrivesAt": f"{local_time(times[-1][1])}Z",
        "Cabin": CABIN_NAMES[offer.cabin],
        **shared,
    }
    return trip | ({"MixedCabinPct": 100 - share} if share < 100 else {})


def short_trip(trip: Json) -> Json:
    """Return a trip with fewer fields and without its flights."""
    return {key: value for key, value in trip.items() if key not in LONG_FIELDS}


def trips_json(key: RowKey, row_trips: list[Json]) -> Json:
    """Build the response with a row's trips."""
    return {
        "data": row_trips,
        "origin_coordinates": _coordinates(key.origin),
        "destination_coordinates": _coordinates(key.destination),
        "booking_links": list(_links(BY_KEY[key.source], key)),
        **({"revalidation_id": opaque_id("again", key.id)} if draw("again", key.id) % 2 else {}),
    }


def _links(source: Source, key: RowKey) -> Iterator[Json]:
    day = date.fromordinal(key.ordinal)
    site = all_programs()[source.program].site if source.program in all_programs() else "https://seats.aero"
    link = source.link.format(key.origin, key.destination, day) if source.link else site
    yield {"label": f"Book via {source.name}", "link": link, "primary": True}
    if source.key != "aeroplan" and {key.origin, key.destination} & {"YYZ", "YUL", "YVR", "FRA", "MUC"}:
        other = AEROPLAN_LINK.format(key.origin, key.destination, day)
        yield {"label": "Book via Aeroplan", "link": other, "primary": False}


def _coordinates(code: str) -> Json:
    place = all_places()[code]
    return {"Lat": round(place.latitude, 2), "Lon": round(place.longitude, 2)}
