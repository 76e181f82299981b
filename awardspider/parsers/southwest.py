"""Parse Southwest Rapid Rewards: a day's flights (shopping) and a month (low-fare-calendar).

Facts and sources: docs/sources/southwest.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from operator import itemgetter
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from awardspider.items import Cabin, Money, Search, SearchKind, Segment
from awardspider.outcomes import AmbiguousResponse, NotServed, Reason, SearchFailed, UnexpectedResponse, not_served
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._detection import detected_calendar, detected_flights, none_if_unreadable, readable
from awardspider.parsers._times import parse_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import count_or_none, currency, date_or_none, money_or_none, positive_int, str_or_none
from awardspider.parsers._wire import (
    Contains,
    ItineraryRequired,
    Required,
    Wire,
    decode,
    decode_as,
    required_paths,
)

__all__ = ["PARSERS", "REQUIRED_PATHS", "decode", "detect"]

PROGRAM = "southwest"

# Fare families sold for points, with their names since 2025.
FAMILIES = {"WGARED": "Basic", "PLURED": "Choice", "ANYRED": "Choice Preferred", "BUSRED": "Choice Extra"}
FOR_POINTS = "RED"  # suffix of every family sold for points; the cash families are WGA, PLU, ANY and BUS

AVAILABLE, NOT_SOLD = "AVAILABLE", ("UNAVAILABLE", "SOLD_OUT")
POINTS = "POINTS"
NO_DISCOUNT = "NONDISCOUNT"
ONE_CABIN = "ECO"

# Notification codes. An invalid airport can be one that Southwest does not serve, or a mistake in the request.
# NO_FARE_FOUND is temporary and proves nothing.
NO_FLIGHTS = "ERROR__NO_FLIGHTS_AVAILABLE"
NO_ROUTE = "ERROR__NO_ROUTES_EXIST"
INVALID_AIRPORT = "ERROR__AIRPORT__INVALID"
ERROR_CODES = {"ERROR__NO_FARE_FOUND": Reason.UNREACHABLE}


class _Amount(Wire):
    value: Required[Any] = None
    currency_code: ItineraryRequired[Any] = None


class _Fare(Wire):
    total_fare: Required[_Amount | None] = None
    total_taxes_and_fees: ItineraryRequired[_Amount | None] = None
    fare_type: Any = None
    seats_left: Any = None


class _Product(Wire):
    availability_status: Required[Any] = None
    product_id: Required[Any] = None
    fare: Required[_Fare | None] = None
    original_fare: Any = UNSET
    cabin_info: Any = None


class _Products(Wire):
    adult: Required[dict[str, Annotated[msgspec.Raw, Contains(_Product)]] | None] = msgspec.field(
        name="ADULT", default=None
    )


class _Segment(Wire):
    flight_number: str | int
    marketing_carrier_code: str
    origination_airport_code: str
    destination_airport_code: str
    departure_date_time: str
    arrival_date_time: str
    operating_carrier_code: Any = None
    aircraft_equipment_type: Required[Any] = None
    number_of_stops: Required[Any] = None
    stops_details: Any = None


class _Flight(Wire):
    """An itinerary. Each of the `segments` has one flight number and may land several times."""

    segments: list[_Segment]
    total_duration: Required[Any] = None
    fare_products: Required[_Products | None] = None


class _AirProduct(Wire):
    details: Required[list[Annotated[msgspec.Raw, Contains(_Flight)]] | None] = None
    origination_airport_code: Any = None
    destination_airport_code: Any = None
    promo_token: Any = UNSET


class _Results(Wire):
    air_products: Required[list[_AirProduct] | None] = None
    promo_token: Any = UNSET


class _ShoppingData(Wire):
    search_results: Required[_Results | None] = None


class _Shopping(Wire):
    data: Required[_ShoppingData | None] = None
    success: Required[Any] = None
    notifications: Any = None


class _Day(Wire):
    date: str
    fares: Required[dict[str, Annotated[msgspec.Raw, Contains(_Fare)]] | UnsetType | None] = UNSET


class _Month(Wire):
    low_fare_calendar_days: list[Annotated[msgspec.Raw, Contains(_Day)]]


class _CalendarData(Wire):
    search_results: Required[list[_Month] | None] = None


class _Calendar(Wire):
    data: Required[_CalendarData | None] = None
    success: Any = None
    notifications: Any = None


_SHOPPING = msgspec.json.Decoder(_Shopping)
_CALENDAR = msgspec.json.Decoder(_Calendar)
_FLIGHT = msgspec.json.Decoder(_Flight)
_PRODUCT: msgspec.json.Decoder[_Product | None] = msgspec.json.Decoder(_Product | None)
_DAY = msgspec.json.Decoder(_Day)
_FARE: msgspec.json.Decoder[_Fare | None] = msgspec.json.Decoder(_Fare | None)

REQUIRED_PATHS = {
    SearchKind.CALENDAR: required_paths(_Calendar, SearchKind.CALENDAR),
    SearchKind.ITINERARY: required_paths(_Shopping, SearchKind.ITINERARY),
}

# ---- a day's flights -----------------------------------------------------------------------------------------------


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse a day's flights; each fare family is an offer, priced per traveler."""
    response = decode_as(_SHOPPING, body)
    products = _air_products(response)
    if not any(product.details for product in products):
        _check_empty(response)
        return iter(())
    _check_success(response)
    offers = Collector(PROGRAM, search, seen_at)
    promoted = _is_promoted(response)
    rows = (row for product in products for row in product.details or ())
    for flight, itinerary in offers.itineraries("details", rows, _flight):
        _add_fares(flight, itinerary, promoted, offers)
    return offers.finish()


