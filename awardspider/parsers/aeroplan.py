"""Air Canada Aeroplan: a day's flights ("air-bounds"), each itinerary with its fares, its flights in a dictionary.

Facts and their sources: docs/sources/aeroplan.md. The wire classes below name only what is read; `rename="camel"` maps
`air_bound_groups` to `airBoundGroups`. Values that may come in more than one type are `Any`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import msgspec

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, ParseWarning, Search, SearchKind, Segment
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.parsers._times import iso_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import currency, float_or_none, money, positive_int, str_or_none

PROGRAM = "aeroplan"

CABINS = {
    "eco": Cabin.ECONOMY,
    "ecoPremium": Cabin.PREMIUM_ECONOMY,
    "business": Cabin.BUSINESS,
    "first": Cabin.FIRST,
}

# The fares' own cabins, where the dictionary of the answer does not know one of them.
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

# "Holding confirmed"; the others are seats to wait for, or none.
CONFIRMED = "HK"
WAITING = frozenset({"HL", "HN", "LL", "NN", "UC", "UN", "US"})

NO_FLIGHTS = "NO FLIGHTS FOUND"

_GROUP = "data.airBoundGroups[]"
_FARE = f"{_GROUP}.airBounds[]"
_FLIGHT = "dictionaries.flight{}"
REQUIRED_PATHS = {
    SearchKind.ITINERARY: (
        f"{_GROUP}.boundDetails.duration",
        f"{_GROUP}.boundDetails.segments[].flightId",
        f"{_FARE}.fareFamilyCode",
        *(f"{_FARE}.availabilityDetails[].{key}" for key in ("flightId", "cabin", "bookingClass", "quota")),
        f"{_FARE}.airOffer.milesConversion.convertedMiles.base",
        *(f"{_FARE}.prices.totalPrices[].{key}" for key in ("totalTaxes", "currencyCode")),
        *(f"{_FLIGHT}.{key}" for key in ("marketingAirlineCode", "marketingFlightNumber", "aircraftCode")),
        *(f"{_FLIGHT}.{end}.{key}" for end in ("departure", "arrival") for key in ("locationCode", "dateTime")),
        "dictionaries.fareFamilyWithServices{}.cabin",
        "dictionaries.currency{}.decimalPlaces",
    )
}

UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeError)


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _End(_Wire):
    location_code: str
    date_time: str


class _Flight(_Wire):
    marketing_airline_code: str
    marketing_flight_number: str | int
    departure: _End
    arrival: _End
    operating_airline_code: Any = None
    aircraft_code: Any = None
    stops: Any = None


class _Dictionaries(_Wire):
    flight: dict[str, msgspec.Raw] | None = None
    aircraft: dict[str, Any] | None = None
    currency: dict[str, Any] | None = None
    fare_family_with_services: dict[str, Any] | None = None
    anonymous_traveler: Any = None


class _FlightOfBound(_Wire):
    flight_id: str


class _Bound(_Wire):
    segments: list[_FlightOfBound]
    duration: Any = None


class _Availability(_Wire):
    flight_id: Any = None
    cabin: Any = None
    booking_class: Any = None
    quota: Any = None
    status_code: Any = None


class _ConvertedMiles(_Wire):
    base: Any = None


class _Rest(_Wire):
    total: Any = None


class _Conversion(_Wire):
    """A price in miles, and what of it could not be turned into them and is paid in money."""

    converted_miles: _ConvertedMiles | None = None
    remaining_non_converted: _Rest | None = None


class _Price(_Wire):
    total_taxes: Any = None
    currency_code: Any = None


class _UnitPrice(_Wire):
    miles_conversion: _Conversion | None = None


class _Prices(_Wire):
    total_prices: list[_Price] | None = None
    unit_prices: list[_UnitPrice] | None = None
    miles_conversion: _Conversion | None = None


class _AirOffer(_Wire):
    miles_conversion: _Conversion | None = None


class _Fare(_Wire):
    fare_family_code: Any = None
    availability_details: list[_Availability] | None = None
    air_offer: _AirOffer | None = None
    prices: _Prices | None = None
    is_mixed_cabin: Any = None


class _Group(_Wire):
    bound_details: _Bound
    air_bounds: list[_Fare]


class _Data(_Wire):
    air_bound_groups: list[msgspec.Raw] | None = None


class _Error(_Wire):
    code: Any = None
    title: Any = None
    detail: Any = None


class _Answer(_Wire):
    data: _Data | None = None
    dictionaries: _Dictionaries | None = None
    errors: list[_Error] | None = None


_ANSWER = msgspec.json.Decoder(_Answer)
_GROUPS = msgspec.json.Decoder(_Group)
_FLIGHTS = msgspec.json.Decoder(_Flight)


def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[AwardOfferItem | ParseWarning]:
    """The flights of one day, an offer for each fare they are sold at, per traveler.

    Raises Changed for an unknown shape, other routes or days only, or an empty list without an error that says none.
    """
    answer = _decoded(body)
    groups = answer.data.air_bound_groups if answer.data else None
    if answer.errors:
        if not _says_none(answer.errors):
            raise UnexpectedResponse(
                f"error {'; '.join(f'{error.code}: {error.title}' for error in answer.errors)}"[:200]
            )
        if not groups:
            return
        yield ParseWarning("errors", f"{NO_FLIGHTS} beside {len(groups)} itineraries", drops_offer=True)
    if not groups:
        raise UnexpectedResponse("data.airBoundGroups is missing or empty, and no error says there are no flights")
    dictionaries = answer.dictionaries or _Dictionaries()
    cheapest: dict[tuple[str | None, ...], AwardOfferItem] = {}
    lost = nearby = 0
    for raw in groups:
        odd: list[ParseWarning] = []
        try:
            group = _GROUPS.decode(raw)
            flights = [_flight(bound.flight_id, dictionaries) for bound in group.bound_details.segments]
            if not flights:
                raise ValueError("boundDetails without segments")
            if not _was_asked(flights, search):
                nearby += 1
                first, last = flights[0].departure, flights[-1].arrival
                yield ParseWarning("nearby", f"{first.location_code}-{last.location_code} {first.date_time}"[:80])
                continue
            segments = [_segment(flight, dictionaries, odd) for flight in flights]
        except (*UNREADABLE, ValueError) as error:
            lost += 1
            yield ParseWarning("airBoundGroups", str(error)[:200], drops_offer=True)
            continue
        if not group.air_bounds:
            odd.append(ParseWarning("airBounds", f"none for {segments[0].flight}", drops_offer=True))
        for fare in group.air_bounds:
            offer = _offer(fare, group.bound_details, segments, dictionaries, search, seen_at, odd)
            if offer is not None:
                key = (offer.cabin, offer.flights, offer.fare_name)
                twin = cheapest.get(key)
                if twin is None or (offer.miles or 0) < (twin.miles or 0):
                    cheapest[key] = offer
        lost += sum(one.drops_offer for one in odd)
        yield from odd
    yield from cheapest.values()
    if lost and not cheapest:
        raise UnexpectedResponse(f"nothing of {len(groups)} itineraries could be read")
    if nearby == len(groups):
        raise UnexpectedResponse(f"only flights of other airports or days: {nearby}")


def _says_none(errors: list[_Error]) -> bool:
    return all(type(error.title) is str and NO_FLIGHTS in error.title.upper() for error in errors)


def _flight(flight_id: str, dictionaries: _Dictionaries) -> _Flight:
    """The flight of the dictionary. Raises ValueError where it is not there."""
    raw = (dictionaries.flight or {}).get(flight_id)
    if raw is None:
        raise ValueError(f"dictionaries.flight has no {flight_id}")
    return _FLIGHTS.decode(raw)


def _entry(dictionary: dict[str, Any] | None, key: str) -> dict[str, Any]:
    found = dictionary.get(key) if dictionary else None
    return found if isinstance(found, dict) else {}


def _was_asked(flights: list[_Flight], search: Search) -> bool:
    return (
        flights[0].departure.location_code == search.origin
        and flights[-1].arrival.location_code == search.destination
        and search.first.isoformat() <= flights[0].departure.date_time[:10] <= search.last.isoformat()
    )


def _segment(flight: _Flight, dictionaries: _Dictionaries, odd: list[ParseWarning]) -> Segment:
    """The flight without what a fare says of it."""
    departs_at, odd_departure = iso_time(flight.departure.date_time, flight.departure.location_code)
    arrives_at, odd_arrival = iso_time(flight.arrival.date_time, flight.arrival.location_code)
    odd.extend(odd_departure + odd_arrival)
    code = str_or_none(flight.aircraft_code)
    landings = flight.stops if isinstance(flight.stops, list) else ()
    return Segment(
        marketing_carrier=flight.marketing_airline_code,
        operating_carrier=str_or_none(flight.operating_airline_code),  # affiliates have a name only
        flight_number=str(flight.marketing_flight_number).lstrip("0"),
        origin=flight.departure.location_code,
        destination=flight.arrival.location_code,
        departs_at=departs_at,
        arrives_at=arrives_at,
        aircraft=_one_spaced(str_or_none((dictionaries.aircraft or {}).get(code)) or code) if code else None,
        stops=len(landings),
    )


def _offer(
    fare: _Fare,
    bound: _Bound,
    segments: list[Segment],
    dictionaries: _Dictionaries,
    search: Search,
    seen_at: datetime,
    odd: list[ParseWarning],
) -> AwardOfferItem | None:
    """The offer of one fare; None, with the reason in `odd`, where it cannot be read or has no seats."""
    by_flight = {
        detail.flight_id: detail for detail in fare.availability_details or () if type(detail.flight_id) is str
    }
    details = [by_flight.get(flight.flight_id) or _Availability() for flight in bound.segments]
    statuses = [detail.status_code for detail in details if detail.status_code not in (None, CONFIRMED)]
    if statuses:
        if not all(type(status) is str and status in WAITING for status in statuses):
            odd.append(ParseWarning("statusCode", str(statuses)[:80], drops_offer=True))
        return None
    cabins = [CABINS.get(detail.cabin) if type(detail.cabin) is str else None for detail in details]
    cabin = _cabin(fare.fare_family_code, cabins, dictionaries)
    miles = _miles(fare, search.travelers)
    if cabin is None or miles is None:
        odd.append(ParseWarning("airBounds", f"{fare.fare_family_code} {cabins} {miles} miles"[:80], drops_offer=True))
        return None
    family = str_or_none(fare.fare_family_code)
    if family is None:  # fares of one cabin are told apart by it
        odd.append(ParseWarning("fareFamilyCode", str(fare.fare_family_code)[:80], drops_offer=True))
    codes = [code for detail in details if (code := str_or_none(detail.booking_class))]
    minutes = float_or_none(bound.duration)
    return AwardOfferItem(
        program=PROGRAM,
        source=PROGRAM,
        detail=Detail.ITINERARY,
        origin=search.origin,
        destination=search.destination,
        departure_date=segments[0].departs_at.date(),
        cabin=cabin,
        miles=miles,
        taxes=_taxes(fare, dictionaries, search.travelers, odd),
        seats=_seats(details, odd),
        stops=len(segments) - 1 + sum(segment.stops for segment in segments),
        duration_minutes=positive_int(minutes // 60) if minutes is not None else None,
        segments=tuple(
            _with(s, known, str_or_none(d.booking_class)) for s, known, d in zip(segments, cabins, details, strict=True)
        ),
        fare_name=family,
        booking_code=codes[0] if len(set(codes)) == 1 else "/".join(codes) or None,
        mixed_cabin=_is_mixed(fare, cabin, cabins),
        travelers=search.travelers,
        seen_at=seen_at,
    )


def _with(segment: Segment, cabin: Cabin | None, booking_code: str | None) -> Segment:
    """The segment as one fare sells it; written out, because `dataclasses.replace` costs three times as much."""
    return Segment(
        marketing_carrier=segment.marketing_carrier,
        operating_carrier=segment.operating_carrier,
        flight_number=segment.flight_number,
        origin=segment.origin,
        destination=segment.destination,
        departs_at=segment.departs_at,
        arrives_at=segment.arrives_at,
        aircraft=segment.aircraft,
        cabin=cabin,
        booking_code=booking_code,
        stops=segment.stops,
    )


def _cabin(family: object, cabins: list[Cabin | None], dictionaries: _Dictionaries) -> Cabin | None:
    """The cabin of a fare family: by the answer's dictionary, by its name, or as the highest of its flights."""
    if type(family) is str:
        told = _entry(dictionaries.fare_family_with_services, family).get("cabin")
        if type(told) is str and told in CABINS:
            return CABINS[told]
        if family in FARE_FAMILIES:
            return FARE_FAMILIES[family]
    return max(filter(None, cabins), key=lambda cabin: cabin.rank, default=None)


