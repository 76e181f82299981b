"""Answers of the sandbox, asked for as each spider asks."""

from __future__ import annotations

import calendar
import urllib.request
from datetime import UTC, date, datetime, timedelta

from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from awardspider.items import Search
from awardspider.spiders.bases import AwardSpider

ROUTE = ("SFO", "NRT")


def spider_names() -> list[str]:
    """Every spider that asks a program."""
    return SpiderLoader(_settings()).list()


def answer_of(program: str, sandbox_url: str) -> dict[str, tuple[bytes, Search]]:
    """For each kind the program knows: a raw answer for a month or a day ahead, and the search it answers."""
    spider_class = SpiderLoader(_settings()).load(program)
    spider = spider_class()
    assert isinstance(spider, AwardSpider)
    spider.token = "benchmark"
    month = (datetime.now(UTC).date() + timedelta(days=75)).replace(day=1)
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    return {
        kind: _ask(spider, _search(program, kind, month, last if kind == "calendar" else month), sandbox_url)
        for kind in spider.kinds
    }


def _search(program: str, kind: str, first: date, last: date) -> Search:
    origin, destination = ROUTE
    return Search(program=program, kind=kind, origin=origin, destination=destination, first=first, last=last)


def _ask(spider: AwardSpider, search: Search, sandbox_url: str) -> tuple[bytes, Search]:
    request = spider.ask(search)
    headers = {name.decode(): values[0].decode() for name, values in request.headers.items()}
    address = f"{sandbox_url}/{request.url.split('://', 1)[1]}"
    with urllib.request.urlopen(
        urllib.request.Request(address, data=request.body, headers=headers, method=request.method)
    ) as answer:
        return answer.read(), search


def _settings() -> Settings:
    return Settings({"SPIDER_MODULES": ["awardspider.spiders"]})
