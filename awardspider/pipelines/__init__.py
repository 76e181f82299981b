"""Item pipelines, one per module: validate, dedupe, criteria, sheets, webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.exceptions import NotConfigured

from awardspider.crawling.offer_context import OfferContexts
from awardspider.items import AwardOfferItem, Detail, SearchKind
from awardspider.storage.recorder import get_recorder

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler


def is_confirmed(item: Any, spider: Any) -> bool:
    """Return whether an item may cause alerts and spreadsheet rows.

    An offer without flights may not if the run also searches flights: the offers from that search do so instead.
    """
    requests_flights = SearchKind.ITINERARY in spider.search_kinds and spider.detail != Detail.DAY
    return not isinstance(item, AwardOfferItem) or item.detail is Detail.ITINERARY or not requests_flights


def notifies(spider: Any) -> bool:
    """Return whether a run's matches are sent; those of a run for a route in its arguments are not, by default."""
    return bool(getattr(spider, "notifies", True))


class AwardPipeline:
    """Base of all pipelines. A spider without a program, such as the one of `scrapy shell`, runs without pipelines."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._stats: Any = crawler.stats
        self._recorder = get_recorder(crawler)
        spider: Any = crawler.spider
        self._spider = spider
        self._contexts: OfferContexts = spider.offer_contexts

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the pipeline; raise NotConfigured for a spider without a program."""
        if not hasattr(crawler.spider, "program"):
            raise NotConfigured
        return cls(crawler)
