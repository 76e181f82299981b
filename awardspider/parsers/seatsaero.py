"""Parse the seats.aero Partner API: rows of many programs, the trips of a row, and the monitored routes of a program.

Facts and sources: docs/sources/seatsaero.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from awardspider.items import ANY_PLACE, MonitoredRoute, MonitoredRoutes, ParseWarning, Search, SearchKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._detection import none_if_unreadable
from awardspider.parsers._seatsaero_rows import Page, Row, parse_calendar
from awardspider.parsers._seatsaero_trips import Trip, Trips, ordered_segments, parse_itinerary
from awardspider.parsers._seatsaero_values import PROGRAMS, SOURCE, PascalWire, program_key
from awardspider.parsers._validation import validated
from awardspider.parsers._values import date_or_none, positive_int, str_or_none
from awardspider.parsers._wire import Required, decode, decode_as, required_paths

__all__ = ["PARSERS", "PROGRAMS", "REQUIRED_PATHS", "decode", "detect"]


class _MonitoredRoute(PascalWire):
    origin_airport: Required[Any] = msgspec.UNSET
    destination_airport: Required[Any] = msgspec.UNSET
    num_days_out: Required[Any] = None
    source: Required[Any] = msgspec.UNSET
    origin_region: Any = msgspec.UNSET
    destination_region: Any = msgspec.UNSET


_MONITORED_ROUTES = msgspec.json.Decoder(list[_MonitoredRoute])
REQUIRED_PATHS = {
    SearchKind.CALENDAR: required_paths(Page, SearchKind.CALENDAR),
    SearchKind.ITINERARY: required_paths(Trips, SearchKind.ITINERARY),
    SearchKind.BULK: required_paths(Page, SearchKind.BULK),
    SearchKind.ROUTES: required_paths(list[_MonitoredRoute], SearchKind.ROUTES),
}


@validated
def parse_routes(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse the monitored routes of one program. An empty list means that no routes are monitored.

    Raise UnexpectedResponse if a route has no airports, because a missing route counts as not monitored.
    """
    entries = decode_as(_MONITORED_ROUTES, body)
    routes: dict[tuple[str, str], MonitoredRoute] = {}
    others = 0
    for index, route in enumerate(entries):
        origin, destination = str_or_none(route.origin_airport), str_or_none(route.destination_airport)
        if not origin or not destination:
            raise UnexpectedResponse(f"[{index}] has no OriginAirport or no DestinationAirport")
        if (source := str_or_none(route.source)) and program_key(source) != search.target_program:
            others += 1
            yield ParseWarning("nearby", f"{origin}-{destination} {source}"[:80])
            continue
        days = positive_int(route.num_days_out)
        if days is None and route.num_days_out is not None:
            yield ParseWarning("NumDaysOut", f"expected a number of days, got {route.num_days_out}"[:200])
        routes[origin, destination] = MonitoredRoute(origin, destination, days)
    if others and not routes:
        raise UnexpectedResponse(f"only routes of other programs: {others}")
    yield MonitoredRoutes(program=search.target_program, source=SOURCE, routes=tuple(routes.values()), seen_at=seen_at)


class _Response(msgspec.Struct):
    """A page of rows, or trips."""

    data: list[dict[str, Any]] | None
    count: Any = None
    has_more: Any = msgspec.field(name="hasMore", default=msgspec.UNSET)
    booking_links: Any = msgspec.UNSET
    origin_coordinates: Any = msgspec.UNSET


_RESPONSE = msgspec.json.Decoder(_Response)


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if the response is not from seats.aero.

    The route is the most common one among rows or trips. For rows of several routes, it consists of the regions: each
    is the region of all rows, or `any`.
    """
    if body.lstrip()[:1] == b"[":
        return _detect_routes(body)
    response = decode_as(_RESPONSE, body)
    if not response.data:
        if response.booking_links is not msgspec.UNSET or response.origin_coordinates is not msgspec.UNSET:
            return Detected(kind=SearchKind.ITINERARY)
        is_page = response.count == 0 and response.has_more is not msgspec.UNSET
        return Detected(kind=SearchKind.CALENDAR) if is_page else None
    if all("AvailabilitySegments" in entry and "MileageCost" in entry for entry in response.data):
        trips = [ordered_segments(trip) for trip in msgspec.convert(response.data, list[Trip])]
        airports = [(segments[0].origin_airport, segments[-1].destination_airport) for segments in trips]
        return _detected(SearchKind.ITINERARY, airports, [segments[0].departs_at for segments in trips])
    for entry in response.data:
        entry.pop("AvailabilityTrips", None)  # `convert` does not support Raw
    rows = msgspec.convert(response.data, list[Row])
    routes = [row.route for row in rows if row.route and row.source]
    if len(routes) < len(rows):
        return None
    days = [row.date for row in rows]
    airports = [(route.origin_airport, route.destination_airport) for route in routes]
    regions = [(route.origin_region, route.destination_region) for route in routes]
    if len(set(airports)) > 1 and all(str_or_none(origin) and str_or_none(other) for origin, other in regions):
        common = [names.pop() if len(names) == 1 else ANY_PLACE for names in map(set, zip(*regions, strict=True))]
        sources = {str_or_none(row.source) for row in rows}
        program = program_key(str(sources.pop())) if len(sources) == 1 else ""
        detected = _detected(SearchKind.BULK, [(common[0], common[1])], days)
        return replace(detected, target_program=program) if detected else None
    return _detected(SearchKind.CALENDAR, airports, days)


def _detect_routes(body: bytes) -> Detected | None:
    routes = decode_as(_MONITORED_ROUTES, body)
    is_routes = bool(routes) and all(msgspec.UNSET not in msgspec.structs.astuple(route) for route in routes)
    return Detected(kind=SearchKind.ROUTES, origin=ANY_PLACE, destination=ANY_PLACE) if is_routes else None


def _detected(kind: SearchKind, routes: list[tuple[Any, Any]], dates: list[Any]) -> Detected | None:
    origin, destination = Counter(routes).most_common(1)[0][0]
    days = [day for text in dates if (day := date_or_none(text))]
    if len(days) < len(dates):
        return None
    return Detected(
        kind=kind, origin=str_or_none(origin), destination=str_or_none(destination), first=min(days), last=max(days)
    )


PARSERS = {
    SearchKind.CALENDAR: parse_calendar,
    SearchKind.ITINERARY: parse_itinerary,
    SearchKind.BULK: parse_calendar,
    SearchKind.ROUTES: parse_routes,
}
