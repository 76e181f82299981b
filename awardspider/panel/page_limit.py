"""A limit of the pages that are built at once: Python runs one thread at a time, so that many at once are all late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import Depends, Request

#: Pages that are built at once: one computes while the database works for the other one.
MOST_AT_ONCE = 2
#: The longest wait, because the pages before may wait for a database that does not respond.
MAX_WAIT_SECONDS = 1.0


def page_limit() -> asyncio.Semaphore:
    """Return a limit, which an application has as `state.page_limit`."""
    return asyncio.Semaphore(MOST_AT_ONCE)


async def limit_pages(request: Request) -> AsyncIterator[None]:
    """Delay a GET request until fewer than MOST_AT_ONCE others are processed, but at most by MAX_WAIT_SECONDS."""
    limit: asyncio.Semaphore = request.app.state.page_limit
    is_acquired = False
    if request.method in ("GET", "HEAD"):
        with suppress(TimeoutError):
            is_acquired = await asyncio.wait_for(limit.acquire(), MAX_WAIT_SECONDS)
    try:
        yield
    finally:
        if is_acquired:
            limit.release()


#: The dependency of routers with pages that only read the database. It ends before the response is sent.
LIMITED = Depends(limit_pages, scope="function")
