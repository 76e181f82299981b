"""SAS EuroBonus: the award finder's days with seats (destinations/v1), and a day's flights for points (offers/flights).

Facts and their sources: docs/sources/sas.md. The wire classes name only what is read; `rename="camel"` maps
`outbound_flights` to `outboundFlights`. Values that may come in more than one type are `Any` and read through
`readers.values`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import msgspec

from awardspider.items import (
    AwardOfferItem,
    Cabin,
    CoveredDates,
    Detail,
    ParseWarning,
    Search,
    SearchKind,
    Segment,
    airports,
)
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.parsers._flights import flights_of, keep_lower
from awardspider.parsers._validation import validated
from awardspider.parsers._values import currency, float_or_none, local_time, money, positive_int, str_or_none

PROGRAM = "sas"

REQUIRED_PATHS = {
    SearchKind.CALENDAR: (
        "[].airportCode",
        "[].availability.outbound[].date",
        "[].availability.outbound[].availableSeatsTotal",
    ),
    SearchKind.ITINERARY: (
        "bookingFlow",
        "outboundFlights{}.segments[].departureDateTimeInLocal",
        "outboundFlights{}.segments[].marketingCarrier.code",
        "outboundFlights{}.segments[].flightNumber",
        "outboundFlights{}.cabins{}{}.products{}.price.points",
        "outboundFlights{}.cabins{}{}.products{}.fares[].segmentId",
    ),
}

# The award finder's classes. Plus, sold on short flights, is SAS's premium economy.
CLASSES = {"AG": Cabin.ECONOMY, "AP": Cabin.PREMIUM_ECONOMY, "AB": Cabin.BUSINESS}

CABINS = {"ECONOMY": Cabin.ECONOMY, "PREMIUM": Cabin.PREMIUM_ECONOMY, "BUSINESS": Cabin.BUSINESS}

# The one letter of a fare's `cabinClass` that says the same everywhere: "Y" is European business or long-haul premium.
ECONOMY_CLASS = "M"

# The award chart: zones by country, and points one way by pair of zones. Low confidence, see docs/sources/sas.md.
ZONES = {
    "scandinavia": "DK FI IS NO SE",
    "europe": "AT BE BG CH CY CZ DE EE ES FR GB GR HR HU IE IT LT LU LV MT NL PL PT RO SI SK",
    "north america": "CA MX US",
    "asia": "CN HK ID IN JP KR MY SG TH VN",
    "middle east": "AE IL QA SA TR",
    "africa": "EG ET KE MA NG ZA",
    "oceania": "AU NZ",
    "south america": "AR BR CL CO PE",
}
CHART = {
    "scandinavia, scandinavia": (7_000, 11_000, 14_000),
    "europe, scandinavia": (16_000, 24_000, 32_000),
    "europe, europe": (16_000, 24_000, 32_000),
    "north america, scandinavia": (45_000, 60_000, 80_000),
    "europe, north america": (45_000, 60_000, 80_000),
    "asia, scandinavia": (50_000, 70_000, 95_000),
    "asia, europe": (50_000, 70_000, 95_000),
    "middle east, scandinavia": (35_000, 50_000, 70_000),
    "europe, middle east": (35_000, 50_000, 70_000),
    "africa, scandinavia": (45_000, 60_000, 85_000),
    "africa, europe": (45_000, 60_000, 85_000),
    "oceania, scandinavia": (65_000, 90_000, 120_000),
    "asia, oceania": (65_000, 90_000, 120_000),
    "scandinavia, south america": (55_000, 75_000, 100_000),
    "europe, south america": (55_000, 75_000, 100_000),
}

# What stands where an object should.
Other = str | int | float | bool | list[Any] | None


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _Day(_Wire):
    """A day with seats; a class without seats is left out."""

    key: Any = None
    date: Any = None
    available_seats_total: Any = None
    economy: Any = msgspec.field(default=None, name="AG")
    premium: Any = msgspec.field(default=None, name="AP")
    business: Any = msgspec.field(default=None, name="AB")


class _Availability(_Wire):
    outbound: list[_Day | Other]


class _Nothing(_Wire, forbid_unknown_fields=True):
    """The availability of a destination without any."""


class _Destination(_Wire):
    airport_code: Any = None
    flight_classes: Any = None
    availability: msgspec.Raw = msgspec.Raw(b"null")


class _Segment(_Wire):
    departure_date_time_in_local: str
    arrival_date_time_in_local: str
    departure_airport: dict[str, Any]
    arrival_airport: dict[str, Any]
    flight_number: str | int
    marketing_carrier: dict[str, Any]
    id: Any = None
    operating_carrier: Any = None
    air_craft: Any = None
    number_of_stops: Any = None


class _Flight(_Wire):
    """An itinerary; below `cabins` stand objects whose keys are names: of the cabin, the product and the offer."""

    segments: list[_Segment]
    cabins: dict[str, Any]
    connection_duration: Any = None


class _Offers(_Wire):
    booking_flow: Any = None
    outbound_flights: dict[str, msgspec.Raw] | list[msgspec.Raw] | None = None


_DESTINATIONS = msgspec.json.Decoder(list[_Destination | Other])
_AVAILABILITY = msgspec.json.Decoder(_Availability)
_NOTHING = msgspec.json.Decoder(_Nothing)
_OFFERS = msgspec.json.Decoder(_Offers)
_FLIGHT = msgspec.json.Decoder(_Flight)

# ---- the award finder ----------------------------------------------------------------------------------------------


def parse_calendar(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The seats of each cabin and day of one destination, all its flights together, with what the chart asks for them.

    A day that is not listed has none. Raises Changed for an unknown shape, where the destination asked for is not
    among those listed (an empty answer also comes for an airport that SAS does not know, inferred), or where one month
    was asked for and only days of others came.
    """
    destination = None
    others = []
    for row in _destinations(body):
        if not isinstance(row, _Destination) or str_or_none(row.airport_code) is None:
            yield ParseWarning("destination", str(row)[:80], drops_offer=True)
        elif row.airport_code != search.destination:
            others.append(row.airport_code)
            yield ParseWarning("nearby", f"{search.origin}-{row.airport_code}")
        else:
            destination = row
    if destination is None:
        raise UnexpectedResponse(f"asked {search.destination}, answered {', '.join(others[:9])}")
    days = _outbound(destination)
    odd: list[ParseWarning] = []
    if isinstance(destination.flight_classes, list):
        odd += [
            ParseWarning("flightClasses", str(k), drops_offer=True)
            for k in destination.flight_classes
            if _class(k) is None
        ]
    points = _chart_points(search.origin, search.destination)
    read = unread = nearby = 0
    seen: set[date] = set()
    months: set[tuple[int, int]] = set()
    for day in days:
        when = _day(day) if isinstance(day, _Day) else None
        if not isinstance(day, _Day) or when is None:
            if not _is_empty(day):
                unread += 1
                yield ParseWarning("date", str(day)[:120], drops_offer=True)
            continue
        months.add((when.year, when.month))
        if not search.first <= when <= search.last:
            nearby += 1
            yield ParseWarning("nearby", f"{search.origin}-{search.destination} {when}")
            continue
        if when in seen:
            continue
        seen.add(when)
        offers = _read_day(day, when, points, search, seen_at, odd)
        read += len(offers)
        yield from offers
    yield from odd
    if days and not read and (unread or odd):
        raise UnexpectedResponse(f"nothing of {len(days)} days could be read")
    asked = {(search.first.year, search.first.month), (search.last.year, search.last.month)}
    if nearby and nearby == len(days) and len(asked) == 1 and not asked & months:
        raise UnexpectedResponse(f"asked {search.first}..{search.last}, answered only days of other months")


