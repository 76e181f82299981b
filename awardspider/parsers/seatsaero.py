"""The seats.aero Partner API: cached rows of many programs (search, and availability in bulk), the flights behind one
row (trips), and which routes are scanned for a program (routes).

Facts and their sources: docs/sources/seatsaero.md. A row is one route, day and program: per cabin the lowest price and
the most seats of all its flights, which need not be one flight. Offers carry the program that the row is about, and
the time it was last seen there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import Any

import msgspec

from awardspider.airports import airport_zone
from awardspider.items import (
    AwardOfferItem,
    Cabin,
    Detail,
    Money,
    MonitoredRoute,
    MonitoredRoutes,
    ParseWarning,
    Search,
    SearchKind,
    Segment,
)
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.parsers._times import iso_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import currency, float_or_none, positive_int, str_or_none

SOURCE = "seatsaero"

# Their name of a program, where ours is another one; every other name is kept as it is.
PROGRAMS = {"eurobonus": "sas"}

# Programs whose taxes they tell: of these, and only of these, a tax of 0 is no tax.
TELL_TAXES = frozenset(
    {
        "eurobonus", "virginatlantic", "aeromexico", "american", "delta", "etihad", "united", "emirates", "aeroplan",
        "alaska", "velocity", "qantas", "connectmiles", "azul", "smiles", "flyingblue", "jetblue", "ethiopian",
        "saudia", "finnair", "lufthansa", "frontier", "spirit",
    }
)  # fmt: skip

# Letters of the cabins in a row, and names of the cabins of a trip and its flights.
LETTERS = {"Y": Cabin.ECONOMY, "W": Cabin.PREMIUM_ECONOMY, "J": Cabin.BUSINESS, "F": Cabin.FIRST}
CABINS = {
    "economy": Cabin.ECONOMY,
    "premium": Cabin.PREMIUM_ECONOMY,
    "premium_economy": Cabin.PREMIUM_ECONOMY,
    "business": Cabin.BUSINESS,
    "first": Cabin.FIRST,
}

# Currencies whose smallest unit is not a hundredth (ISO 4217); an empty currency is the US dollar.
DECIMALS = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)

# What a row says of a cabin. The same with `Raw` behind it is ahead of their filter against very high prices: what that
# hides they do not count as available, and neither do we.
_TOLD = ("Available", "MileageCost", "TotalTaxes", "RemainingSeats")

_PATHS_OF_ROWS = (
    "hasMore",
    *(f"data[].{key}" for key in ("ID", "Date", "Source", "TaxesCurrency", "UpdatedAt")),
    *(f"data[].Route.{key}" for key in ("OriginAirport", "DestinationAirport")),
    *(f"data[].{letter}{told}" for letter in "YJ" for told in _TOLD),
)
REQUIRED_PATHS = {
    SearchKind.CALENDAR: _PATHS_OF_ROWS,
    SearchKind.BULK: (*_PATHS_OF_ROWS, "data[].Route.OriginRegion", "data[].Route.DestinationRegion"),
    SearchKind.ROUTES: tuple(f"[].{key}" for key in ("OriginAirport", "DestinationAirport", "NumDaysOut", "Source")),
    SearchKind.ITINERARY: (
        *(f"data[].{key}" for key in ("MileageCost", "TotalTaxes", "TaxesCurrency", "RemainingSeats", "TotalDuration")),
        *(f"data[].{key}" for key in ("Stops", "Cabin", "Source", "UpdatedAt")),
        *(f"data[].AvailabilitySegments[].{key}" for key in ("FlightNumber", "OriginAirport", "DestinationAirport")),
        *(f"data[].AvailabilitySegments[].{key}" for key in ("DepartsAt", "ArrivesAt", "AircraftName", "FareClass")),
        "booking_links[].link",
    ),
}

UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeError)


class _Wire(msgspec.Struct, rename="pascal", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _Route(_Wire):
    origin_airport: Any = None
    destination_airport: Any = None
    origin_region: Any = None
    destination_region: Any = None


class _Scanned(_Wire):
    origin_airport: Any = None
    destination_airport: Any = None
    num_days_out: Any = None
    source: Any = None


class _Frame(_Wire):
    """A row without its cabins."""

    id: Any = msgspec.field(name="ID", default=None)
    route: _Route | None = None
    date: Any = None
    taxes_currency: Any = None
    source: Any = None
    updated_at: Any = None


_DIRECT = ("Direct", "DirectMileageCost")  # not every row has them

_FIELDS = [(letter + told, Any, None) for letter in LETTERS for told in (*_TOLD, *_DIRECT)]
_TRIPS_OF_ROW = ("AvailabilityTrips", msgspec.Raw, msgspec.Raw(b"null"))
_Row: Any = msgspec.defstruct("_Row", [*_FIELDS, _TRIPS_OF_ROW], bases=(_Frame,), rename=None, gc=False)
_OF_CABIN = [
    (letter, cabin, attrgetter(*(letter + told for told in (*_TOLD, *_DIRECT)))) for letter, cabin in LETTERS.items()
]


class _Page(msgspec.Struct):
    data: msgspec.Raw
    count: Any = None
    has_more: Any = msgspec.field(name="hasMore", default=None)


class _Segment(_Wire):
    flight_number: str
    origin_airport: str
    destination_airport: str
    departs_at: str
    arrives_at: str
    fare_class: Any = None
    aircraft_name: Any = None
    aircraft_code: Any = None
    cabin: Any = None
    order: Any = None


class _Trip(_Wire):
    availability_segments: list[_Segment]
    mileage_cost: Any = None
    total_taxes: Any = None
    taxes_currency: Any = None
    remaining_seats: Any = None
    total_duration: Any = None
    stops: Any = None
    cabin: Any = None
    source: Any = None
    updated_at: Any = None
    mixed_cabin_pct: Any = None


class _Link(msgspec.Struct):
    link: Any = None
    primary: Any = None


class _Trips(msgspec.Struct):
    data: list[msgspec.Raw] | None
    booking_links: Any = None
    origin_coordinates: Any = None


_PAGE = msgspec.json.Decoder(_Page)
_ROWS: Any = msgspec.json.Decoder(list[_Row])
_ROW: Any = msgspec.json.Decoder(_Row)
_RAWS = msgspec.json.Decoder(list[msgspec.Raw] | None)
_SCANNED = msgspec.json.Decoder(list[_Scanned])
_TRIPS = msgspec.json.Decoder(_Trips)
_TRIP = msgspec.json.Decoder(_Trip)

# ---- rows ----------------------------------------------------------------------------------------------------------


def parse_calendar(body: bytes, search: Search, seen_at: datetime) -> Iterator[AwardOfferItem | ParseWarning]:
    """One page of rows, of one route or in bulk: an offer for each cabin that a program sells on a day.

    Raises Changed for an unknown shape, rows of other routes only, or rows of which none could be read.
    """
    rows, odd = _rows(body)
    is_asked = _in_bulk if search.kind == SearchKind.BULK else _on_route
    first, last = search.first.isoformat(), search.last.isoformat()
    seen: set[object] = set()
    read = nearby = 0
    lost = len(odd)
    yield from odd
    for row in rows:
        route = row.route or _Route()
        origin, destination = route.origin_airport, route.destination_airport
        said = f"{origin}-{destination} {row.date} {row.source}"[:80]
        if not all(type(value) is str and value for value in (origin, destination, row.date, row.source)):
            lost += 1
            yield ParseWarning("row", said, drops_offer=True)
            continue
        program = _program(row.source)
        of_subject = not search.target_program or program == search.target_program
        if not (is_asked(route, search) and first <= row.date[:10] <= last and of_subject):
            nearby += 1
            yield ParseWarning("nearby", said)
            continue
        if not (_is_airport(origin) and _is_airport(destination)) or origin == destination:
            lost += 1
            yield ParseWarning("Route", said, drops_offer=True)
            continue
        if type(row.id) is not str:
            yield ParseWarning("ID", str(row.id)[:80])
        if (key := (origin, destination, row.date[:10], program)) in seen:  # pages can repeat a row
            continue
        seen.add(key)
        told: list[ParseWarning] = []
        offers = _read_row(row, program, search, seen_at, told)
        read += len(offers)
        lost += sum(odd.drops_offer for odd in told)
        yield from offers
        yield from told
    if lost and not read:
        raise UnexpectedResponse(f"none of {lost} prices in {len(rows)} rows could be read")
    if nearby and nearby == len(rows):
        raise UnexpectedResponse(f"only rows of other routes, days or programs: {nearby}")


def _on_route(route: _Route, search: Search) -> bool:
    return bool(route.origin_airport == search.origin and route.destination_airport == search.destination)


def _in_bulk(route: _Route, search: Search) -> bool:
    """Whether a route lies between the regions asked for, as far as it says its own."""
    pairs = ((route.origin_region, search.origin), (route.destination_region, search.destination))
    return all(type(told) is not str or told == asked for told, asked in pairs)


@lru_cache(maxsize=4096)
def _is_airport(code: str) -> bool:
    return airport_zone(code) is not None


def _rows(body: bytes) -> tuple[list[Any], list[ParseWarning]]:
    """The rows of a page, and what cannot be a row. Raises Changed for what is no page."""
    odd: list[ParseWarning] = []
    try:
        page = _PAGE.decode(body)
        try:
            rows = _ROWS.decode(page.data)
        except UNREADABLE:  # one of them is odd: find out which
            rows, odd = _one_by_one(_RAWS.decode(page.data) or [])
    except UNREADABLE as error:
        raise UnexpectedResponse(str(error)) from error
    if not rows and not odd and float_or_none(page.count) != 0:
        raise UnexpectedResponse(f"data is empty, and count is {page.count!r}")
    return rows, odd


def _one_by_one(raws: list[msgspec.Raw]) -> tuple[list[Any], list[ParseWarning]]:
    rows: list[Any] = []
    odd: list[ParseWarning] = []
    for raw in raws:
        try:
            rows.append(_ROW.decode(raw))
        except UNREADABLE as error:
            odd.append(ParseWarning("row", str(error), drops_offer=True))
    return rows, odd


def _read_row(
    row: Any, program: str, search: Search, seen_at: datetime, odd: list[ParseWarning]
) -> list[AwardOfferItem]:
    """The offers of one row; what cost one is added to `odd`."""
    offers: list[AwardOfferItem] = []
    try:
        day = _day(row.date)
        last_seen = min(_moment(row.updated_at), seen_at)
    except (TypeError, ValueError):
        odd.append(ParseWarning("Date or UpdatedAt", f"{row.date} {row.updated_at}"[:80], drops_offer=True))
        return offers
    unsaid = 0
    for letter, cabin, of_cabin in _OF_CABIN:
        available, cost, tax, count, direct, direct_cost = of_cabin(row)
        if available is not True and available != "true":
            unsaid += available is None
            if _looks_sold(available, cost):
                odd.append(ParseWarning(f"{letter}Available", f"{available} {cost}"[:80], drops_offer=True))
            continue
        miles = _miles(cost)
        if miles is None:
            odd.append(ParseWarning(f"{letter}MileageCost", str(cost)[:80], drops_offer=True))
            continue
        seats = _seats(count, odd)
        offers.append(
            AwardOfferItem(
                program=program,
                source=SOURCE,
                detail=Detail.DAY,
                origin=row.route.origin_airport,
                destination=row.route.destination_airport,
                departure_date=day,
                cabin=cabin,
                miles=miles,
                taxes=_taxes(tax, row.taxes_currency, row.source, odd),
                seats=seats,
                stops=0 if direct is True and _miles(direct_cost) == miles else None,  # nonstop at that very price
                travelers=_party(seats, search),
                seen_at=last_seen,
                source_id=row.id if type(row.id) is str else None,
            )
        )
    if unsaid == len(_OF_CABIN):
        odd.append(
            ParseWarning(
                "row", f"no cabin of {row.date} {row.source} says whether it is available"[:80], drops_offer=True
            )
        )
    return offers


def _looks_sold(available: object, cost: object) -> bool:
    """Whether a cabin that is not said to be available has a price all the same, or says what is no yes and no."""
    if available is False or available is None:
        return cost != "0" and cost != 0 and _miles(cost) is not None
    return available != "false"


# ---- routes --------------------------------------------------------------------------------------------------------


def parse_routes(body: bytes, search: Search, seen_at: datetime) -> Iterator[MonitoredRoutes | ParseWarning]:
    """The routes that are scanned for one program, `search.target_program`. An empty list says that none is.

    Raises Changed for an unknown shape, for routes of other programs only, and where one cannot be read: a list that
    is not whole does not tell what is missing.
    """
    try:
        scanned = _SCANNED.decode(body)
    except UNREADABLE as error:
        raise UnexpectedResponse(str(error)) from error
    routes: dict[tuple[str, str], MonitoredRoute] = {}
    other = 0
    for place, route in enumerate(scanned):
        origin, destination = str_or_none(route.origin_airport), str_or_none(route.destination_airport)
        if not origin or not destination:
            raise UnexpectedResponse(f"[{place}] has no OriginAirport or no DestinationAirport")
        if (source := str_or_none(route.source)) and _program(source) != search.target_program:
            other += 1
            yield ParseWarning("nearby", f"{origin}-{destination} {source}"[:80])
            continue
        days = positive_int(route.num_days_out)
        if days is None and route.num_days_out is not None:
            yield ParseWarning("NumDaysOut", str(route.num_days_out)[:80])
        routes[origin, destination] = MonitoredRoute(origin, destination, days)
    if other and not routes:
        raise UnexpectedResponse(f"only routes of other programs: {other}")
    yield MonitoredRoutes(program=search.target_program, source=SOURCE, routes=tuple(routes.values()), seen_at=seen_at)


# ---- trips ---------------------------------------------------------------------------------------------------------


def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[AwardOfferItem | ParseWarning]:
    """The flights behind one row, or behind all rows of a day (`include_trips`): an offer for each trip.

    Raises Changed for an unknown shape, other routes, days or programs only, or trips of which none could be read.
    """
    trips, link, odd = _trips(body, search)
    yield from odd
    cheapest: dict[tuple[object, ...], AwardOfferItem] = {}
    lost, nearby = sum(one.drops_offer for one in odd), 0
    for raw, row_seen in trips:
        told: list[ParseWarning] = []
        try:
            offer = _read_trip(_TRIP.decode(raw), row_seen, search, seen_at, told)
        except (*UNREADABLE, TypeError, ValueError) as error:
            lost += 1
            yield ParseWarning("trip", str(error)[:200], drops_offer=True)
            continue
        yield from told
        if offer is None:
            nearby += 1
            continue
        offer.booking_link = link
        key = (offer.program, offer.cabin, offer.mixed_cabin, offer.flights)
        twin = cheapest.get(key)
        if twin is None or (offer.miles or 0) < (twin.miles or 0):
            cheapest[key] = offer
    yield from cheapest.values()
    if lost and not cheapest:
        raise UnexpectedResponse(f"none of {lost} trips could be read")
    if nearby and nearby == len(trips):
        raise UnexpectedResponse(f"only trips of other routes, days or programs: {nearby}")


def _trips(body: bytes, search: Search) -> tuple[list[tuple[msgspec.Raw, Any]], str | None, list[ParseWarning]]:
    """The trips of an answer, each with the time of its row, a booking link, and the rows that bring no trips.

    Those are rows of other routes or programs, and rows that are sold but came without their trips (lost). Raises
    Changed for what is neither trips nor a page of rows, and where all rows are of others.
    """
    try:
        answer = _TRIPS.decode(body)
    except UNREADABLE as error:
        raise UnexpectedResponse(str(error)) from error
    if answer.booking_links is not None or answer.origin_coordinates is not None or _are_trips(answer.data or []):
        return [(raw, None) for raw in answer.data or ()], _booking_link(answer.booking_links), []
    trips: list[tuple[msgspec.Raw, Any]] = []
    rows, odd = _rows(body)
    others = 0
    for row in rows:
        try:
            if row.route is None:
                raise msgspec.DecodeError("a row without Route")
            if _is_of_others(row, search):
                others += 1
                route = f"{row.route.origin_airport}-{row.route.destination_airport}"
                odd.append(ParseWarning("nearby", f"{route} {row.date} {row.source}"[:80]))
                continue
            inside = _RAWS.decode(row.AvailabilityTrips) or []
        except UNREADABLE as error:
            odd.append(ParseWarning("AvailabilityTrips", str(error), drops_offer=True))
            continue
        if not inside and any(of_cabin(row)[0] for _, _, of_cabin in _OF_CABIN):
            odd.append(ParseWarning("AvailabilityTrips", f"none for {row.date} {row.source}"[:80], drops_offer=True))
        trips += [(raw, row.updated_at) for raw in inside]
    if others and others == len(rows):
        raise UnexpectedResponse(f"only rows of other routes or programs: {others}")
    return trips, None, odd


def _is_of_others(row: Any, search: Search) -> bool:
    """Whether a row is surely of another route or program than those asked for."""
    ends = ((row.route.origin_airport, search.origin), (row.route.destination_airport, search.destination))
    if any(str_or_none(told) and told != asked for told, asked in ends):
        return True
    return bool(search.target_program and str_or_none(row.source) and _program(row.source) != search.target_program)


def _are_trips(entries: list[msgspec.Raw]) -> bool:
    try:
        return any(_TRIP.decode(entry).availability_segments for entry in entries[:1])
    except UNREADABLE:
        return False


def _read_trip(
    trip: _Trip, row_seen: Any, search: Search, seen_at: datetime, odd: list[ParseWarning]
) -> AwardOfferItem | None:
    """The offer of one trip; None where it was not asked for. Raises ValueError where it cannot be read."""
    flights = _in_order(trip)
    first, last = flights[0], flights[-1]
    program = _program(trip.source) if type(trip.source) is str else search.target_program
    if not program:
        raise ValueError(f"Source is {trip.source!r}")
    if (
        (first.origin_airport, last.destination_airport) != (search.origin, search.destination)
        or not search.first.isoformat() <= first.departs_at[:10] <= search.last.isoformat()
        or (search.target_program and program != search.target_program)
    ):
        said = f"{first.origin_airport}-{last.destination_airport} {first.departs_at} {program}"
        odd.append(ParseWarning("nearby", said[:80]))
        return None
    cabin = CABINS.get(trip.cabin.lower()) if type(trip.cabin) is str else None
    miles = positive_int(trip.mileage_cost)
    if cabin is None or miles is None:
        raise ValueError(f"Cabin {trip.cabin!r}, MileageCost {trip.mileage_cost!r}")
    segments = tuple(_segment(flight, odd) for flight in flights)
    seats = _seats(trip.remaining_seats, odd)
    stops = float_or_none(trip.stops)
    codes = [segment.booking_code for segment in segments if segment.booking_code]
    return AwardOfferItem(
        program=program,
        source=SOURCE,
        detail=Detail.ITINERARY,
        origin=search.origin,
        destination=search.destination,
        departure_date=segments[0].departs_at.date(),
        cabin=cabin,
        miles=miles,
        taxes=_taxes(trip.total_taxes, trip.taxes_currency, trip.source, odd),
        seats=seats,
        stops=max(len(segments) - 1, int(stops) if stops is not None and stops < 20 else 0),
        duration_minutes=positive_int(trip.total_duration),
        segments=segments,
        booking_code=codes[0] if len(set(codes)) == 1 else "/".join(codes) or None,
        mixed_cabin=_is_mixed(cabin, segments, trip.mixed_cabin_pct),
        travelers=_party(seats, search),
        seen_at=_last_seen(trip.updated_at, row_seen, seen_at),
    )


def _last_seen(own: Any, of_row: Any, seen_at: datetime) -> datetime:
    """When a trip was last seen: by its own word, its row's, or now. Raises ValueError or TypeError."""
    written = own if own is not None else of_row
    return seen_at if written is None else min(_moment(written), seen_at)


