"""Requested refreshes of rows. A refresh is queued first and succeeds on the third request."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

MAX_IDS = 250
STATES = ("queued", "processing", "succeeded")
FRESH = timedelta(hours=1)


class Refreshes:
    """The number of refresh requests for each row id; `seen` has the time of each row's latest completed refresh."""

    def __init__(self) -> None:
        self._requests: Counter[str] = Counter()
        self.seen: dict[str, datetime] = {}

    def advance(self, row_id: str, now: datetime, seen: datetime, calls_left: int) -> str:
        """Advance a requested row, last seen at `seen`, to the next state, and return that state."""
        if not self._requests[row_id]:
            if now - seen < FRESH:
                return "fresh"
            if calls_left <= 0:
                return "insufficient_quota"
        self._requests[row_id] += 1
        state = STATES[min(self._requests[row_id], len(STATES)) - 1]
        if state == STATES[-1]:
            self.seen[row_id] = now
            del self._requests[row_id]
        return state
