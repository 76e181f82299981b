"""The pipeline of exchange rates: check their day and store them. It runs only in crawls without a program."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import NotConfigured

from awardspider.crawling.document_spider import DocumentSpider
from awardspider.environment import data_dir
from awardspider.items import ExchangeRatesItem
from awardspider.outcomes import StorageError, UnexpectedResponse
from awardspider.pipelines.dedupe import Recorded
from awardspider.storage.exchange_rates import SaveResult, save_rates
from awardspider.storage.store import open_store

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

#: There are new rates on every working day, so the newest are at most five days old, at Christmas and Easter.
OLDEST_DAYS = 7


class ExchangeRatesPipeline:
    """Storage of the rates of a day. Rates that are too old, or of a day in the future, fail the crawl."""

    def __init__(self, crawler: Crawler, spider: DocumentSpider) -> None:
        """Raise InvalidSetting or StorageError before the first request."""
        self._crawler = crawler
        self._spider = spider
        self._store = open_store(crawler.settings["AWARD_DATABASE_URL"], data_dir(crawler.settings))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the pipeline; raise NotConfigured for a spider that requests no document."""
        if not isinstance(crawler.spider, DocumentSpider):
            raise NotConfigured
        return cls(crawler, crawler.spider)

    def close_spider(self) -> None:
        """Close the store."""
        self._store.close()

    def process_item(self, item: Any) -> Any:
        """Store rates and log the result; raise Recorded, because files of a crawl contain only offers."""
        if isinstance(item, ExchangeRatesItem):
            if not self._spider.live:  # the sandbox has another clock and other rates
                item.source = f"{item.source}@sandbox"
            try:
                self._check_day(item)
                self._save(item)
            except UnexpectedResponse as error:
                self._spider.fail(error)
            except StorageError as error:
                self._crawler.stats.set_value("award/not_stored", 1)
                logger.error("%s of %s were not stored: %s", self._spider.document, item.day, error)
            raise Recorded("rates")
        return item

    def _check_day(self, item: ExchangeRatesItem) -> None:
        """Raise UnexpectedResponse if the day of the rates is too old or in the future."""
        age = item.seen_at.date() - item.day
        if age > timedelta(days=OLDEST_DAYS):
            raise UnexpectedResponse(f"the newest rates are {age.days} days old")
        if age < timedelta(days=-1):  # a day further east may have begun
            raise UnexpectedResponse(f"the newest rates are of {item.day}, in the future")

    def _save(self, item: ExchangeRatesItem) -> None:
        result = save_rates(self._store, item)
        if result is SaveResult.OLDER:
            raise UnexpectedResponse(f"the rates of {item.day} are older than the stored ones")
        note = ", unchanged" if result is SaveResult.UNCHANGED else ""
        logger.info("%s of %s: %s currencies%s", self._spider.document, item.day, len(item.rates), note)
