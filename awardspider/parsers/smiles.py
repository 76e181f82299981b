"""Parse GOL Smiles: a day's flights (airlines/search), and one flight with its exact fees (boardingtax).

Facts and sources: docs/sources/smiles.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import msgspec

from awardspider.items import Cabin, Money, ParseWarning, Search, SearchKind, Segment
from awardspider.outcomes import AmbiguousResponse, UnexpectedResponse
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._detection import detected_flights, none_if_unreadable, readable
from awardspider.parsers._flights import is_mixed
from awardspider.parsers._times import parse_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import (
    count_or_none,
    first_str,
    float_or_none,
    money_or_none,
    positive_int,
    str_or_none,
)
from awardspider.parsers._wire import (
    UNREADABLE,
    Contains,
    NotObject,
    Required,
    Wire,
    decode,
    decode_as,
    required_paths,
)

__all__ = ["PARSERS", "REQUIRED_PATHS", "decode", "detect"]

PROGRAM = "smiles"

CABINS = {
    "ECONOMIC": Cabin.ECONOMY,
    "ECONOMY": Cabin.ECONOMY,
    "PREMIUM_ECONOMIC": Cabin.PREMIUM_ECONOMY,
    "PREMIUM_ECONOMY": Cabin.PREMIUM_ECONOMY,
    "BUSINESS": Cabin.BUSINESS,
    "FIRST": Cabin.FIRST,
}

# The price in miles available to everyone, and the price in money.
MILES_FARE, MONEY_FARE = "SMILES", "MONEY"
# Prices for club or tier members, and prices partly in money.
EXCLUDED_FARES = frozenset({"SMILES_CLUB", "SMILES_TIER", "SMILES_MONEY", "SMILES_MONEY_CLUB", "SMILES_MONEY_TIER"})

CURRENCY = "BRL"  # the spider requests prices in reais; the response has no currency


class _Airport(Wire):
    code: str


class _Airline(Wire):
    code: Required[Any] = None


class _Stop(Wire):
    date: str
    airport: _Airport


class _Duration(Wire):
    hours: Any = None
    minutes: Any = None


class _Congener(Wire):
    """A partner's flight."""

    res_book_desig_code: Any = None


class _Leg(Wire):
    flight_number: str | int
    departure: _Stop
    arrival: _Stop
    marketing_airline: Required[_Airline | NotObject] = None
    operation_airline: Required[_Airline | NotObject] = None
    cabin: Required[Any] = None
    equipment: Any = None
    class_of_service: Any = None
    congener: _Congener | NotObject = None
    stops: Any = None


class _GolFare(Wire):
    cost_tax: Any = None
    product_class: Any = None


class _Fare(Wire):
    type: Required[Any] = None
    miles: Required[Any] = None
    money: Required[Any] = None
    base_miles: Any = None
    offer: Any = None
    airline_tax: Any = None
    g3: _GolFare | NotObject = None


class _Flight(Wire):
    leg_list: list[_Leg]
    fare_list: list[_Fare] | None
    cabin: Required[Any] = None
    available_seats: Required[Any] = None
    duration: Required[_Duration | NotObject] = None
    stops: Any = None
    airline: _Airline | NotObject = None


class _RequestedSegment(Wire):
    flight_list: Required[Annotated[msgspec.Raw, Contains(list[_Flight])]] = msgspec.Raw(b"")
    type: Required[Any] = None


class _Passenger(Wire):
    adults: Required[Any] = None
    children: Any = None


class _Fees(Wire):
    money: Any = None


class _Totals(Wire):
    passenger: Any = None
    total_boarding_tax: _Fees | None = None


class _Response(Wire):
    requested_flight_segment_list: Required[list[_RequestedSegment] | None] = None
    passenger: Required[_Passenger | NotObject] = None
    flight_list: list[msgspec.Raw] | None = None
    totals: _Totals | None = None
    message: Any = None
    error: Any = None


