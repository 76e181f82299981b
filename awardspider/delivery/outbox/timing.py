"""When something is told: quiet hours, the hour of the digest, and the waits between tries.

The terms of a watch are plain values, as an outbox row keeps them: `zone` (IANA), `quiet` (["22:00", "07:00"], local),
`digest_at` ("08:00", local), `at_most` (single messages a day), `best` (offers in a digest), `min_seats`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from math import inf
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

# What Standard Webhooks suggests: ten tries in three days. The wait after each try but the last, in seconds.
WAITS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER = 0.2  # of each wait, either way
LONGEST_ASKED = 3_600.0  # seconds; a Retry-After beyond is cut to this
DIGEST_AT = "08:00"


def due_at(level: str, terms: Mapping[str, Any] | None, now: datetime) -> datetime:
    """When a message of this level is due: urgent at once, normal after quiet hours, digest at its hour."""
    if level == "urgent" or (level == "normal" and not terms):
        return now
    if level == "digest":
        return next_digest(terms, now)
    return quiet_until(terms, now) or now


def quiet_until(terms: Mapping[str, Any] | None, now: datetime) -> datetime | None:
    """The end of the quiet hours that it is now, in UTC; None outside of them."""
    if not terms or not terms.get("quiet"):
        return None
    start, end = (time.fromisoformat(text) for text in terms["quiet"])
    local = now.astimezone(_zone(terms))
    clock = local.time().replace(tzinfo=None)
    inside = start <= clock < end if start < end else clock >= start or clock < end
    return _next(local, end) if inside else None


def next_digest(terms: Mapping[str, Any] | None, now: datetime) -> datetime:
    """When the next digest is due, in UTC."""
    terms = terms or {}
    return _next(now.astimezone(_zone(terms)), time.fromisoformat(terms.get("digest_at") or DIGEST_AT))


def day_began(terms: Mapping[str, Any], now: datetime) -> datetime:
    """The last midnight where the watch's clock is, in UTC."""
    local = now.astimezone(_zone(terms))
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def next_try(tries: int, asked: float | None, now: datetime, random: Random, age: float = inf) -> datetime | None:
    """When to try again after so many tries (1 or more); None: not any more.

    `asked` is how many seconds the far side asked us to wait, `age` how many it is since the message was written: ten
    tries are soon over where a far side asks for a few seconds each time, and that is no reason to give up.
    """
    gone_by = [waited * (1 - JITTER) <= age for waited in accumulate(WAITS)]
    if tries > len(WAITS) and gone_by[-1]:
        return None
    if asked is not None:
        return now + timedelta(seconds=min(max(asked, 0.0), LONGEST_ASKED))
    wait = WAITS[min(tries - 1, sum(gone_by), len(WAITS) - 1)]
    return now + timedelta(seconds=wait * random.uniform(1 - JITTER, 1 + JITTER))


def _zone(terms: Mapping[str, Any]) -> ZoneInfo:
    return ZoneInfo(terms.get("zone") or "UTC")


def _next(local: datetime, clock: time) -> datetime:
    """The next moment, after `local`, at which the clock there shows this, in UTC."""
    today = local.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0, fold=0)
    # A local day is not always 24 hours long: the same clock time tomorrow is counted in dates.
    moment = today if today > local else today + timedelta(days=1)
    return moment.astimezone(UTC)
