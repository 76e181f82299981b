"""The quota: so many reads and writes a minute for each account and for the project."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from awardspider.sandbox.services.sheets.errors import quota_exceeded

MINUTE = 60.0


@dataclass(slots=True)
class Quota:
    """Counts requests of the last minute. A refused request does not count; `on` False lets everything through."""

    reads: int = 60
    writes: int = 60
    project: int = 300
    on: bool = True
    ticks: Callable[[], float] = time.monotonic
    _seen: dict[tuple[str, str], deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def use(self, kind: str, account: str) -> None:
        """Counts a `read` or a `write` of an account. Raises ApiError where it is one too many."""
        if not self.on:
            return
        own = self.reads if kind == "read" else self.writes
        now = self.ticks()
        windows = []
        for whose, name, limit in (("user", account, own), ("project", "", self.project)):
            window = self._seen[(kind, name)]
            while window and window[0] <= now - MINUTE:
                window.popleft()
            if len(window) >= limit:
                raise quota_exceeded(kind, whose, limit)
            windows.append(window)
        for window in windows:
            window.append(now)

    def reset(self) -> None:
        self._seen.clear()