def _is_mixed(fare: _Fare, cabin: Cabin, cabins: list[Cabin | None]) -> bool | None:
    """Whether a segment is below the offer's cabin; None where a segment does not say its own."""
    if fare.is_mixed_cabin is True or any(known is not None and known.rank < cabin.rank for known in cabins):
        return True
    return None if None in cabins and cabin is not Cabin.ECONOMY else False


def _miles(fare: _Fare, party: int) -> int | None:
    """Miles for one traveler: the unit price where it is told, or else the party's share of the whole."""
    units = fare.prices.unit_prices if fare.prices else None
    if party > 1 and units and (unit := _base(units[0].miles_conversion)):
        return unit
    total = _base(fare.air_offer.miles_conversion) if fare.air_offer else None
    if total is None and fare.prices:
        total = _base(fare.prices.miles_conversion)
    return positive_int(total / party) if total else None


def _paid_in_money(fare: _Fare) -> float:
    """What of the fare itself could not be turned into miles; 0 where nothing is said."""
    rest = 0.0
    for priced in (fare.prices, fare.air_offer):
        conversion = priced.miles_conversion if priced else None
        if conversion and conversion.remaining_non_converted:
            rest = max(rest, float_or_none(conversion.remaining_non_converted.total) or 0)
    return rest


