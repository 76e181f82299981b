"""Parse local times in ISO 8601: with an offset, with the same time in UTC, or with neither.

Results are cached, because a day's flights share airports and times. A local time occurs twice when clocks are set
back, and does not exist when they are set forward; the flights before and after it, and their duration, show which
time is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from itertools import product

from awardspider.airports import airport_zone
from awardspider.items import Segment
from awardspider.parsers._values import float_or_none
from awardspider.values import elapsed


@lru_cache(maxsize=8192)
def parse_time(text: str, airport: str) -> datetime:
    """Parse a local ISO 8601 time, with or without an offset, in the airport's zone."""
    offset = datetime.fromisoformat(text).utcoffset()
    return parse_local_time(text, airport, None if offset is None else offset.total_seconds() / 3600)


@lru_cache(maxsize=8192)
def parse_time_with_utc(text: str, utc: str, airport: str) -> datetime:
    """Parse a local time; the difference from the same time in UTC gives the offset."""
    local = datetime.fromisoformat(text).replace(tzinfo=UTC)
    moment = datetime.fromisoformat(utc)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return parse_local_time(text, airport, (local - moment).total_seconds() / 3600)


def parse_local_time(text: str, airport: str, offset_hours: object = None) -> datetime:
    """Parse a local time in the airport's zone.

    If the zone disagrees with the response's offset, or the airport is unknown, the time gets that offset as a fixed
    `datetime.timezone`, about which the collector warns. Raise ValueError for an invalid time, or if neither zone nor
    offset is known.
    """
    if len(text) < len("2026-10-06 08:15"):  # a date alone would be midnight
        raise ValueError(f"{text!r} is not a time")
    local = datetime.fromisoformat(text).replace(tzinfo=None)
    zone = airport_zone(airport)
    hours = float_or_none(offset_hours)
    fixed = timezone(timedelta(hours=hours)) if hours is not None and abs(hours) <= 14 else None
    if zone is None:
        if fixed is None:
            raise ValueError(f"no time zone for {airport}")
        return local.replace(tzinfo=fixed)
    aware = local.replace(tzinfo=zone)
    if hours is None or fixed is None:
        return aware
    meanings = {_hours(meaning): meaning for meaning in reversed(_meanings(aware))}
    truncated = {float(int(offset)): meaning for offset, meaning in meanings.items()}  # some responses omit half hours
    return meanings.get(hours) or truncated.get(hours) or local.replace(tzinfo=fixed)


def _hours(time: datetime) -> float:
    return (time.utcoffset() or timedelta()) / timedelta(hours=1)


def _meanings(time: datetime) -> tuple[datetime, ...]:
    """Return a local time, and the same clock time with the other offset if clocks are changed then."""
    other = time.replace(fold=1 - time.fold)
    return (time,) if time.utcoffset() == other.utcoffset() else (time, other)


# ---- the times of an itinerary ---------------------------------------------------------------------------------------

MINUTE = timedelta(minutes=1)
_NO_TIME = timedelta(0)
# The error of an outdated time zone in minutes: its daylight saving time, or half of it.
ZONE_ERRORS = (60, 30)


def minutes_between(segments: Sequence[Segment]) -> int:
    """Return the minutes from the first departure to the last arrival."""
    return elapsed(segments[0].departs_at, segments[-1].arrives_at) // MINUTE


def in_order(segments: Sequence[Segment], minutes: int | None = None) -> Sequence[Segment]:
    """Return the segments with those meanings of their local times for which each flight follows the previous one.

    If `minutes` is given, the meanings must also agree with this duration. If none do, return the segments unchanged.
    """
    if _are_in_order(segments, minutes):
        return segments
    times = [_meanings(time) for segment in segments for time in (segment.departs_at, segment.arrives_at)]
    if all(len(meanings) == 1 for meanings in times):
        return segments
    candidates = (_with_times(segments, chosen) for chosen in product(*times))
    return next((candidate for candidate in candidates if _are_in_order(candidate, minutes)), segments)


def with_offset_of(minutes: int, segments: Sequence[Segment]) -> Sequence[Segment]:
    """Return impossible segments with the offset that the response's duration implies.

    A flight that seems to arrive before it departs, or to miss its connection, may be in a zone whose rules changed.
    Other differences from the duration leave the segments unchanged.
    """
    error = minutes_between(segments) - minutes
    if abs(error) not in ZONE_ERRORS or _are_in_order(segments):
        return segments
    return next(
        (one for one in _with_offset_changed(segments, error * MINUTE) if _are_in_order(one, minutes)), segments
    )


def _are_in_order(segments: Sequence[Segment], minutes: int | None = None) -> bool:
    """Return True if each flight arrives after it departs and departs after the previous one has arrived."""
    previous: Segment | None = None
    for segment in segments:
        if elapsed(segment.departs_at, segment.arrives_at) <= _NO_TIME:
            return False
        if previous is not None and elapsed(previous.arrives_at, segment.departs_at) < _NO_TIME:
            return False
        previous = segment
    return minutes is None or minutes_between(segments) == minutes


def _with_times(segments: Sequence[Segment], times: Sequence[datetime]) -> Sequence[Segment]:
    """Return copies of segments with these departures and arrivals, in turn."""
    pairs = zip(segments, times[::2], times[1::2], strict=True)
    return tuple(replace(segment, departs_at=departs, arrives_at=arrives) for segment, departs, arrives in pairs)


def _with_offset_changed(segments: Sequence[Segment], error: timedelta) -> Iterator[Sequence[Segment]]:
    """Yield the segments with the offset of the last arrival changed, then with that of the first departure."""
    first, last = segments[0], segments[-1]
    yield (*segments[:-1], replace(last, arrives_at=_with_offset(last.arrives_at, error)))
    yield (replace(first, departs_at=_with_offset(first.departs_at, -error)), *segments[1:])


def _with_offset(time: datetime, change: timedelta) -> datetime:
    """Return the same clock time with a changed offset."""
    offset = time.utcoffset() or timedelta()
    return time.replace(tzinfo=timezone(offset + change))
