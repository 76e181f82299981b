"""Parse SAS EuroBonus: the award finder's days with seats (destinations/v1), and a day's flights priced in points.

Facts and sources: docs/sources/sas.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any

import msgspec

from awardspider.items import Cabin, Search, SearchKind, Segment
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._detection import detected_flights, none_if_unreadable, readable
from awardspider.parsers._flights import is_mixed
from awardspider.parsers._sas_finder import CALENDAR_PATHS, detect_calendar, parse_calendar
from awardspider.parsers._times import parse_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import float_or_none, money_or_none, positive_int, str_or_none
from awardspider.parsers._wire import (
    Contains,
    NotList,
    NotObject,
    Required,
    Wire,
    decode,
    decode_as,
    required_paths,
)

__all__ = ["PARSERS", "REQUIRED_PATHS", "decode", "detect"]

PROGRAM = "sas"

CABINS = {"ECONOMY": Cabin.ECONOMY, "PREMIUM": Cabin.PREMIUM_ECONOMY, "BUSINESS": Cabin.BUSINESS}

# A fare's `cabinClass`: "M" is always economy; "Y" is business in Europe or premium economy on long-haul flights.
ECONOMY_CLASS, PREMIUM_CLASS = "M", "Y"

DURATION = re.compile(r"(?:(\d+)\.)?(\d{1,3}):(\d\d)(?::\d\d)?")

Code = Annotated[str, msgspec.Meta(pattern=r"\S")]


class _Place(Wire):
    code: Code


class _Carrier(Wire):
    code: Any = None


class _Aircraft(Wire):
    code: Any = None
    name: Any = None


class _Segment(Wire):
    departure_date_time_in_local: str
    arrival_date_time_in_local: str
    departure_airport: _Place
    arrival_airport: _Place
    flight_number: str | int
    marketing_carrier: _Place
    id: Any = None
    operating_carrier: _Carrier | NotObject = None
    air_craft: _Aircraft | NotObject = None
    number_of_stops: Any = None


class _PassengerPrice(Wire):
    type: Any = None
    number_count: Any = None
    price: _Price | NotObject = None


class _Price(Wire):
    points: Required[Any] = None
    points_after_discount: Any = None
    total_tax: Any = None
    total_price: Any = None
    currency: Any = msgspec.UNSET
    price_per_passenger_type: list[_PassengerPrice | NotObject] | NotList = None


class _Fare(Wire):
    segment_id: Required[Any] = None
    booking_class: Any = None
    avl_seats: Any = None
    cabin_class: Any = None


class _Product(Wire):
    product_name: Any = None
    is_standard_award: Any = None
    price: Required[_Price | NotObject] = None
    fares: Required[list[_Fare | NotObject] | NotList] = None


class _ProductFamily(Wire):
    products: Required[dict[str, _Product | NotObject] | NotObject] = None


class _Flight(Wire):
    """An itinerary; `cabins` contains the products, keyed by cabin, product name and offer."""

    segments: list[_Segment]
    cabins: dict[str, dict[str, _ProductFamily | NotObject] | NotObject]
    connection_duration: Any = None


class _Offers(Wire):
    booking_flow: Required[Any] = None
    outbound_flights: Required[dict[str, Annotated[msgspec.Raw, Contains(_Flight)]] | list[msgspec.Raw] | None] = None


_OFFERS = msgspec.json.Decoder(_Offers)
_FLIGHT = msgspec.json.Decoder(_Flight)
REQUIRED_PATHS = {
    SearchKind.CALENDAR: CALENDAR_PATHS,
    SearchKind.ITINERARY: required_paths(_Offers, SearchKind.ITINERARY),
}


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse a day's flights; each product is an offer, priced per traveler."""
    flights = _flights(body)
    if flights is None:
        raise UnexpectedResponse("outboundFlights is missing")
    offers = Collector(PROGRAM, search, seen_at)
    for flight, itinerary in offers.itineraries("outboundFlights", flights.values(), _flight):
        for cabin_name, families in flight.cabins.items():
            if families is not None:
                _add_products(cabin_name, families, flight, itinerary, offers)
    return offers.finish()


