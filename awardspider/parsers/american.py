"""Parse American AAdvantage: the month calendar, the 13 days around a day (weekly) and a day's flights (itinerary).

Facts and sources: docs/sources/american.md. The `ng-state` script of the results page contains the last two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Annotated, Any

import msgspec
from msgspec import UNSET

from awardspider.items import Cabin, Money, Search, SearchKind, Segment
from awardspider.outcomes import AmbiguousResponse, Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._american_calendar import Amount, Day, DayPrice, Month, days_of_month, days_of_week
from awardspider.parsers._american_page import FLIGHTS_PART, WEEK_PART, decode, is_page, part_of_page
from awardspider.parsers._carriers import operating_carrier, warn_unknown_carriers
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._detection import (
    detected_calendar,
    detected_flights,
    is_at,
    is_city,
    none_if_unreadable,
    readable,
)
from awardspider.parsers._flights import is_mixed
from awardspider.parsers._times import parse_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import date_or_none, first_str, float_or_none, money_or_none, positive_int, str_or_none
from awardspider.parsers._wire import (
    CalendarRequired,
    Contains,
    ItineraryRequired,
    NotObject,
    Required,
    Wire,
    decode_as,
    required_paths,
)

__all__ = ["PARSERS", "REQUIRED_PATHS", "decode", "detect"]

PROGRAM = "american"

# Cabins keyed by a price's productType and a seat's cabinType. Sources disagree on the name of premium economy.
CABINS = {
    "COACH": Cabin.ECONOMY,
    "PREMIUM_ECONOMY": Cabin.PREMIUM_ECONOMY,
    "PREMIUM_COACH": Cabin.PREMIUM_ECONOMY,
    "BUSINESS": Cabin.BUSINESS,
    "FIRST": Cabin.FIRST,
}

# Keyed by the first letter of a fare code: the old saver classes (True), and classes priced by the cash fare (False).
SAVER = dict.fromkeys("TUXZ", True) | dict.fromkeys("FJWY", False)

MOST_SLICES = 40  # every response that has as many may lack others

EMPTY_OR_BLOCKED = "309"
PAST_DATE = "1100"

GROUPED = re.compile(r"[1-9]\d{0,2}(,\d{3})+")

SPECIAL, NOT_SPECIAL = "-WEB-SPECIAL", "-NON-WEB-SPECIAL"  # suffixes in productBenefits; others mean nothing


class _Airport(Wire):
    code: Required[Any] = None


class _Metadata(Wire):
    search_type: Any = None
    round_trip: Any = None
    origin: _Airport | None = None
    destination: _Airport | None = None
    departure_date: Any = None


class _Seat(Wire):
    """The seat that one product has on one leg."""

    product_type: Any = None
    cabin_type: Any = None
    booking_code: Any = None
    web_special: Any = None


class _Aircraft(Wire):
    name: Any = None
    short_name: Any = None
    code: Any = None


class _Leg(Wire):
    origin: _Airport
    destination: _Airport
    departure_date_time: str
    arrival_date_time: str
    aircraft: _Aircraft | None = None
    aircraft_code: Any = None
    operational_disclosure: Any = None
    product_details: list[_Seat] | None = None


class _Flight(Wire):
    carrier_code: str
    flight_number: str | int


class _Segment(Wire):
    flight: _Flight
    legs: list[_Leg]


class _Price(Wire):
    product_type: Required[Any] = None
    product_available: Any = None
    per_passenger_award_points: Required[Any] = None
    per_passenger_taxes_and_fees: Amount | None = None
    all_passenger_taxes_and_fees: Amount | None = None
    per_passenger_display_total: Amount | None = None
    seats_remaining: Any = None
    extended_fare_code: Any = None
    web_special: Any = None
    product_benefits: Any = None


class _RegularPrice(Wire):
    product_type: Any = None
    per_passenger_award_points: Any = None


class _Pricing(Wire):
    regular_price: _RegularPrice | None = None
    web_special_price: Any = None


class _Slice(Wire):
    """An itinerary with its prices."""

    segments: list[_Segment]
    pricing_detail: list[_Price] | None
    product_pricing: list[_Pricing] | None = None
    duration_in_minutes: Any = None


class _Response(Wire):
    error: Any = None
    error_number: Any = None
    message: Any = None
    response_metadata: _Metadata | None = None
    slices: ItineraryRequired[list[Annotated[msgspec.Raw, Contains(_Slice)]] | None] = None
    calendar_months: CalendarRequired[list[Month] | None] = None
    days: list[Day | NotObject] | None = None


_RESPONSE = msgspec.json.Decoder(_Response)
_SLICE = msgspec.json.Decoder(_Slice)

# The paths are those of the month calendar, which the spider requests; the 13 days have different paths.
REQUIRED_PATHS = {kind: required_paths(_Response, kind) for kind in (SearchKind.CALENDAR, SearchKind.ITINERARY)}

# ---- the month calendar and the 13 days ----------------------------------------------------------------------------


@validated
def parse_calendar(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse the lowest price of each day, per traveler.

    The response names neither route nor cabin. Offers get the lowest searched cabin, or economy if none is given.
    """
    rows = _day_prices(_checked_response(body, WEEK_PART))
    if rows is None:
        raise UnexpectedResponse("calendarMonths and days are missing or empty")
    offers = Collector(PROGRAM, search, seen_at)
    cabin = min(search.cabins, key=lambda searched: searched.rank, default=Cabin.ECONOMY)
    days = set()
    for text, points, charge in rows:
        day = date_or_none(text)
        if day is None:
            offers.warn("date", f"expected a date, got {text}", drops_offer=True)
            continue
        days.add(day)
        if points is None or not offers.is_searched(day):
            continue
        miles = _points(points)
        if miles is None:
            offers.warn("perPassengerAwardPoints", f"{day}: expected points, got {points}", drops_offer=True)
            continue
        taxes = money_or_none(charge.amount, charge.currency) if isinstance(charge, Amount) else None
        if taxes is None:
            offers.warn("perPassengerSaleTotal", f"{day}: expected an amount, got {charge}")
        offers.add_day(day, cabin, miles, taxes=taxes)
    offers.cover("days", days)
    return offers.finish()


