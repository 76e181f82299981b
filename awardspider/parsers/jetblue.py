"""Parse JetBlue TrueBlue, including partners: a month of lowest fares (bestFares) and a day's flights (NGB).

Facts and sources: docs/sources/jetblue.md.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any

import msgspec

from awardspider.items import Cabin, Money, Search, SearchKind, Segment
from awardspider.outcomes import AmbiguousResponse, Reason, SearchFailed, UnexpectedResponse, not_served
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._detection import detected_flights, is_city, none_if_unreadable, readable
from awardspider.parsers._jetblue_references import resolve, segment_index
from awardspider.parsers._times import parse_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import (
    currency,
    date_or_none,
    float_or_none,
    money,
    money_or_none,
    positive_int,
    str_or_none,
)
from awardspider.parsers._wire import Contains, NotObject, Required, Wire, decode, decode_as, required_paths

__all__ = ["PARSERS", "REQUIRED_PATHS", "decode", "detect"]

PROGRAM = "jetblue"

# Names keyed by brandId. An unknown id serves as the name.
BRANDS = {
    "DN": "Main Base",
    "AN": "Main",
    "GR": "Main Flex",
    "DE": "EvenMore Base",
    "EN": "EvenMore",
    "ER": "EvenMore Flex",
    "MN": "Mint",
    "MR": "Mint Flex",
    "CN": "Blue Plus",
    "GN": "Blue Extra",
    "A2": "Partner Economy",
    "W2": "Partner Premium",
    "J2": "Partner Business",
    "Z2": "Partner First",
}
BRANDS_WITHOUT_NAME = frozenset({"AR", "CR"})  # ids in recorded responses, whose names are unknown

# Matched ignoring case.
CABINS = {
    "economy": Cabin.ECONOMY,
    "premium": Cabin.PREMIUM_ECONOMY,
    "business": Cabin.BUSINESS,
    "first": Cabin.FIRST,
}

POINTS = "FFCURRENCY"
SUCCESS = "success"
BLOCK = b"Invalid Request"  # the body of a refusal
UPSTREAM = b"JB_UPSTREAM_ERROR"  # a service used by the requested one failed
NO_ROUTE = b"MSCOM13"  # sent with HTTP 400: no such route or month (inferred)
ERROR_CODE = re.compile(rb'^\s*\{\s*"errors?"\s*:\s*[\[{\s]*"code"\s*:\s*"(\w{1,40})"')
ERROR_SIZE = 2000  # bytes to check; in a response with fares, no error occurs this early

# Amounts in the month have an unknown unit. No flight costs fewer points than this; most cost fewer dollars.
FEWEST_POINTS = 500


class _Fare(Wire):
    date: Required[Any] = None
    amount: Required[Any] = msgspec.UNSET
    tax: Required[Any] = None
    seats: Required[Any] = None


class _Month(Wire):
    outbound_fares: list[_Fare | NotObject]
    currency_code: Required[Any] = None


class _Status(Wire):
    transaction_status: Required[Any] = None


class _SearchComponent(Wire):
    origin: Any = msgspec.field(name="from", default=None)
    destination: Any = msgspec.field(name="to", default=None)
    date: Any = None


class _Point(Wire):
    date: str
    airport: str


class _FlightInfo(Wire):
    marketing_airline_code: str
    marketing_flight_number: str | int
    operating_airline_code: Required[Any] = None


class _Flight(Wire):
    departure: _Point
    arrival: _Point
    flight_info: _FlightInfo
    aircraft: Required[Any] = None
    stop_airport: Any = None


class _Itinerary(Wire):
    flight_segments: list[_Flight]
    stops: Required[Any] = None
    total_duration: Required[Any] = None


class _Brand(Wire):
    brand_id: Required[Any] = None


class _Seats(Wire):
    count: Any = None


class _Price(Wire):
    amount: Required[Any] = None
    currency: Required[Any] = None


class _Reference(Wire):
    pointer: Required[Any] = msgspec.field(name="$ref", default=None)


class _SegmentReference(Wire):
    flight_segment: Required[_Reference | None] = None


class _SegmentInfo(Wire):
    """An offer's cabin and class on one segment."""

    cabin_class: Required[Any] = None
    booking_class: Required[Any] = None
    ref: Required[_SegmentReference | None] = None


