"""Parse Alaska Atmos Rewards, Hawaiian included: a calendar of 31 days (shoulderDates) and a day's flights (results).

Facts and sources: docs/sources/alaska.md. The flights come in three wrappings: lines of flattened JSON (`__data.json`),
the page whose script contains them, and plain JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from awardspider.items import Cabin, Search, SearchKind, Segment
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._carriers import operating_carrier, warn_unknown_carriers
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._detection import detected_calendar, detected_flights, none_if_unreadable, readable
from awardspider.parsers._devalue import parse_literal, unflatten
from awardspider.parsers._flights import highest, is_mixed
from awardspider.parsers._times import parse_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import (
    bool_or_none,
    date_or_none,
    float_or_none,
    money_or_none,
    positive_int,
    str_or_none,
)
from awardspider.parsers._wire import Contains, NotObject, Required, Wire, decode_as, required_paths
from awardspider.parsers._wire import decode as decode_json

PROGRAM = "alaska"

# Cabins keyed by the last word of a fare's key (REFUNDABLE_PARTNER_PREMIUM), and by the names in `cabins`.
CABINS = {
    "SAVER": Cabin.ECONOMY,
    "MAIN": Cabin.ECONOMY,
    "COACH": Cabin.ECONOMY,
    "PREMIUM": Cabin.PREMIUM_ECONOMY,
    "BUSINESS": Cabin.BUSINESS,
    "FIRST": Cabin.FIRST,
}

PRICED_IN_MONEY = -1  # atmosPoints if the search was not for points
CURRENCY = "USD"  # grandTotal and price do not name a currency; the page shows dollars
STREAM = b'{"type":'  # the start of each line of a stream
PROMISE = re.compile(r"__sveltekit_\w*\s*\.resolve\(\s*(?:\d+\s*,\s*\(\s*\)\s*=>\s*)?")


class _Day(Wire):
    date: Required[Any] = None
    award_points: Required[Any] = msgspec.UNSET
    price: Required[Any] = None
    is_discounted: Any = None


class _Calendar(Wire):
    calendar_dates: Required[list[_Day | NotObject] | None] = None
    shoulder_dates: list[_Day | NotObject] | None = None


class _Carrier(Wire):
    carrier_code: str
    flight_number: str | int


class _Leg(Wire):
    publishing_carrier: _Carrier
    departure_station: str
    arrival_station: str
    departure_time: str
    arrival_time: str
    aircraft: Required[Any] = None
    operational_disclosure: Any = None


class _Solution(Wire):
    atmos_points: Required[Any] = msgspec.UNSET
    miles_points: Any = None  # the key of the points in 2025
    grand_total: Required[Any] = msgspec.UNSET
    seats_remaining: Required[Any] = None
    mixed_cabin: Required[Any] = None
    cabins: Required[Any] = None
    is_discounted: Any = None
    booking_codes: Any = None


class _Row(Wire):
    """An itinerary; `solutions` contains the fares, keyed by fare."""

    segments: list[_Leg]
    solutions: dict[str, Annotated[Any, Contains(_Solution)]] | None
    duration: Required[Any] = None


class _Result(Wire):
    rows: list[Annotated[Any, Contains(_Row)]] | None
    departure_station: Required[Any] = msgspec.UNSET
    arrival_station: Required[Any] = msgspec.UNSET


_CALENDAR = msgspec.json.Decoder(_Calendar)

REQUIRED_PATHS = {
    SearchKind.CALENDAR: required_paths(_Calendar, SearchKind.CALENDAR),
    SearchKind.ITINERARY: required_paths(list[_Result], SearchKind.ITINERARY),
}


# ---- the calendar --------------------------------------------------------------------------------------------------


@validated
def parse_calendar(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse each day's lowest price, per traveler. The response names no cabin; in practice, prices are for economy."""
    offers = Collector(PROGRAM, search, seen_at)
    response = decode_as(_CALENDAR, body)
    if not response.calendar_dates:  # shoulderDates has only a few days, and shows nothing about the others
        offers.warn("calendarDates", f"expected a list of days, got {response.calendar_dates}", drops_offer=True)
    days = set()
    for row in _days(response):
        if not isinstance(row, _Day):
            offers.warn("calendarDates", f"expected a day, got {row}", drops_offer=True)
        elif (day := date_or_none(row.date)) is None:
            offers.warn("date", f"expected a date, got {row.date}", drops_offer=True)
        elif offers.is_searched(day):
            days.add(day)
            _add_day(row, day, offers)
    offers.cover("calendarDates", days)
    return offers.finish()


