"""Parse the local times of responses, written in ISO 8601 with an offset, with the same time in UTC, or without both.

The results are cached, because the flights of a day share airports and times.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from awardspider.airports import airport_zone
from awardspider.parsers._values import float_or_none


@lru_cache(maxsize=8192)
def parse_time(text: str, airport: str) -> datetime:
    """Return a local time in ISO 8601, with or without its own offset, in the zone of its airport."""
    offset = datetime.fromisoformat(text).utcoffset()
    return parse_local_time(text, airport, None if offset is None else offset.total_seconds() / 3600)


@lru_cache(maxsize=8192)
def parse_time_with_utc(text: str, utc: str, airport: str) -> datetime:
    """Return a local time whose offset is its difference from the same time in UTC."""
    local = datetime.fromisoformat(text).replace(tzinfo=UTC)
    moment = datetime.fromisoformat(utc)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return parse_local_time(text, airport, (local - moment).total_seconds() / 3600)


def parse_local_time(text: str, airport: str, offset_hours: object = None) -> datetime:
    """Return a local time with the zone of its airport.

    If the zone disagrees with the offset in the response, or the airport is unknown, the offset of the response is
    used: a fixed `datetime.timezone`, from which the collector derives its warning. Raise ValueError for an invalid
    time, or if neither is known.
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
    for candidate in (aware, aware.replace(fold=1)):  # when clocks are set back, an hour occurs twice
        offset = candidate.utcoffset()
        if offset is not None and abs(offset.total_seconds() / 3600 - hours) < 1:  # some responses truncate half hours
            return candidate
    return local.replace(tzinfo=fixed)
