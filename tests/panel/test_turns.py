"""The turns that pages take, in an application whose pages say how many of them are made at once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from awardspider.panel import turns
from awardspider.panel.turns import IN_TURN

REQUESTS = 8


class Pages:
    """An application that counts how many of its pages are made at once."""

    def __init__(self, seconds: float = 0.02, error: Exception | None = None) -> None:
        self.seconds, self.error = seconds, error
        self.at_once = self.most = 0
        self._lock = threading.Lock()
        router = APIRouter()
        router.add_api_route("/", self._page, methods=["GET", "POST"])
        self.app = FastAPI()
        self.app.include_router(router, dependencies=[IN_TURN])

    def _page(self) -> str:
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        time.sleep(self.seconds)
        with self._lock:
            self.at_once -= 1
        if self.error:
            raise self.error
        return "done"

    async def open(self, method: str = "GET", number: int = REQUESTS) -> list[int]:
        """Request the page so many times at once; return the statuses."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://panel") as client:
            responses = await asyncio.gather(*(client.request(method, "/") for _ in range(number)))
        return [response.status_code for response in responses]


def opened(run: Callable[[], object]) -> object:
    return asyncio.run(run())  # type: ignore[arg-type]


def test_few_pages_are_made_at_once_and_all_of_them_in_the_end() -> None:
    pages = Pages()
    assert opened(pages.open) == [200] * REQUESTS
    assert pages.most == 2


def test_requests_that_change_something_do_not_wait() -> None:
    pages = Pages(seconds=0.3)
    assert opened(lambda: pages.open("POST")) == [200] * REQUESTS
    assert pages.most > 2


def test_a_turn_ends_with_an_error() -> None:
    pages = Pages(error=ValueError("broken"))
    assert opened(pages.open) == [500] * REQUESTS
    assert pages.most == 2


def test_nobody_waits_long_for_pages_that_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_MAX_WAIT_SECONDS", 0.05)
    pages = Pages(seconds=0.5)
    assert opened(pages.open) == [200] * REQUESTS
    assert pages.most == REQUESTS
