"""The limit of pages that are built at once, in an application whose pages wait until a test lets them end."""

from __future__ import annotations

import asyncio
from pathlib import Path
from queue import Empty, Queue
from threading import Semaphore

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from awardspider.panel import page_limit
from awardspider.panel.page_limit import LIMITED, MOST_AT_ONCE
from awardspider.storage.store import Store
from tests.support.panel import Panel

REQUESTS = 8
#: The longest time in which a page begins, and in which it is clear that none does, in seconds.
SOON, NEVER = 20, 0.3


class Pages:
    """An application with one page. It puts True into `begun`, and ends as soon as `may_end` allows it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.begun: Queue[bool] = Queue()
        self.may_end = Semaphore(0)
        router = APIRouter()
        router.add_api_route("/", self._page, methods=["GET", "POST"])
        self.app = FastAPI()
        self.app.state.page_limit = page_limit.page_limit()
        self.app.include_router(router, dependencies=[LIMITED])

    def _page(self) -> str:
        self.begun.put(True)
        self.may_end.acquire()
        if self.error:
            raise self.error
        return "done"

    async def begin(self, number: int) -> None:
        """Wait until so many further pages have begun."""
        for _ in range(number):
            await asyncio.to_thread(self.begun.get, timeout=SOON)

    async def begins(self) -> bool:
        """Return whether another page begins although none ends."""
        try:
            await asyncio.to_thread(self.begun.get, timeout=NEVER)
        except Empty:
            return False
        return True

    def request(self, method: str = "GET") -> asyncio.Task[list[int]]:
        """Request the page REQUESTS times at once; the result are the statuses."""
        return asyncio.create_task(self._request(method))

    async def _request(self, method: str) -> list[int]:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://panel") as client:
            responses = await asyncio.gather(*(client.request(method, "/") for _ in range(REQUESTS)))
        return [response.status_code for response in responses]


@pytest.mark.parametrize(("error", "status"), [(None, 200), (ValueError("broken"), 500)])
def test_few_pages_are_built_at_once_and_all_of_them_in_the_end(
    error: Exception | None, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> list[int]:
        pages = Pages(error)
        responses = pages.request()
        await pages.begin(MOST_AT_ONCE)
        assert not await pages.begins()
        pages.may_end.release()
        await pages.begin(1)
        assert not await pages.begins()
        pages.may_end.release(REQUESTS)
        return await responses

    monkeypatch.setattr(page_limit, "MAX_WAIT_SECONDS", 60)
    assert asyncio.run(run()) == [status] * REQUESTS


def test_a_request_that_changes_something_does_not_wait() -> None:
    async def run() -> list[int]:
        pages = Pages()
        responses = pages.request("POST")
        await pages.begin(REQUESTS)
        pages.may_end.release(REQUESTS)
        return await responses

    assert asyncio.run(run()) == [200] * REQUESTS


def test_no_page_waits_longer_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> list[int]:
        pages = Pages()
        responses = pages.request()
        await pages.begin(REQUESTS)  # although none has ended
        pages.may_end.release(REQUESTS)
        return await responses

    monkeypatch.setattr(page_limit, "MAX_WAIT_SECONDS", 0.01)
    assert asyncio.run(run()) == [200] * REQUESTS


def test_programs_that_watch_the_panel_do_not_wait_for_pages(store: Store, tmp_path: Path) -> None:
    with Panel(store, tmp_path) as panel:
        panel.app.state.page_limit = FailingLimit()
        client = panel.anonymous()
        assert [client.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200] * 3
        assert client.get("/searches").status_code == 500


class FailingLimit:
    """A limit that must not be acquired."""

    async def acquire(self) -> bool:
        """Fail the test."""
        raise AssertionError("the limit applies")