def _read_day(
    day: _Day, when: date, points: dict[Cabin, int], search: Search, seen_at: datetime, odd: list[ParseWarning]
) -> list[AwardOfferItem]:
    """The offers of one day; what cost one is added to `odd`."""
    offers = []
    counted = 0
    for code, said in (("AG", day.economy), ("AP", day.premium), ("AB", day.business)):
        if said is None:
            continue
        seats = said if type(said) is int and said > 0 else positive_int(said)
        if seats is None:
            if float_or_none(said) != 0:
                odd.append(ParseWarning(code, str(said)[:80], drops_offer=True))
            continue
        counted += seats
        cabin = CLASSES[code]
        offers.append(
            AwardOfferItem(
                program=PROGRAM,
                source=PROGRAM,
                detail=Detail.SEATS,
                origin=search.origin,
                destination=search.destination,
                departure_date=when,
                cabin=cabin,
                miles=None,
                seats=seats,
                chart_miles=points.get(cabin),
                travelers=search.travelers,
                seen_at=seen_at,
                search=search,
            )
        )
    total = float_or_none(day.available_seats_total)
    if total is not None and total > counted:
        odd.append(ParseWarning("availableSeatsTotal", f"{when}: {total:g}, counted {counted}", drops_offer=True))
    elif total is None and not offers:
        odd.append(ParseWarning("availableSeatsTotal", f"{when}: no seats and no total", drops_offer=True))
    return offers


