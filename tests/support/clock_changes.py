"""The clock changes of all time zones."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

FIRST, LAST = datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


@functools.cache
def clock_changes() -> list[tuple[ZoneInfo, datetime]]:
    """Return zone and time (in UTC) of each change of clocks within fifteen months."""
    names = available_timezones() - {"localtime", "posixrules"}
    return [(ZoneInfo(name), change) for name in sorted(names) for change in _changes(ZoneInfo(name))]


def _changes(zone: ZoneInfo) -> list[datetime]:
    found: list[datetime] = []
    day = FIRST
    while day < LAST:
        if _offset(zone, day) != _offset(zone, day + _DAY):
            before, after = day, day + _DAY
            while after - before > _MINUTE:
                middle = before + (after - before) / 2
                if _offset(zone, middle) == _offset(zone, before):
                    before = middle
                else:
                    after = middle
            found.append(after.replace(second=0, microsecond=0))
        day += _DAY
    return found


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()