def _day_prices(response: _Response) -> Iterator[DayPrice] | None:
    """Return the days of the response's calendar, or None if there is no calendar."""
    if response.calendar_months:
        return days_of_month(response.calendar_months)
    return days_of_week(response.days) if response.days else None


# ---- a day's flights -----------------------------------------------------------------------------------------------


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse a day's flights; each cabin in which a flight is sold is an offer, priced per traveler.

    A response for a city with several airports is parsed for the searched airport.
    """
    response = _checked_response(body, FLIGHTS_PART)
    _check_metadata(response.response_metadata or _Metadata(), search)
    if not response.slices:
        raise UnexpectedResponse("slices is missing or empty, without an error for no flights")
    offers = Collector(PROGRAM, search, seen_at)
    for row, itinerary in offers.itineraries("slices", response.slices, _slice):
        if not itinerary.is_duplicate:
            warn_unknown_carriers((segment.legs[0].operational_disclosure for segment in row.segments), offers)
            _add_prices(row, itinerary, offers)
    if len(response.slices) >= MOST_SLICES:
        offers.warn("slices", f"{len(response.slices)} slices, so there may be others", drops_offer=True)
    return offers.finish()


def _check_metadata(metadata: _Metadata, search: Search) -> None:
    """Raise UnexpectedResponse if the response belongs to another search."""
    if metadata.search_type not in (None, "Award"):
        raise UnexpectedResponse(f"responseMetadata.searchType is {metadata.search_type}, not Award")
    if metadata.round_trip is True:
        raise UnexpectedResponse("responseMetadata.roundTrip is true: prices of a round trip")
    origin, destination, day = _route_and_day(metadata)
    for airport, actual in ((search.origin, origin), (search.destination, destination)):
        if actual is not None and not is_at(actual, airport):
            raise UnexpectedResponse(f"searched {airport}, but the response is for {actual}")
    if day not in (None, search.first.isoformat()):
        raise UnexpectedResponse(f"searched {search.first}, but the response is for {day}")


def _route_and_day(metadata: _Metadata) -> tuple[str | None, str | None, str | None]:
    airports = (metadata.origin, metadata.destination)
    origin, destination = (str_or_none(airport.code) if airport else None for airport in airports)
    return origin, destination, metadata.departure_date[:10] if isinstance(metadata.departure_date, str) else None


def _slice(raw: msgspec.Raw) -> tuple[_Slice, list[Segment]]:
    row = _SLICE.decode(raw)
    return row, [_segment(segment) for segment in row.segments]


def _segment(segment: _Segment) -> Segment:
    if not segment.legs:
        raise ValueError("a segment without legs")
    first, last = segment.legs[0], segment.legs[-1]
    origin, destination = _code(first.origin), _code(last.destination)
    aircraft = first.aircraft or _Aircraft()
    return Segment(
        marketing_carrier=segment.flight.carrier_code,
        operating_carrier=operating_carrier(first.operational_disclosure, segment.flight.carrier_code),
        flight_number=str(segment.flight.flight_number),
        origin=origin,
        destination=destination,
        departs_at=parse_time(first.departure_date_time, origin),
        arrives_at=parse_time(last.arrival_date_time, destination),
        aircraft=first_str(aircraft.name, aircraft.short_name, aircraft.code, first.aircraft_code),
        stops=len(segment.legs) - 1,
    )


def _code(airport: _Airport) -> str:
    if not isinstance(airport.code, str) or len(airport.code) != 3:
        raise ValueError(f"expected an airport code, got {airport.code!r}")
    return airport.code


def _add_prices(row: _Slice, itinerary: Itinerary, offers: Collector) -> None:
    """Add an offer for each cabin at the lowest price. A sale price is listed alongside the regular price."""
    if not row.pricing_detail:
        offers.warn("pricingDetail", f"no prices for {itinerary.segments[0].flight}", drops_offer=True)
    lowest: dict[Cabin, tuple[int, bool | None, _Price]] = {}
    regular = _regular_prices(row)
    for price in row.pricing_detail or ():
        if _is_not_sold(price):
            continue
        cabin, miles = _cabin(price.product_type), _points(price.per_passenger_award_points)
        if cabin is None:
            offers.warn("productType", f"unknown product {price.product_type}", drops_offer=True)
        elif miles is None:
            text = f"{price.product_type}: expected points, got {price.per_passenger_award_points}"
            offers.warn("perPassengerAwardPoints", text, drops_offer=True)
        else:
            is_special = _is_special(price, row)
            if is_special is False:
                regular.setdefault(cabin, miles)
            if cabin not in lowest or miles < lowest[cabin][0]:
                lowest[cabin] = miles, is_special, price
    for cabin, (miles, is_special, price) in lowest.items():
        seats = [[_seat(leg, price) for leg in segment.legs] for segment in row.segments]
        codes = [[str_or_none(seat.booking_code) for seat in of_legs] for of_legs in seats]
        cabins = [[_cabin(seat.cabin_type) for seat in of_legs] for of_legs in seats]
        taxes = _taxes(price, offers)
        if taxes is None:
            offers.warn("perPassengerTaxesAndFees", f"{price.product_type}: no taxes")
        regular_miles, on_sale = regular.get(cabin), is_special
        if is_special:  # today it only means that the price is dynamic; a sale is below the regular price
            on_sale = None if regular_miles is None else regular_miles > miles
        fare_code = str_or_none(price.extended_fare_code)
        itinerary.add(
            cabin,
            miles,
            cabins=[_lowest(of_legs) for of_legs in cabins],
            booking_codes=[of_legs[0] for of_legs in codes],
            booking_code="/".join(dict.fromkeys(filter(None, chain(*codes)))),
            taxes=taxes,
            seats=positive_int(price.seats_remaining),  # 0 is unknown, not sold out
            duration_minutes=positive_int(row.duration_in_minutes),
            fare_name=str_or_none(price.product_type),
            mixed_cabin=is_mixed(cabin, [*chain(*cabins)]),
            saver=SAVER.get(fare_code[0]) if fare_code else None,
            on_sale=on_sale,
            regular_miles=regular_miles if on_sale else None,
        )


def _regular_prices(row: _Slice) -> dict[Cabin, int]:
    """Return the regular points of each cabin (without a web special) that `productPricing` contains."""
    regular: dict[Cabin, int] = {}
    for pricing in row.product_pricing or ():
        price = pricing.regular_price or _RegularPrice()
        cabin, miles = _cabin(price.product_type), _points(price.per_passenger_award_points)
        if cabin and miles:
            regular[cabin] = miles
    return regular


def _is_not_sold(price: _Price) -> bool:
    """Return True if a product is not available, according to the flag, or else to 0 points with an empty fare code."""
    if price.product_available is not None or price.extended_fare_code != "":
        return price.product_available is False
    return float_or_none(price.per_passenger_award_points) == 0


def _is_special(price: _Price, row: _Slice) -> bool | None:
    """Return True for a web special, False for a regular price, or None if unknown."""
    benefits = price.product_benefits if isinstance(price.product_benefits, str) else ""
    if price.web_special is True or (benefits.endswith(SPECIAL) and not benefits.endswith(NOT_SPECIAL)):
        return True
    for special in (pricing.web_special_price for pricing in row.product_pricing or ()):
        if isinstance(special, dict) and special.get("productType") == price.product_type:
            points = _points(special.get("perPassengerAwardPoints"))
            if points is not None and points == _points(price.per_passenger_award_points):
                return True
    return False if price.web_special is False or benefits.endswith(NOT_SPECIAL) else None


def _seat(leg: _Leg, price: _Price) -> _Seat:
    """Return the seat that a price buys on a leg, or an empty one if the leg lists none."""
    of_product = [seat for seat in leg.product_details or () if seat.product_type == price.product_type]
    same = [seat for seat in of_product if seat.web_special == price.web_special]
    return next(iter(same or of_product), _UNKNOWN_SEAT)


_UNKNOWN_SEAT = _Seat()


def _lowest(cabins: list[Cabin | None]) -> Cabin | None:
    """Return the cabin of a segment, which is the lowest cabin of the legs."""
    return min(filter(None, cabins), key=lambda cabin: cabin.rank, default=None)


def _cabin(product: object) -> Cabin | None:
    return CABINS.get(product) if isinstance(product, str) else None


def _taxes(price: _Price, offers: Collector) -> Money | None:
    """Return the taxes for one traveler: as given, else as a share of the total, else as shown next to the points."""
    for amount, shares in (
        (price.per_passenger_taxes_and_fees, 1),
        (price.all_passenger_taxes_and_fees, offers.search.travelers),
        (price.per_passenger_display_total, 1),
    ):
        if amount and (taxes := offers.share_of_money("taxes", amount.amount, amount.currency, shares)):
            return taxes
    return None


def _points(value: object) -> int | None:
    """Return positive points, which may be a string with groups of three digits (`8,000`)."""
    if isinstance(value, str) and GROUPED.fullmatch(value):
        value = value.replace(",", "")
    return positive_int(value)


# ---- responses -----------------------------------------------------------------------------------------------------


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if the response is not from American."""
    response = _response(body, FLIGHTS_PART)
    if response.slices is None and is_page(body):
        response = _response(body, WEEK_PART)
    rows = list(readable(response.slices or (), _slice))
    origin, destination, day = _route_and_day(response.response_metadata or _Metadata())
    itineraries = [segments for _, segments in rows if segments]
    firsts, lasts = {flights[0].origin for flights in itineraries}, {flights[-1].destination for flights in itineraries}
    if is_city(origin) or (firsts and origin not in firsts):
        origin = None
    if is_city(destination) or (lasts and destination not in lasts):
        destination = None
    flights = detected_flights(itineraries, origin, destination)
    if flights is None and response.slices == [] and origin and destination and day:
        flights = Detected(kind=SearchKind.ITINERARY, origin=origin, destination=destination)
    if flights is not None:
        when = date_or_none(day) or flights.first
        return replace(flights, first=when, last=when, travelers=_travelers([row for row, _ in rows]))
    return detected_calendar(date_or_none(day.date) for day in _day_prices(response) or () if day.points is not UNSET)