def _destinations(body: bytes) -> list[_Destination | Other]:
    try:
        rows = _DESTINATIONS.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error
    if not rows:
        raise UnexpectedResponse("the list of destinations is empty")
    return rows


def _outbound(destination: _Destination) -> list[_Day | Other]:
    """The days there; none where its availability is an empty object. Raises Changed."""
    try:
        return _AVAILABILITY.decode(destination.availability).outbound
    except (ValueError, RecursionError) as error:
        try:
            _NOTHING.decode(destination.availability)
        except (ValueError, RecursionError):
            raise UnexpectedResponse(f"[].availability of {destination.airport_code}: {error}") from error
        return []


def _class(code: object) -> Cabin | None:
    return CLASSES.get(code) if isinstance(code, str) else None


def _is_empty(day: object) -> bool:
    """Whether this entry says by itself that it has no seats: those may come without a date."""
    return isinstance(day, _Day) and day.available_seats_total == 0 and not (day.economy or day.premium or day.business)


def _day(day: _Day) -> date | None:
    """The local day of departure, from `date` (2026-10-01) or `key` (261001)."""
    if type(day.date) is str and (when := _written_day(day.date)):
        return when
    key = positive_int(day.key)
    return _written_day(f"20{key:06d}") if key is not None and key < 1_000_000 else None


@lru_cache(maxsize=4096)
def _written_day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _chart_points(origin: str, destination: str) -> dict[Cabin, int]:
    """What the chart asks by cabin; empty where it does not know one of the countries, or the pair of zones."""
    zones = {country: zone for zone, countries in ZONES.items() for country in countries.split()}
    ends = [zones.get(airports()[code]["country"], "") if code in airports() else "" for code in (origin, destination)]
    points = CHART.get(", ".join(sorted(ends)), ())
    return dict(zip(CLASSES.values(), points, strict=False))


# ---- the day's flights ---------------------------------------------------------------------------------------------


