"""Parse Air Canada Aeroplan: a day's flights ("air-bounds") and their fares, which refer to a dictionary of flights.

Facts and sources: docs/sources/aeroplan.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Annotated, Any

import msgspec

from awardspider.items import Cabin, Money, ParseWarning, Search, SearchKind, Segment
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._detection import detected_flights, none_if_unreadable, readable
from awardspider.parsers._flights import highest, is_mixed
from awardspider.parsers._times import parse_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import count_or_none, float_or_none, from_minor_units, positive_int, str_or_none
from awardspider.parsers._wire import Contains, NotObject, Required, Wire, decode, decode_as, required_paths

__all__ = ["PARSERS", "REQUIRED_PATHS", "decode", "detect"]

PROGRAM = "aeroplan"

CABINS = {
    "eco": Cabin.ECONOMY,
    "ecoPremium": Cabin.PREMIUM_ECONOMY,
    "business": Cabin.BUSINESS,
    "first": Cabin.FIRST,
}

# The cabins of fare families, used for a family that is missing from the response's dictionary.
FARE_FAMILIES = {
    "STANDARD": Cabin.ECONOMY,
    "FLEX": Cabin.ECONOMY,
    "LATITUDE": Cabin.ECONOMY,
    "PYLOW": Cabin.PREMIUM_ECONOMY,
    "PYFLEX": Cabin.PREMIUM_ECONOMY,
    "EXECLOW": Cabin.BUSINESS,
    "EXECFLEX": Cabin.BUSINESS,
    "FIRSTLOW": Cabin.FIRST,
    "FIRSTFLEX": Cabin.FIRST,
}

# "Holding confirmed". The other known statuses mean a waiting list or no seats.
CONFIRMED = "HK"
WAITING = frozenset({"HL", "HN", "LL", "NN", "UC", "UN", "US"})

NO_FLIGHTS = "NO FLIGHTS FOUND"


class _Stop(Wire):
    location_code: str
    date_time: str


class _Flight(Wire):
    marketing_airline_code: str
    marketing_flight_number: str | int
    departure: _Stop
    arrival: _Stop
    aircraft_code: Required[Any] = None
    operating_airline_code: Any = None
    stops: Any = None


class _FareFamily(Wire):
    cabin: Required[Any] = None


class _Currency(Wire):
    decimal_places: Required[Any] = None


class _Dictionaries(Wire):
    flight: Required[dict[str, Annotated[msgspec.Raw, Contains(_Flight)]] | None] = None
    fare_family_with_services: Required[dict[str, _FareFamily | NotObject] | None] = None
    currency: Required[dict[str, _Currency | NotObject] | None] = None
    aircraft: dict[str, Any] | None = None
    anonymous_traveler: Any = None


class _FlightId(Wire):
    flight_id: str


class _Bound(Wire):
    segments: list[_FlightId]
    duration: Required[Any] = None


class _Availability(Wire):
    flight_id: Required[Any] = None
    cabin: Required[Any] = None
    booking_class: Required[Any] = None
    quota: Required[Any] = None
    status_code: Any = None


class _ConvertedMiles(Wire):
    """A price in miles. The key `total` is ignored, because it also includes the cents of the taxes."""

    base: Required[Any] = None


class _PaidInMoney(Wire):
    total: Any = None


class _MilesConversion(Wire):
    """A price in miles, and the part that is paid in money instead."""

    converted_miles: Required[_ConvertedMiles | None] = None
    remaining_non_converted: _PaidInMoney | None = None


class _TotalPrice(Wire):
    total_taxes: Required[Any] = None
    currency_code: Required[Any] = None


class _UnitPrice(Wire):
    miles_conversion: _MilesConversion | None = None


class _Prices(Wire):
    total_prices: Required[list[_TotalPrice] | None] = None
    unit_prices: list[_UnitPrice] | None = None
    miles_conversion: _MilesConversion | None = None


class _AirOffer(Wire):
    miles_conversion: Required[_MilesConversion | None] = None


class _Fare(Wire):
    """A fare. All prices except the unit prices are for all travelers."""

    fare_family_code: Required[Any] = None
    availability_details: Required[list[_Availability] | None] = None
    air_offer: Required[_AirOffer | None] = None
    prices: Required[_Prices | None] = None
    is_mixed_cabin: Any = None


class _Group(Wire):
    bound_details: _Bound
    air_bounds: list[_Fare]


class _Data(Wire):
    air_bound_groups: Required[list[Annotated[msgspec.Raw, Contains(_Group)]] | None] = None


class _Error(Wire):
    code: Any = None
    title: Any = None


class _Response(Wire):
    data: Required[_Data | None] = None
    dictionaries: Required[_Dictionaries | None] = None
    errors: list[_Error] | None = None


_RESPONSE = msgspec.json.Decoder(_Response)
_GROUP = msgspec.json.Decoder(_Group)
_FLIGHT = msgspec.json.Decoder(_Flight)
REQUIRED_PATHS = {SearchKind.ITINERARY: required_paths(_Response, SearchKind.ITINERARY)}


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse a day's flights; each fare is an offer, priced per traveler."""
    response = decode_as(_RESPONSE, body)
    groups = response.data.air_bound_groups if response.data else None
    if response.errors:
        if not _says_no_flights(response.errors):
            errors = "; ".join(f"{error.code}: {error.title}" for error in response.errors)
            raise UnexpectedResponse(f"error {errors}"[:200])
        if not groups:
            return
        yield ParseWarning("errors", f"{NO_FLIGHTS} with {len(groups)} itineraries", drops_offer=True)
    if not groups:
        raise UnexpectedResponse("data.airBoundGroups is missing or empty, without an error that there are no flights")
    dictionaries = response.dictionaries or _Dictionaries()
    offers = Collector(PROGRAM, search, seen_at)
    for group, itinerary in offers.itineraries("airBoundGroups", groups, partial(_group, dictionaries)):
        if not group.air_bounds:
            offers.warn("airBounds", f"no fares for {itinerary.segments[0].flight}", drops_offer=True)
        for fare in group.air_bounds:
            _add_fare(fare, group.bound_details, itinerary, dictionaries, offers)
    yield from offers.finish()


