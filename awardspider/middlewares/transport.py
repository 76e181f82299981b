"""Download handlers: the `http` and `browser` transports, which have the same interface for spiders.

Both run after Scrapy's download delay, so a stop or a Retry-After affects the very next request. If AWARD_SANDBOX_URL
is set, every request goes to the sandbox, with the site's host as the first part of the path. Spiders, robots.txt,
redirects and cookies still use the real URL.
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
from awardspider.middlewares.response_heads import BoundedHeadFactory

if TYPE_CHECKING:
    from playwright.async_api import Page
    from playwright.async_api import Request as PageRequest
    from playwright.async_api import Response as PageResponse
    from scrapy.crawler import Crawler
    from twisted.web.client import HTTPConnectionPool

POLL_SECONDS = 0.5


class _Transport:
    """Base of both transports: the concurrency limit, the spider's checks, Retry-After and the sandbox."""

    crawler: Crawler
    _pool: HTTPConnectionPool

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)  # type: ignore[call-arg]
        self.crawler = crawler
        self._pool._factory = BoundedHeadFactory  # like Scrapy, which replaces Twisted's factory in the same way
        self._sandbox: str = crawler.settings["AWARD_SANDBOX_URL"].rstrip("/")
        # Without a download delay, Scrapy 2.19 starts all queued requests at once, so the limit is enforced here.
        self._slots = asyncio.Semaphore(crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"))
        self._max_retry_after = crawler.settings.getfloat("AWARD_RETRY_AFTER_MAX")

    async def download_request(self, request: Request) -> Response:
        spider: Any = self.crawler.spider
        state = request.cb_kwargs.get("state")
        async with self._slots:
            if state:
                spider.before_send(state)
            response = await self._fetch(request)
            wait = retry_after(response) if response.status in (429, 503) else None
            if wait is not None and wait <= self._max_retry_after:
                await asyncio.sleep(wait)  # inside the slot, so that no other request is sent in the meantime
                response = await self._fetch(request)
            if state:
                spider.on_response(request, response)
        return response

    async def _fetch(self, request: Request) -> Response:
        response = await self._download(request.replace(url=self._target_url(request.url)))
        return response.replace(url=request.url)

    async def _download(self, request: Request) -> Response:
        return await super().download_request(request)  # type: ignore[misc,no-any-return]

    def _target_url(self, url: str) -> str:
        return f"{self._sandbox}/{url.split('://', 1)[1]}" if self._sandbox else url


class HttpTransport(_Transport, HTTP11DownloadHandler):
    """Transport that uses Scrapy's HTTP client."""


class BrowserTransport(_Transport, ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """Transport that opens the booking page in an ordinary Chromium and captures the response that the page fetches.

    A request without `browser` in its meta (such as robots.txt) is sent without the browser. With `xhr_path`, the
    result is the response to the page's request for that path; without it, the result is the page once it contains
    `page_marker`. If the page never sends a request for `xhr_path`, the result is the page. If the page sends the
    request but gets no response, DownloadTimeoutError is raised.
    """

    async def _download(self, request: Request) -> Response:
        if not request.meta.get("browser"):
            return await super()._download(request)
        path = request.meta.get("xhr_path")
        requested = asyncio.Event()
        fetched: asyncio.Future[PageResponse] = asyncio.get_running_loop().create_future()

        async def watch(page: Page, _: Request) -> None:
            def on_request(request: PageRequest) -> None:
                if _matches(request, path):
                    requested.set()

            def on_response(response: PageResponse) -> None:
                refused = response.status >= 400 and _matches(response.request, (path or "").partition(" ")[0])
                if (refused or _matches(response.request, path)) and not fetched.done():
                    fetched.set_result(response)

            page.on("request", on_request)
            page.on("response", on_response)

        request.meta.update(
            playwright=True,
            playwright_include_page=True,
            playwright_page_init_callback=watch,
            playwright_page_goto_kwargs={"wait_until": "domcontentloaded"},
        )
        try:
            page_response = await super()._download(request)
            if page_response.status == 200:
                page_response = await self._wait_for(fetched, page_response, request)
            if fetched.done():
                return await _to_scrapy(fetched.result())
            if page_response.status == 200 and requested.is_set():
                raise DownloadTimeoutError(f"the page got no response for {path}")
            return page_response
        finally:
            if page := request.meta.get("playwright_page"):
                await page.close()

    async def _wait_for(
        self, fetched: asyncio.Future[PageResponse], page_response: Response, request: Request
    ) -> Response:
        """Wait for the response, the marker, a block page or the timeout; return the current page."""
        spider: Any = self.crawler.spider
        page: Page = request.meta["playwright_page"]
        marker: bytes | None = request.meta.get("page_marker")
        waited, limit = 0.0, self.crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        while not fetched.done() and waited < limit and not (marker and marker in page_response.body):
            await asyncio.wait({fetched}, timeout=POLL_SECONDS)
            waited += POLL_SECONDS
            if not fetched.done():
                page_response = page_response.replace(url=page.url, body=(await page.content()).encode())
                if any(pattern.search(page_response.text) for pattern, _ in spider.block_patterns):
                    break
        return page_response


def _matches(request: PageRequest, xhr_path: str | None) -> bool:
    """Return whether a page's request matches `xhr_path`.

    `xhr_path` is the end of the URL's path, optionally followed by a space and a word that the URL or body contains.
    """
    if not xhr_path:
        return False
    path, _, word = xhr_path.partition(" ")
    return urlsplit(request.url).path.endswith(path) and (
        not word or word in request.url or word.encode() in (request.post_data_buffer or b"")
    )


async def _to_scrapy(response: PageResponse) -> Response:
    headers = await response.all_headers()
    headers.pop("content-encoding", None)  # the body is already decoded
    return TextResponse(url=response.url, status=response.status, headers=headers, body=await response.body())


def is_media_request(request: PageRequest) -> bool:
    """Return whether a page requests an image, a font or other media; such requests are blocked."""
    return request.resource_type in ("image", "font", "media")