def _days(response: _Calendar) -> list[_Day | NotObject]:
    days = [*(response.calendar_dates or ()), *(response.shoulder_dates or ())]
    if not days:
        raise UnexpectedResponse("calendarDates and shoulderDates are missing or empty")
    return days


def _add_day(row: _Day, day: date, offers: Collector) -> None:
    miles = positive_int(row.award_points)
    if miles is not None:
        offers.add_day(
            day,
            Cabin.ECONOMY,
            miles,
            taxes=money_or_none(row.price, CURRENCY),
            on_sale=bool_or_none(row.is_discounted),
        )
    elif row.award_points is not None:
        offers.warn("awardPoints", f"{day}: expected points, got {row.award_points}", drops_offer=True)
    elif price := float_or_none(row.price):
        offers.warn("price", f"{day}: {price} without awardPoints", drops_offer=True)


# ---- the day's flights ---------------------------------------------------------------------------------------------


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse a day's flights; each fare is an offer, priced per traveler."""
    offers = Collector(PROGRAM, search, seen_at)
    for result in _results(body):
        if not result["rows"]:
            _check_empty(result, search)
        for row, itinerary in offers.itineraries("rows", result["rows"] or (), _row):
            _add_fares(row, itinerary, offers)
    return offers.finish()


def _check_empty(result: dict[str, Any], search: Search) -> None:
    """Raise UnexpectedResponse unless a result without rows has blank stations, or no rows for the searched route."""
    stations = [result.get("departureStation"), result.get("arrivalStation")]
    if all(isinstance(station, str) and not station.strip() for station in stations):
        return
    if result["rows"] is None:
        raise UnexpectedResponse(f"rows is null for {'-'.join(map(str, stations))[:80]}")
    if stations != [search.origin, search.destination]:
        raise UnexpectedResponse(f"searched {search}, but the response is for {'-'.join(map(str, stations))[:80]}")


def _row(value: Any) -> tuple[_Row, list[Segment]]:
    row = msgspec.convert(value, _Row)
    return row, [_segment(leg) for leg in row.segments]


def _segment(leg: _Leg) -> Segment:
    carrier = leg.publishing_carrier.carrier_code
    return Segment(
        marketing_carrier=carrier,
        operating_carrier=operating_carrier(leg.operational_disclosure, carrier),
        flight_number=str(leg.publishing_carrier.flight_number),
        origin=leg.departure_station,
        destination=leg.arrival_station,
        departs_at=parse_time(leg.departure_time, leg.departure_station),
        arrives_at=parse_time(leg.arrival_time, leg.arrival_station),
        aircraft=str_or_none(leg.aircraft),
    )


def _add_fares(row: _Row, itinerary: Itinerary, offers: Collector) -> None:
    """Add the fares of an itinerary. A fare that is null or has no price is not sold."""
    if row.solutions is not None and not row.solutions:
        offers.warn("solutions", f"no fares for {itinerary.segments[0].flight}", drops_offer=True)
    if not itinerary.is_duplicate:
        warn_unknown_carriers((leg.operational_disclosure for leg in row.segments), offers)
    for fare, solution in offers.each_value("solutions", row.solutions or {}, _solution):
        if solution is None:
            continue
        points = solution.miles_points if solution.atmos_points in (None, msgspec.UNSET) else solution.atmos_points
        if points is None and solution.atmos_points is None and solution.grand_total is None:
            continue
        miles = positive_int(points)
        if miles is None:
            priced_in_money = " (a price in money)" if points == PRICED_IN_MONEY else ""
            text = f"{fare}: expected points, got {points}{priced_in_money}"
            offers.warn("atmosPoints", text, drops_offer=True)
            continue
        cabins = _cabins(solution.cabins, len(row.segments))
        cabin = CABINS.get(fare.rpartition("_")[2])
        if cabin is None:
            cabin = highest(cabins)
            offers.warn("solutions", f"unknown fare {fare}", drops_offer=cabin is None)
            if cabin is None:
                continue
        if solution.cabins is not None and None in cabins:
            offers.warn("cabins", f"expected {len(cabins)} known cabins, got {solution.cabins}")
        mixed_cabin = bool_or_none(solution.mixed_cabin)
        itinerary.add(
            cabin,
            miles,
            key=fare,
            cabins=cabins,
            booking_codes=_per_segment(solution.booking_codes, len(row.segments)),
            taxes=money_or_none(solution.grand_total, CURRENCY),
            seats=positive_int(solution.seats_remaining),
            duration_minutes=positive_int(row.duration),
            fare_name=fare,
            mixed_cabin=is_mixed(cabin, cabins) if mixed_cabin is None else mixed_cabin,
            on_sale=bool_or_none(solution.is_discounted),
        )