class _Offer(Wire):
    brand: Required[_Brand | None] = None
    cabin_class: Required[Any] = None
    sold_out: Required[Any] = None
    seats_remaining: _Seats | None = None
    price: Required[list[_Price] | None] = None
    offer_segment_info: Required[list[_SegmentInfo] | None] = None


class _Product(Wire):
    """An itinerary with its offers."""

    origin_and_destination: list[_Itinerary]
    offers: list[Annotated[msgspec.Raw, Contains(_Offer)]]


class _Result(Wire):
    search_component: _SearchComponent | None = None
    product_offers: Required[list[Annotated[msgspec.Raw, Contains(_Product)]] | None] = None


class _Data(Wire):
    search_results: Required[list[_Result] | None] = None


class _Response(Wire):
    status: Required[_Status | None] = None
    data: Required[_Data | None] = None


_MONTH = msgspec.json.Decoder(_Month)
_RESPONSE = msgspec.json.Decoder(_Response)
_PRODUCT = msgspec.json.Decoder(_Product)
_OFFER = msgspec.json.Decoder(_Offer)

REQUIRED_PATHS = {
    SearchKind.CALENDAR: required_paths(_Month, SearchKind.CALENDAR),
    SearchKind.ITINERARY: required_paths(_Response, SearchKind.ITINERARY),
}

# ---- the month -----------------------------------------------------------------------------------------------------


