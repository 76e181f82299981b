"""Parse Frontier Miles: a day's flights, from FlightData in the results page.

Facts and sources: docs/sources/frontier.md. In miles mode the key names are misleading: `standardFare` contains the
miles, and `milesFare` the money that is charged in addition.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar

import msgspec

from awardspider.items import Cabin, Search, SearchKind, Segment
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._detection import detected_flights, none_if_unreadable, readable
from awardspider.parsers._times import minutes_between, parse_time, parse_time_with_utc
from awardspider.parsers._validation import validated
from awardspider.parsers._values import float_or_none, money_or_none, positive_int, str_or_none
from awardspider.parsers._wire import UNREADABLE, Contains, Required, Wire, decode_as, required_paths

T = TypeVar("T")

PROGRAM = "frontier"

MILES = "miles"  # fareTypeBy, case-insensitive
CURRENCY = "USD"  # prices have no currency; the page shows dollars

# A fare that is not sold has a very large number: the maximum of a .NET decimal (7.9e28). No award costs that much.
NOT_SOLD_MIN, NOT_SOLD_MAX = 500_000, 1e29

STANDARD = "Standard"
BUNDLES = {
    "milesBundleFareEcob": "Economy Bundle",
    "milesBundleFarePrem": "Premium Bundle",
    "milesBundleFareBusi": "Business Bundle",
}
DATE_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%b %d, %Y", "%B %d, %Y", "%a, %b %d, %Y", "%A, %B %d, %Y")

FLIGHT_DATA = re.compile(rb"FlightData\s*=\s*(['\"])")
# A JavaScript backslash escape, except those that JSON shares (`\u00e9`).
SCRIPT_ESCAPE = re.compile(rb"\\(u00[0-7][0-9a-fA-F]|x[0-7][0-9a-fA-F]|[^u])", re.DOTALL)
WHITESPACE = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


class _Leg(Wire):
    departure_station: str
    arrival_station: str
    departure_date: str
    arrival_date: str
    flight_number: str | int
    carrier_code: str
    departure_date_utc: Required[Any] = None
    arrival_date_utc: Required[Any] = None


class _Flight(Wire):
    """An itinerary with its standard fare and the extra miles for each bundle."""

    legs: list[_Leg]
    stop_count: Required[Any] = None
    is_monetary: Required[Any] = None
    standard_fare: Required[Any] = None
    miles_fare: Required[Any] = None
    miles_bundle_fare_ecob: Required[Any] = None
    miles_bundle_fare_prem: Required[Any] = None
    miles_bundle_fare_busi: Required[Any] = None
    miles_bundle_fare_class: Required[Any] = None
    miles_bundle_fare: Any = msgspec.UNSET
    miles_fare_fare_seats_remaining: Any = None
    standard_fare_seats_remaining: Any = None


class _Journey(Wire):
    flights: Required[list[Annotated[msgspec.Raw, Contains(_Flight)]] | None] = None
    is_miles_booking: Any = None
    is_return_trip: Any = None


class _FlightData(Wire):
    journeys: Required[list[_Journey] | None] = None
    fare_type_by: Any = None
    origin_one: Any = None
    destination_one: Any = None
    departure_date_one: Any = None
    pax_count: Any = None


class _SavedResponse(Wire):
    """A saved file: FlightData, and the time at which someone saw it."""

    flight_data: msgspec.Raw = msgspec.Raw()
    observed_at: Any = None


_ANY = msgspec.json.Decoder(Any)
_FLIGHT_DATA = msgspec.json.Decoder(_FlightData)
_SAVED_RESPONSE = msgspec.json.Decoder(_SavedResponse)
_FLIGHT = msgspec.json.Decoder(_Flight)
REQUIRED_PATHS = {SearchKind.ITINERARY: required_paths(_FlightData, SearchKind.ITINERARY)}


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse a day's flights; the standard fare and each bundle are offers in miles, priced per traveler."""
    offers = Collector(PROGRAM, search, seen_at)
    data = _decode(_FLIGHT_DATA, body)
    journeys = [journey for journey in data.journeys or () if journey.is_return_trip is not True]
    if not any(journey.flights for journey in journeys):
        _check_empty(data, journeys, search)
    for journey in journeys:
        in_miles = _in_miles(data, journey)
        for flight, segments in offers.each("flights", journey.flights or (), _flight):
            if flight.is_monetary is True or (flight.is_monetary is not False and not in_miles):
                text = f"{segments[0].flight}: expected a price in miles, got {flight.is_monetary}"
                offers.warn("isMonetary", text, drops_offer=True)
            elif (itinerary := offers.itinerary(segments)) is not None:
                _add_fares(flight, itinerary, offers)
    return offers.finish()


