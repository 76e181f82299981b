"""Parse Aeromexico Rewards: a day's flights with every fare in points (search/flight/points).

Facts and sources: docs/sources/aeromexico.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from awardspider.items import Cabin, ParseWarning, Search, SearchKind, Segment
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._detection import detected_flights, none_if_unreadable
from awardspider.parsers._times import parse_local_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import currency, float_or_none, money_or_none, positive_int, str_or_none
from awardspider.parsers._wire import Contains, NotObject, Required, Wire, decode, decode_as, required_paths

__all__ = ["PARSERS", "REQUIRED_PATHS", "decode", "detect"]

PROGRAM = "aeromexico"

# AM Plus is economy with more legroom, not a separate cabin.
CABINS = {"MAIN": Cabin.ECONOMY, "AM_PLUS": Cabin.ECONOMY, "BUSINESS": Cabin.BUSINESS}

# A CLASSIC ticket is the saver award; DYNAMIC tickets follow the cash fare.
SAVER = {"CLASSIC": True, "DYNAMIC": False}


class _Segment(Wire):
    """A segment. `bookingClass` is ignored, because it belongs to a reference fare."""

    departure_airport: str
    arrival_airport: str
    departure_date_time: str
    arrival_date_time: str
    marketing_carrier: str
    marketing_flight_code: str | int
    operating_carrier: Any = None
    aircraft_type: Any = None
    duration: Any = None
    layover_duration: Any = None
    stop_airports: Any = None


class _Leg(Wire):
    segments: list[_Segment]
    total_flight_duration: Any = None


class _Price(Wire):
    """A price for one traveler. `total_cash` is paid in addition to the points; `total` is the cash fare."""

    points: Required[Any] = msgspec.UNSET
    total_cash: Required[Any] = None
    points_before_promo: Any = None
    total: Any = None


class _Fare(Wire):
    currency: Required[_Price | NotObject] = None
    fare_family: Required[Any] = None
    cabin_class: Required[Any] = None
    seats_remaining: Required[Any] = None
    ticket_type: Any = None
    booking_class: Any = None
    unavailable: Any = None
    is_cabin_hidden: Any = None
    is_promo_active: Any = None
    is_air_promotions_active: Any = None


class _Itinerary(Wire):
    leg_collection: list[_Leg]
    fares: list[_Fare | NotObject]


class _LegCode(Wire):
    leg_code: Required[Any] = None


class _Response(Wire):
    outbound: list[Annotated[msgspec.Raw, Contains(_Itinerary)]]
    currency_code: Required[Any] = None
    conversion_info: Required[Annotated[Any, Contains(list[_LegCode])]] = None
    warnings: Any = None


_RESPONSE = msgspec.json.Decoder(_Response)
_ITINERARY = msgspec.json.Decoder(_Itinerary)
REQUIRED_PATHS = {SearchKind.ITINERARY: required_paths(_Response, SearchKind.ITINERARY)}


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse a day's flights; each fare family is an offer, priced per traveler.

    Raise UnexpectedResponse for a response without flights but with warnings, because flights may be missing.
    """
    response = decode_as(_RESPONSE, body)
    _check_route(response, search)
    if response.warnings:  # other flights may be missing
        yield ParseWarning("warnings", str(response.warnings)[:200], drops_offer=True)
    offers = Collector(PROGRAM, search, seen_at)
    if not _leg_codes(response):
        offers.warn("conversionInfo", f"expected a legCode, got {response.conversion_info}")
    unit = currency(response.currency_code)
    if unit is None:
        offers.warn("currencyCode", f"expected a currency, got {response.currency_code}")
    without_points = 0
    for row, itinerary in offers.itineraries("outbound", response.outbound, _itinerary):
        minutes = _minutes(row.leg_collection)
        for fare in row.fares:
            if not isinstance(fare, _Fare):
                offers.warn("fares", f"expected a fare, got {fare}", drops_offer=True)
                continue
            without_points += _lacks_points(fare.currency)
            if fare.unavailable is not True and fare.is_cabin_hidden is not True and not _is_for_money(fare.currency):
                _add_fare(fare, itinerary, unit, minutes, offers)
    if without_points and not offers.offers:  # the key of the points may have changed
        raise UnexpectedResponse(f"no fare could be parsed; fares without points: {without_points}")
    yield from offers.finish()


def _check_route(response: _Response, search: Search) -> None:
    """Raise UnexpectedResponse if the route or day differs, or if a response without flights may be incomplete."""
    codes = _leg_codes(response)
    searched = f"{search.origin}_{search.destination}_{search.first}"
    if codes and not any(searched in code for code in codes):
        raise UnexpectedResponse(f"searched {searched}, but the response is for {codes[0][:80]}")
    if not response.outbound and (response.warnings or not codes):
        warnings = str(response.warnings)[:200]
        raise UnexpectedResponse(f"outbound is empty, with warnings {warnings} and conversionInfo {codes[:1]}")


