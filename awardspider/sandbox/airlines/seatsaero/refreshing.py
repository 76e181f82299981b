"""Looking at rows anew: they are queued, and done at the third asking."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

Json = dict[str, Any]

MOST_IDS = 250
STATES = ("queued", "processing", "succeeded")
FRESH = timedelta(hours=1)


class Refreshing:
    """Knows how often each row was asked for, and when it was last looked at."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self.seen: dict[str, datetime] = {}

    def state(self, name: str, now: datetime, seen: datetime, calls_left: int) -> str:
        """What has become of a row that is asked for, which was last seen then; moves it on."""
        if not self._asked[name]:
            if now - seen < FRESH:
                return "fresh"
            if calls_left <= 0:
                return "insufficient_quota"
        self._asked[name] += 1
        state = STATES[min(self._asked[name], len(STATES)) - 1]
        if state == STATES[-1]:
            self.seen[name] = now
            del self._asked[name]
        return state
