"""Due times of the entries of the schedule: cron expressions in their time zone, and intervals."""

from __future__ import annotations

import functools
import re
import zlib
from datetime import UTC, datetime, timedelta, tzinfo

from apscheduler.triggers.cron import CronTrigger

from awardspider.outcomes import InvalidArgument
from awardspider.search.time_zones import zone_or_utc
from awardspider.storage.processes import MAX_CLOCK_ERROR
from awardspider.storage.schedule import ScheduleEntry

#: A new entry with an interval starts within this time.
FIRST_START = timedelta(minutes=1)

_MISSED_AT_MOST = 500  # missed times are counted no further; they are one start anyway
_STEP = timedelta(microseconds=1)

_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WEEKDAYS = re.compile(r"(\*|[0-7](?:-[0-7])?)(?:/([1-7]))?")
_EXAMPLE = "write for example 30 6 * * 1-5 for 6:30 from Monday to Friday"


def due_time(entry: ScheduleEntry, now: datetime) -> datetime | None:
    """Return the latest due time that has come and was not handled, or None if there is none.

    Starts that were missed while nothing ran, such as during a night's sleep, are one start.
    """
    due = next_due(entry, now)
    if due is None or due > now:
        return None
    if entry.cron:
        for _ in range(_MISSED_AT_MOST):
            later = _cron_time(entry, due)
            if later is None or later > now:
                break
            due = later
    return due


def next_due(entry: ScheduleEntry, now: datetime) -> datetime | None:
    """Return when an entry is due next, in UTC; the time is in the past if the start was missed.

    Return None for a paused entry, and for a cron expression that fits no day, such as February 30.
    """
    if not entry.active:
        return None
    created = _not_ahead(entry.created_at or now, now)
    handled = entry.handled_until
    if handled and handled - now > MAX_CLOCK_ERROR:
        return now  # the clock was wrong when the entry was handled
    if entry.cron:
        # A new expression says nothing about the time before it.
        return _cron_time(entry, max(handled or created, _not_ahead(entry.changed_at or created, now)))
    if handled is None:
        return created + _delay(entry, created, most=FIRST_START)
    return handled + timedelta(seconds=entry.every_seconds or 0) + _delay(entry, handled)


def parse_cron(text: str) -> str:
    """Return a cron expression with single spaces. Raise InvalidArgument if it is invalid.

    It has the five fields of cron: minute, hour, day of the month, month and day of the week. Sunday is 0 or 7.
    """
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise InvalidArgument(f"a cron expression has 5 fields ({', '.join(_FIELDS)}), not {len(fields)}; {_EXAMPLE}")
    if fields[2] != "*" and fields[4] != "*":
        raise InvalidArgument("give either a day of the month or a day of the week, and * for the other one")
    expression = " ".join(fields)
    for number, name in enumerate(_FIELDS):
        single = ["*"] * len(_FIELDS)
        single[number] = fields[number]
        try:
            _trigger(" ".join(single), UTC)
        except ValueError as error:
            problem = str(error).rpartition(": ")[2]
            raise InvalidArgument(f'invalid {name} "{fields[number][:40]}": {problem}; {_EXAMPLE}') from None
    if _trigger(expression, UTC).get_next_fire_time(None, datetime(2024, 1, 1, tzinfo=UTC)) is None:
        raise InvalidArgument(f'"{expression}" is never due: there is no such day')
    return expression


def _cron_time(entry: ScheduleEntry, after: datetime) -> datetime | None:
    """Return the first time of an entry's cron expression after a time, with its jitter; None if it is invalid."""
    zone = zone_or_utc(entry.timezone)
    try:
        trigger = _trigger(str(entry.cron), zone)
    except ValueError:
        return None
    fire: datetime | None = after
    while fire:
        fire = trigger.get_next_fire_time(None, fire + _STEP)
        if fire is None:
            return None
        fire = fire.astimezone(after.tzinfo)
        # When clocks are set back, a local time occurs twice: a daily start takes the first one.
        if str(entry.cron).split()[1].startswith("*") or not fire.astimezone(zone).fold:
            return fire + _delay(entry, fire)
    return None


@functools.lru_cache(maxsize=256)
def _trigger(expression: str, zone: tzinfo) -> CronTrigger:
    """Return APScheduler's trigger, whose days of the week start on Monday: numbers are replaced by names."""
    fields = expression.split()
    fields[4] = ",".join(map(_weekdays, fields[4].split(",")))
    return CronTrigger.from_crontab(" ".join(fields), timezone=zone)


def _weekdays(part: str) -> str:
    found = _WEEKDAYS.fullmatch(part)
    if found is None or part == "*":
        return part
    bounds = (0, 6) if found[1] == "*" else tuple(map(int, found[1].split("-")))
    days = range(bounds[0], bounds[-1] + 1, int(found[2] or 1))
    return ",".join(_DAYS[day % 7] for day in days) or part


def _delay(entry: ScheduleEntry, base: datetime, most: timedelta = timedelta.max) -> timedelta:
    """Return the jitter of a start: the same for the same entry and time, so that it is known in advance."""
    share = zlib.crc32(f"{entry.name} {base.timestamp():.0f}".encode()) / 2**32
    return timedelta(seconds=round(share * min(entry.jitter_seconds, most.total_seconds())))


def _not_ahead(moment: datetime, now: datetime) -> datetime:
    return now if moment - now > MAX_CLOCK_ERROR else moment