def parse_itinerary(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The flights of one day, an offer for each product they are sold as, per traveler.

    Raises Changed for an unknown shape, another route or day, or an answer that is not about points.
    """
    flights = _flights(_offers(body))
    if flights is None:
        raise UnexpectedResponse("outboundFlights is missing")
    unread = nearby = 0
    sold: dict[tuple[object, ...], AwardOfferItem] = {}
    for raw in flights.values():
        try:
            flight = _FLIGHT.decode(raw)
            segments, odd = _segments(flight)
        except (ValueError, RecursionError) as error:
            unread += 1
            yield ParseWarning("outboundFlights", str(error)[:200], drops_offer=True)
            continue
        day = segments[0].departs_at.date()
        route = (segments[0].origin, segments[-1].destination)
        if route != (search.origin, search.destination) or not search.first <= day <= search.last:
            nearby += 1
            yield ParseWarning("nearby", f"{route[0]}-{route[1]} {day}")
            continue
        yield from odd
        for item in _read_products(flight, segments, search, seen_at):
            if isinstance(item, ParseWarning):
                unread += item.drops_offer
                yield item
            else:
                keep_lower(sold, (flights_of(segments), item.cabin, item.fare_name), item)
    yield from sold.values()
    if unread and not sold:
        raise UnexpectedResponse(f"nothing of {len(flights)} flights could be read")
    if flights and nearby == len(flights):
        raise UnexpectedResponse("only flights of other airports or days")


def _segments(flight: _Flight) -> tuple[list[Segment], list[ParseWarning]]:
    """The flights without cabins, and where their clock disagrees with the airport's zone. Raises ValueError."""
    odd: list[ParseWarning] = []
    segments = []
    for segment in flight.segments:
        origin, destination = _required_code(segment.departure_airport), _required_code(segment.arrival_airport)
        departs_at, departs_odd = _moment(segment.departure_date_time_in_local, origin)
        arrives_at, arrives_odd = _moment(segment.arrival_date_time_in_local, destination)
        odd += departs_odd + arrives_odd
        aircraft = segment.air_craft if isinstance(segment.air_craft, dict) else {}
        operator = segment.operating_carrier if isinstance(segment.operating_carrier, dict) else {}
        segments.append(
            Segment(
                marketing_carrier=_required_code(segment.marketing_carrier),
                operating_carrier=str_or_none(operator.get("code")),
                flight_number=str(segment.flight_number),
                origin=origin,
                destination=destination,
                departs_at=departs_at,
                arrives_at=arrives_at,
                aircraft=str_or_none(aircraft.get("name")) or str_or_none(aircraft.get("code")),
                stops=positive_int(segment.number_of_stops) or 0,
            )
        )
    if not segments:
        raise ValueError("segments is empty")
    return segments, odd


def _required_code(place: dict[str, Any]) -> str:
    code = str_or_none(place.get("code"))
    if code is None:
        raise ValueError(f"no code in {str(place)[:80]}")
    return code


@lru_cache(maxsize=4096)
def _moment(written: str, airport: str) -> tuple[datetime, tuple[ParseWarning, ...]]:
    """The local time `2026-10-05T14:20:00.000+02:00`, and where its offset is not the airport's. Raises ValueError."""
    odd: list[ParseWarning] = []
    offset = datetime.fromisoformat(written).utcoffset()
    hours = None if offset is None else offset.total_seconds() / 3600
    return local_time(written, airport, hours, odd), tuple(odd)


def _read_products(
    flight: _Flight, segments: list[Segment], search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | ParseWarning]:
    """The offers of one itinerary, the cheapest where a product comes twice."""
    sold: dict[tuple[Cabin, str | None], AwardOfferItem] = {}
    for key, family, product in _products(flight.cabins):
        if isinstance(product, ParseWarning):
            yield product
            continue
        cabin = CABINS.get(key)
        if cabin is None:
            yield ParseWarning("cabins", key, drops_offer=True)
            continue
        name = str_or_none(product.get("productName")) or str_or_none(family)
        price, party = _price_of_one(product.get("price"), search)
        if price is None:
            yield ParseWarning("price", f"{key} {name}: {str(product.get('price'))[:80]}", drops_offer=True)
            continue
        full = _per_traveler(price.get("points"), party)
        reduced = _per_traveler(price.get("pointsAfterDiscount"), party)
        miles = reduced if reduced and (full is None or reduced < full) else full
        if miles is None:
            yield ParseWarning("points", f"{key} {name}: {str(price.get('points'))[:80]}", drops_offer=True)
            continue
        twin = sold.get((cabin, name))
        if twin is not None and (twin.miles or 0) <= miles:
            continue
        fares, unread = _fares(product.get("fares"), flight)
        if unread:
            yield unread
        seats = _seats(fares)
        if seats == 0:
            continue
        cabins = _segment_cabins(cabin, fares)
        unit = currency(price.get("currency"))
        taxes, cash = float_or_none(price.get("totalTax")), float_or_none(price.get("totalPrice"))
        if unit is None or taxes is None or taxes < 0:
            yield ParseWarning("totalTax", f"{price.get('totalTax')} {price.get('currency')}"[:80])
        sold[cabin, name] = AwardOfferItem(
            program=PROGRAM,
            source=PROGRAM,
            detail=Detail.ITINERARY,
            origin=search.origin,
            destination=search.destination,
            departure_date=segments[0].departs_at.date(),
            cabin=cabin,
            miles=miles,
            taxes=money(taxes / party, unit) if unit and taxes is not None and taxes >= 0 else None,
            seats=seats,
            stops=len(segments) - 1 + sum(segment.stops for segment in segments),
            duration_minutes=_minutes(flight.connection_duration),
            segments=tuple(
                replace(segment, cabin=known, booking_code=str_or_none(fare.get("bookingClass")))
                for segment, known, fare in zip(segments, cabins, fares, strict=True)
            ),
            fare_name=name,
            booking_code=_booking_code(fares),
            mixed_cabin=_is_mixed(cabin, cabins),
            saver=_is_saver(name),
            on_sale=None if full is None or reduced is None else miles < full,
            regular_miles=full if full is not None and miles < full else None,
            cash_price=money(cash / party, unit) if unit and cash is not None and cash > 0 else None,
            travelers=search.travelers,
            seen_at=seen_at,
            search=search,
        )
    yield from sold.values()


def _products(cabins: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any] | ParseWarning]]:
    """Each product with the names that it stands under: `cabins.BUSINESS.{family}.products.{O_1}`."""
    for key, families in cabins.items():
        if families is None:  # not sold on this way
            continue
        if not isinstance(families, dict):
            yield key, "", ParseWarning("cabins", f"{key}: {str(families)[:80]}", drops_offer=True)
            continue
        for family, listed in families.items():
            products = listed.get("products") if isinstance(listed, dict) else None
            if not isinstance(products, dict):
                yield key, family, ParseWarning("products", f"{key} {family}: {str(listed)[:80]}", drops_offer=True)
                continue
            for product in products.values():
                if not isinstance(product, dict):
                    product = ParseWarning("products", f"{key} {family}: {str(product)[:80]}", drops_offer=True)
                yield key, family, product


