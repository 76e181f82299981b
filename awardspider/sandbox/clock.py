"""The world's clock: where it starts, how fast it runs, and the steps in which the world moves."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

# Space and prices stand still within a step, so that two crawls in one step see the same world.
STEP = timedelta(hours=6)


class Clock:
    """Tells the world's time, aware and in UTC: `start`, plus `speed` times the seconds that passed since."""

    def __init__(self, start: datetime, speed: float = 1.0, ticks: Callable[[], float] = time.monotonic) -> None:
        self.start = start.astimezone(UTC)
        self.speed = speed
        self._ticks = ticks
        self._began = ticks()

    def now(self) -> datetime:
        return self.start + timedelta(seconds=(self._ticks() - self._began) * self.speed)

    @property
    def step(self) -> int:
        """The number of whole steps since 1970."""
        return int(self.now().timestamp() // STEP.total_seconds())


def step_start(step: int) -> datetime:
    """When a step began, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + step * STEP


@functools.lru_cache(maxsize=64)
def step_day(step: int) -> int:
    """The proleptic ordinal of the UTC day on which a step began."""
    return step_start(step).toordinal()


def parse_time(text: str) -> datetime:
    """`2026-11-22T12:00Z` as an aware datetime; without a zone it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def day_of(ordinal: int) -> date:
    return date.fromordinal(ordinal)
