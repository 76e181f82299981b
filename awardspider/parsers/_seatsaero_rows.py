"""Parse seats.aero rows. A row has the lowest price and the most seats in each cabin for a route, day and program.

Facts and sources: docs/sources/seatsaero.md. The price and the seats may come from different flights. An offer has
its row's program, and the time of the row's last update.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, Any

import msgspec

from awardspider.airports import airport_zone
from awardspider.items import ANY_PLACE, AwardOfferItem, Cabin, Detail, Search, SearchKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import ParsedItem
from awardspider.parsers._collector import Collector
from awardspider.parsers._seatsaero_values import (
    SOURCE,
    PascalWire,
    parse_seats,
    parse_taxes,
    parse_utc_time,
    priced_travelers,
    program_key,
)
from awardspider.parsers._validation import validated
from awardspider.parsers._values import date_or_none, float_or_none, positive_int
from awardspider.parsers._wire import UNREADABLE, BulkRequired, Contains, Required, decode_as


class Route(PascalWire):
    """The airports and regions of a row."""

    origin_airport: Required[Any] = None
    destination_airport: Required[Any] = None
    origin_region: BulkRequired[Any] = None
    destination_region: BulkRequired[Any] = None


class Row(PascalWire):
    """A row. Keys with `Raw` (YAvailableRaw) include very high prices that seats.aero hides, and are ignored."""

    id: Required[Any] = msgspec.field(name="ID", default=None)
    route: Required[Route | None] = None
    date: Required[Any] = None
    source: Required[Any] = None
    taxes_currency: Required[Any] = None
    updated_at: Required[Any] = None
    y_available: Required[Any] = None
    y_mileage_cost: Required[Any] = None
    y_total_taxes: Required[Any] = None
    y_remaining_seats: Required[Any] = None
    y_direct: Any = None
    y_direct_mileage_cost: Any = None
    w_available: Any = None
    w_mileage_cost: Any = None
    w_total_taxes: Any = None
    w_remaining_seats: Any = None
    w_direct: Any = None
    w_direct_mileage_cost: Any = None
    j_available: Required[Any] = None
    j_mileage_cost: Required[Any] = None
    j_total_taxes: Required[Any] = None
    j_remaining_seats: Required[Any] = None
    j_direct: Any = None
    j_direct_mileage_cost: Any = None
    f_available: Any = None
    f_mileage_cost: Any = None
    f_total_taxes: Any = None
    f_remaining_seats: Any = None
    f_direct: Any = None
    f_direct_mileage_cost: Any = None
    availability_trips: msgspec.Raw = msgspec.Raw(b"null")


class Page(msgspec.Struct):
    """A page of rows."""

    data: Annotated[msgspec.Raw, Contains(list[Row])]
    count: Any = None
    has_more: Required[Any] = msgspec.field(name="hasMore", default=None)


_CABINS = {"Y": Cabin.ECONOMY, "W": Cabin.PREMIUM_ECONOMY, "J": Cabin.BUSINESS, "F": Cabin.FIRST}
_KEYS = ("available", "mileage_cost", "total_taxes", "remaining_seats", "direct", "direct_mileage_cost")
_GETTERS = [
    (letter, cabin, attrgetter(*(f"{letter.lower()}_{key}" for key in _KEYS))) for letter, cabin in _CABINS.items()
]

_PAGE = msgspec.json.Decoder(Page)
_ROWS = msgspec.json.Decoder(list[Row])
_ROW = msgspec.json.Decoder(Row)
_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw] | None)


@validated
def parse_calendar(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse one page of rows for a route, or for all routes between two regions; each available cabin is an offer."""
    offers = Collector(SOURCE, search, seen_at)
    is_searched_route = _is_between_regions if search.kind == SearchKind.BULK else _is_route
    first, last = search.first.isoformat(), search.last.isoformat()
    parsed: set[tuple[str, ...]] = set()
    for row in decode_rows(body, offers):
        route = row.route or Route()
        origin, destination = route.origin_airport, route.destination_airport
        text = f"{origin}-{destination} {row.date} {row.source}"[:80]
        if not all(type(value) is str and value for value in (origin, destination, row.date, row.source)):
            offers.warn("row", f"expected a route, a date and a program, got {text}", drops_offer=True)
            continue
        program = program_key(row.source)
        is_program = not search.target_program or program == search.target_program
        if not (is_program and is_searched_route(route, search) and first <= row.date[:10] <= last):
            offers.warn_nearby(text)
            continue
        offers.matches += 1
        if not (_is_airport(origin) and _is_airport(destination)) or origin == destination:
            offers.warn("Route", f"expected two known airports, got {text}", drops_offer=True)
            continue
        if type(row.id) is not str:
            offers.warn("ID", f"expected a text, got {row.id}")
        key = (origin, destination, row.date[:10], program)
        if key not in parsed:  # pages can overlap
            parsed.add(key)
            _add_row(row, program, offers)
    return offers.finish()