def _in_miles(data: _FlightData, journey: _Journey) -> bool:
    """Return True if the prices are marked as miles. Raise UnexpectedResponse if they are marked as money."""
    fare_type = str_or_none(data.fare_type_by)
    if fare_type is not None and fare_type.lower() != MILES:
        raise UnexpectedResponse(f"fareTypeBy is {fare_type[:80]}, not miles")
    if journey.is_miles_booking is False:
        raise UnexpectedResponse("isMilesBooking is false: the prices are in money")
    return fare_type is not None or journey.is_miles_booking is True


def _check_empty(data: _FlightData, journeys: list[_Journey], search: Search) -> None:
    """Raise UnexpectedResponse unless a page without flights is for the searched route and day, priced in miles."""
    if data.journeys is None or any(journey.flights is None for journey in journeys):
        raise UnexpectedResponse("journeys[].flights is missing")
    if not all(_in_miles(data, journey) for journey in journeys or (_Journey(),)):
        raise UnexpectedResponse("no flights, and no sign that the search was for miles")
    route = (data.origin_one, data.destination_one)
    if (*route, _date(data.departure_date_one)) != (search.origin, search.destination, search.first):
        actual = f"{data.origin_one}-{data.destination_one} {data.departure_date_one}"
        raise UnexpectedResponse(f"searched {search}, but the response is for {actual}"[:200])


def _flight(raw: msgspec.Raw) -> tuple[_Flight, tuple[Segment, ...]]:
    flight = _FLIGHT.decode(raw)
    if not flight.legs:
        raise ValueError("a flight without legs")
    return flight, tuple([_segment(leg) for leg in flight.legs])


def _segment(leg: _Leg) -> Segment:
    return Segment(
        marketing_carrier=leg.carrier_code,
        operating_carrier=None,
        flight_number=str(leg.flight_number),
        origin=leg.departure_station,
        destination=leg.arrival_station,
        departs_at=_time(leg.departure_date, leg.departure_date_utc, leg.departure_station),
        arrives_at=_time(leg.arrival_date, leg.arrival_date_utc, leg.arrival_station),
        cabin=Cabin.ECONOMY,
    )


def _time(text: str, utc: object, airport: str) -> datetime:
    """Parse a local time; the same time in UTC, if given, determines the offset."""
    return parse_time_with_utc(text, utc, airport) if isinstance(utc, str) and utc else parse_time(text, airport)


def _add_fares(flight: _Flight, itinerary: Itinerary, offers: Collector) -> None:
    """Add the standard fare and the bundles, if they are sold."""
    number = itinerary.segments[0].flight
    if _is_not_sold(flight.standard_fare) or float_or_none(flight.standard_fare) == 0:
        return
    standard = positive_int(flight.standard_fare)
    if standard is None:
        text = f"{number}: expected miles, got {flight.standard_fare}"
        offers.warn("standardFare", text, drops_offer=True)
        return
    taxes = None if _is_not_sold(flight.miles_fare) else money_or_none(flight.miles_fare, CURRENCY)
    if taxes is None:
        offers.warn("milesFare", f"{number}: expected dollars, got {flight.miles_fare}")
    fares = {STANDARD: standard}
    for key, extra in _bundles(flight, number, offers).items():
        miles = positive_int(extra)
        if _is_not_sold(extra) or float_or_none(extra) == 0:
            continue
        if miles is None:
            offers.warn(key, f"{number}: expected miles, got {extra}", drops_offer=True)
        else:
            fares[BUNDLES[key]] = standard + miles
    fields: dict[str, Any] = {
        "taxes": taxes,
        "seats": _seats(flight.miles_fare_fare_seats_remaining) or _seats(flight.standard_fare_seats_remaining),
        "stops": _stops(flight.stop_count, len(itinerary.segments)),
        "duration_minutes": positive_int(minutes_between(itinerary.segments)),
        "booking_code": str_or_none(flight.miles_bundle_fare_class),
    }
    for name, miles in fares.items():
        fields["fare_name"] = name
        itinerary.add(Cabin.ECONOMY, miles, **fields)