def _air_products(response: _Shopping) -> list[_AirProduct]:
    results = response.data.search_results if response.data else None
    return (results.air_products if results else None) or []


def _is_promoted(response: _Shopping) -> bool | None:
    """Return True if any promotion token is set, False if a token is null, or None if there are no tokens."""
    results = response.data.search_results if response.data else None
    tokens = [holder.promo_token for holder in (results, *_air_products(response)) if holder is not None]
    return any(tokens) or (False if None in tokens else None)


def _flight(raw: msgspec.Raw) -> tuple[_Flight, list[Segment]]:
    flight = _FLIGHT.decode(raw)
    return flight, [_segment(segment) for segment in flight.segments]


def _segment(segment: _Segment) -> Segment:
    return Segment(
        marketing_carrier=segment.marketing_carrier_code,
        operating_carrier=str_or_none(segment.operating_carrier_code),
        flight_number=str(segment.flight_number),
        origin=segment.origination_airport_code,
        destination=segment.destination_airport_code,
        departs_at=parse_time(segment.departure_date_time, segment.origination_airport_code),
        arrives_at=parse_time(segment.arrival_date_time, segment.destination_airport_code),
        aircraft=str_or_none(segment.aircraft_equipment_type),
        stops=_stops(segment) or 0,
    )


def _stops(segment: _Segment) -> int | None:
    """Return the landings on the way: as stated, else one after each leg in `stopsDetails` except the last, if any."""
    stated = count_or_none(segment.number_of_stops)
    legs = len(segment.stops_details) if isinstance(segment.stops_details, list) else 0
    return legs - 1 if stated is None and legs else stated


