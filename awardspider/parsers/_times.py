"""Local times as answers write them, ISO 8601: with their own offset, with a twin in UTC, or bare.

Each gives the time in its airport's zone and what is odd about it, and raises ValueError for what is no time. They are
kept, because the flights of a day share airports and clocks.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from awardspider.items import ParseWarning
from awardspider.parsers._values import local_time

Clock = tuple[datetime, tuple[ParseWarning, ...]]


@lru_cache(maxsize=8192)
def iso_time(written: str, airport: str) -> Clock:
    """`2027-03-01T08:35:00.000-07:00`, or bare: then the airport's zone alone tells the offset."""
    return _in_zone(written, airport, datetime.fromisoformat(written))


@lru_cache(maxsize=8192)
def time_with_utc(written: str, utc: str, airport: str) -> Clock:
    """A bare local time and the same moment in UTC: the offset is what lies between."""
    bare = datetime.fromisoformat(written).replace(tzinfo=UTC)
    moment = datetime.fromisoformat(utc)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    hours = (bare - moment).total_seconds() / 3600
    odd: list[ParseWarning] = []
    return local_time(written, airport, hours, odd), tuple(odd)


def _in_zone(written: str, airport: str, moment: datetime) -> Clock:
    offset = moment.utcoffset()
    hours = None if offset is None else offset.total_seconds() / 3600
    odd: list[ParseWarning] = []
    return local_time(written, airport, hours, odd), tuple(odd)
