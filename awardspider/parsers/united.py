"""Parse United MileagePlus: the month calendar (FetchAwardCalendar) and a day's flights (FetchFlights).

Facts and sources: docs/sources/united.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain

import msgspec

from awardspider.items import Cabin, Money, ParseWarning, Search, SearchKind, Segment
from awardspider.outcomes import AmbiguousResponse, Reason, SearchFailed, UnexpectedResponse, not_served
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._detection import is_at, none_if_unreadable
from awardspider.parsers._times import parse_local_time
from awardspider.parsers._united_cabins import (
    CABIN_CODES,
    NOT_MIXED,
    column_type,
    column_types,
    is_mixed_product,
    is_placeholder,
    segment_cabins,
)
from awardspider.parsers._united_wire import (
    Context,
    Data,
    Day,
    Equipment,
    Flight,
    Month,
    Price,
    Product,
    Response,
    Solution,
    Trip,
)
from awardspider.parsers._validation import validated
from awardspider.parsers._values import currency, first_str, float_or_none, money, positive_int, str_or_none
from awardspider.parsers._wire import NotList, NotObject, decode, decode_as, required_paths

__all__ = ["PARSERS", "REQUIRED_PATHS", "decode", "detect", "parse_calendar", "parse_itinerary"]

PROGRAM = "united"

SAVER = {"Saver": True, "Standard": False}

# "We could not find answers to your query": means empty, but only in a response without flights.
NO_RESULT = ("20003.26", "10051")

# Patterns for error texts, and the reason that each indicates.
ERROR_TEXTS = ((re.compile(r"signed[- ]in|sign[- ]in|AuthenticationSkipped", re.IGNORECASE), Reason.SIGN_IN_NEEDED),)
# "The city or airport you entered is not valid or the airport is not served": the request can be wrong, too.
NOT_SERVED = re.compile(r"airport is not served", re.IGNORECASE)

# The server's time names no zone. Read as UTC, it may be a few hours early, which makes an offer seem older.
SERVER_ZONE = UTC


_RESPONSE = msgspec.json.Decoder(Response)
_FLIGHT = msgspec.json.Decoder(Flight)

REQUIRED_PATHS = {kind: required_paths(Response, kind) for kind in (SearchKind.CALENDAR, SearchKind.ITINERARY)}

# ---- the month calendar --------------------------------------------------------------------------------------------


@validated
def parse_calendar(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse the lowest price in each cabin for each day of a month, per traveler."""
    data = _data(body, search)
    months = data.calendar.months if data.calendar else None
    if not months:
        if _has_no_result(data):
            return iter(())
        raise UnexpectedResponse("data.Calendar.Months is missing or empty")
    offers = Collector(PROGRAM, search, seen_at)
    days = {_date(day.date_value): day for day in _days(months)}
    if days and max(days) - min(days) != timedelta(days=len(days) - 1):
        raise UnexpectedResponse(f"data.Calendar misses days between {min(days)} and {max(days)}")
    offers.cover("Calendar", days)
    for when, day in days.items():
        if offers.is_searched(when):
            _add_day(when, day, offers)
    return offers.finish()


def _days(months: list[Month]) -> Iterator[Day]:
    """Yield the days of the months, except days of other months that fill the first and last weeks."""
    return (day for month in months for week in month.weeks for day in week.days if not day.day_not_in_this_month)


def _add_day(when: date, day: Day, offers: Collector) -> None:
    lowest: dict[str, tuple[int, Money | None, object]] = {}
    for solution in day.solutions if isinstance(day.solutions, list) else (day.solutions,):
        if not isinstance(solution, Solution):
            offers.warn("Solutions", f"{when}: expected a price, got {solution}", drops_offer=True)
            continue
        code = solution.cabin_type
        if not isinstance(code, str) or code not in CABIN_CODES:
            offers.warn("CabinType", f"unknown cabin {code}", drops_offer=True)
            continue
        miles, taxes = _miles_and_taxes(code, solution.prices, offers)
        if miles is not None and (code not in lowest or miles < lowest[code][0]):
            lowest[code] = miles, taxes, solution.award_type
    for code, (miles, taxes, award_type) in lowest.items():
        # A price with mixed cabins is a separate offer only if it is below the price without mixed cabins.
        not_mixed = lowest.get(code + NOT_MIXED)
        if not_mixed is None or miles < not_mixed[0]:
            cabin, may_be_mixed = CABIN_CODES[code]
            mixed_cabin = may_be_mixed if not_mixed is None else True
            offers.add_day(when, cabin, miles, taxes=taxes, mixed_cabin=mixed_cabin, saver=_saver(award_type, offers))