def _price_of_one(price: Any, search: Search) -> tuple[dict[str, Any] | None, int]:
    """The price and how many travelers it is for: one adult's where the answer has it, else the whole party's."""
    if not isinstance(price, dict):
        return None, 1
    kinds = price.get("pricePerPassengerType")
    for kind in kinds if isinstance(kinds, list) else ():
        own = kind.get("price") if isinstance(kind, dict) and kind.get("type") == "ADT" else None
        if isinstance(own, dict) and positive_int(own.get("points")):
            return {"currency": price.get("currency")} | own, 1
    return price, search.travelers


def _per_traveler(points: object, party: int) -> int | None:
    together = positive_int(points)
    return None if together is None or together % party else together // party


def _fares(written: Any, flight: _Flight) -> tuple[list[dict[str, Any]], ParseWarning | None]:
    """The fare of each segment, in their order; an empty one, and the reason, where a segment has none."""
    fares = [fare for fare in written if isinstance(fare, dict)] if isinstance(written, list) else []
    by_segment = {str(fare.get("segmentId")): fare for fare in fares}
    ids = [str(segment.id) for segment in flight.segments]
    missing = [own for own in ids if own not in by_segment]
    unread = ParseWarning("fares", f"no fare for segment {', '.join(missing)}"[:80]) if missing else None
    return [by_segment.get(own, {}) for own in ids], unread


def _seats(fares: list[dict[str, Any]]) -> int | None:
    """Seats left for the whole way: the fewest of its segments; None where one of them does not say."""
    counts = [float_or_none(fare.get("avlSeats")) for fare in fares]
    known = [int(count) for count in counts if count is not None and count >= 0]
    return min(known) if len(known) == len(fares) else None


def _segment_cabins(cabin: Cabin, fares: list[dict[str, Any]]) -> list[Cabin | None]:
    """The cabin of each segment, as far as its class says; a single flight is in the cabin that is sold."""
    if len(fares) == 1:
        return [cabin]
    return [Cabin.ECONOMY if fare.get("cabinClass") == ECONOMY_CLASS else _front(cabin, fare) for fare in fares]


def _front(cabin: Cabin, fare: dict[str, Any]) -> Cabin | None:
    """Above economy only "Y" of an offer in premium is certain: it is European business in one of business."""
    return cabin if cabin is Cabin.PREMIUM_ECONOMY and fare.get("cabinClass") == "Y" else None