def _segment(flight: _Segment, odd: list[ParseWarning]) -> Segment:
    carrier, flight_number = _flight(flight.flight_number)
    # The times are those of the airport, whatever the Z behind them says.
    departs_at, odd_departure = iso_time(flight.departs_at.removesuffix("Z"), flight.origin_airport)
    arrives_at, odd_arrival = iso_time(flight.arrives_at.removesuffix("Z"), flight.destination_airport)
    odd.extend(odd_departure + odd_arrival)
    return Segment(
        marketing_carrier=carrier,
        operating_carrier=None,
        flight_number=flight_number,
        origin=flight.origin_airport,
        destination=flight.destination_airport,
        departs_at=departs_at,
        arrives_at=arrives_at,
        aircraft=str_or_none(flight.aircraft_name) or str_or_none(flight.aircraft_code),
        cabin=CABINS.get(flight.cabin.lower()) if type(flight.cabin) is str else None,
        booking_code=str_or_none(flight.fare_class),
    )


def _is_mixed(cabin: Cabin, segments: tuple[Segment, ...], percent: object) -> bool | None:
    """Whether a flight is below the trip's cabin, by the flights or the share they name; None where neither tells.

    A share of 100 is named only now and then, and what it means is not known.
    """
    cabins = [segment.cabin for segment in segments]
    share = float_or_none(percent) or 0
    if any(known is not None and known.rank < cabin.rank for known in cabins) or 0 < share < 100:
        return True
    return None if share >= 100 or (None in cabins and cabin is not Cabin.ECONOMY) else False


