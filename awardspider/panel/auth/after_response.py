"""Work that nobody waits for: it runs after the response was sent, since a crawl can hold the database's lock."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from awardspider.outcomes import StorageError

logger = logging.getLogger(__name__)

_KEY = "awardspider.after_response"


def after_response(scope: Any, work: Callable[[], None]) -> None:
    """Run work after the response to a request was sent. A StorageError is logged."""
    scope.setdefault(_KEY, []).append(work)


class AfterResponse:
    """A layer that runs the work which was registered while a request was handled."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        await self._app(scope, receive, send)
        for work in scope.get(_KEY, ()):
            try:
                await run_in_threadpool(work)
            except StorageError as error:
                logger.warning("The panel did not record the last use of a session or token: %s", error)
