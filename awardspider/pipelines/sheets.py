"""Pipeline 4: a message for the spreadsheet, where one is configured, in the transaction of the match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awardspider.delivery.outbox import message, sheet_channels
from awardspider.pipelines import AwardPipeline
from awardspider.storage.recording import recorder_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class SheetsPipeline(AwardPipeline):
    """Writes outbox rows; with nothing configured it does nothing."""

    def __init__(self, crawler: Crawler) -> None:
        self._recorder = recorder_of(crawler)
        self._channels = sheet_channels(crawler.settings)

    def process_item(self, item: Any) -> Any:
        for channel in self._channels:
            self._recorder.outbox(message(channel, item))
        return item