# ---- a day's flights -----------------------------------------------------------------------------------------------


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse a day's flights; each cabin in which a flight is sold is an offer, priced per traveler."""
    data = _data(body, search)
    if not data.trips or data.trips[0].flights is None:
        raise UnexpectedResponse("data.Trips[0].Flights is missing")
    trip = data.trips[0]
    if not trip.flights:
        if _has_no_result(data):
            return iter(())
        raise UnexpectedResponse("data.Trips[0].Flights is empty, without the warning for no flights")
    if trip.depart_date and not search.first <= _trip_date(trip.depart_date) <= search.last:
        raise UnexpectedResponse(f"searched {search.first}, but the response is for {trip.depart_date}")
    columns = column_types(trip.column_information)
    offers = Collector(PROGRAM, search, seen_at)
    for flights, segments in offers.each("Flights", trip.flights, _itinerary):
        itinerary = offers.itinerary(segments, incomplete=_misses_connections(flights))
        if itinerary is not None and not itinerary.is_duplicate:  # batches overlap
            _add_products(flights, itinerary, columns, offers)
    pages = positive_int(data.page_count) or 1
    other_pages = [ParseWarning("PageCount", f"one of {pages} pages", drops_offer=True)] if pages > 1 else []
    return chain(offers.finish(allow_only_nearby=_has_no_result(data)), other_pages)


def _itinerary(raw: msgspec.Raw) -> tuple[list[Flight], list[Segment]]:
    flights = list(_in_travel_order(_FLIGHT.decode(raw)))
    return flights, [_segment(flight) for flight in flights]


def _in_travel_order(flight: Flight) -> Iterator[Flight]:
    yield flight
    for connection in flight.connections or ():
        yield from _in_travel_order(connection)


def _segment(flight: Flight) -> Segment:
    equipment = flight.equipment_disclosures or Equipment()
    return Segment(
        marketing_carrier=flight.marketing_carrier,
        operating_carrier=str_or_none(flight.operating_carrier),
        flight_number=str(flight.flight_number),
        origin=flight.origin,
        destination=flight.destination,
        departs_at=parse_local_time(flight.depart_date_time, flight.origin, flight.origin_timezone_offset),
        arrives_at=parse_local_time(
            flight.destination_date_time, flight.destination, flight.destination_timezone_offset
        ),
        aircraft=first_str(equipment.equipment_description, equipment.equipment_type),
        stops=len(flight.stop_infos or ()),
    )


def _misses_connections(flights: list[Flight]) -> bool:
    """Return True for a single flight that is shorter than the trip: its connections are missing."""
    total, minutes = float_or_none(flights[0].travel_minutes_total), float_or_none(flights[0].travel_minutes)
    return len(flights) == 1 and total is not None and minutes is not None and total > minutes


def _add_products(flights: list[Flight], itinerary: Itinerary, columns: dict[str, str], offers: Collector) -> None:
    if not flights[0].products:
        offers.warn("Products", f"no products for {itinerary.segments[0].flight}", drops_offer=True)
    lowest: dict[tuple[Cabin, bool | None], int] = {}
    unsold = {column_type(product, columns) for product in flights[0].products if is_placeholder(product)}
    for product in flights[0].products:
        if is_placeholder(product):
            continue
        if str_or_none(product.booking_code) is None:
            offers.warn("BookingCode", f"expected a code, got {product.booking_code}", drops_offer=True)
            continue
        column = column_type(product, columns)
        if column not in CABIN_CODES:
            offers.warn("column", f"unknown column {product.column_id} {column}", drops_offer=True)
            continue
        cabin, _ = CABIN_CODES[column]
        miles, taxes = _miles_and_taxes(column, product.prices, offers)
        if miles is None:
            continue
        parts = [product, *(_part(product, flight) for flight in flights[1:])]
        cabins = segment_cabins(parts, offers)
        mixed_cabin = is_mixed_product(column, parts, cabins, unsold)
        # The same seats may be in two columns: with mixed cabins and without.
        if lowest.get((cabin, mixed_cabin), miles + 1) <= miles:
            continue
        lowest[cabin, mixed_cabin] = miles
        saver = _saver(str_or_none(product.award_type), offers)
        _warn_availability(parts, flights, offers)
        on_sale, regular_miles = _sale(product.context, miles)
        itinerary.add(
            cabin,
            miles,
            key=(cabin, mixed_cabin),
            cabins=cabins,
            booking_codes=[str_or_none(part.booking_code) for part in parts],
            taxes=taxes,
            seats=_seats(parts, flights),
            duration_minutes=_duration(flights),
            fare_name=_fare_name(cabin, parts, cabins),
            mixed_cabin=mixed_cabin,
            saver=saver,
            on_sale=on_sale,
            regular_miles=regular_miles,
            cash_price=_reference_fare(product.context),
        )


