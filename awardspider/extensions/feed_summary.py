"""A log message about the offers that a crawl did not write to its files (`-O offers.csv`)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from scrapy import signals
from scrapy.exceptions import NotConfigured

from awardspider.items import AwardOfferItem
from awardspider.outcomes import Outcome

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from awardspider.crawling.spider import AwardSpider

logger = logging.getLogger(__name__)


class FeedSummary:
    """Extension that logs why a file is empty, or how many unchanged offers it omits."""

    def __init__(self, crawler: Crawler) -> None:
        """Raise NotConfigured for a crawl without files, and for a spider without a program."""
        if not crawler.settings.getdict("FEEDS") or not hasattr(crawler.spider, "program"):
            raise NotConfigured
        self._crawler = crawler
        self._files = ", ".join(str(name) for name in crawler.settings.getdict("FEEDS"))
        self._written = self._unchanged = 0
        crawler.signals.connect(self._scraped, signals.item_scraped)
        crawler.signals.connect(self._dropped, signals.item_dropped)
        crawler.signals.connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> FeedSummary:
        """Create the extension."""
        return cls(crawler)

    def _scraped(self, item: object) -> None:
        self._written += isinstance(item, AwardOfferItem)

    def _dropped(self, item: object, exception: Exception) -> None:
        self._unchanged += type(exception).__name__ == "Unchanged"

    def _closed(self) -> None:
        spider = cast("AwardSpider", self._crawler.spider)
        text = summary(self._written, self._unchanged, spider.offers_seen, spider.outcomes)
        if text:
            level = logging.INFO if self._written else logging.WARNING
            logger.log(level, "%s: %s", self._files, text)


def summary(written: int, unchanged: int, offers: int, outcomes: dict[str, int]) -> str:
    """Return a sentence about the offers that were not written, or an empty string if there is nothing to explain."""
    same = f"{unchanged:,} matching offers are unchanged since the last crawl; scrapy offers lists them"
    if written:
        return f"{written:,} offers were written, and {same}" if unchanged else ""
    if unchanged:
        return f"no offers were written, because {same}"
    if offers:
        return f"no offers were written, because none of the {offers:,} offers found matches"
    if not outcomes.get(Outcome.EMPTY):
        return "no offers were written, because no search succeeded; scrapy searches shows why"
    return "no offers were written, because the searches found none"
