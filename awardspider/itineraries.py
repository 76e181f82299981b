"""Itinerary checks: flights must connect in place and time, between known airports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from math import cos, radians
from typing import NamedTuple

from awardspider.airports import airport_zone, airports
from awardspider.items import Segment

SHORTEST_CONNECTION = timedelta(0)
LONGEST_CONNECTION = timedelta(days=3)  # long enough for the stopovers that some programs sell
LONGEST_FLIGHT = timedelta(hours=30)  # including technical stops
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
        duration = segment.arrives_at - segment.departs_at
        if not timedelta(0) < duration <= LONGEST_FLIGHT:
            return _broken(f"{segment.flight} takes {duration}")
        if previous is not None:
            if not _in_same_city(previous.destination, segment.origin):
                return _broken(f"arrives at {previous.destination}, departs from {segment.origin}")
            connection = segment.departs_at - previous.arrives_at
            if not SHORTEST_CONNECTION <= connection <= LONGEST_CONNECTION:
                return _broken(f"connection of {connection} at {segment.origin}")
        previous = segment
    return None


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
