"""Pipeline 3: who wants it? Offers that nobody wants are stored but go no further."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem

from awardspider.deals.matching import Matcher
from awardspider.pipelines import AwardPipeline
from awardspider.storage.recording import recorder_of
from awardspider.storage.store import Alert

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Unwanted(DropItem):
    """An offer that no watch asks for."""


class CriteriaPipeline(AwardPipeline):
    """Lets through what an active watch, or the arguments of this run, ask for; the item carries which."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._recorder = recorder_of(crawler)

    def open_spider(self) -> None:
        spider: Any = self._crawler.spider
        # An ad-hoc look tells the stored watches too: what it has seen is not new to the next crawl.
        stored = spider.briefing.watches if spider.watches else ()
        self._stored = {watch.name for watch in stored}
        self._matcher = Matcher([*stored, *(watch for watch in spider.watches if watch not in stored)])

    def process_item(self, item: Any) -> Any:
        names = self._matcher.matching(item)
        if not names:
            raise Unwanted(item.offer_id)
        item.watches = tuple(names)
        for name in names:
            if name in self._stored:
                self._recorder.alert(
                    Alert(watch=name, offer_id=item.offer_id, miles=item.miles, created_at=item.seen_at)
                )
        return item