def _add_fares(flight: _Flight, itinerary: Itinerary, promoted: bool | None, offers: Collector) -> None:
    """Add the fares of an itinerary. A departed flight has no fares; sold-out fares are skipped."""
    fares = flight.fare_products.adult if flight.fare_products else None
    if not fares and itinerary.segments[0].departs_at > offers.seen_at:
        offers.warn("fareProducts", f"no fares for {itinerary.segments[0].flight}", drops_offer=True)
    count = len(itinerary.segments)
    for family, product in offers.each_value("fareProducts", fares or {}, _PRODUCT.decode):
        if product is not None and product.availability_status in NOT_SOLD:
            continue
        if product is None or product.fare is None or product.availability_status != AVAILABLE:
            status = None if product is None else product.availability_status
            offers.warn("availabilityStatus", f"{family}: unknown status {status}, or no fare", drops_offer=True)
            continue
        miles = _points(product.fare.total_fare)
        if miles is None:
            _warn_no_points(family, product.fare, offers)
            continue
        _warn_unknown(family, product, offers)
        on_sale, regular_miles = _sale(product, promoted, miles)
        itinerary.add(
            Cabin.ECONOMY,
            miles,
            key=FAMILIES.get(family, family),
            cabins=[Cabin.ECONOMY] * count,
            booking_codes=_booking_codes(product.product_id, count),
            taxes=_taxes(product.fare.total_taxes_and_fees),
            seats=positive_int(product.fare.seats_left),
            landings_known=None not in map(_stops, flight.segments),
            duration_minutes=positive_int(flight.total_duration),
            fare_name=FAMILIES.get(family, family),
            on_sale=on_sale,
            regular_miles=regular_miles,
        )


def _warn_unknown(family: str, product: _Product, offers: Collector) -> None:
    """Warn about an unknown fare family or cabin."""
    if family not in FAMILIES:
        offers.warn("fareProducts", f"unknown family {family}")
    for entry in product.cabin_info if isinstance(product.cabin_info, list) else ():
        if isinstance(entry, dict) and entry.get("cabin") not in (None, ONE_CABIN):
            offers.warn("cabinInfo", f"unknown cabin {entry['cabin']}")


def _booking_codes(product_id: object, count: int) -> list[str | None]:
    """Return each segment's booking class, such as `O` twice for `WGARED|OYAFF2H,O,DEN,…|OYAFF2H,O,LAS,…`."""
    parts = product_id.split("|")[1:] if isinstance(product_id, str) else []
    if len(parts) != count:
        return [None] * count
    return [str_or_none(part.partition(",")[2].partition(",")[0]) for part in parts]


def _sale(product: _Product, promoted: bool | None, miles: int) -> tuple[bool | None, int | None]:
    """Return whether a fare is on sale (None if unknown), and the regular points if they are higher.

    If the response has a promotion, every fare is on sale. A null original fare means no sale only together with a null
    promotion token.
    """
    fare_type = str_or_none(product.fare.fare_type) if product.fare else None
    if product.original_fare or promoted or fare_type not in (None, NO_DISCOUNT):
        regular = _original_points(product.original_fare)
        return True, regular if regular is not None and regular > miles else None
    not_reduced = product.original_fare is None and promoted is False
    return False if fare_type is not None or not_reduced else None, None


def _original_points(original: object) -> int | None:
    """Return the points of an original fare, which is an amount or a fare with a total. No known response has one."""
    if not isinstance(original, dict):
        return None
    amount = original.get("totalFare", original)
    if not isinstance(amount, dict) or amount.get("currencyCode") != POINTS:
        return None
    return positive_int(amount.get("value"))


# ---- the month -----------------------------------------------------------------------------------------------------


