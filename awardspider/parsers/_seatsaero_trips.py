"""Parse seats.aero trips: the flights of one row, or of all of a day's rows if the rows include trips.

Facts and sources: docs/sources/seatsaero.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

import msgspec

from awardspider.items import AwardOfferItem, Cabin, Detail, Search, Segment
from awardspider.parsers import ParsedItem
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._detection import readable
from awardspider.parsers._flights import is_mixed, joined_codes
from awardspider.parsers._seatsaero_rows import Route, Row, decode_rows, has_available_cabin, raw_trips
from awardspider.parsers._seatsaero_values import (
    SOURCE,
    PascalWire,
    parse_cabin,
    parse_seats,
    parse_taxes,
    parse_utc_time,
    priced_travelers,
    program_key,
)
from awardspider.parsers._times import parse_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import float_or_none, positive_int, str_or_none
from awardspider.parsers._wire import UNREADABLE, Contains, Required, decode_as


class _Segment(PascalWire):
    flight_number: str
    origin_airport: str
    destination_airport: str
    departs_at: str
    arrives_at: str
    fare_class: Required[Any] = None
    aircraft_name: Required[Any] = None
    aircraft_code: Any = None
    cabin: Any = None
    order: Any = None


class Trip(PascalWire):
    """One itinerary in one cabin. Its `availability_segments` may be in any order."""

    availability_segments: list[_Segment]
    mileage_cost: Required[Any] = None
    total_taxes: Required[Any] = None
    taxes_currency: Required[Any] = None
    remaining_seats: Required[Any] = None
    total_duration: Required[Any] = None
    stops: Required[Any] = None
    cabin: Required[Any] = None
    source: Required[Any] = None
    updated_at: Required[Any] = None
    mixed_cabin_pct: Any = None


class _Link(msgspec.Struct):
    link: Required[Any] = None
    primary: Any = None


class Trips(msgspec.Struct):
    """The response to a request for a row's trips."""

    data: list[Annotated[msgspec.Raw, Contains(Trip)]] | None
    booking_links: Required[Annotated[Any, Contains(list[_Link])]] = None
    origin_coordinates: Any = None


class _RawTrip(NamedTuple):
    raw: msgspec.Raw
    updated_at: object = None  # of the trip's row


class _ParsedTrip(NamedTuple):
    trip: Trip
    updated_at: object
    segments: tuple[Segment, ...]


_TRIPS = msgspec.json.Decoder(Trips)
_TRIP = msgspec.json.Decoder(Trip)


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse the flights of one row, or of all of a day's rows; each trip is an offer."""
    offers = Collector(SOURCE, search, seen_at)
    response = decode_as(_TRIPS, body)
    if is_trips(response):
        trips = [_RawTrip(raw) for raw in response.data or ()]
    else:
        trips = _trips_in_rows(body, offers)
    booking_link = _booking_link(response.booking_links)
    for parsed in offers.each("trip", trips, _parse_trip):
        trip, segments = parsed.trip, parsed.segments
        program = program_key(trip.source) if isinstance(trip.source, str) else search.target_program
        if not program:
            offers.warn("trip", f"expected a program as Source, got {trip.source}", drops_offer=True)
        elif search.target_program and program != search.target_program:
            offers.warn_nearby(f"{segments[0].origin}-{segments[-1].destination} {segments[0].departs_at} {program}")
        elif (itinerary := offers.itinerary(segments)) is not None:
            _add_trip(parsed, program, booking_link, itinerary, offers)
    return offers.finish()


def is_trips(response: Trips) -> bool:
    """Return True for trips, False for a page of rows."""
    if response.booking_links is not None or response.origin_coordinates is not None:
        return True
    return any(trip.availability_segments for trip in readable((response.data or [])[:1], _TRIP.decode))


def _trips_in_rows(body: bytes, offers: Collector) -> list[_RawTrip]:
    """Return the trips inside rows for the searched route and program."""
    trips: list[_RawTrip] = []
    for row in decode_rows(body, offers):
        route = row.route
        if route is None:
            offers.warn("AvailabilityTrips", "a row without Route", drops_offer=True)
            continue
        if _is_other(row, route, offers.search):
            offers.warn_nearby(f"{route.origin_airport}-{route.destination_airport} {row.date} {row.source}"[:80])
            continue
        try:
            inside = raw_trips(row)
        except UNREADABLE as error:
            offers.warn("AvailabilityTrips", error, drops_offer=True)
            continue
        if not inside:
            offers.matches += 1
            if has_available_cabin(row):
                offers.warn("AvailabilityTrips", f"no trips for {row.date} {row.source}", drops_offer=True)
        trips += [_RawTrip(raw, row.updated_at) for raw in inside]
    return trips


def _is_other(row: Row, route: Route, search: Search) -> bool:
    """Return True for a row whose route or program was not searched."""
    ends = ((route.origin_airport, search.origin), (route.destination_airport, search.destination))
    if any(str_or_none(airport) and airport != searched for airport, searched in ends):
        return True
    source = str_or_none(row.source)
    return bool(search.target_program and source and program_key(source) != search.target_program)


