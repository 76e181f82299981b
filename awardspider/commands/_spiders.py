"""Lookup of a program's spider by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.spiderloader import SpiderLoader

from awardspider.crawling.spider import AwardSpider
from awardspider.outcomes import InvalidArgument
from awardspider.programs import programs
from awardspider.search.planner import SearchCapabilities

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def search_capabilities(settings: BaseSettings) -> dict[str, SearchCapabilities]:
    """Return the searches that each program supports, keyed by program."""
    return {
        key: SearchCapabilities(
            kinds=spider.search_kinds,
            days_per_request=spider.days_per_request,
            cabins_per_request=spider.cabins_per_request,
        )
        for key in programs()
        for spider in [spider_class(settings, key)]
    }


def spider_class(settings: BaseSettings, name: str) -> type[AwardSpider]:
    """Return the spider class of a program; raise InvalidArgument if no such spider exists."""
    loader = SpiderLoader(settings)
    if name not in loader.list():
        raise InvalidArgument(f"unknown spider {name!r}; choose from {', '.join(loader.list())}")
    found = loader.load(name)
    if not issubclass(found, AwardSpider):
        raise InvalidArgument(f"{name} does not crawl a program")
    return found
