"""Pipeline 5: a message for each webhook that is configured, in the transaction of the match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awardspider.delivery.outbox import message, webhook_channels
from awardspider.storage.recording import recorder_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class WebhooksPipeline:
    """Writes outbox rows; with nothing configured it does nothing."""

    def __init__(self, crawler: Crawler) -> None:
        self._recorder = recorder_of(crawler)
        self._channels = webhook_channels(crawler.settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> WebhooksPipeline:
        return cls(crawler)

    def process_item(self, item: Any) -> Any:
        for channel in self._channels:
            self._recorder.outbox(message(channel, item))
        return item
