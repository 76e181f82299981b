"""What happens to each item, in order: one file a step, each thin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.exceptions import NotConfigured

from awardspider.items import AwardOfferItem, Detail, SearchKind

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler


def is_confirmed(item: Any, spider: Any) -> bool:
    """Whether an offer can be told: flights, or a day's price of a run that cannot or shall not ask for them."""
    asks_flights = SearchKind.ITINERARY in spider.kinds and spider.detail != "day"
    return not isinstance(item, AwardOfferItem) or item.detail is Detail.ITINERARY or not asks_flights


class AwardPipeline:
    """The base of the steps: they stand aside for spiders that ask no program, such as those of `scrapy shell`."""

    def __init__(self, crawler: Crawler) -> None:
        """Take from the crawler what the step needs."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not hasattr(crawler.spider, "program"):
            raise NotConfigured("this spider asks no program")
        return cls(crawler)