def _is_mixed(cabin: Cabin, cabins: list[Cabin | None]) -> bool | None:
    """Whether a segment flies below the offer's cabin; None where a segment does not say its own."""
    if any(known is not None and known.rank < cabin.rank for known in cabins):
        return True
    return None if None in cabins and cabin is not Cabin.ECONOMY else False


def _is_saver(name: str | None) -> bool | None:
    """The chart's awards are called BONUS; FLEX is the money fare priced in points (inferred)."""
    if name and "BONUS" in name.upper():
        return True
    return False if name and "FLEX" in name.upper() else None


def _booking_code(fares: list[dict[str, Any]]) -> str | None:
    codes = list(filter(None, (str_or_none(fare.get("bookingClass")) for fare in fares)))
    return codes[0] if len(set(codes)) == 1 else "/".join(codes) or None


def _minutes(written: object) -> int | None:
    return _written_minutes(written) if isinstance(written, str) else None


@lru_cache(maxsize=4096)
def _written_minutes(written: str) -> int | None:
    """`08:40:00` as minutes; a day or more may stand in front with a dot."""
    found = re.fullmatch(r"(?:(\d+)\.)?(\d{1,3}):(\d\d)(?::\d\d)?", written)
    days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return days * 1440 + hours * 60 + minutes or None


# ---- both ----------------------------------------------------------------------------------------------------------


def decode(body: bytes) -> object:
    """The answer as plain lists, objects and values. Raises Changed."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself, or None where it is neither of SAS's two."""
    try:
        return _recognize_calendar(body) if body.lstrip()[:1] == b"[" else _recognize_itinerary(body)
    except (ValueError, RecursionError, UnexpectedResponse):
        return None


def _recognize_calendar(body: bytes) -> Detected | None:
    """The award finder's: it names its destinations, never where one departs."""
    rows = [row for row in _destinations(body) if isinstance(row, _Destination) and str_or_none(row.airport_code)]
    told = []
    for row in rows:
        with suppress(UnexpectedResponse):
            told.append(_outbound(row))
    if not told:
        return None
    days = sorted(filter(None, (_day(day) for outbound in told for day in outbound if isinstance(day, _Day))))
    return Detected(
        kind=SearchKind.CALENDAR,
        destination=str(rows[0].airport_code) if len(rows) == 1 else None,
        first=days[0] if days else None,
        last=days[-1] if days else None,
    )


def _recognize_itinerary(body: bytes) -> Detected | None:
    flights = _flights(_offers(body))
    if flights is None:
        return None
    for raw in flights.values():
        flight = _FLIGHT.decode(raw)
        segments, _ = _segments(flight)
        day = segments[0].departs_at.date()
        return Detected(
            kind=SearchKind.ITINERARY,
            origin=segments[0].origin,
            destination=segments[-1].destination,
            first=day,
            last=day,
            travelers=_party(flight),
        )
    return Detected(kind=SearchKind.ITINERARY)


def _offers(body: bytes) -> _Offers:
    """The points offers, once it is certain that they are that. Raises Changed."""
    try:
        offers = _OFFERS.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error
    if offers.booking_flow != "POINTS":
        raise UnexpectedResponse(f"bookingFlow is {str(offers.booking_flow)[:80]}, not POINTS")
    return offers


def _flights(offers: _Offers) -> dict[str, msgspec.Raw] | None:
    """The itineraries by their names; an empty list is an empty object. Raises Changed for another list."""
    if isinstance(offers.outbound_flights, list):
        if offers.outbound_flights:
            raise UnexpectedResponse("outboundFlights is a list")
        return {}
    return offers.outbound_flights


def _party(flight: _Flight) -> int:
    """How many travelers the first product that says so is priced for."""
    for _, _, product in _products(flight.cabins):
        price = product.get("price") if isinstance(product, dict) else None
        kinds = price.get("pricePerPassengerType") if isinstance(price, dict) else None
        if isinstance(kinds, list) and kinds:
            return sum(positive_int(kind.get("numberCount")) or 0 for kind in kinds if isinstance(kind, dict)) or 1
    return 1


PARSERS = {SearchKind.CALENDAR: validated(parse_calendar), SearchKind.ITINERARY: validated(parse_itinerary)}
