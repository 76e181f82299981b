"""What no itinerary can be: flights that do not join up in place and time, or of airports that nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from math import cos, radians
from typing import NamedTuple

from awardspider.items import Segment, airport_zone, airports

SHORTEST_CONNECTION = timedelta(0)
LONGEST_CONNECTION = timedelta(days=3)  # a stopover is not a connection, but some programs sell one
LONGEST_FLIGHT = timedelta(hours=30)  # with technical stops
MOST_SEATS = 500
MOST_MILES = 2_000_000
ONE_CITY_KM = 100  # between two airports of a city, as MXP and LIN


class ItineraryError(NamedTuple):
    """`kind` is "itinerary", "airport" or "time"; `why` says what is wrong."""

    kind: str
    why: str


@lru_cache(4096)
def _one_place(airport: str, other: str) -> bool:
    """Whether one can change from one airport to the other: it is the same, or near, as two of one city are."""
    if airport == other:
        return True
    one, two = airports()[airport], airports()[other]
    # On this scale a degree of latitude is 111 km, and one of longitude shrinks with the cosine.
    north = (one["lat"] - two["lat"]) * 111
    east = (one["lon"] - two["lon"]) * 111 * cos(radians(one["lat"]))
    return north * north + east * east < ONE_CITY_KM**2


def check_itinerary(segments: Sequence[Segment], origin: str, destination: str, day: date) -> ItineraryError | None:
    """Why these flights cannot be an itinerary from origin to destination that leaves on the local day, if so."""
    if (segments[0].origin, segments[-1].destination) != (origin, destination):
        return ItineraryError(
            "itinerary", f"{segments[0].origin}-{segments[-1].destination} for {origin}-{destination}"
        )
    if segments[0].departs_at.date() != day:
        return ItineraryError("itinerary", f"leaves on {segments[0].departs_at.date()}, not {day}")
    before: Segment | None = None
    for segment in segments:
        if segment.departs_at.tzinfo is None or segment.arrives_at.tzinfo is None:
            return ItineraryError("time", segment.flight)
        for code in (segment.origin, segment.destination):
            if airport_zone(code) is None:
                return ItineraryError("airport", code)
        if not timedelta(0) < segment.arrives_at - segment.departs_at <= LONGEST_FLIGHT:
            return ItineraryError("itinerary", f"{segment.flight} flies {segment.arrives_at - segment.departs_at}")
        if before is not None:
            if not _one_place(before.destination, segment.origin):
                return ItineraryError("itinerary", f"{before.destination}, then from {segment.origin}")
            if not SHORTEST_CONNECTION <= segment.departs_at - before.arrives_at <= LONGEST_CONNECTION:
                return ItineraryError("itinerary", f"{segment.departs_at - before.arrives_at} at {segment.origin}")
        before = segment
    return None
