"""Pipeline 4: what is wanted belongs on the spreadsheet, where one is configured; in the transaction of the match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awardspider.delivery.outbox.enqueue import outbox_of
from awardspider.pipelines import AwardPipeline, is_confirmed
from awardspider.storage.recording import recorder_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class SheetsPipeline(AwardPipeline):
    """Writes outbox rows; with no channel configured it does nothing."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._recorder = recorder_of(crawler)

    def open_spider(self) -> None:
        spider: Any = self._crawler.spider
        self._outbox = outbox_of(self._recorder.store, self._crawler.settings, spider.context.watches)
        for followed in self._outbox.sheets():
            self._recorder.follow(followed)

    def process_item(self, item: Any) -> Any:
        if is_confirmed(item, self._crawler.spider):
            for row in self._outbox.sheet_rows(item):
                self._recorder.outbox(row)
        return item