def _base(conversion: _Conversion | None) -> int | None:
    """Only `base` is miles: `total` adds the taxes' cents to them."""
    return positive_int(conversion.converted_miles.base) if conversion and conversion.converted_miles else None


def _taxes(fare: _Fare, dictionaries: _Dictionaries, party: int, odd: list[ParseWarning]) -> Money | None:
    """The party's taxes, written in the currency's smallest unit, for one traveler.

    None where a part of the fare itself is paid in money: whether the taxes hold that too is not known.
    """
    if rest := _paid_in_money(fare):
        odd.append(ParseWarning("remainingNonConverted", f"{rest:g} for {fare.fare_family_code}"[:80]))
        return None
    prices = fare.prices
    price = prices.total_prices[0] if prices and prices.total_prices else None
    if price is None or price.total_taxes is None:
        return None
    amount, unit = float_or_none(price.total_taxes), currency(price.currency_code)
    if amount is None or amount < 0 or unit is None:
        odd.append(ParseWarning("totalTaxes", f"{price.total_taxes} {price.currency_code}"[:80]))
        return None
    decimals = float_or_none(_entry(dictionaries.currency, unit).get("decimalPlaces"))
    return _share(amount, int(decimals) if decimals is not None and 0 <= decimals <= 4 else 2, unit, party)


