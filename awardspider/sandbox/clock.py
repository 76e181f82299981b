"""The clock of the simulated world, and the steps in which the world changes."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# Availability and prices are constant within a step, so two crawls in one step find the same offers.
STEP = timedelta(hours=6)


class Clock:
    """The world's time, aware and in UTC: `start` plus `speed` times the real seconds elapsed since then."""

    def __init__(self, start: datetime, speed: float = 1.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self._monotonic = monotonic
        self.set(start)

    def set(self, start: datetime) -> None:
        """Set the world's time; it goes on from there at the same speed."""
        self.start = start.astimezone(UTC)
        self._started_at = self._monotonic()

    def now(self) -> datetime:
        """Return the world's time."""
        return self.start + timedelta(seconds=(self._monotonic() - self._started_at) * self.speed)

    @property
    def step(self) -> int:
        """The number of complete steps since 1970."""
        return int(self.now().timestamp() // STEP.total_seconds())


def step_start(step: int) -> datetime:
    """Return the start of a step, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + step * STEP


@functools.lru_cache(maxsize=64)
def step_day(step: int) -> int:
    """Return the proleptic ordinal of the UTC day on which a step starts."""
    return step_start(step).toordinal()


def parse_time(text: str) -> datetime:
    """Parse a time such as `2026-11-22T12:00Z`, in UTC if it has no zone. Raise ValueError if it is invalid."""
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