def _leg_codes(response: _Response) -> list[str]:
    """Return the routes and days in the response, in the form `MEX_CUN_2026-10-05`."""
    info = response.conversion_info
    entries = info if isinstance(info, list) else [info]
    return [entry["legCode"] for entry in entries if isinstance(entry, dict) and str_or_none(entry.get("legCode"))]


def _itinerary(raw: msgspec.Raw) -> tuple[_Itinerary, tuple[Segment, ...]]:
    row = _ITINERARY.decode(raw)
    return row, tuple([_segment(segment) for leg in row.leg_collection for segment in leg.segments])


def _segment(segment: _Segment) -> Segment:
    return Segment(
        marketing_carrier=segment.marketing_carrier,
        operating_carrier=str_or_none(segment.operating_carrier),
        flight_number=str(segment.marketing_flight_code),
        origin=segment.departure_airport,
        destination=segment.arrival_airport,
        departs_at=parse_local_time(segment.departure_date_time, segment.departure_airport),
        arrives_at=parse_local_time(segment.arrival_date_time, segment.arrival_airport),
        aircraft=str_or_none(segment.aircraft_type),
        stops=len(segment.stop_airports) if isinstance(segment.stop_airports, list) else 0,
    )


def _minutes(legs: list[_Leg]) -> int | None:
    """Return the total minutes of flights and layovers, or the leg's stated total if a flight's are unknown."""
    segments = [segment for leg in legs for segment in leg.segments]
    flights = [float_or_none(segment.duration) or 0 for segment in segments]
    if all(minutes > 0 for minutes in flights):
        return int(sum(flights) + sum(float_or_none(segment.layover_duration) or 0 for segment in segments))
    return positive_int(legs[0].total_flight_duration) if len(legs) == 1 else None


def _is_for_money(price: _Price | NotObject) -> bool:
    """Return True if a fare is sold only for money: its points are 0, null or missing."""
    if not isinstance(price, _Price):
        return False
    return price.points is None or float_or_none(price.points) == 0 or _lacks_points(price)


def _lacks_points(price: _Price | NotObject) -> bool:
    """Return True for a price in money that has no key for points."""
    return isinstance(price, _Price) and price.points is msgspec.UNSET and float_or_none(price.total) is not None


def _add_fare(fare: _Fare, itinerary: Itinerary, unit: str | None, minutes: int | None, offers: Collector) -> None:
    """Add an offer for a fare, unless it has too few seats for all travelers."""
    family = str_or_none(fare.fare_family)
    price = fare.currency
    if not isinstance(price, _Price):
        offers.warn("currency", f"{family}: expected a price, got {price}", drops_offer=True)
        return
    miles = positive_int(price.points)
    if miles is None:
        offers.warn("points", f"{family}: expected points, got {price.points}", drops_offer=True)
        return
    cabin = CABINS.get(fare.cabin_class) if isinstance(fare.cabin_class, str) else None
    if cabin is None:
        offers.warn("cabinClass", f"{family}: unknown cabin {fare.cabin_class}", drops_offer=True)
        return
    seats = positive_int(fare.seats_remaining)
    if seats is not None and seats < offers.search.travelers:
        return
    if family is None:  # only the family distinguishes fares in one cabin
        offers.warn("fareFamily", f"none for {itinerary.segments[0].flight} in {cabin}", drops_offer=True)
    regular_miles = positive_int(price.points_before_promo)
    itinerary.add(
        cabin,
        miles,
        taxes=money_or_none(price.total_cash, unit),
        seats=seats,
        duration_minutes=minutes,
        fare_name=family,
        booking_code=str_or_none(fare.booking_class),
        saver=SAVER.get(fare.ticket_type) if isinstance(fare.ticket_type, str) else None,
        on_sale=_is_on_sale(fare, regular_miles, miles),
        regular_miles=regular_miles if regular_miles is not None and regular_miles > miles else None,
        cash_price=money_or_none(price.total, unit),
    )


def _is_on_sale(fare: _Fare, regular_miles: int | None, miles: int) -> bool | None:
    """Return True if a promotion is active or the regular price is higher; None if the response mentions neither."""
    flags = (fare.is_promo_active, fare.is_air_promotions_active)
    if True in flags or (regular_miles is not None and regular_miles > miles):
        return True
    return False if False in flags or regular_miles is not None else None


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if the response is not from the points search."""
    response = decode_as(_RESPONSE, body)
    if not (codes := _leg_codes(response)):
        return detected_flights([_itinerary(raw)[1] for raw in response.outbound[:1]])
    origin, destination, text = codes[0].split("_")[:3]
    day = date.fromisoformat(text[:10])
    return Detected(kind=SearchKind.ITINERARY, origin=origin, destination=destination, first=day, last=day)


PARSERS = {SearchKind.ITINERARY: parse_itinerary}
