"""Lookup of spiders by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.spiderloader import SpiderLoader

from awardspider.crawling.declaration import Transport
from awardspider.crawling.spider import AwardSpider
from awardspider.outcomes import InvalidArgument
from awardspider.programs import programs
from awardspider.search.capabilities import SearchCapabilities

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.settings import BaseSettings


def search_capabilities(settings: BaseSettings) -> dict[str, SearchCapabilities]:
    """Return the searches that each program supports, keyed by program."""
    return {
        key: SearchCapabilities(
            kinds=spider.search_kinds,
            days_per_request=spider.days_per_request,
            cabins_per_request=spider.cabins_per_request,
            uses_browser=spider.transport is Transport.BROWSER,
        )
        for key in programs()
        for spider in [spider_class(settings, key)]
    }


def any_spider_class(settings: BaseSettings, name: str) -> type[Spider]:
    """Return a spider class, of a program or of a document; raise InvalidArgument if no such spider exists."""
    loader = SpiderLoader(settings)
    return _load(loader, name, loader.list())


def spider_class(settings: BaseSettings, name: str) -> type[AwardSpider]:
    """Return the spider class of a program; raise InvalidArgument if no such spider exists."""
    loader = SpiderLoader(settings)
    found = _load(loader, name, [known for known in loader.list() if known in programs()])
    assert issubclass(found, AwardSpider)
    return found


def _load(loader: SpiderLoader, name: str, choices: list[str]) -> type[Spider]:
    if name not in choices:
        raise InvalidArgument(f"unknown spider {name!r}; choose from {', '.join(choices)}")
    return loader.load(name)
