"""Progress of a crawl: a live line in a terminal, periodic log lines otherwise."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Any, cast

from rich.console import Console
from rich.live import Live
from rich.text import Text
from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from awardspider.crawling.spider import AwardSpider

logger = logging.getLogger(__name__)

TERMINAL_SECONDS = 0.25
LOG_SECONDS = 15.0


class Progress:
    """Display of completed and planned searches, offers, outcomes and the estimated time remaining."""

    def __init__(self, crawler: Crawler) -> None:
        if crawler.settings["AWARD_PROGRESS"] == "off" or not hasattr(crawler.spider, "open_searches"):
            raise NotConfigured
        self._crawler = crawler
        self._started = time.monotonic()
        self._live: Live | None = None
        self._redirected: list[tuple[logging.StreamHandler[Any], Any]] = []
        self._tick = create_looping_call(self._show)
        crawler.signals.connect(self._opened, signals.spider_opened)
        crawler.signals.connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Progress:
        """Create the extension."""
        return cls(crawler)

    def _opened(self) -> None:
        if sys.stderr.isatty():
            console = Console(stderr=True)
            terminal = sys.stderr
            self._live = Live(console=console, auto_refresh=False, transient=False)
            self._live.start()
            # Log lines go through the live display, which prints them above its own line.
            for handler in logging.root.handlers:
                if isinstance(handler, logging.StreamHandler) and handler.stream is terminal:
                    self._redirected.append((handler, handler.setStream(sys.stderr)))
        self._tick.start(TERMINAL_SECONDS if self._live else LOG_SECONDS, now=False)

    def _closed(self) -> None:
        if self._tick.running:
            self._tick.stop()
        self._show()
        if self._live:
            self._live.stop()
        for handler, stream in self._redirected:
            handler.setStream(stream)

    def _show(self) -> None:
        line = spider_progress(cast("AwardSpider", self._crawler.spider), time.monotonic() - self._started)
        if self._live:
            self._live.update(Text(line, no_wrap=True, overflow="ellipsis"), refresh=True)
        else:
            logger.info(line)


def spider_progress(spider: AwardSpider, seconds: float) -> str:
    """Return the progress of a spider in one line."""
    stats = spider.crawler.stats
    return progress_line(
        name=spider.name,
        planned=spider.planned,
        done=spider.planned - len(spider.open_searches),
        offers=sum(stats.get_value(f"award/{name}", 0) for name in ("new", "changed", "unchanged")),
        outcomes=spider.outcomes,
        seconds=seconds,
    )


def progress_line(*, name: str, planned: int, done: int, offers: int, outcomes: dict[str, int], seconds: float) -> str:
    """Return the progress in one line.

    Example: `united  12 of 40 searches  1,310 offers  found 10, empty 1, blocked 1  about 2 min left`.
    """
    parts = [name, f"{done:,} of {planned:,} searches", f"{offers:,} offers"]
    if outcomes:
        parts.append(", ".join(f"{outcome.replace('_', ' ')} {count:,}" for outcome, count in sorted(outcomes.items())))
    if 0 < done < planned:
        parts.append(f"about {_duration(seconds / done * (planned - done))} left")
    else:
        parts.append(f"in {_duration(seconds)}")
    return "  ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
