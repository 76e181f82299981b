"""Delivery times: quiet hours, digests and the delays between attempts.

A watch's notification preferences are JSON values, as stored in outbox rows: `timezone` (IANA name), `quiet_hours`
(local, ["22:00", "07:00"]), `digest_at` (local, "08:00"), `max_per_day` (single messages), `digest_size` (offers shown
in a digest) and `min_seats`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from math import inf
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from awardspider.items import Priority
from awardspider.search.notify_prefs import DIGEST_AT

# Seconds to wait after each attempt but the last: ten attempts in three days, as Standard Webhooks suggests.
RETRY_DELAYS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER = 0.2  # maximum change of each delay, as a fraction, in both directions
MAX_RETRY_AFTER = 3_600.0  # seconds; a longer Retry-After is reduced to this


def first_attempt_at(priority: Priority, notify_prefs: Mapping[str, Any] | None, now: datetime) -> datetime:
    """Return the time of the first attempt: now, the end of quiet hours or the next digest, depending on priority."""
    if priority is Priority.DIGEST:
        return next_digest(notify_prefs, now)
    return now if priority is Priority.URGENT else quiet_until(notify_prefs, now) or now


def quiet_until(notify_prefs: Mapping[str, Any] | None, now: datetime) -> datetime | None:
    """Return the end of the current quiet hours, in UTC and later than `now`, or None outside quiet hours."""
    if not notify_prefs or not notify_prefs.get("quiet_hours"):
        return None
    start, end = (time.fromisoformat(text) for text in notify_prefs["quiet_hours"])
    zone = _zone(notify_prefs)
    clock = now.astimezone(zone).time().replace(fold=0)
    inside = start <= clock < end if start < end else clock >= start or clock < end
    # If the clock goes back past the end, the quiet hours end twice.
    return _next(zone, end, now, folds=(0, 1)) if inside else None


def next_digest(notify_prefs: Mapping[str, Any] | None, now: datetime) -> datetime:
    """Return the time of the next digest, in UTC and later than `now`.

    In an hour that is repeated because the clock goes back, there is one digest, in the first of the two hours.
    """
    notify_prefs = notify_prefs or {}
    digest_at = time.fromisoformat(notify_prefs["digest_at"]) if notify_prefs.get("digest_at") else DIGEST_AT
    return _next(_zone(notify_prefs), digest_at, now, folds=(0,))


def day_start(notify_prefs: Mapping[str, Any], now: datetime) -> datetime:
    """Return the last midnight in the watch's time zone, converted to UTC."""
    zone = _zone(notify_prefs)
    return _moment(zone, now.astimezone(zone).date(), time(), fold=0)


def next_attempt_at(
    attempts: int, wait_seconds: float | None, now: datetime, random: Random, age: float = inf
) -> datetime | None:
    """Return the time of the next attempt after `attempts` attempts (1 or more), or None to give up.

    `wait_seconds` is the delay that the recipient asked for; `age` is the number of seconds since the message was
    written. No message is given up before the full schedule has elapsed; otherwise, a recipient that asks for short
    delays would use up all ten attempts within minutes.
    """
    passed = [seconds * (1 - JITTER) <= age for seconds in accumulate(RETRY_DELAYS)]
    if attempts > len(RETRY_DELAYS) and passed[-1]:
        return None
    if wait_seconds is not None:
        return now + timedelta(seconds=min(max(wait_seconds, 0.0), MAX_RETRY_AFTER))
    delay = RETRY_DELAYS[min(attempts - 1, sum(passed), len(RETRY_DELAYS) - 1)]
    return now + timedelta(seconds=delay * random.uniform(1 - JITTER, 1 + JITTER))


def _zone(notify_prefs: Mapping[str, Any]) -> ZoneInfo:
    return ZoneInfo(notify_prefs.get("timezone") or "UTC")


def _next(zone: ZoneInfo, clock: time, now: datetime, folds: tuple[int, ...]) -> datetime:
    """Return the first time after `now` at which a clock in `zone` shows `clock`, in UTC.

    `folds` selects the occurrences in a repeated hour: 0 is the first, 1 the second.
    """
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=number) for number in range(3))
    moments = (_moment(zone, day, clock, fold) for day in days for fold in folds)
    return next(moment for moment in moments if moment > now)


def _moment(zone: ZoneInfo, day: date, clock: time, fold: int) -> datetime:
    """Return the time at which a clock in `zone` shows `clock` on `day`, in UTC.

    If the clock skips that time, this is the time of the skip.
    """
    local = datetime.combine(day, clock, zone)
    moment, other = (local.replace(fold=each).astimezone(UTC) for each in (fold, 1 - fold))
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    before, after = sorted((moment, other))  # on both sides of the skip
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
