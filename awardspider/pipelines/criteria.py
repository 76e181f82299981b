"""Pipeline 3: who wants it, and is there news in it for them? Offers that nobody wants are stored but go no further."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem

from awardspider.deals.alerts import news_of
from awardspider.deals.matching import Matcher
from awardspider.items import AlertEvent, AwardOfferItem, Change
from awardspider.pipelines import AwardPipeline, is_confirmed
from awardspider.storage.recording import recorder_of
from awardspider.storage.store import Alert

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Unwanted(DropItem):
    """An offer that no watch asks for."""


class Unchanged(DropItem):
    """An offer that is as it was, and that everybody who wants it was told of."""


class CriteriaPipeline(AwardPipeline):
    """Lets through what an active watch, or the arguments of this run ask for; the item says which and what is news."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._recorder = recorder_of(crawler)

    def open_spider(self) -> None:
        spider: Any = self._crawler.spider
        # An ad-hoc look tells the stored watches too: what it has seen is not new to the next crawl.
        stored = spider.context.watches if spider.watches else ()
        self._stored = {watch.name: watch for watch in stored}
        self._matcher = Matcher([*stored, *(watch for watch in spider.watches if watch not in stored)])

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, AwardOfferItem):
            return item
        names = self._matcher.matching(item)
        if not names:
            raise Unwanted(item.offer_id)
        item.watches = tuple(names)
        if is_confirmed(item, self._crawler.spider):
            item.news = self._news(item)
        if item.change is Change.SAME and not item.news:
            raise Unchanged(item.offer_id)
        return item

    def _news(self, item: AwardOfferItem) -> tuple[AlertEvent, ...]:
        """What is to be told; an ad-hoc look is told what is new, and has no memory."""
        is_new = item.change is Change.NEW
        stored = [self._stored[name] for name in item.watches if name in self._stored]
        told = self._recorder.told(item.offer_id) if stored and not is_new else {}
        news = news_of(item, stored, told, is_new=is_new)
        for each in news:
            self._recorder.alert(
                Alert(
                    watch=each.watch,
                    offer_id=item.offer_id,
                    miles=item.miles,
                    created_at=item.shown_at,
                    event=each.event,
                )
            )
        if is_new:
            others = [name for name in item.watches if name not in self._stored]
            news += tuple(AlertEvent("offer.matched", name) for name in others)
        return news