def _parse_trip(entry: _RawTrip) -> _ParsedTrip:
    trip = _TRIP.decode(entry.raw)
    return _ParsedTrip(trip, entry.updated_at, tuple([_segment(segment) for segment in ordered_segments(trip)]))


def ordered_segments(trip: Trip) -> list[_Segment]:
    """Return the segments in travel order. Raise ValueError if there are none, or if unnumbered ones do not connect."""
    segments = trip.availability_segments
    if not segments:
        raise ValueError("a trip without segments")
    order = [float_or_none(segment.order) for segment in segments]
    if None not in order:
        return sorted(segments, key=lambda segment: float_or_none(segment.order) or 0)
    if any(one.destination_airport != following.origin_airport for one, following in pairwise(segments)):
        raise ValueError(f"Order is {order}, and the segments do not connect in the given order")
    return segments


def _segment(segment: _Segment) -> Segment:
    carrier, flight_number = _flight_number(segment.flight_number)
    return Segment(
        marketing_carrier=carrier,
        operating_carrier=None,
        flight_number=flight_number,
        origin=segment.origin_airport,
        destination=segment.destination_airport,
        # Times are local to the airport, although they end in Z.
        departs_at=parse_time(segment.departs_at.removesuffix("Z"), segment.origin_airport),
        arrives_at=parse_time(segment.arrives_at.removesuffix("Z"), segment.destination_airport),
        aircraft=str_or_none(segment.aircraft_name) or str_or_none(segment.aircraft_code),
        cabin=parse_cabin(segment.cabin),
        booking_code=str_or_none(segment.fare_class),
    )


@lru_cache(maxsize=4096)
def _flight_number(text: str) -> tuple[str, str]:
    """Split a flight number such as `TK0184` into carrier and number."""
    carrier, number = text.strip()[:2], text.strip()[2:].strip().lstrip("0")
    if len(carrier) < 2 or not carrier.isalnum() or not number[:1].isdecimal():
        raise ValueError(f"FlightNumber is {text!r}")
    return carrier.upper(), number


def _add_trip(
    parsed: _ParsedTrip, program: str, booking_link: str | None, itinerary: Itinerary, offers: Collector
) -> None:
    trip, search = parsed.trip, offers.search
    minutes = positive_int(trip.total_duration)
    itinerary.check_duration(minutes)
    segments = tuple(itinerary.segments)
    cabin, miles = parse_cabin(trip.cabin), positive_int(trip.mileage_cost)
    last_seen = _last_seen(parsed, offers.seen_at)
    if cabin is None or miles is None or last_seen is None:
        updated_at = trip.updated_at or parsed.updated_at
        text = f"Cabin {trip.cabin!r}, MileageCost {trip.mileage_cost!r}, UpdatedAt {updated_at!r}"
        offers.warn("trip", text, drops_offer=True)
        return
    seats = parse_seats(trip.remaining_seats, offers)
    stops = float_or_none(trip.stops)
    mixed_cabin = _is_mixed(cabin, segments, trip.mixed_cabin_pct)
    offers.add(
        (program, cabin, mixed_cabin, tuple([(segment.flight, segment.departs_at) for segment in segments])),
        AwardOfferItem(
            program=program,
            source=SOURCE,
            detail=Detail.ITINERARY,
            origin=search.origin,
            destination=search.destination,
            departure_date=segments[0].departs_at.date(),
            cabin=cabin,
            miles=miles,
            taxes=parse_taxes(trip.total_taxes, trip.taxes_currency, trip.source, offers),
            seats=seats,
            stops=int(stops) if stops is not None and 0 <= stops < 20 else itinerary.stops,
            duration_minutes=minutes,
            segments=segments,
            booking_code=joined_codes(segment.booking_code for segment in segments),
            mixed_cabin=mixed_cabin,
            travelers=priced_travelers(seats, search),
            seen_at=last_seen,
            booking_link=booking_link,
        ),
    )


def _last_seen(parsed: _ParsedTrip, seen_at: datetime) -> datetime | None:
    """Return when a trip or its row was last updated; by default, the response time. Return None if invalid."""
    updated_at = parsed.trip.updated_at if parsed.trip.updated_at is not None else parsed.updated_at
    if updated_at is None:
        return seen_at
    try:
        return min(parse_utc_time(updated_at), seen_at)
    except ValueError:
        return None


def _is_mixed(cabin: Cabin, segments: Sequence[Segment], percent: object) -> bool | None:
    """Return whether any segment is in a lower cabin than the trip, by segment or `MixedCabinPct`; None if unknown.

    A `MixedCabinPct` of 100 is rare, and the meaning is unknown.
    """
    share = float_or_none(percent) or 0
    mixed = cabin is not Cabin.ECONOMY and is_mixed(cabin, [segment.cabin for segment in segments])
    if mixed or 0 < share < 100:
        return True
    return None if share >= 100 else mixed


def _booking_link(links: object) -> str | None:
    """Return the primary https link, or else the first one."""
    entries = [entry for entry in links if isinstance(entry, dict)] if isinstance(links, list) else []
    for entry in sorted(entries, key=lambda entry: entry.get("primary") is not True):
        link = entry.get("link")
        if isinstance(link, str) and link.startswith("https://"):
            return link
    return None