def _travelers(rows: list[_Slice]) -> int:
    """Return the number of travelers: the taxes for all travelers divided by those for one."""
    for price in (price for row in rows for price in row.pricing_detail or ()):
        one, everyone = price.per_passenger_taxes_and_fees, price.all_passenger_taxes_and_fees
        single = float_or_none(one.amount) if one else None
        together = float_or_none(everyone.amount) if everyone else None
        if single and together and 1 <= round(together / single) <= 9:
            return round(together / single)
    return 1


def _checked_response(body: bytes, part: str) -> _Response:
    """Return the response, or raise SearchFailed for an error. `part` is the response's key in the results page."""
    response = _response(body, part)
    code = response.error or response.error_number
    if not code:
        return response
    text = f"error {code}: {response.message}" if response.message else f"error {code}"
    if str(code) == EMPTY_OR_BLOCKED:
        raise AmbiguousResponse(f"{text} (no flights, or a client that American does not trust)")
    if str(code) == PAST_DATE:
        raise SearchFailed(Reason.BAD_REQUEST, f"{text} (a date in the past)")
    raise UnexpectedResponse(text[:200])


def _response(body: bytes, part: str) -> _Response:
    return decode_as(_RESPONSE, part_of_page(body, part))


PARSERS = {SearchKind.CALENDAR: parse_calendar, SearchKind.ITINERARY: parse_itinerary}