def _part(product: Product, flight: Flight) -> Product:
    """Return the same product on a connecting flight, or an empty one if that flight lacks the product."""
    of_column = [p for p in flight.products if p.column_id == product.column_id and not is_placeholder(p)]
    same = [p for p in of_column if p.product_id is not None and p.product_id == product.product_id]
    return next(iter(same or of_column), Product())


def _saver(award_type: object, offers: Collector) -> bool | None:
    saver = SAVER.get(award_type) if isinstance(award_type, str) else None
    if saver is None and award_type:
        offers.warn("AwardType", f"unknown type {award_type}")
    return saver


def _fare_name(cabin: Cabin, parts: list[Product], cabins: list[Cabin | None]) -> str | None:
    """Return the fare name on the first segment in the offer's cabin; a mixed offer may start in a lower cabin."""
    in_cabin = (part for part, known in zip(parts, cabins, strict=True) if known and known.rank >= cabin.rank)
    return str_or_none(next(in_cabin, parts[0]).description)


def _seats(parts: list[Product], flights: list[Flight]) -> int | None:
    """Return the lowest seat count among the segments, or None if any count is unknown."""
    fewest: int | None = None
    for part, flight in zip(parts, flights, strict=True):
        classes = first_str(part.booking_class_availability, flight.booking_class_availability) or ""
        seats = _seats_by_class(classes).get(str_or_none(part.booking_code) or "")
        if seats is None:
            return None
        fewest = seats if fewest is None else min(fewest, seats)
    return fewest


def _warn_availability(parts: list[Product], flights: list[Flight], offers: Collector) -> None:
    of_parts = [part.booking_class_availability for part in parts]
    for classes in (*of_parts, *(flight.booking_class_availability for flight in flights)):
        if classes and not (isinstance(classes, str) and _seats_by_class(classes)):
            offers.warn("BookingClassAvailability", f"expected seats by class, got {classes}")


@lru_cache(maxsize=4096)
def _seats_by_class(classes: str) -> dict[str, int]:
    """Return the seats by class in a text such as `J5|JN5|XN0`; 9 means 9 or more."""
    return {code: int(count) for code, count in re.findall(r"([A-Z]+)(\d+)", classes)}


def _sale(context: Context | None, miles: int) -> tuple[bool | None, int | None]:
    """Return whether a price is on sale (None if unknown), and the regular price if it is higher."""
    if context is None:
        return None, None
    struck = context.strike_through_pricing
    listed = positive_int(struck.ita_miles if struck else None) or positive_int(context.ita_miles) or 0
    regular_miles = listed if listed > miles else None
    on_sale = (float_or_none(context.percentage_savings) or 0) > 0 or (struck is not None and regular_miles is not None)
    return on_sale, regular_miles if on_sale else None


def _reference_fare(context: Context | None) -> Money | None:
    amount = float_or_none(context.reference_fare.amount) if context and context.reference_fare else None
    return money(amount, "USD") if amount is not None and amount > 0 else None


def _duration(flights: list[Flight]) -> int | None:
    total = positive_int(flights[0].travel_minutes_total)
    return total or (positive_int(flights[0].travel_minutes) if len(flights) == 1 else None)