_RESPONSE = msgspec.json.Decoder(_Response)
_FLIGHTS = msgspec.json.Decoder(list[msgspec.Raw] | None)
_FLIGHT = msgspec.json.Decoder(_Flight)
REQUIRED_PATHS = {SearchKind.ITINERARY: required_paths(_Response, SearchKind.ITINERARY)}


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse a day's flights; each fare purely in miles is an offer, priced per traveler."""
    response = decode_as(_RESPONSE, body)
    offers = Collector(PROGRAM, search, seen_at)
    fees = None
    if total := _fees(response):
        fees = offers.share_of_money("totalBoardingTax", total[0], CURRENCY, total[1])
        yield ParseWarning("boardingtax", "the response has only one flight of the day", drops_offer=True)
    for flight, itinerary in offers.itineraries("flightList", _flights(response), _flight):
        number = itinerary.segments[0].flight
        if flight.fare_list is None:  # shown, but not for sale
            offers.warn("fareList", f"null for {number}")
        elif not flight.fare_list:
            offers.warn("fareList", f"no fares for {number}", drops_offer=True)
        else:
            _add_fares(flight, flight.fare_list, fees, itinerary, offers)
    yield from offers.finish()


def _fees(response: _Response) -> tuple[float, int] | None:
    """Return the fees and the number of travelers of a boardingtax response; None for a search response."""
    totals = response.totals
    if totals is None or not response.flight_list:
        return None
    fees = float_or_none(totals.total_boarding_tax.money) if totals.total_boarding_tax else None
    travelers = positive_int(totals.passenger)
    if fees is None or travelers is None:
        raise UnexpectedResponse("totals.totalBoardingTax.money or totals.passenger is missing")
    return fees, travelers


def _flights(response: _Response) -> list[msgspec.Raw]:
    """Return the outbound flights. Raise AmbiguousResponse for a message: either no flights or a bad request."""
    if response.totals is not None and response.flight_list:
        return response.flight_list
    requested = response.requested_flight_segment_list
    if requested is None and (message := response.message or response.error):
        raise AmbiguousResponse(f"a message instead of flights: {str(message)[:120]}")
    if not requested:
        raise UnexpectedResponse("requestedFlightSegmentList is missing or empty")
    outbound = [segment.flight_list for segment in requested if segment.type == "SEGMENT_1"]
    if len(outbound) != 1:
        types = [segment.type for segment in requested]
        raise UnexpectedResponse(f"expected one SEGMENT_1 in requestedFlightSegmentList, got {types}")
    try:
        return _FLIGHTS.decode(outbound[0]) or []
    except UNREADABLE as error:
        raise UnexpectedResponse(f"flightList: {error}") from error


def _flight(raw: msgspec.Raw) -> tuple[_Flight, tuple[Segment, ...]]:
    flight = _FLIGHT.decode(raw)
    return flight, tuple([_segment(leg, _code(flight.airline)) for leg in flight.leg_list])


def _segment(leg: _Leg, airline: str | None) -> Segment:
    """Return a segment; the marketing carrier defaults to the airline of the flight."""
    carrier = _code(leg.marketing_airline) or airline
    partner = leg.congener if isinstance(leg.congener, _Congener) else _Congener()
    if carrier is None:
        raise ValueError(f"marketingAirline of {leg.flight_number} is missing")
    return Segment(
        marketing_carrier=carrier,
        operating_carrier=_code(leg.operation_airline),
        flight_number=str(leg.flight_number).removeprefix(carrier).lstrip("0 "),
        origin=leg.departure.airport.code,
        destination=leg.arrival.airport.code,
        departs_at=parse_time(leg.departure.date, leg.departure.airport.code),
        arrives_at=parse_time(leg.arrival.date, leg.arrival.airport.code),
        aircraft=str_or_none(leg.equipment),
        cabin=_cabin(leg.cabin),
        booking_code=first_str(leg.class_of_service, partner.res_book_desig_code),
        stops=_landings(leg.stops),
    )


def _code(airline: _Airline | NotObject) -> str | None:
    return str_or_none(airline.code) if isinstance(airline, _Airline) else None


def _cabin(name: object) -> Cabin | None:
    return CABINS.get(name.upper()) if isinstance(name, str) else None