def _booking_link(links: object) -> str | None:
    """The link that they call the primary one, or else the first."""
    found = [entry for entry in links if isinstance(entry, dict)] if isinstance(links, list) else []
    for entry in sorted(found, key=lambda entry: entry.get("primary") is not True):
        link = entry.get("link")
        if isinstance(link, str) and link.startswith("https://"):
            return link
    return None


# ---- both ----------------------------------------------------------------------------------------------------------


def decode(body: bytes) -> object:
    """The answer as plain lists, objects and values. Raises Changed."""
    try:
        return msgspec.json.decode(body)
    except UNREADABLE as error:
        raise UnexpectedResponse(str(error)) from error


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself, or None where it is no page of rows, nor the trips of one, nor a list of routes.

    The route is the one of most rows or trips; in bulk, which is rows of several routes, it is their regions.
    """
    try:
        page = msgspec.json.decode(body, type=dict[str, Any] | list[dict[str, Any]])
    except UNREADABLE:
        return None
    if isinstance(page, list):
        keys = {"OriginAirport", "DestinationAirport", "OriginRegion", "DestinationRegion", "Source"}
        is_routes = bool(page) and all(keys <= entry.keys() for entry in page)
        return Detected(kind=SearchKind.ROUTES, origin="any", destination="any") if is_routes else None
    entries = page.get("data", "")
    if entries is None:  # as an empty list
        entries = []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return None
    if not entries:
        if "booking_links" in page or "origin_coordinates" in page:
            return Detected(kind=SearchKind.ITINERARY)
        return Detected(kind=SearchKind.CALENDAR) if page.get("count") == 0 and "hasMore" in page else None
    try:
        if all("AvailabilitySegments" in entry and "MileageCost" in entry for entry in entries):
            ways = [_in_order(trip) for trip in msgspec.convert(entries, list[_Trip])]
            return _recognized(
                SearchKind.ITINERARY,
                [(flights[0].origin_airport, flights[-1].destination_airport) for flights in ways],
                [flights[0].departs_at for flights in ways],
            )
        rows = msgspec.convert(entries, list[_Frame])
        if not all(row.route and row.source for row in rows):
            return None
        days = [row.date for row in rows]
        routes = [(row.route.origin_airport, row.route.destination_airport) for row in rows if row.route]
        regions = [(row.route.origin_region, row.route.destination_region) for row in rows if row.route]
        if len(set(routes)) > 1 and all(str_or_none(one) and str_or_none(other) for one, other in regions):
            return _recognized(SearchKind.BULK, regions, days)
        return _recognized(SearchKind.CALENDAR, routes, days)
    except (msgspec.ValidationError, TypeError, ValueError):
        return None


def _recognized(kind: SearchKind, routes: list[tuple[Any, Any]], days: list[Any]) -> Detected:
    """Raises TypeError or ValueError for what is no route or day."""
    origin, destination = Counter(routes).most_common(1)[0][0]
    found = sorted(date.fromisoformat(day[:10]) for day in days)
    return Detected(
        kind=kind, origin=str_or_none(origin), destination=str_or_none(destination), first=found[0], last=found[-1]
    )  # fmt: skip


def _in_order(trip: _Trip) -> list[_Segment]:
    """The flights as they are flown. Raises ValueError where there are none, or none that join up."""
    flights = trip.availability_segments
    if not flights:
        raise ValueError("a trip without flights")
    order = [float_or_none(flight.order) for flight in flights]
    if None not in order:
        return sorted(flights, key=lambda flight: float_or_none(flight.order) or 0)
    if any(before.destination_airport != after.origin_airport for before, after in pairwise(flights)):
        raise ValueError(f"Order is {order}, and the flights do not join up as they come")
    return flights


def _miles(cost: object) -> int | None:
    return _written_miles(cost) if type(cost) is str else positive_int(cost)


@lru_cache(maxsize=4096)
def _written_miles(cost: str) -> int | None:
    return positive_int(cost)


@lru_cache(maxsize=1024)
def _program(source: str) -> str:
    """Our key of a program, by their name."""
    name = source.strip().lower()
    return PROGRAMS.get(name, name)


@lru_cache(maxsize=4096)
def _day(written: str) -> date:
    return date.fromisoformat(written[:10])


@lru_cache(maxsize=4096)
def _moment(written: str) -> datetime:
    """A moment in RFC 3339. Raises ValueError or TypeError."""
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@lru_cache(maxsize=4096)
def _flight(written: str) -> tuple[str, str]:
    """`TK0184` as carrier and number. Raises ValueError."""
    carrier, flight_number = written.strip()[:2], written.strip()[2:].strip().lstrip("0")
    if len(carrier) < 2 or not carrier.isalnum() or not flight_number[:1].isdecimal():
        raise ValueError(f"FlightNumber is {written!r}")
    return carrier.upper(), flight_number


def _seats(value: object, odd: list[ParseWarning]) -> int | None:
    """Seats that are left; they say 0 of a cabin that is sold where they do not know."""
    if type(value) is int and 0 <= value <= 500:
        return value or None
    count = float_or_none(value)
    if value is not None and (count is None or not 0 <= count <= 500 or count != int(count)):
        odd.append(ParseWarning("RemainingSeats", str(value)[:80]))
        return None
    return int(count) if count else None


def _party(seats: int | None, search: Search) -> int:
    """For how many travelers the price counts: they look for one, so a party only where the seats are enough."""
    return search.travelers if seats is not None and seats >= search.travelers else 1


def _taxes(value: object, unit: object, source: object, odd: list[ParseWarning]) -> Money | None:
    """An amount in the smallest unit of its currency; None where they do not tell it."""
    amount = float_or_none(value)
    found = None
    if amount is not None and amount >= 0 and (unit is None or type(unit) is str):
        found = _money(amount, unit or "", str(source))
    if found is None and value:
        odd.append(ParseWarning("TotalTaxes", f"{value} {unit}"[:80]))
    return found


@lru_cache(maxsize=8192)
def _money(amount: float, unit: str, source: str) -> Money | None:
    unit = unit.strip().upper() or "USD"
    if currency(unit) is None or (not amount and source.strip().lower() not in TELL_TAXES):
        return None
    decimals = DECIMALS.get(unit, 2)
    return Money(Decimal(str(amount)).scaleb(-decimals).quantize(Decimal(1).scaleb(-max(decimals, 2))), unit)


PARSERS = {
    SearchKind.CALENDAR: validated(parse_calendar),
    SearchKind.ITINERARY: validated(parse_itinerary),
    SearchKind.BULK: validated(parse_calendar),
    SearchKind.ROUTES: validated(parse_routes),
}
