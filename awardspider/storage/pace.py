"""How many calls of a channel its pace leaves room for, as `channel_states` keeps it for all processes."""

from __future__ import annotations

from datetime import datetime

Pace = tuple[int, float]  # so many calls in any so many seconds


def room_now(pace: Pace, room: float | None, at: datetime | None, now: datetime) -> float:
    """Calls that may be made now, in parts of one, where there was `room` at that time (None: no call yet).

    A quarter of what is allowed may come at once, and the rest is refilled over the seconds: so much is used in the
    long run, and no such span of time sees more than all of it.
    """
    at_once = float(_at_once(pace))
    if room is None or at is None:
        return at_once
    gone_by = max(0.0, (now - at).total_seconds())
    return min(at_once, room + gone_by * _refill(pace))


def seconds_until_one(pace: Pace, room: float) -> float:
    """How long it takes until there is room for one call."""
    return max((1 - room) / _refill(pace), 0.001)  # a clock has steps: never so little that it would stand


def _at_once(pace: Pace) -> int:
    return max(1, pace[0] // 4)


def _refill(pace: Pace) -> float:
    """Calls a second. One more than is left, because a span that begins with a full bucket ends ahead of the last."""
    most, seconds = pace
    return (most - _at_once(pace) + 1) / seconds