def _flights(body: bytes) -> dict[str, msgspec.Raw] | None:
    """Return the itineraries. An empty list means the same as an empty object."""
    response = decode_as(_OFFERS, body)
    if response.booking_flow != "POINTS":
        raise UnexpectedResponse(f"bookingFlow is {str(response.booking_flow)[:80]}, not POINTS")
    if not isinstance(response.outbound_flights, list):
        return response.outbound_flights
    if response.outbound_flights:
        raise UnexpectedResponse("outboundFlights is a list")
    return {}


def _flight(raw: msgspec.Raw) -> tuple[_Flight, tuple[Segment, ...]]:
    flight = _FLIGHT.decode(raw)
    return flight, tuple([_segment(segment) for segment in flight.segments])


def _segment(segment: _Segment) -> Segment:
    operator, aircraft = segment.operating_carrier, segment.air_craft
    known = aircraft if isinstance(aircraft, _Aircraft) else _Aircraft()
    return Segment(
        marketing_carrier=segment.marketing_carrier.code,
        operating_carrier=str_or_none(operator.code) if isinstance(operator, _Carrier) else None,
        flight_number=str(segment.flight_number),
        origin=segment.departure_airport.code,
        destination=segment.arrival_airport.code,
        departs_at=parse_time(segment.departure_date_time_in_local, segment.departure_airport.code),
        arrives_at=parse_time(segment.arrival_date_time_in_local, segment.arrival_airport.code),
        aircraft=str_or_none(known.name) or str_or_none(known.code),
        stops=positive_int(segment.number_of_stops) or 0,
    )


def _add_products(
    cabin_name: str,
    families: dict[str, _ProductFamily | NotObject] | NotObject,
    flight: _Flight,
    itinerary: Itinerary,
    offers: Collector,
) -> None:
    """Add the products in a cabin."""
    if not isinstance(families, dict):
        offers.warn("cabins", f"{cabin_name}: expected products, got {families}", drops_offer=True)
        return
    cabin = CABINS.get(cabin_name)
    for family, entry in families.items():
        products = entry.products if isinstance(entry, _ProductFamily) else None
        if not isinstance(products, dict):
            offers.warn("products", f"{cabin_name} {family}: expected products, got {entry}", drops_offer=True)
            continue
        for product in products.values():
            if not isinstance(product, _Product):
                offers.warn("products", f"{cabin_name} {family}: expected a product, got {product}", drops_offer=True)
            elif cabin is None:
                offers.warn("cabins", f"unknown cabin {cabin_name}", drops_offer=True)
            else:
                _add_product(
                    cabin, str_or_none(product.product_name) or str_or_none(family), product, flight, itinerary, offers
                )


def _add_product(
    cabin: Cabin, name: str | None, product: _Product, flight: _Flight, itinerary: Itinerary, offers: Collector
) -> None:
    price, travelers = _price(product.price, offers.search.travelers)
    if price is None:
        offers.warn("price", f"{cabin} {name}: expected a price, got {product.price}", drops_offer=True)
        return
    full = offers.share_of_miles("points", price.points, travelers)
    reduced = offers.share_of_miles("pointsAfterDiscount", price.points_after_discount, travelers)
    miles = reduced if reduced and (full is None or reduced < full) else full
    if miles is None:
        offers.warn("points", f"{cabin} {name}: expected points, got {price.points}", drops_offer=True)
        return
    fares = _fares(product.fares, flight.segments, offers)
    seats = _seats(fares)
    if seats == 0:
        return
    taxes = offers.share_of_money("totalTax", price.total_tax, price.currency, travelers)
    if taxes is None:
        offers.warn("totalTax", f"expected an amount, got {price.total_tax} {price.currency}")
    cabins = [cabin] if len(fares) == 1 else [_segment_cabin(cabin, fare) for fare in fares]
    itinerary.add(
        cabin,
        miles,
        key=(cabin, name),
        cabins=cabins,
        booking_codes=[str_or_none(fare.booking_class) for fare in fares],
        taxes=taxes,
        seats=seats,
        duration_minutes=_minutes(flight.connection_duration) if isinstance(flight.connection_duration, str) else None,
        fare_name=name,
        mixed_cabin=cabin is not Cabin.ECONOMY and is_mixed(cabin, cabins),
        saver=True if product.is_standard_award is True else _is_saver(name),
        on_sale=None if full is None or reduced is None else miles < full,
        regular_miles=full if full is not None and miles < full else None,
        cash_price=money_or_none(price.total_price, price.currency, travelers),
    )