# ---- responses -----------------------------------------------------------------------------------------------------


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if the response is not from United."""
    data = _RESPONSE.decode(body).data
    trip = data.trips[0] if data.trips else Trip()
    months = data.calendar.months if data.calendar else None
    if months is None and trip.flights is None:
        return None
    calendar = sorted(_date(day.date_value) for day in _days(months or []))
    days = calendar or ([_trip_date(trip.depart_date)] if trip.depart_date else [])
    return Detected(
        kind=SearchKind.CALENDAR if calendar else SearchKind.ITINERARY,
        origin=trip.requested_origin or trip.origin,
        destination=trip.requested_destination or trip.destination,
        first=days[0] if days else None,
        last=days[-1] if days else None,
        travelers=positive_int(data.traveller_count) or 1,
        responded_at=_server_time(data.last_call_date_time),
    )


def _data(body: bytes, search: Search) -> Data:
    """Return the data of a response. Raise SearchFailed if the response is an error or is for another route."""
    data = decode_as(_RESPONSE, body).data
    for error in data.errors or ():
        text = f"{error.major_code}/{error.minor_code}: {error.message}"
        for pattern, reason in ERROR_TEXTS:
            if pattern.search(text):
                raise SearchFailed(reason, text)
        if NOT_SERVED.search(text):
            raise AmbiguousResponse(text, reason=Reason.BAD_REQUEST, empty_note=not_served(text))
        raise UnexpectedResponse(f"error {text}")
    if data.status not in (None, 1):
        raise UnexpectedResponse(f"data.Status is {data.status}")
    for trip in data.trips or ():
        route = (
            trip.requested_origin or trip.origin or search.origin,
            trip.requested_destination or trip.destination or search.destination,
        )
        is_for_cities = bool(trip.flights) and all(map(is_at, route, (search.origin, search.destination)))
        if route != (search.origin, search.destination) and not is_for_cities:
            raise UnexpectedResponse(f"searched {search}, but the response is for {'-'.join(route)}")
    return data


def _has_no_result(data: Data) -> bool:
    return any((str(one.major_code), str(one.minor_code)) == NO_RESULT for one in data.warnings or ())


def _miles_and_taxes(
    code: str, prices: Sequence[Price | NotObject] | NotList, offers: Collector
) -> tuple[int | None, Money | None]:
    """Return the miles, and the sum of taxes and fees. An amount that cannot be added causes a warning instead.

    A close-in fee names no currency, and is in the currency of the taxes.
    """
    miles: int | None = None
    cash: float = 0
    unit = None
    for price in prices if isinstance(prices, list) else ():
        if not isinstance(price, Price):
            offers.warn("Prices", f"expected a price, got {price}")
            continue
        if price.currency == "MILES":
            miles = positive_int(price.amount)
            continue
        amount, own = float_or_none(price.amount), price.currency
        if own != unit:
            own = currency(own)
            unit = unit or own
        if amount is None or (own is not None and own != unit):
            offers.warn("Prices", f"unknown charge: {price.pricing_type} {price.amount} {price.currency}")
        else:
            cash += amount
    if miles is None:
        offers.warn("Prices", f"{code}: expected miles, got {_shown(prices)}", drops_offer=True)
    return miles, money(cash, unit) if unit else None


def _shown(prices: object) -> object:
    if not isinstance(prices, list):
        return prices
    return [(price.amount, price.currency) if isinstance(price, Price) else price for price in prices]


@lru_cache(maxsize=1024)
def _date(text: str) -> date:
    """Parse a date such as 04/02/2026 (MM/DD/YYYY)."""
    try:
        return date(int(text[6:10]), int(text[:2]), int(text[3:5]))
    except ValueError as error:
        raise UnexpectedResponse(f"DateValue is {text!r}") from error


def _trip_date(text: str) -> date:
    """Parse a date such as 2026-04-02 or 04/02/2026."""
    if "/" in text:
        return _date(text)
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise UnexpectedResponse(f"DepartDate is {text!r}") from error


def _server_time(value: object) -> datetime | None:
    """Parse the server's time, such as `2026-04-01 09:18 AM`; return None if it is invalid."""
    try:
        return datetime.strptime(str(value), "%Y-%m-%d %I:%M %p").replace(tzinfo=SERVER_ZONE)
    except ValueError:
        return None


PARSERS = {SearchKind.CALENDAR: parse_calendar, SearchKind.ITINERARY: parse_itinerary}