def _says_no_flights(errors: list[_Error]) -> bool:
    return all(isinstance(error.title, str) and NO_FLIGHTS in error.title.upper() for error in errors)


def _group(dictionaries: _Dictionaries, raw: msgspec.Raw) -> tuple[_Group, tuple[Segment, ...]]:
    group = _GROUP.decode(raw)
    return group, tuple([_segment(bound.flight_id, dictionaries) for bound in group.bound_details.segments])


def _segment(flight_id: str, dictionaries: _Dictionaries) -> Segment:
    raw = (dictionaries.flight or {}).get(flight_id)
    if raw is None:
        raise ValueError(f"dictionaries.flight has no {flight_id}")
    flight = _FLIGHT.decode(raw)
    return Segment(
        marketing_carrier=flight.marketing_airline_code,
        operating_carrier=str_or_none(flight.operating_airline_code),  # missing for affiliates, which have only a name
        flight_number=str(flight.marketing_flight_number).lstrip("0"),
        origin=flight.departure.location_code,
        destination=flight.arrival.location_code,
        departs_at=parse_time(flight.departure.date_time, flight.departure.location_code),
        arrives_at=parse_time(flight.arrival.date_time, flight.arrival.location_code),
        aircraft=_aircraft(flight.aircraft_code, dictionaries.aircraft or {}),
        stops=len(flight.stops) if isinstance(flight.stops, list) else 0,
    )


def _aircraft(code: object, names: dict[str, Any]) -> str | None:
    known = str_or_none(code)
    return _single_spaces(str_or_none(names.get(known)) or known) if known else None


@lru_cache(maxsize=512)
def _single_spaces(name: str) -> str:
    return " ".join(name.split())


