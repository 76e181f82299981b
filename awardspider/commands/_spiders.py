"""Spiders by name, for the commands that take one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.spiderloader import SpiderLoader

from awardspider.crawling.spider import AwardSpider
from awardspider.outcomes import InvalidArgument

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def spider_class(settings: BaseSettings, name: str) -> type[AwardSpider]:
    """The spider of a program; raises BadArgument, naming those there are."""
    loader = SpiderLoader(settings)
    if name not in loader.list():
        raise InvalidArgument(f"there is no spider {name!r}; there are: {', '.join(loader.list())}")
    found = loader.load(name)
    if not issubclass(found, AwardSpider):
        raise InvalidArgument(f"{name} asks no program")
    return found
