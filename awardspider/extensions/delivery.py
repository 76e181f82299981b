"""Delivery of due messages at the end of a crawl; `scrapy deliver` sends any messages that remain."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from scrapy import signals
from scrapy.exceptions import NotConfigured

from awardspider.crawling.promotion_spider import PromotionSpider
from awardspider.crawling.sandbox_check import require_sandbox
from awardspider.delivery.outbox.dispatcher import deliver_due, describe_results
from awardspider.environment import data_dir
from awardspider.outcomes import AwardError, InvalidSetting, Reason
from awardspider.storage.store import open_store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from awardspider.crawling.spider import AwardSpider

logger = logging.getLogger(__name__)


class DeliverAtEnd:
    """Extension that runs the dispatcher after a crawl, for at most AWARD_DELIVERY_SECONDS."""

    def __init__(self, crawler: Crawler) -> None:
        """Raise InvalidSetting for a non-integer setting, NotConfigured for 0 or a spider that stores no messages."""
        self._crawler = crawler
        self._settings, self._stats = crawler.settings, crawler.stats
        self._seconds = delivery_seconds(self._settings)
        self._program_spider = crawler.spider if hasattr(crawler.spider, "program") else None
        if not self._seconds or not (self._program_spider or isinstance(crawler.spider, PromotionSpider)):
            raise NotConfigured
        crawler.signals.connect(self._stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> DeliverAtEnd:
        """Create the extension."""
        return cls(crawler)

    async def _stopped(self) -> None:
        if self._stats.get_value("finish_reason") == "storage_failed" or self._stats.get_value("award/not_stored"):
            return  # the outbox cannot be used either
        stopped = cast("AwardSpider", self._program_spider).stopped if self._program_spider else None
        if stopped and stopped.reason is Reason.UNREACHABLE:
            return  # no sandbox is running; this is already logged
        await asyncio.to_thread(self._deliver)

    def _deliver(self) -> None:
        try:
            lines = deliver_at_end(self._settings, self._seconds)
        except AwardError as error:
            logger.error("Delivery at the end of the crawl failed: %s", error)
        else:
            logger.info("Messages at the end of the crawl: %s", "; ".join(lines) or "none were due")


def delivery_seconds(settings: BaseSettings) -> int:
    """Return AWARD_DELIVERY_SECONDS. Raise InvalidSetting if it is not an integer."""
    text = settings["AWARD_DELIVERY_SECONDS"]
    if not text.isascii() or not text.isdecimal():
        raise InvalidSetting(
            f'AWARD_DELIVERY_SECONDS: invalid value "{text}"; write seconds as an integer, or 0 to send nothing'
        )
    return int(text)


def deliver_at_end(settings: BaseSettings, seconds: int) -> list[str]:
    """Send due messages for at most `seconds`, and return a line for each channel. Raise AwardError."""
    require_sandbox(settings)
    store = open_store(settings["AWARD_DATABASE_URL"], data_dir(settings))
    try:
        return describe_results(deliver_due(store, settings, seconds))
    finally:
        store.close()
