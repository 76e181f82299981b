"""The base class of spiders that take no arguments: checked settings, and the time and sites of their requests."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from scrapy import Spider, signals

from awardspider import clock
from awardspider.crawling.validation import check_settings
from awardspider.outcomes import InvalidArgument

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler


class SpiderWithoutArguments(Spider):
    """A spider that takes no arguments."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Create the spider of a crawl. Raise InvalidSetting or InvalidArgument."""
        check_settings(crawler.settings)
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.on_idle, signals.spider_idle)
        return spider

    def __init__(self, name: str | None = None, **given: str) -> None:
        """Raise InvalidArgument for any argument except those that Scrapyd adds."""
        super().__init__(name)
        self.job = given.pop("_job", None)
        given.pop("_version", None)
        if given:
            raise InvalidArgument(f"{self.name} takes no arguments, but got {', '.join(sorted(given))}")

    @staticmethod
    def now() -> datetime:
        """Return the current time; tests replace it."""
        return clock.now()

    @property
    def live(self) -> bool:
        """Return whether requests go to the real sites rather than to the sandbox."""
        return not self.settings["AWARD_SANDBOX_URL"]

    def on_idle(self) -> None:
        """Raise CloseSpider with the reason for which the crawl has failed, if it has."""
        raise NotImplementedError