@validated
def parse_calendar(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse each day's lowest price in a month, per traveler. The structure is known only from a description."""
    response = decode_as(_CALENDAR, body)
    rows = _rows(response)
    if not rows:
        _check_empty(response)
        return iter(())
    _check_success(response)
    offers = Collector(PROGRAM, search, seen_at)
    days = set()
    has_fares = False
    for day, when in offers.each("lowFareCalendarDays", rows, _day):
        has_fares |= day.fares is not UNSET
        if offers.is_searched(when):
            days.add(when)
            _add_day(day, when, offers)
    if not has_fares:  # one day may have no `fares`, but if all lack that key, it was renamed
        raise UnexpectedResponse(f"none of the {len(rows)} days has fares")
    offers.cover("lowFareCalendarDays", days)
    return offers.finish()


def _rows(response: _Calendar) -> list[msgspec.Raw]:
    months = (response.data.search_results if response.data else None) or []
    return [row for month in months for row in month.low_fare_calendar_days]


def _day(raw: msgspec.Raw) -> tuple[_Day, date]:
    day = _DAY.decode(raw)
    when = date_or_none(day.date)
    if when is None:
        raise ValueError(f"expected a date, got {day.date}")
    return day, when


def _add_day(day: _Day, when: date, offers: Collector) -> None:
    """Add the cheapest fare family of a day."""
    prices = []
    for family, fare in offers.each_value("fares", day.fares or {}, _FARE.decode):
        if not family.endswith(FOR_POINTS):
            offers.warn("fares", f"{family} is not sold for points", drops_offer=True)
        elif fare is not None and (miles := _points(fare.total_fare, POINTS)) is not None:
            prices.append((miles, fare))
        elif fare is not None:
            _warn_no_points(family, fare, offers)
    if prices:
        miles, fare = min(prices, key=itemgetter(0))
        offers.add_day(when, Cabin.ECONOMY, miles, taxes=_taxes(fare.total_taxes_and_fees, "USD"))


# ---- responses -----------------------------------------------------------------------------------------------------


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if the response is not from Southwest.

    An error names neither the route nor the kind of search.
    """
    try:
        response = _SHOPPING.decode(body)
    except ValueError:
        return detected_calendar(_day(row)[1] for row in _rows(_CALENDAR.decode(body)))
    products = _air_products(response)
    rows = [row for product in products for row in product.details or ()]
    return detected_flights(
        [segments for _, segments in readable(rows, _flight)],
        str_or_none(products[0].origination_airport_code) if products else None,
        str_or_none(products[0].destination_airport_code) if products else None,
    )


def _check_success(response: _Shopping | _Calendar) -> None:
    if response.success is False:
        raise UnexpectedResponse(f"success is false, with results; codes: {_codes(response.notifications)}")


def _check_empty(response: _Shopping | _Calendar) -> None:
    """Raise SearchFailed unless a response without results has only the code for no flights."""
    codes = _codes(response.notifications)
    for code in codes:
        if code in ERROR_CODES:
            raise SearchFailed(ERROR_CODES[code], code)
    if unknown := [code for code in codes if code not in (NO_FLIGHTS, NO_ROUTE, INVALID_AIRPORT)]:
        raise UnexpectedResponse(f"notifications have unknown codes: {', '.join(unknown)}")
    if INVALID_AIRPORT in codes:
        note = not_served(f"Southwest has no such airport ({INVALID_AIRPORT})")
        raise AmbiguousResponse(f"invalid airport ({INVALID_AIRPORT})", reason=Reason.BAD_REQUEST, empty_note=note)
    if NO_ROUTE in codes:
        raise NotServed(f"Southwest does not fly this route ({NO_ROUTE})")
    if not codes:
        raise UnexpectedResponse("no results, without a notification for no flights")


def _codes(notifications: object) -> list[str]:
    """Return the codes in formErrors and fieldErrors."""
    if not isinstance(notifications, dict):
        return []
    lists = [notifications.get(name) for name in ("formErrors", "fieldErrors")]
    entries = [entry for errors in lists if isinstance(errors, list) for entry in errors]
    return [str(entry.get("code"))[:80] for entry in entries if isinstance(entry, dict)]


def _points(amount: _Amount | None, default_currency: str | None = None) -> int | None:
    """Return positive points, or None if there is no such amount in points."""
    is_points = amount is not None and (amount.currency_code or default_currency) == POINTS
    return positive_int(amount.value) if amount is not None and is_points else None


def _warn_no_points(family: str, fare: _Fare, offers: Collector) -> None:
    amount = fare.total_fare or _Amount()
    offers.warn("totalFare", f"{family}: expected points, got {amount.value} {amount.currency_code}", drops_offer=True)


def _taxes(amount: _Amount | None, default_currency: str | None = None) -> Money | None:
    return money_or_none(amount.value, currency(amount.currency_code) or default_currency) if amount else None


PARSERS = {SearchKind.CALENDAR: parse_calendar, SearchKind.ITINERARY: parse_itinerary}