def _solution(value: Any) -> _Solution | None:
    return None if value is None else msgspec.convert(value, _Solution)


def _cabins(values: object, count: int) -> list[Cabin | None]:
    return [CABINS.get(name) if name else None for name in _per_segment(values, count)]


def _per_segment(values: object, count: int) -> list[str | None]:
    """Return one string for each segment; all are None if the list has a different length."""
    if not isinstance(values, list) or len(values) != count:
        return [None] * count
    return [str_or_none(value) for value in values]


# ---- the wrappings -------------------------------------------------------------------------------------------------


def decode(body: bytes) -> object:
    """Decode a calendar unchanged, or flights in any wrapping into a list of the objects with `rows`.

    Raise UnexpectedResponse if the response has neither.
    """
    start = body.lstrip()[:9]
    if start[:1] == b"{" and not start.startswith(STREAM):
        tree = decode_json(body)
        if "shoulderDates" in tree or "calendarDates" in tree:
            return tree
    return _results(body)


def _results(body: bytes) -> list[dict[str, Any]]:
    """Return the objects with `rows`, at any depth; if any have stations, return only those."""
    failures: list[str] = []
    start = body.lstrip()[:9]
    if start[:1] == b"<":
        trees = _from_page(body.decode("utf-8", "replace"), failures)
    elif start.startswith(STREAM):
        parts = [decode_json(line) for line in body.split(b"\n") if line.strip()]
        trees = [tree for part in parts for tree in _from_line(part, failures)]
    else:
        trees = [decode_json(body)]
    results = [result for tree in trees for result in _with_rows(tree)]
    if not results:
        raise UnexpectedResponse("; ".join(failures) or "no object of the response has rows")
    return [result for result in results if "departureStation" in result] or results


def _from_line(line: Any, failures: list[str]) -> list[Any]:
    """Return the values in one line of a stream, and add any failures that the line reports to `failures`."""
    if not isinstance(line, dict):
        return [line]
    nodes = line.get("nodes") if line.get("type") == "data" else [line]
    trees = []
    for node in nodes if isinstance(nodes, list) else ():
        if not isinstance(node, dict):
            continue  # a node without data is null
        if node.get("type") == "redirect":
            failures.append(f"redirected to {str(node.get('location')).partition('?')[0][:200]}")
        elif "error" in node:
            failures.append(f"a part of the page failed: {str(node['error'])[:200]}")
        elif "data" in node:
            trees.append(unflatten(node["data"]))
    return trees


def _from_page(page: str, failures: list[str]) -> list[Any]:
    """Return the values of the promises that the page's scripts resolve, and add parse errors to `failures`."""
    trees = []
    for promise in PROMISE.finditer(page):
        try:
            trees.append(parse_literal(page, promise.end()))
        except UnexpectedResponse as error:
            failures.append(error.note)
    return trees


def _with_rows(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield each object whose `rows` is a list or null, at any depth, but only once."""
    seen: set[int] = set()
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        if not isinstance(value, dict | list) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, list):
            waiting.extend(reversed(value))
            continue
        has_rows = "rows" in value and (value["rows"] is None or isinstance(value["rows"], list))
        if has_rows:
            yield value
        if not has_rows or "departureStation" not in value:  # rows of something else may surround the flights
            waiting.extend(reversed(value.values()))


# ---- detection -----------------------------------------------------------------------------------------------------


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if the response is not from Alaska."""
    tree = decode(body)
    if isinstance(tree, dict):
        days = _days(decode_as(_CALENDAR, body))
        return detected_calendar(date_or_none(day.date) for day in days if isinstance(day, _Day))
    result = _results(body)[0]
    origin, destination = str_or_none(result.get("departureStation")), str_or_none(result.get("arrivalStation"))
    if not result["rows"]:
        has_stations = "departureStation" in result and "arrivalStation" in result
        return Detected(kind=SearchKind.ITINERARY, origin=origin, destination=destination) if has_stations else None
    itineraries = (segments for _, segments in readable(result["rows"], _row))
    return detected_flights(itineraries, origin, destination)


PARSERS = {SearchKind.CALENDAR: parse_calendar, SearchKind.ITINERARY: parse_itinerary}
