"""Extension of a crawl that is a job of Scrapyd: it ends with Scrapyd, and in order after repeated signals."""

from __future__ import annotations

import asyncio
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

    A signal to a group of processes reaches the job as well, and the end of Scrapyd causes another one.
    Scrapy would end at once on the second signal, without the offers that are not stored yet. On a signal before its
    engine runs, it would end without closing the spider, so the run would have no end; such a signal waits until then.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Raise NotConfigured for a crawl that is no job of Scrapyd. End the process if Scrapyd has ended before."""
        spider: Any = crawler.spider
        if not getattr(spider, "job", None) or "SCRAPY_PROJECT" not in os.environ:
            raise NotConfigured
        self._crawler = crawler
        handler = signal.signal(signal.SIGTERM, signal.SIG_DFL)  # no run is recorded yet
        end_with_parent(command="scrapyd")
        signal.signal(signal.SIGTERM, handler)
        self._handlers: dict[int, Any] = {}
        self._is_running = False
        self._early: int | None = None
        self._stopped_at: float | None = None
        self._handle_signals()
        crawler.signals.connect(self._started, signals.engine_started)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ScrapydJob:
        """Create the extension."""
        return cls(crawler)

    def _handle_signals(self) -> None:
        """Handle the signals before the present handlers, which are Scrapy's."""
        for number in _STOP_SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler) and handler != self._on_signal:
                self._handlers[number] = handler
                signal.signal(number, self._on_signal)

    def _started(self) -> None:
        self._handle_signals()
        self._waiting = asyncio.ensure_future(self._wait_until_running())

    async def _wait_until_running(self) -> None:
        """Repeat an early signal; the engine runs soon after it has sent its signal."""
        while self._crawler.crawling and not self._crawler.engine.running:
            await asyncio.sleep(0)
        self._is_running = True
        if self._early is not None:
            signal.raise_signal(self._early)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if not self._is_running:
            self._early = number
        elif self._stopped_at is None:
            self._stopped_at = now
            self._handlers[number](number, frame)
            self._handle_signals()  # Scrapy has replaced its handlers with those that end at once
        elif now - self._stopped_at >= REPEATED_SECONDS:
            self._handlers[number](number, frame)
