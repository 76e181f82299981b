"""The gate: once a program is not asked any more, what still waits is answered at once, without waiting its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


class GateMiddleware:
    """Refuses the looks of a spider that has stopped. The transports look again: what waits there has passed here."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> GateMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        spider: Any = self._crawler.spider
        if look := request.cb_kwargs.get("look"):
            spider.check_can_send(look)