@lru_cache(maxsize=4096)
def _share(amount: float, decimals: int, unit: str, party: int) -> Money:
    return money(amount / 10**decimals / party, unit)


def _seats(details: list[_Availability], odd: list[ParseWarning]) -> int | None:
    """Seats left for the whole way: the fewest of its flights (9 means 9 or more); None where one does not say."""
    least: int | None = None
    for detail in details:
        count = float_or_none(detail.quota)
        if count is None or not 0 <= count <= 500 or count != int(count):
            if detail.quota is not None:
                odd.append(ParseWarning("quota", str(detail.quota)[:80]))
            return None
        least = int(count) if least is None else min(least, int(count))
    return least or None  # a fare that is sold and has 0 seats does not tell them


@lru_cache(maxsize=512)
def _one_spaced(name: str) -> str:
    return " ".join(name.split())


# ---- both ----------------------------------------------------------------------------------------------------------


def decode(body: bytes) -> object:
    """The answer as plain lists, objects and values. Raises Changed."""
    try:
        return msgspec.json.decode(body)
    except UNREADABLE as error:
        raise UnexpectedResponse(str(error)) from error


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself, or None where it is not one of Aeroplan."""
    try:
        answer = _decoded(body)
    except UnexpectedResponse:
        return None
    if answer.data is None or not answer.data.air_bound_groups:
        is_list = answer.data is not None and answer.data.air_bound_groups is not None
        ours = is_list or (answer.errors and _says_none(answer.errors))
        return Detected(kind=SearchKind.ITINERARY) if ours else None
    dictionaries = answer.dictionaries or _Dictionaries()
    ends: Counter[tuple[str, str, date]] = Counter()
    for raw in answer.data.air_bound_groups:
        try:
            bound = _GROUPS.decode(raw).bound_details
            first = _flight(bound.segments[0].flight_id, dictionaries).departure
            last = _flight(bound.segments[-1].flight_id, dictionaries).arrival
            ends[first.location_code, last.location_code, date.fromisoformat(first.date_time[:10])] += 1
        except (*UNREADABLE, ValueError, IndexError):
            continue
    if not ends:
        return None
    origin, destination, day = ends.most_common(1)[0][0]
    travelers = dictionaries.anonymous_traveler
    return Detected(
        kind=SearchKind.ITINERARY,
        origin=origin,
        destination=destination,
        first=day,
        last=day,
        travelers=len(travelers) if isinstance(travelers, dict) and travelers else 1,
    )


def _decoded(body: bytes) -> _Answer:
    try:
        return _ANSWER.decode(body)
    except UNREADABLE as error:
        raise UnexpectedResponse(str(error)) from error


PARSERS = {SearchKind.ITINERARY: validated(parse_itinerary)}
