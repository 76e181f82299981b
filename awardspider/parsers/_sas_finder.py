"""Parse the award finder of SAS EuroBonus (destinations/v1): the seats in each cabin on each day.

Facts and sources: docs/sources/sas.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from awardspider.items import Cabin, Detail, Search, SearchKind
from awardspider.outcomes import AmbiguousResponse, Reason, UnexpectedResponse, not_served
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector
from awardspider.parsers._sas_chart import chart_miles
from awardspider.parsers._validation import validated
from awardspider.parsers._values import date_or_none, float_or_none, positive_int, str_or_none
from awardspider.parsers._wire import (
    UNREADABLE,
    Contains,
    NotObject,
    Required,
    Wire,
    decode,
    decode_as,
    required_paths,
)

PROGRAM = "sas"

# The award finder's classes. Premium economy is called Plus on short flights.
CLASSES = {"AG": Cabin.ECONOMY, "AP": Cabin.PREMIUM_ECONOMY, "AB": Cabin.BUSINESS}


class _Day(Wire):
    """A day with seats. A class without seats is omitted."""

    date: Required[Any] = None
    available_seats_total: Required[Any] = None
    key: Any = None
    economy: Any = msgspec.field(default=None, name="AG")
    premium: Any = msgspec.field(default=None, name="AP")
    business: Any = msgspec.field(default=None, name="AB")


class _Availability(Wire):
    outbound: list[_Day | NotObject]


class _Destination(Wire):
    airport_code: Required[Any] = None
    availability: Required[Annotated[msgspec.Raw, Contains(_Availability)]] = msgspec.Raw(b"null")
    flight_classes: Any = None


_DESTINATIONS = msgspec.json.Decoder(list[_Destination | NotObject])
_AVAILABILITY = msgspec.json.Decoder(_Availability)
CALENDAR_PATHS = required_paths(list[_Destination], SearchKind.CALENDAR)


@validated
def parse_calendar(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse the seats in each cabin on each day, for all flights together, with the miles from the award chart.

    A day that is not listed has no seats. An empty list is ambiguous: SAS does not serve the route (inferred), or the
    finder has no data. A response with only other destinations is unexpected.
    """
    offers = Collector(PROGRAM, search, seen_at)
    destination = None
    for row in _destinations(body):
        if not isinstance(row, _Destination) or str_or_none(row.airport_code) is None:
            offers.warn("destination", f"expected a destination, got {row}", drops_offer=True)
        elif row.airport_code == search.destination:
            destination = row
        else:
            offers.warn_nearby(f"{search.origin}-{row.airport_code}")
    if destination is None:
        raise UnexpectedResponse(f"{search.destination} is not among the destinations of the response")
    entries = _outbound(destination)
    for code in destination.flight_classes if isinstance(destination.flight_classes, list) else ():
        if not isinstance(code, str) or code not in CLASSES:
            offers.warn("flightClasses", f"unknown class {code}", drops_offer=bool(entries))
    days: set[date] = set()
    for entry in entries:
        day = _date(entry) if isinstance(entry, _Day) else None
        if not isinstance(entry, _Day) or (day is None and not _is_empty(entry)):
            offers.warn("date", f"expected a day, got {entry}", drops_offer=True)
        elif day is not None and not offers.is_searched(day):
            offers.warn_nearby(f"{search.origin}-{search.destination} {day}")
        elif day is not None and day not in days:
            _add_day(entry, day, offers)
        if day is not None:
            days.add(day)
    searched_months = {(day.year, day.month) for day in (search.first, search.last)}
    if len(searched_months) == 1 and days and searched_months.isdisjoint((day.year, day.month) for day in days):
        raise UnexpectedResponse(f"searched {search}, but the response has only days of other months")
    return offers.finish(allow_only_nearby=True)


def _destinations(body: bytes) -> list[_Destination | NotObject]:
    destinations = decode_as(_DESTINATIONS, body)
    if not destinations:
        raise AmbiguousResponse(
            "the list of destinations is empty",
            reason=Reason.UNEXPECTED_RESPONSE,
            empty_note=not_served("SAS lists no such destination"),
        )
    return destinations


def _outbound(destination: _Destination) -> list[_Day | NotObject]:
    """Return the days of a destination. An empty object means no days."""
    try:
        return _AVAILABILITY.decode(destination.availability).outbound
    except UNREADABLE as error:
        if decode(bytes(destination.availability)) == {}:
            return []
        raise UnexpectedResponse(f"[].availability of {destination.airport_code}: {error}") from error


def _date(entry: _Day) -> date | None:
    """Return the local departure date, from `date` (2026-10-01) or `key` (261001)."""
    if day := date_or_none(entry.date):
        return day
    key = positive_int(entry.key)
    return date_or_none(f"20{key:06d}") if key is not None and key < 1_000_000 else None


def _is_empty(entry: _Day) -> bool:
    """Return True for an entry that reports no seats; such an entry may lack a date."""
    return entry.available_seats_total == 0 and not (entry.economy or entry.premium or entry.business)


def _add_day(entry: _Day, day: date, offers: Collector) -> None:
    miles = chart_miles(offers.search.origin, offers.search.destination)
    parsed = 0
    for code, count in (("AG", entry.economy), ("AP", entry.premium), ("AB", entry.business)):
        if count is None:
            continue
        if seats := positive_int(count):
            parsed += seats
            cabin = CLASSES[code]
            offers.add_day(day, cabin, None, detail=Detail.SEATS, seats=seats, chart_miles=miles.get(cabin))
        elif float_or_none(count) != 0:
            offers.warn(code, f"expected a number of seats, got {count}", drops_offer=True)
    total = float_or_none(entry.available_seats_total)
    if total is None and not parsed:
        offers.warn("availableSeatsTotal", f"{day}: no seats and no total", drops_offer=True)
    elif total is not None and total > parsed:
        offers.warn("availableSeatsTotal", f"{day}: {total:g}, but the classes have {parsed}", drops_offer=True)


def detect_calendar(body: bytes) -> Detected | None:
    """Return the destination and days of a response; responses do not name the origin."""
    rows = [row for row in _destinations(body) if isinstance(row, _Destination) and str_or_none(row.airport_code)]
    outbound: list[list[_Day | NotObject]] = []
    for row in rows:
        with suppress(UnexpectedResponse):
            outbound.append(_outbound(row))
    if not outbound:
        return None
    entries = [entry for days in outbound for entry in days if isinstance(entry, _Day)]
    days = [day for entry in entries if (day := _date(entry))]
    return Detected(
        kind=SearchKind.CALENDAR,
        destination=str(rows[0].airport_code) if len(rows) == 1 else None,
        first=min(days, default=None),
        last=max(days, default=None),
    )
