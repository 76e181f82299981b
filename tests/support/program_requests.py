"""Spiders that build requests without a crawl, and searches for them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from datetime import UTC, datetime, timedelta
from functools import cache

from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from awardspider.crawling.spider import AwardSpider
from awardspider.items import Search
from awardspider.programs import programs

LOADER = SpiderLoader(Settings({"SPIDER_MODULES": ["awardspider.spiders"]}))
#: The spiders of programs; the others request a single document.
PROGRAM_SPIDERS = [name for name in LOADER.list() if issubclass(LOADER.load(name), AwardSpider)]
DAY = (datetime.now(UTC) + timedelta(days=60)).date()


@cache
def auth_attributes(name: str) -> list[str]:
    """Return the attributes that a spider's `parse_auth` sets."""
    source = textwrap.dedent(inspect.getsource(LOADER.load(name).parse_auth))
    return [
        target.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
    ]


def spider(name: str) -> AwardSpider:
    """Return the spider of a program, with keys and tokens."""
    instance = LOADER.load(name)()
    assert isinstance(instance, AwardSpider)
    keys = dict.fromkeys(programs(), "a token")
    instance.settings = Settings(
        {"AWARD_SANDBOX_URL": "http://127.0.0.1:1", "AWARD_DATA_DIR": "nowhere", "AWARD_KEYS": keys}
    )
    for attribute in auth_attributes(name):
        setattr(instance, attribute, "a token")
    return instance


def make_search(name: str, kind: str, travelers: int = 2) -> Search:
    """Return a search that covers as many days and cabins as one request can."""
    spider_class = LOADER.load(name)
    last = (
        DAY + timedelta(days=spider_class.days_per_request - 1)
        if spider_class.days_per_request and kind == "calendar"
        else DAY
    )
    groups = spider_class.cabins_per_request.get(kind, ((),))
    return Search(
        program=name,
        kind=kind,
        origin="LAX",
        destination="AUS",
        first=DAY,
        last=last,
        cabins=groups[0],
        travelers=travelers,
        source_id="31EADIKLIVjNnhoWDuoD7zWcxXR",
    )
