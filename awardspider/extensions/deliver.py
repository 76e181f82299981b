"""At the end of a crawl what is due is sent, for a while; `scrapy deliver` sends the rest."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import NotConfigured

from awardspider.delivery.outbox.enqueue import deliver_due
from awardspider.outcomes import AwardError, InvalidSetting
from awardspider.storage.store import open_store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class Deliver:
    """Runs the dispatcher in a thread once the crawl is written; AWARD_DELIVERY_SECONDS are the seconds it may take."""

    def __init__(self, crawler: Crawler) -> None:
        """Raises BadSetting."""
        self._settings = crawler.settings
        text = self._settings["AWARD_DELIVERY_SECONDS"]
        if not text.isascii() or not text.isdecimal():
            raise InvalidSetting(f"AWARD_DELIVERY_SECONDS is {text!r}; write whole seconds, 0 for not at all")
        self._seconds = int(text)
        if not self._seconds or not hasattr(crawler.spider, "program"):
            raise NotConfigured
        crawler.signals.connect(self._stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Deliver:
        return cls(crawler)

    async def _stopped(self) -> None:
        await asyncio.to_thread(self._deliver)

    def _deliver(self) -> None:
        try:
            store = open_store(self._settings["AWARD_DATABASE_URL"], Path(self._settings["AWARD_DATA_DIR"]))
            try:
                deliver_due(store, self._settings, self._seconds)
            finally:
                store.close()
        except AwardError as error:
            logger.error("Nothing was sent at the end of the crawl: %s", error)
