"""How requests reach a site: the plain way and the browser way, with one face towards the spiders.

Both stand below Scrapy's delays, so a stop and a Retry-After take effect on the very next request. With
AWARD_SANDBOX_URL every request goes there instead, the site's host as the first part of the path; spiders, robots.txt,
redirects and cookies see the real address.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Request, Response, TextResponse
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler  # type: ignore[import-untyped]

from awardspider.crawling.responses import retry_after

if TYPE_CHECKING:
    from playwright.async_api import Page
    from playwright.async_api import Request as PageRequest
    from playwright.async_api import Response as PageResponse
    from scrapy.crawler import Crawler

ANSWER_POLL_SECONDS = 0.5


class _Transport:
    """What the two ways share."""

    crawler: Crawler

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)  # type: ignore[call-arg]
        self.crawler = crawler
        self._sandbox: str = crawler.settings["AWARD_SANDBOX_URL"].rstrip("/")
        # Scrapy 2.19 starts all that waits at once where there is no delay, so the limit is kept here.
        self._turns = asyncio.Semaphore(crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"))
        self._longest_wait = crawler.settings.getfloat("AWARD_RETRY_AFTER_MAX")

    async def download_request(self, request: Request) -> Response:
        spider: Any = self.crawler.spider
        look = request.cb_kwargs.get("look")
        async with self._turns:
            if look:
                spider.before_send(look)
            response = await self._fetch(request)
            wait = retry_after(response) if response.status in (429, 503) else None
            if wait is not None and wait <= self._longest_wait:
                await asyncio.sleep(wait)  # holding the turn: nothing else is asked meanwhile
                response = await self._fetch(request)
            if look:
                spider.on_response(request, response)
        return response

    async def _fetch(self, request: Request) -> Response:
        response = await self._ask(request.replace(url=self._address(request.url)))
        return response.replace(url=request.url)

    async def _ask(self, request: Request) -> Response:
        return await super().download_request(request)  # type: ignore[misc,no-any-return]

    def _address(self, url: str) -> str:
        return f"{self._sandbox}/{url.split('://', 1)[1]}" if self._sandbox else url


class HttpTransport(_Transport, HTTP11DownloadHandler):
    """Scrapy's own client."""


class BrowserTransport(_Transport, ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """An ordinary Chromium: opens the page a person would open and takes the answer that the page itself fetches.

    Requests without `browser` in their meta (robots.txt) go the plain way. The answer is that of the page's own request
    for `answer_path`, or without one the page itself once it holds `mark`. Where the page never asks for the answer,
    the page is what came back; where it asks in vain, DownloadTimeoutError is raised.
    """

    async def _ask(self, request: Request) -> Response:
        if not request.meta.get("browser"):
            return await super()._ask(request)
        path = request.meta.get("xhr_path")
        asked = asyncio.Event()
        fetched: asyncio.Future[PageResponse] = asyncio.get_running_loop().create_future()

        async def watch(page: Page, _: Request) -> None:
            def note(request: PageRequest) -> None:
                if _is_for(request, path):
                    asked.set()

            def take(response: PageResponse) -> None:
                refused = response.status >= 400 and _is_for(response.request, (path or "").partition(" ")[0])
                if (refused or _is_for(response.request, path)) and not fetched.done():
                    fetched.set_result(response)

            page.on("request", note)
            page.on("response", take)

        request.meta.update(
            playwright=True,
            playwright_include_page=True,
            playwright_page_init_callback=watch,
            playwright_page_goto_kwargs={"wait_until": "domcontentloaded"},
        )
        try:
            shown = await super()._ask(request)
            if shown.status == 200:
                shown = await self._wait_for(fetched, shown, request)
            if fetched.done():
                return await _as_response(fetched.result())
            if shown.status == 200 and asked.is_set():
                raise DownloadTimeoutError(f"the page waited in vain for {path}")
            return shown
        finally:
            if page := request.meta.get("playwright_page"):
                await page.close()

    async def _wait_for(self, fetched: asyncio.Future[PageResponse], shown: Response, request: Request) -> Response:
        """Wait for the answer, or for a sign on the page that there will be none; returns the page as it is then."""
        spider: Any = self.crawler.spider
        page: Page = request.meta["playwright_page"]
        mark: bytes | None = request.meta.get("mark")
        waited, limit = 0.0, self.crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        while not fetched.done() and waited < limit and not (mark and mark in shown.body):
            await asyncio.wait({fetched}, timeout=ANSWER_POLL_SECONDS)
            waited += ANSWER_POLL_SECONDS
            if not fetched.done():
                shown = shown.replace(url=page.url, body=(await page.content()).encode())
                if any(pattern.search(shown.text) for pattern, _ in spider.block_patterns):
                    break
        return shown


def _is_for(request: PageRequest, xhr_path: str | None) -> bool:
    """Whether a page's request is the one for the answer: by the end of its path, and by a word where one is named."""
    if not xhr_path:
        return False
    path, _, word = xhr_path.partition(" ")
    return urlsplit(request.url).path.endswith(path) and (
        not word or word in request.url or word.encode() in (request.post_data_buffer or b"")
    )


async def _as_response(answer: PageResponse) -> Response:
    headers = await answer.all_headers()
    headers.pop("content-encoding", None)  # the body is decoded already
    return TextResponse(url=answer.url, status=answer.status, headers=headers, body=await answer.body())


def is_decoration(request: PageRequest) -> bool:
    """Whether a page's request only decorates it: images, fonts and media are not loaded."""
    return request.resource_type in ("image", "font", "media")
