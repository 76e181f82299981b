"""Downloader middleware that rejects queued requests once the run has stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


class RequestCheckMiddleware:
    """Check of each request before it waits for a download slot; the transports repeat the check after the wait."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RequestCheckMiddleware:
        """Create the middleware."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise ProgramStopped or RequestPostponed if a search request must not be sent now."""
        spider: Any = self._crawler.spider
        if state := request.cb_kwargs.get("state"):
            spider.check_can_send(state)
