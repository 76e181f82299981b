"""The flights of an offer on a time line: local times with their zones, durations and connections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from awardspider.delivery.messages.language import time_of_day
from awardspider.items import Segment
from awardspider.values import elapsed

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """A time at an airport: `10:45`, its offset `UTC-7`, and the days since the first departure."""

    text: str
    zone: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A flight with its times, and the minutes on the ground before it; None before the first flight.

    `arrived_at` is the airport at which the flight before it ends.
    """

    segment: Segment
    departs: LocalTime
    arrives: LocalTime
    minutes: int
    connection_minutes: int | None = None
    arrived_at: str = ""

    @property
    def changes_airport(self) -> bool:
        """True if the flight departs from another airport than the one at which the flight before it ends."""
        return bool(self.arrived_at) and self.arrived_at != self.segment.origin


def legs(segments: Iterable[Segment]) -> Iterator[Leg]:
    """Yield the flights of an itinerary in order."""
    previous: Segment | None = None
    first_day: date | None = None
    for segment in segments:
        first_day = first_day or segment.departs_at.date()
        yield Leg(
            segment=segment,
            departs=_local_time(segment.departs_at, first_day),
            arrives=_local_time(segment.arrives_at, first_day),
            minutes=elapsed(segment.departs_at, segment.arrives_at) // _MINUTE,
            connection_minutes=elapsed(previous.arrives_at, segment.departs_at) // _MINUTE if previous else None,
            arrived_at=previous.destination if previous else "",
        )
        previous = segment


def _local_time(moment: datetime, first_day: date) -> LocalTime:
    text, _, zone = time_of_day(moment).partition(" ")
    return LocalTime(text=text, zone=zone, days=(moment.date() - first_day).days)
