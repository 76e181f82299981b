"""Extension of a crawl that is a job of Scrapyd: it ends with Scrapyd, and in order after repeated signals."""

from __future__ import annotations

import os
import signal
import time
from types import FrameType
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import NotConfigured

from awardspider.operations.parent_process import end_with_parent

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: Signals within so many seconds of the first one are ignored.
REPEATED_SECONDS = 10.0

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class ScrapydJob:
    """Extension that ends a job in order when Scrapyd ends, however Scrapyd ends.

    Whoever stops a group of processes sends SIGTERM to the job as well, and the end of Scrapyd causes another one.
    Scrapy would end at once on the second signal, without the offers that are not stored yet.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Raise NotConfigured for a crawl that is no job of Scrapyd."""
        spider: Any = crawler.spider
        if not getattr(spider, "job", None) or "SCRAPY_PROJECT" not in os.environ:
            raise NotConfigured
        end_with_parent(command="scrapyd")
        self._stopped_at: float | None = None
        self._handlers: dict[int, Any] = {}
        crawler.signals.connect(self._opened, signals.spider_opened)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ScrapydJob:
        """Create the extension."""
        return cls(crawler)

    def _opened(self) -> None:
        """Handle the signals before Scrapy's handlers, which are installed when the crawl starts."""
        for number in _STOP_SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler) and handler != self._on_signal:
                self._handlers[number] = handler
                signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._stopped_at is None:
            self._stopped_at = now
            self._handlers[number](number, frame)
            self._opened()  # Scrapy has replaced its handlers with those that end at once
        elif now - self._stopped_at >= REPEATED_SECONDS:
            self._handlers[number](number, frame)
