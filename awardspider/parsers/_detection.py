"""Detect the search that a response belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import wraps
from typing import TypeVar

from awardspider.airports import airport_zone, city_airports
from awardspider.items import SearchKind, Segment
from awardspider.outcomes import SearchFailed
from awardspider.parsers import Detected, has_too_many_values
from awardspider.parsers._texts import replace_lone_surrogates
from awardspider.parsers._wire import UNREADABLE

Row = TypeVar("Row")
Parsed = TypeVar("Parsed")


def none_if_unreadable(detect: Callable[[bytes], Detected | None]) -> Callable[[bytes], Detected | None]:
    """Wrap a `detect` function so that it returns None for a body that it cannot read."""

    @wraps(detect)
    def wrapper(body: bytes) -> Detected | None:
        if has_too_many_values(body):
            return None
        try:
            return detect(replace_lone_surrogates(body))
        except (*UNREADABLE, TypeError, SearchFailed):
            return None

    return wrapper


def readable(rows: Iterable[Row], parse: Callable[[Row], Parsed]) -> Iterator[Parsed]:
    """Yield the parsed rows, skipping rows that cannot be parsed."""
    for row in rows:
        try:
            yield parse(row)
        except UNREADABLE:
            continue


def is_city(code: object) -> bool:
    """Return True for a code of three characters that is not an airport's, so it may be a city's, such as NYC.

    A response for a city contains the flights of its airports.
    """
    return isinstance(code, str) and len(code) == 3 and airport_zone(code) is None


def is_at(code: object, airport: str) -> bool:
    """Return True if the code of a response is this airport, its city, or a city whose airports are unknown.

    The code of a city can be another airport of it: HOU is Houston and its Hobby Airport.
    """
    if code == airport or is_city(code):
        return True
    return isinstance(code, str) and airport in city_airports(code)


def detected_calendar(days: Iterable[date | None]) -> Detected | None:
    """Return a calendar search for these days, or None if there are no days."""
    known = [day for day in days if day is not None]
    return Detected(kind=SearchKind.CALENDAR, first=min(known), last=max(known)) if known else None


def detected_flights(
    itineraries: Iterable[Sequence[Segment]], origin: str | None = None, destination: str | None = None
) -> Detected | None:
    """Return a search for the itineraries' most common route and day, or None if there are no itineraries.

    `origin` and `destination`, if the response names them, take precedence. Some itineraries may have other routes or
    days.
    """
    known = [segments for segments in itineraries if segments]
    if not known:
        return None
    routes = Counter((segments[0].origin, segments[-1].destination) for segments in known)
    days = Counter(segments[0].departs_at.date() for segments in known)
    [((first_airport, last_airport), _)], [(day, _)] = routes.most_common(1), days.most_common(1)
    return Detected(
        kind=SearchKind.ITINERARY,
        origin=origin or first_airport,
        destination=destination or last_airport,
        first=day,
        last=day,
    )
