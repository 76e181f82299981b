"""Delivery of due messages at the end of a crawl; `scrapy deliver` sends any messages that remain."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import NotConfigured

from awardspider.delivery.outbox.dispatcher import deliver_due
from awardspider.environment import data_dir
from awardspider.outcomes import AwardError, InvalidSetting
from awardspider.storage.store import open_store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class DeliverAtEnd:
    """Extension that runs the dispatcher after a crawl, for at most AWARD_DELIVERY_SECONDS."""

    def __init__(self, crawler: Crawler) -> None:
        """Raise InvalidSetting for a non-integer setting, NotConfigured for 0 or a spider without a program."""
        self._settings, self._stats = crawler.settings, crawler.stats
        text = self._settings["AWARD_DELIVERY_SECONDS"]
        if not text.isascii() or not text.isdecimal():
            raise InvalidSetting(
                f'AWARD_DELIVERY_SECONDS: invalid value "{text}"; write whole seconds, or 0 to send nothing'
            )
        self._seconds = int(text)
        if not self._seconds or not hasattr(crawler.spider, "program"):
            raise NotConfigured
        crawler.signals.connect(self._stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> DeliverAtEnd:
        """Create the extension."""
        return cls(crawler)

    async def _stopped(self) -> None:
        if self._stats.get_value("finish_reason") == "storage_failed" or self._stats.get_value("award/not_stored"):
            return  # the outbox cannot be used either
        await asyncio.to_thread(self._deliver)

    def _deliver(self) -> None:
        try:
            store = open_store(self._settings["AWARD_DATABASE_URL"], data_dir(self._settings))
            try:
                deliver_due(store, self._settings, self._seconds)
            finally:
                store.close()
        except AwardError as error:
            logger.error("Delivery at the end of the crawl failed: %s", error)