def _price(price: _Price | NotObject, travelers: int) -> tuple[_Price | None, int]:
    """Return a price and the number of travelers it covers: one adult if that price is given, or else all travelers."""
    if not isinstance(price, _Price):
        return None, 1
    for entry in _passenger_prices(price):
        if entry.type == "ADT" and isinstance(entry.price, _Price) and positive_int(entry.price.points):
            if entry.price.currency is msgspec.UNSET:
                entry.price.currency = price.currency
            return entry.price, 1
    return price, travelers


def _passenger_prices(price: _Price) -> list[_PassengerPrice]:
    entries = price.price_per_passenger_type
    return [entry for entry in entries if isinstance(entry, _PassengerPrice)] if isinstance(entries, list) else []


def _fares(fares: list[_Fare | NotObject] | NotList, segments: list[_Segment], offers: Collector) -> list[_Fare]:
    """Return the fare of each segment; for a segment without a fare, warn and return an empty fare."""
    entries = [fare for fare in fares if isinstance(fare, _Fare)] if isinstance(fares, list) else []
    by_segment = {str(fare.segment_id): fare for fare in entries}
    ids = [str(segment.id) for segment in segments]
    if missing := [segment_id for segment_id in ids if segment_id not in by_segment]:
        offers.warn("fares", f"no fare for segment {', '.join(missing)}")
    return [by_segment.get(segment_id) or _Fare() for segment_id in ids]


def _seats(fares: list[_Fare]) -> int | None:
    """Return the lowest seat count among the segments, or None if any count is unknown."""
    counts = [float_or_none(fare.avl_seats) for fare in fares]
    known = [int(count) for count in counts if count is not None and count >= 0]
    return min(known) if len(known) == len(fares) else None


def _segment_cabin(cabin: Cabin, fare: _Fare) -> Cabin | None:
    """Return a segment's cabin in an itinerary with several segments, or None if the fare's class is ambiguous."""
    if fare.cabin_class == ECONOMY_CLASS:
        return Cabin.ECONOMY
    return cabin if cabin is Cabin.PREMIUM_ECONOMY and fare.cabin_class == PREMIUM_CLASS else None


def _is_saver(name: str | None) -> bool | None:
    """Return True for chart awards (BONUS), False for cash fares priced in points (FLEX; inferred), None if unknown."""
    if name and "BONUS" in name.upper():
        return True
    return False if name and "FLEX" in name.upper() else None


@lru_cache(maxsize=4096)
def _minutes(text: str) -> int | None:
    """Return the minutes of a duration such as `08:40:00` or, with days, `1.08:40:00`."""
    match = DURATION.fullmatch(text)
    days, hours, minutes = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    return days * 1440 + hours * 60 + minutes or None


# ---- detection -----------------------------------------------------------------------------------------------------


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if not from SAS. The award finder has no origin."""
    return detect_calendar(body) if body.lstrip()[:1] == b"[" else _detect_itinerary(body)


def _detect_itinerary(body: bytes) -> Detected | None:
    flights = _flights(body)
    if not flights:
        return None if flights is None else Detected(kind=SearchKind.ITINERARY)
    rows = list(readable(flights.values(), _flight))
    detected = detected_flights(segments for _, segments in rows)
    return replace(detected, travelers=_travelers(rows[0][0])) if detected else None


def _travelers(flight: _Flight) -> int:
    """Return the number of travelers from the first product that states it."""
    for families in flight.cabins.values():
        for family in families.values() if isinstance(families, dict) else ():
            products = family.products if isinstance(family, _ProductFamily) else None
            for product in products.values() if isinstance(products, dict) else ():
                price = product.price if isinstance(product, _Product) else None
                if isinstance(price, _Price) and (entries := _passenger_prices(price)):
                    return sum(positive_int(entry.number_count) or 0 for entry in entries) or 1
    return 1


PARSERS = {SearchKind.CALENDAR: parse_calendar, SearchKind.ITINERARY: parse_itinerary}