def _landings(value: object) -> int:
    number = float_or_none(value)
    return int(number) if number is not None and 0 <= number < 20 else 0


def _minutes(duration: _Duration | NotObject) -> int | None:
    if not isinstance(duration, _Duration):
        return None
    hours, minutes = float_or_none(duration.hours), float_or_none(duration.minutes)
    return positive_int(hours * 60 + minutes) if hours is not None and minutes is not None else None


def _add_fares(
    flight: _Flight, fares: list[_Fare], fees: Money | None, itinerary: Itinerary, offers: Collector
) -> None:
    """Add the fares in miles that are available to everyone."""
    cabin = _cabin(flight.cabin)
    if cabin is None:
        offers.warn("flightList", f"cabin is {flight.cabin!r}", drops_offer=True)
        return
    seats = count_or_none(flight.available_seats)
    if seats is None and flight.available_seats is not None:
        offers.warn("availableSeats", f"expected a number of seats, got {flight.available_seats}")
    cash_price = _cash_price(fares)
    for fare in fares:
        if fare.type != MILES_FARE:
            _warn_unknown_type(fare.type, offers)
            continue
        miles = positive_int(fare.miles)
        if miles is None:
            offers.warn("miles", f"expected miles, got {fare.miles}", drops_offer=True)
            continue
        name = str_or_none(fare.g3.product_class) if isinstance(fare.g3, _GolFare) else None
        base_miles = positive_int(fare.base_miles)
        regular_miles = base_miles if base_miles is not None and base_miles > miles and fare.offer else None
        itinerary.add(
            cabin,
            miles,
            key=(cabin, name),
            taxes=fees or _taxes(fare, offers),
            seats=seats or None,
            stops=_landings(flight.stops),
            duration_minutes=_minutes(flight.duration),
            fare_name=name,
            mixed_cabin=cabin is not Cabin.ECONOMY
            and is_mixed(cabin, [segment.cabin for segment in itinerary.segments]),
            on_sale=None if fare.base_miles is None else regular_miles is not None,
            regular_miles=regular_miles,
            cash_price=cash_price,
        )


def _warn_unknown_type(fare_type: object, offers: Collector) -> None:
    """Warn about an unknown fare type. Known types beginning with `SMILES_` are for members or partly in money."""
    name = fare_type if isinstance(fare_type, str) else ""
    if name != MONEY_FARE and name not in EXCLUDED_FARES:
        offers.warn("fare type", f"unknown type {fare_type}", drops_offer=not name.startswith(f"{MILES_FARE}_"))


def _cash_price(fares: list[_Fare]) -> Money | None:
    prices = [money_or_none(fare.money, CURRENCY) for fare in fares if fare.type == MONEY_FARE]
    return next((price for price in reversed(prices) if price and price.amount), None)


def _taxes(fare: _Fare, offers: Collector) -> Money | None:
    """Return the fees of GOL or a partner airline. A partner's 0 is unknown: only a later page shows the fees."""
    gol = fare.g3.cost_tax if isinstance(fare.g3, _GolFare) else None
    amount = fare.airline_tax if gol is None else gol
    taxes = money_or_none(amount, CURRENCY)
    if taxes is None and amount is not None:
        offers.warn("taxes", f"expected an amount, got {amount}")
    return taxes if gol is not None or (taxes and taxes.amount) else None


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if the response is not from Smiles."""
    response = decode_as(_RESPONSE, body)
    flights = _flights(response)
    detected = detected_flights(segments for _, segments in readable(flights, _flight))
    if detected is None:
        detected = None if flights else Detected(kind=SearchKind.ITINERARY)
    return replace(detected, travelers=_travelers(response)) if detected else None


def _travelers(response: _Response) -> int:
    """Return the number of travelers who need a seat."""
    if total := _fees(response):
        return total[1]
    passenger = response.passenger
    if not isinstance(passenger, _Passenger):
        return 1
    return (positive_int(passenger.adults) or 0) + (positive_int(passenger.children) or 0) or 1


PARSERS = {SearchKind.ITINERARY: parse_itinerary}