def decode_rows(body: bytes, offers: Collector) -> list[Row]:
    """Return the rows of a page. An unreadable row causes a warning that drops an offer."""
    page = decode_as(_PAGE, body)
    try:
        rows = _ROWS.decode(page.data)
    except UNREADABLE:
        rows = list(offers.each("row", decode_as(_RAW_LIST, page.data) or (), _ROW.decode))
    if not rows and not offers.dropped and float_or_none(page.count) != 0:
        raise UnexpectedResponse(f"data is empty, but count is {page.count!r}")
    return rows


def _is_route(route: Route, search: Search) -> bool:
    return bool(route.origin_airport == search.origin and route.destination_airport == search.destination)


def _is_between_regions(route: Route, search: Search) -> bool:
    """Return True for a route between the searched regions; a missing region and the region `any` match all."""
    pairs = ((route.origin_region, search.origin), (route.destination_region, search.destination))
    return all(type(region) is not str or searched in (region, ANY_PLACE) for region, searched in pairs)


@lru_cache(maxsize=4096)
def _is_airport(code: str) -> bool:
    return airport_zone(code) is not None


def _add_row(row: Row, program: str, offers: Collector) -> None:
    day = date_or_none(row.date)
    last_seen = _time_or_none(row.updated_at)
    if day is None or last_seen is None:
        text = f"expected a date and a time, got {row.date} {row.updated_at}"
        offers.warn("Date or UpdatedAt", text, drops_offer=True)
        return
    route = row.route or Route()
    unknown = 0
    for letter, cabin, get in _GETTERS:
        available, cost, tax, count, direct, direct_cost = get(row)
        if available is not True and available != "true":
            unknown += available is None
            if _has_price(available, cost):
                text = f"expected a price only if available, got {available} {cost}"
                offers.warn(f"{letter}Available", text, drops_offer=True)
            continue
        miles = _miles(cost)
        if miles is None:
            offers.warn(f"{letter}MileageCost", f"expected miles, got {cost}", drops_offer=True)
            continue
        seats = parse_seats(count, offers)
        offers.add(
            (route.origin_airport, route.destination_airport, day, program, letter),
            AwardOfferItem(
                program=program,
                source=SOURCE,
                detail=Detail.DAY,
                origin=route.origin_airport,
                destination=route.destination_airport,
                departure_date=day,
                cabin=cabin,
                miles=miles,
                taxes=parse_taxes(tax, row.taxes_currency, row.source, offers),
                seats=seats,
                stops=0 if direct is True and _miles(direct_cost) == miles else None,  # a nonstop has the lowest price
                travelers=priced_travelers(seats, offers.search),
                seen_at=min(last_seen, offers.seen_at),
                source_id=row.id if type(row.id) is str else None,
            ),
        )
    if unknown == len(_GETTERS):
        text = f"no cabin of {row.date} {row.source} has an availability"
        offers.warn("row", text, drops_offer=True)


def has_available_cabin(row: Row) -> bool:
    """Return True if any cabin of a row is marked as available."""
    return any(get(row)[0] for _, _, get in _GETTERS)


def raw_trips(row: Row) -> list[msgspec.Raw]:
    """Return the undecoded trips inside a row."""
    return _RAW_LIST.decode(row.availability_trips) or []


def _has_price(available: object, cost: object) -> bool:
    """Return True for an unavailable cabin with a price, or one whose availability is neither true nor false."""
    if available is False or available is None:
        return cost != "0" and cost != 0 and _miles(cost) is not None
    return available != "false"


def _time_or_none(value: object) -> datetime | None:
    try:
        return parse_utc_time(value)
    except ValueError:
        return None


def _miles(cost: object) -> int | None:
    return _miles_of_text(cost) if type(cost) is str else positive_int(cost)


@lru_cache(maxsize=4096)
def _miles_of_text(cost: str) -> int | None:
    return positive_int(cost)
