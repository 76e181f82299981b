"""Parse local times in ISO 8601: with an offset, with the same time in UTC, or with neither.

Results are cached, because a day's flights share airports and times.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from awardspider.airports import airport_zone
from awardspider.parsers._values import float_or_none


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
    for candidate in (aware, aware.replace(fold=1)):  # an hour occurs twice when clocks are set back
        offset = candidate.utcoffset()
        if offset is not None and abs(offset.total_seconds() / 3600 - hours) < 1:  # some responses truncate half hours
            return candidate
    return local.replace(tzinfo=fixed)