def _bundles(flight: _Flight, number: str, offers: Collector) -> dict[str, object]:
    """Return the bundles' extra miles, keyed by name; if all are null, from a text such as `2000|4000|8000`."""
    extra: list[object] = [flight.miles_bundle_fare_ecob, flight.miles_bundle_fare_prem, flight.miles_bundle_fare_busi]
    if extra == [None] * len(extra):
        combined = flight.miles_bundle_fare
        if combined is None or (isinstance(combined, str) and not combined.strip("| ")):
            return {}
        parts = combined.split("|") if isinstance(combined, str) else []
        if len(parts) != len(extra):
            offers.warn("milesBundleFare", f"{number}: expected three numbers, got {combined}", drops_offer=True)
            return {}
        extra = [part if part.strip() else 0 for part in parts]
    return dict(zip(BUNDLES, extra, strict=True))


def _is_not_sold(fare: object) -> bool:
    """Return True for the very large number that marks an unsold fare, which `float_or_none` would reject."""
    if type(fare) not in (float, int, str):
        return False
    try:
        return NOT_SOLD_MIN <= float(fare) < NOT_SOLD_MAX  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        return False


def _stops(count: object, legs: int) -> int:
    """Return the number of connections and landings in the response, or else the number of connections."""
    number = float_or_none(count)
    return int(number) if number is not None and number >= 0 and number == int(number) else legs - 1


def _seats(text: object) -> int | None:
    """Return the number in text such as `1 Seat Left!`."""
    return _first_number(text) if isinstance(text, str) else positive_int(text)


@lru_cache(maxsize=256)
def _first_number(text: str) -> int | None:
    match = re.search(r"\d+", text)
    return positive_int(match[0]) if match else None


# ---- the page ------------------------------------------------------------------------------------------------------


def decode(body: bytes) -> object:
    """Decode FlightData, alone or from a page or saved file, into plain JSON. Raise UnexpectedResponse on failure."""
    return _decode(_ANY, body)


def _decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Decode FlightData. If this fails because of JavaScript escapes, undo them and try again."""
    text = _from_page(body) if body.lstrip()[:1] == b"<" else decode_as(_SAVED_RESPONSE, body).flight_data or body
    try:
        return decoder.decode(text)
    except UNREADABLE as error:
        if isinstance(error, msgspec.ValidationError) or b"\\" not in text:
            raise UnexpectedResponse(str(error)) from error
    return decode_as(decoder, SCRIPT_ESCAPE.sub(_unescape, text))


def _from_page(page: bytes) -> bytes:
    """Return the text that the page's script assigns to FlightData, with HTML escapes decoded."""
    for start in FLIGHT_DATA.finditer(page):
        end = page.find(start[1] + b";", start.end())
        if end < 0:
            raise UnexpectedResponse("FlightData has no end")
        # Nearly all escapes are quotes; replacing those first makes decoding a hundred times faster.
        text = page[start.end() : end].replace(b"&quot;", b'"')
        if text.strip():  # a script may assign an empty text first
            return html.unescape(text.decode("utf-8", "replace")).encode() if b"&" in text else text
    raise UnexpectedResponse("the page has no FlightData")


def _unescape(escape: re.Match[bytes]) -> bytes:
    code = escape[1]
    return bytes([int(code[1:], 16)]) if len(code) > 1 else WHITESPACE.get(code, code)


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if the response is not from Frontier."""
    data = _decode(_FLIGHT_DATA, body)
    flights = [raw for journey in data.journeys or () for raw in journey.flights or ()]
    most_common = detected_flights(segments for _, segments in readable(flights, _flight)) or Detected()
    origin = str_or_none(data.origin_one) or most_common.origin
    destination = str_or_none(data.destination_one) or most_common.destination
    day = _date(data.departure_date_one) or most_common.first
    if data.journeys is None or not origin or not destination:
        return None
    return Detected(
        kind=SearchKind.ITINERARY,
        origin=origin,
        destination=destination,
        first=day,
        last=day,
        travelers=positive_int(data.pax_count) or 1,
        responded_at=_observed_at(body),
    )


def _observed_at(body: bytes) -> datetime | None:
    """Return the time that a saved file gives for FlightData; None if it is missing or has no zone."""
    try:
        observed_at = datetime.fromisoformat(str(_SAVED_RESPONSE.decode(body).observed_at))
    except UNREADABLE:
        return None
    return observed_at if observed_at.tzinfo else None


def _date(text: object) -> date | None:
    """Parse the searched day in any format used in the page or in the URL, with or without a time."""
    if not isinstance(text, str):
        return None
    text = text.strip()
    for date_format in DATE_FORMATS:
        for day in (text, text.partition("T")[0], text.partition(" ")[0]):
            try:
                return datetime.strptime(day, date_format).date()  # noqa: DTZ007 a day has no zone
            except ValueError:
                continue
    return None


PARSERS = {SearchKind.ITINERARY: parse_itinerary}
