"""What happens to each item, in order: one file a step, each thin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import NotConfigured

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler


class AwardPipeline:
    """The base of the steps: they stand aside for spiders that ask no program, such as those of `scrapy shell`."""

    def __init__(self, crawler: Crawler) -> None:
        """Take from the crawler what the step needs."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not hasattr(crawler.spider, "program"):
            raise NotConfigured("this spider asks no program")
        return cls(crawler)
