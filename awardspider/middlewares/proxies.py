"""The proxies of a crawl, which are those of every other client of this project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awardspider.environment import proxy_for

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


class ProxyMiddleware:
    """Downloader middleware that sets the proxy from the environment; Scrapy's, which runs later, adds the credentials.

    Scrapy's own selection ignores ALL_PROXY, ports in NO_PROXY and proxies without a scheme.
    """

    def __init__(self, sandbox_url: str) -> None:
        self._sandbox_url = sandbox_url

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ProxyMiddleware:
        """Create the middleware."""
        return cls(crawler.settings["AWARD_SANDBOX_URL"])

    def process_request(self, request: Request) -> None:
        """Set the proxy of a request; None in the sandbox."""
        request.meta["proxy"] = proxy_for(request.url, self._sandbox_url)
