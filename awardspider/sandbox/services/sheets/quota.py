"""The Sheets API quota: reads and writes per minute, for each account and for the project."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from awardspider.sandbox.services.sheets.errors import quota_exceeded

MINUTE = 60.0


@dataclass(slots=True)
class Quota:
    """The last minute's requests and the limits. Rejected requests do not count; if not `on`, nothing is limited."""

    reads: int = 60
    writes: int = 60
    project: int = 300
    on: bool = True
    monotonic: Callable[[], float] = time.monotonic
    _requests: dict[tuple[str, str], deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def use(self, kind: str, account: str) -> None:
        """Count a `read` or a `write` of an account. Raise ApiError if it exceeds the quota."""
        if not self.on:
            return
        per_account = self.reads if kind == "read" else self.writes
        now = self.monotonic()
        windows = []
        for scope, name, limit in (("user", account, per_account), ("project", "", self.project)):
            window = self._requests[(kind, name)]
            while window and window[0] <= now - MINUTE:
                window.popleft()
            if len(window) >= limit:
                raise quota_exceeded(kind, scope, limit)
            windows.append(window)
        for window in windows:
            window.append(now)

    def reset(self) -> None:
        """Delete the counts."""
        self._requests.clear()