@validated
def parse_calendar(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse the lowest economy fare for each day of a month, per traveler. A missing day has no fare."""
    month = _month(body)
    offers = Collector(PROGRAM, search, seen_at)
    without_fare = 0
    for fare in month.outbound_fares:
        if not isinstance(fare, _Fare):
            offers.warn("outboundFares", f"expected a fare, got {fare}", drops_offer=True)
        elif (day := date_or_none(fare.date)) is None:
            offers.warn("date", f"expected a date, got {fare.date}", drops_offer=True)
        elif offers.is_searched(day):
            offers.matches += 1
            miles = positive_int(fare.amount)
            if _is_nothing(fare.amount) and _is_nothing(fare.seats):
                without_fare += 1
            elif miles is None or miles < FEWEST_POINTS:
                offers.warn("amount", f"{day}: expected points, got {fare.amount}", drops_offer=True)
            else:
                taxes = money_or_none(fare.tax, month.currency_code)
                offers.add_day(day, Cabin.ECONOMY, miles, taxes=taxes, seats=positive_int(fare.seats))
        elif day.replace(day=1) > search.last or _end_of_month(day) < search.first:
            offers.warn_nearby(day.isoformat())
    if without_fare:
        offers.warn("amount", f"no fare on {without_fare} days")
    if offers.dropped > len(offers.offers) + without_fare:
        raise UnexpectedResponse(f"{offers.dropped} of {len(month.outbound_fares)} fares are not points of a day")
    return offers.finish()


def _month(body: bytes) -> _Month:
    _check_failure(body)
    return decode_as(_MONTH, body)


def _is_nothing(value: object) -> bool:
    return value is None or float_or_none(value) == 0


def _end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


# ---- a day's flights -----------------------------------------------------------------------------------------------


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse a day's flights; each brand in which a flight is sold is an offer, priced per traveler."""
    results = _results(body)
    if not results:
        raise UnexpectedResponse("data.searchResults is missing or empty")
    offers = Collector(PROGRAM, search, seen_at)
    tree = cache(lambda: decode(body))
    for result in results:
        if not result.product_offers:
            _check_empty(result, search)
        rows = offers.itineraries("productOffers", result.product_offers or (), lambda raw: _product(raw, tree))
        for product, itinerary in rows:
            _add_offers(product, itinerary, offers)
    return offers.finish()


def _results(body: bytes) -> list[_Result]:
    _check_failure(body)
    response = decode_as(_RESPONSE, body)
    status = response.status.transaction_status if response.status else None
    if str(status).lower() != SUCCESS:
        raise UnexpectedResponse(f"status.transactionStatus is {str(status)[:80]}")
    return (response.data.search_results if response.data else None) or []


def _check_empty(result: _Result, search: Search) -> None:
    """Raise UnexpectedResponse unless an empty result names the searched route and day."""
    component = result.search_component
    if result.product_offers is None or component is None:
        raise UnexpectedResponse("data.searchResults[] has no productOffers, or no searchComponent")
    route_and_day = (component.origin, component.destination, date_or_none(component.date))
    if route_and_day != (search.origin, search.destination, search.first):
        text = f"{component.origin}-{component.destination} {component.date}"
        raise UnexpectedResponse(f"searched {search}, but the response is for {text}"[:200])


def _product(raw: msgspec.Raw, tree: Callable[[], object]) -> tuple[_Product, list[Segment]]:
    """Return a product with its segments, resolving references to flights elsewhere in the response."""
    try:
        product = _PRODUCT.decode(raw)
    except msgspec.ValidationError:
        value = decode(bytes(raw))
        if not resolve(value, tree):
            raise
        product = _PRODUCT.decode(msgspec.json.encode(value))
    return product, [
        _segment(flight) for itinerary in product.origin_and_destination for flight in itinerary.flight_segments
    ]


def _segment(flight: _Flight) -> Segment:
    return Segment(
        marketing_carrier=flight.flight_info.marketing_airline_code,
        operating_carrier=str_or_none(flight.flight_info.operating_airline_code),
        flight_number=str(flight.flight_info.marketing_flight_number),
        origin=flight.departure.airport,
        destination=flight.arrival.airport,
        departs_at=parse_time(flight.departure.date, flight.departure.airport),
        arrives_at=parse_time(flight.arrival.date, flight.arrival.airport),
        aircraft=str_or_none(flight.aircraft),
        stops=len(flight.stop_airport) if isinstance(flight.stop_airport, list) else 0,
    )


def _add_offers(product: _Product, itinerary: Itinerary, offers: Collector) -> None:
    if not product.offers:
        offers.warn("offers", f"no offers for {itinerary.segments[0].flight}", drops_offer=True)
    own = product.origin_and_destination[0] if len(product.origin_and_destination) == 1 else None
    for offer in offers.each("offers", product.offers, _OFFER.decode):
        if offer.sold_out is True or offer.sold_out == "true":
            continue
        brand = offer.brand.brand_id if offer.brand else None
        cabin = _cabin(offer.cabin_class)
        if cabin is None:
            offers.warn("cabinClass", f"{brand}: unknown cabin {offer.cabin_class}", drops_offer=True)
            continue
        miles, taxes = _miles_and_taxes(offer.price or [], offers)
        if miles is None:
            prices = [(price.amount, price.currency) for price in offer.price or ()]
            offers.warn("price", f"{brand}: expected points, got {prices}", drops_offer=True)
            continue
        if not isinstance(brand, str) or (brand not in BRANDS and brand not in BRANDS_WITHOUT_NAME):
            # Only the brand distinguishes offers of one cabin.
            offers.warn("brandId", f"unknown brand {brand}", drops_offer=not isinstance(brand, str))
        infos = _infos_of_segments(offer.offer_segment_info or [], product)
        cabins = [_cabin(info.cabin_class) if info else None for info in infos]
        for info, known in zip(infos, cabins, strict=True):
            if info and known is None:
                offers.warn("segment cabin", f"unknown cabin {info.cabin_class}")
        fare_name = BRANDS.get(brand, brand) if isinstance(brand, str) else None
        itinerary.add(
            cabin,
            miles,
            key=(cabin, fare_name or ""),
            cabins=cabins,
            booking_codes=[str_or_none(info.booking_class) if info else None for info in infos],
            taxes=taxes,
            seats=positive_int(offer.seats_remaining.count) if offer.seats_remaining else None,
            stops=_stops(own.stops) if own else None,
            duration_minutes=positive_int(own.total_duration) if own else None,
            fare_name=fare_name,
            mixed_cabin=_is_mixed(cabin, cabins),
        )


def _cabin(value: object) -> Cabin | None:
    return CABINS.get(value.lower()) if isinstance(value, str) else None


def _infos_of_segments(infos: list[_SegmentInfo], product: _Product) -> list[_SegmentInfo | None]:
    """Return the info for each segment, matched by reference, or else by position."""
    counts = tuple(len(itinerary.flight_segments) for itinerary in product.origin_and_destination)
    ordered: list[_SegmentInfo | None] = [None] * sum(counts)
    for position, info in enumerate(infos):
        pointer = info.ref.flight_segment.pointer if info.ref and info.ref.flight_segment else None
        index = segment_index(pointer, counts) if isinstance(pointer, str) else position
        if index is not None and index < len(ordered):
            ordered[index] = info
    return ordered


def _is_mixed(cabin: Cabin, cabins: list[Cabin | None]) -> bool | None:
    """Return True if a segment's cabin differs from the offer's; otherwise None if any is unknown, or else False."""
    if any(known is not None and known is not cabin for known in cabins):
        return True
    return None if None in cabins else False


def _stops(value: object) -> int | None:
    stops = float_or_none(value)
    return int(stops) if stops is not None and stops >= 0 and stops == int(stops) else None


def _miles_and_taxes(prices: list[_Price], offers: Collector) -> tuple[int | None, Money | None]:
    """Return the points, and the sum of the cash amounts. An amount that cannot be added causes a warning."""
    miles: int | None = None
    cash: float = 0
    unit: str | None = None
    for price in prices:
        if price.currency == POINTS:
            miles = positive_int(price.amount)
            continue
        amount, code = float_or_none(price.amount), currency(price.currency)
        if amount is None or amount < 0 or code is None or unit not in (None, code):
            offers.warn("price", f"unknown charge: {price.amount} {price.currency}")
            continue
        unit = code
        cash += amount
    return miles, money(cash, unit) if unit else None


# ---- responses -----------------------------------------------------------------------------------------------------


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if the response is not from JetBlue."""
    if b'"outboundFares"' in body:
        return _detect_month(_month(body))
    results = _results(body)
    if not results or results[0].product_offers is None:
        return None
    component = results[0].search_component or _SearchComponent()
    origin, destination = str_or_none(component.origin), str_or_none(component.destination)
    if origin and destination and isinstance(component.date, str) and not (is_city(origin) or is_city(destination)):
        day = date_or_none(component.date)
        return Detected(kind=SearchKind.ITINERARY, origin=origin, destination=destination, first=day, last=day)
    products = readable(results[0].product_offers, lambda raw: _product(raw, dict))
    return detected_flights(segments for _, segments in products)


def _detect_month(month: _Month) -> Detected | None:
    days = [day for fare in month.outbound_fares if isinstance(fare, _Fare) and (day := date_or_none(fare.date))]
    if days:
        first, last = min(days).replace(day=1), _end_of_month(max(days))
        return Detected(kind=SearchKind.CALENDAR, first=first, last=last)
    return None if month.outbound_fares else Detected(kind=SearchKind.CALENDAR)


def _check_failure(body: bytes) -> None:
    """Raise SearchFailed if the body is a refusal or an error."""
    if body.strip()[: len(BLOCK)] == BLOCK:
        raise SearchFailed(Reason.BLOCKED, BLOCK.decode())
    if UPSTREAM in body[:ERROR_SIZE]:
        raise SearchFailed(Reason.UNREACHABLE, UPSTREAM.decode())
    if NO_ROUTE in body[:ERROR_SIZE]:
        note = not_served(f"JetBlue has no such route or month ({NO_ROUTE.decode()})")
        raise AmbiguousResponse(NO_ROUTE.decode(), reason=Reason.BAD_REQUEST, empty_note=note)
    if error := ERROR_CODE.search(body[:ERROR_SIZE]):
        raise SearchFailed(Reason.BAD_REQUEST, f"error {error[1].decode('ascii', 'replace')}")


PARSERS = {SearchKind.CALENDAR: parse_calendar, SearchKind.ITINERARY: parse_itinerary}
