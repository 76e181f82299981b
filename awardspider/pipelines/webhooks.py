"""Pipeline 5: a message for each channel that is to hear of the news, in the transaction of the match."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from awardspider.delivery.outbox.enqueue import outbox_of
from awardspider.pipelines import AwardPipeline
from awardspider.storage.recording import recorder_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class WebhooksPipeline(AwardPipeline):
    """Writes outbox rows; with no channel configured it does nothing."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._recorder = recorder_of(crawler)

    def open_spider(self) -> None:
        spider: Any = self._crawler.spider
        self._outbox = outbox_of(self._recorder.store, self._crawler.settings, spider.context.watches)
        for watch, channel in self._outbox.unknown_channels():
            logger.warning("The watch '%s' tells a channel that is not there: %s", watch, channel)
        for followed in self._outbox.told_when_gone():
            self._recorder.follow(followed)

    def process_item(self, item: Any) -> Any:
        for row in self._outbox.message_rows(item):
            self._recorder.outbox(row)
        return item
