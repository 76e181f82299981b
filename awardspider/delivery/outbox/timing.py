"""Delivery times: quiet hours, digests and the delays between attempts.

A watch's notification preferences are JSON values, as stored in outbox rows: `timezone` (IANA name), `quiet_hours`
(local, ["22:00", "07:00"]), `digest_at` (local, "08:00"), `max_per_day` (single messages), `digest_size` (offers shown
in a digest) and `min_seats`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
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
    """Return the end of the current quiet hours, in UTC, or None outside quiet hours."""
    if not notify_prefs or not notify_prefs.get("quiet_hours"):
        return None
    start, end = (time.fromisoformat(text) for text in notify_prefs["quiet_hours"])
    local = now.astimezone(_zone(notify_prefs))
    clock = local.time().replace(tzinfo=None)
    inside = start <= clock < end if start < end else clock >= start or clock < end
    return _next(local, end) if inside else None


def next_digest(notify_prefs: Mapping[str, Any] | None, now: datetime) -> datetime:
    """Return the time of the next digest, in UTC."""
    notify_prefs = notify_prefs or {}
    digest_at = time.fromisoformat(notify_prefs["digest_at"]) if notify_prefs.get("digest_at") else DIGEST_AT
    return _next(now.astimezone(_zone(notify_prefs)), digest_at)


def day_start(notify_prefs: Mapping[str, Any], now: datetime) -> datetime:
    """Return the last midnight in the watch's time zone, converted to UTC."""
    local = now.astimezone(_zone(notify_prefs))
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


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


def _next(local: datetime, clock: time) -> datetime:
    """Return the next occurrence of a local clock time after `local`, in UTC."""
    today = local.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0, fold=0)
    # A local day can have 23 or 25 hours; adding a day keeps the local clock time.
    moment = today if today > local else today + timedelta(days=1)
    return moment.astimezone(UTC)
