"""Turns of pages. Python computes one thing at a time, so of many pages that are made at once, each would be late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import Depends, Request

# Pages that are made at once: one is computed while the database works for the other one.
_AT_ONCE = 2
# A page does not wait longer for its turn, because the pages before it may wait for a database that does not respond.
_MAX_WAIT_SECONDS = 1.0


async def take_turn(request: Request) -> AsyncIterator[None]:
    """Let a page wait for its turn, first come, first served. Requests that change something do not wait."""
    if request.method not in ("GET", "HEAD"):
        yield
        return
    state = request.app.state
    if not hasattr(state, "turns"):
        state.turns = asyncio.Semaphore(_AT_ONCE)
    turns: asyncio.Semaphore = state.turns
    try:
        await asyncio.wait_for(turns.acquire(), _MAX_WAIT_SECONDS)
    except TimeoutError:
        yield
        return
    try:
        yield
    finally:
        turns.release()


#: The dependency of routers whose pages take turns. The turn ends before the response is sent.
IN_TURN = Depends(take_turn, scope="function")