def _add_fare(fare: _Fare, bound: _Bound, itinerary: Itinerary, dictionaries: _Dictionaries, offers: Collector) -> None:
    by_flight = {str(detail.flight_id): detail for detail in fare.availability_details or ()}
    details = [by_flight.get(flight.flight_id) or _Availability() for flight in bound.segments]
    statuses = [detail.status_code for detail in details if detail.status_code not in (None, CONFIRMED)]
    if statuses:
        if not all(isinstance(status, str) and status in WAITING for status in statuses):
            offers.warn("statusCode", f"unknown status {statuses}", drops_offer=True)
        return
    cabins = [CABINS.get(detail.cabin) if isinstance(detail.cabin, str) else None for detail in details]
    family = str_or_none(fare.fare_family_code)
    cabin = _cabin(family, cabins, dictionaries)
    miles = _miles(fare, offers)
    if cabin is None or miles is None:
        names = ", ".join(map(str, cabins))
        offers.warn("airBounds", f"{fare.fare_family_code} in {names}: {miles} miles in {cabin}", drops_offer=True)
        return
    if family is None:  # only the family distinguishes fares in one cabin
        offers.warn("fareFamilyCode", f"expected a fare family, got {fare.fare_family_code}", drops_offer=True)
    minutes = float_or_none(bound.duration)
    itinerary.add(
        cabin,
        miles,
        key=(cabin, family),
        cabins=cabins,
        booking_codes=[str_or_none(detail.booking_class) for detail in details],
        taxes=_taxes(fare, dictionaries, offers),
        seats=_seats(details, offers),
        duration_minutes=positive_int(minutes // 60) if minutes is not None else None,
        fare_name=family,
        mixed_cabin=fare.is_mixed_cabin is True or (cabin is not Cabin.ECONOMY and is_mixed(cabin, cabins)),
    )


def _cabin(family: str | None, cabins: list[Cabin | None], dictionaries: _Dictionaries) -> Cabin | None:
    """Return a fare's cabin: from the dictionary, else by the family's name, else the highest of the flights."""
    if family is not None:
        entry = (dictionaries.fare_family_with_services or {}).get(family)
        code = entry.cabin if isinstance(entry, _FareFamily) else None
        if isinstance(code, str) and code in CABINS:
            return CABINS[code]
        if family in FARE_FAMILIES:
            return FARE_FAMILIES[family]
    return highest(cabins)


def _miles(fare: _Fare, offers: Collector) -> int | None:
    """Return the miles for one traveler: for several travelers, the unit price if given; else a share of the total."""
    travelers = offers.search.travelers
    units = fare.prices.unit_prices if fare.prices else None
    if travelers > 1 and units and (unit := _base(units[0].miles_conversion)):
        return unit
    total = _base(fare.air_offer.miles_conversion) if fare.air_offer else None
    if total is None and fare.prices:
        total = _base(fare.prices.miles_conversion)
    return offers.share_of_miles("convertedMiles", total, travelers)


def _base(conversion: _MilesConversion | None) -> int | None:
    return positive_int(conversion.converted_miles.base) if conversion and conversion.converted_miles else None


def _taxes(fare: _Fare, dictionaries: _Dictionaries, offers: Collector) -> Money | None:
    """Return the taxes for one traveler, computed from the total for all travelers in the currency's smallest unit.

    The taxes are unknown if part of the fare is paid in money, because the total may include that part.
    """
    if paid_in_money := _paid_in_money(fare):
        offers.warn("remainingNonConverted", f"{paid_in_money:g} for {fare.fare_family_code}")
        return None
    prices = fare.prices
    price = prices.total_prices[0] if prices and prices.total_prices else None
    if price is None or price.total_taxes is None:
        return None
    entry = (dictionaries.currency or {}).get(price.currency_code) if isinstance(price.currency_code, str) else None
    decimals = count_or_none(entry.decimal_places) if isinstance(entry, _Currency) else None
    known = decimals if decimals is not None and decimals <= 4 else None
    amount = from_minor_units(price.total_taxes, price.currency_code, known)
    taxes = offers.share_of_money("totalTaxes", amount, price.currency_code, offers.search.travelers)
    if taxes is None:
        offers.warn("totalTaxes", f"expected an amount, got {price.total_taxes} {price.currency_code}")
    return taxes


def _paid_in_money(fare: _Fare) -> float:
    """Return the amount of the fare that is paid in money."""
    amounts = [0.0]
    for priced in (fare.prices, fare.air_offer):
        conversion = priced.miles_conversion if priced else None
        if conversion and conversion.remaining_non_converted:
            amounts.append(float_or_none(conversion.remaining_non_converted.total) or 0)
    return max(amounts)


def _seats(details: list[_Availability], offers: Collector) -> int | None:
    """Return the lowest seat count among the flights (9 means nine or more); None if a count is unknown."""
    lowest: int | None = None
    for detail in details:
        count = count_or_none(detail.quota)
        if count is None:
            if detail.quota is not None:
                offers.warn("quota", f"expected a number of seats, got {detail.quota}")
            return None
        lowest = count if lowest is None else min(lowest, count)
    return lowest or None  # for a fare that is sold, 0 means unknown


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if the response is not from Aeroplan."""
    response = decode_as(_RESPONSE, body)
    groups = response.data.air_bound_groups if response.data else None
    if not groups:
        is_empty = groups is not None or (response.errors and _says_no_flights(response.errors))
        return Detected(kind=SearchKind.ITINERARY) if is_empty else None
    dictionaries = response.dictionaries or _Dictionaries()
    detected = detected_flights(segments for _, segments in readable(groups, partial(_group, dictionaries)))
    travelers = dictionaries.anonymous_traveler
    return replace(detected, travelers=len(travelers) or 1) if detected and isinstance(travelers, dict) else detected


PARSERS = {SearchKind.ITINERARY: parse_itinerary}
