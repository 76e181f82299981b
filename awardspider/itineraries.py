"""Itinerary checks: flights must connect in place and time, between known airports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from awardspider.airports import airport_zone, airports
from awardspider.items import Segment
from awardspider.values import elapsed

SHORTEST_CONNECTION = timedelta(0)
LONGEST_CONNECTION = timedelta(days=3)  # long enough for the stopovers that some programs sell
LONGEST_FLIGHT = timedelta(hours=30)  # including technical stops
# The longest nonstop flight is New York to Singapore: 15,350 km in up to 18 hours and 55 minutes.
LONGEST_NONSTOP = timedelta(hours=19)
LONGEST_NONSTOP_KM = 15_600
MOST_SEATS = 500
MOST_MILES = 2_000_000
SAME_CITY_KM = 100  # maximum distance between two airports of one city, such as MXP and LIN


class ItineraryErrorKind(StrEnum):
    """Kinds of itinerary errors."""

    ITINERARY = "itinerary"  # flights that do not connect, or that have a wrong route, day or duration
    AIRPORT = "airport"  # an unknown airport
    TIME = "time"  # a time without a zone


class ItineraryError(NamedTuple):
    """A failed check; it is returned, not raised."""

    kind: ItineraryErrorKind
    message: str


def check_itinerary(segments: Sequence[Segment], origin: str, destination: str, day: date) -> ItineraryError | None:
    """Check an itinerary between two airports on the local `day`; return the first error, or None if it is valid."""
    if (segments[0].origin, segments[-1].destination) != (origin, destination):
        return _broken(f"{segments[0].origin}-{segments[-1].destination} for {origin}-{destination}")
    if segments[0].departs_at.date() != day:
        return _broken(f"departs on {segments[0].departs_at.date()}, not {day}")
    previous: Segment | None = None
    for segment in segments:
        if segment.departs_at.tzinfo is None or segment.arrives_at.tzinfo is None:
            return ItineraryError(ItineraryErrorKind.TIME, segment.flight)
        for code in (segment.origin, segment.destination):
            if airport_zone(code) is None:
                return ItineraryError(ItineraryErrorKind.AIRPORT, code)
        duration = elapsed(segment.departs_at, segment.arrives_at)
        if not timedelta(0) < duration <= LONGEST_FLIGHT:
            return _broken(f"{segment.flight} takes {duration}")
        if previous is not None:
            if not _in_same_city(previous.destination, segment.origin):
                return _broken(f"arrives at {previous.destination}, departs from {segment.origin}")
            connection = elapsed(previous.arrives_at, segment.departs_at)
            if not SHORTEST_CONNECTION <= connection <= LONGEST_CONNECTION:
                return _broken(f"connection of {connection} at {segment.origin}")
        previous = segment
    return None


def known_stops(segments: Sequence[Segment], stops: int, duration_minutes: int | None = None) -> int | None:
    """Return an itinerary's connections and landings: at least `stops` and those in the segments; None if unknown.

    A flight without a known landing that takes longer than any nonstop flight lands somewhere, often more than once, so
    the number is unknown unless `stops` counts such landings.
    """
    visible = len(segments) - 1 + sum([segment.stops for segment in segments])
    hidden = sum([not segment.stops and _is_longer_than_nonstop(segment) for segment in segments])
    is_too_long = duration_minutes is not None and timedelta(minutes=duration_minutes) > LONGEST_NONSTOP
    known = max(stops, visible)
    return None if known < visible + hidden or (known == 0 and is_too_long) else known


def minutes_in_air(segment: Segment) -> int:
    """Return the minutes from a flight's departure to its arrival, landings in between included."""
    return round(elapsed(segment.departs_at, segment.arrives_at).total_seconds() / 60)


def travel_minutes(segments: Sequence[Segment]) -> int:
    """Return the minutes from the first departure to the last arrival, connections included."""
    return round(elapsed(segments[0].departs_at, segments[-1].arrives_at).total_seconds() / 60)


def connections(segments: Sequence[Segment]) -> tuple[tuple[str, ...], ...]:
    """Return the airports of each connection: one or, if it needs a transfer to another airport, two."""
    return tuple(
        (before.destination,) if before.destination == after.origin else (before.destination, after.origin)
        for before, after in pairwise(segments)
    )


def _is_longer_than_nonstop(segment: Segment) -> bool:
    return elapsed(segment.departs_at, segment.arrives_at) > LONGEST_NONSTOP


@lru_cache(4096)
def is_beyond_nonstop(code: str, other_code: str) -> bool:
    """Return True if two known airports are farther apart than any nonstop flight."""
    if code not in airports() or other_code not in airports():
        return False
    airport, other = airports()[code], airports()[other_code]
    latitudes = radians(airport["lat"]), radians(other["lat"])
    north, east = latitudes[1] - latitudes[0], radians(other["lon"] - airport["lon"])
    haversine = sin(north / 2) ** 2 + cos(latitudes[0]) * cos(latitudes[1]) * sin(east / 2) ** 2
    return 2 * 6371 * asin(sqrt(haversine)) > LONGEST_NONSTOP_KM


def _broken(message: str) -> ItineraryError:
    return ItineraryError(ItineraryErrorKind.ITINERARY, message)


@lru_cache(4096)
def _in_same_city(code: str, other_code: str) -> bool:
    """Return whether two airports are the same or close enough for a connection between them."""
    if code == other_code:
        return True
    airport, other = airports()[code], airports()[other_code]
    # A degree of latitude is 111 km; one of longitude shrinks with the cosine of the latitude.
    north = (airport["lat"] - other["lat"]) * 111
    east = (airport["lon"] - other["lon"]) * 111 * cos(radians(airport["lat"]))
    return north * north + east * east < SAME_CITY_KM**2
