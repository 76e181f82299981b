"""Crawl the sandbox at past dates, so that the demo has a price history and knows its sources of promotions.

Usage: python -m deploy.past_crawls SANDBOX NOW [DAYS_AGO ...]

All dates are crawled in one process, which sets the sandbox's clock and its own. Only calendars are searched, for the
watches of the demo; these watches are removed afterwards, so that they are new when the demo imports them. Sources of
promotions are read at the last date, because nobody is notified of what a source says when it is read for the first
time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import urllib.request
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.project import get_project_settings

from awardspider import clock
from awardspider.crawling.spider import AwardSpider
from awardspider.environment import data_dir
from awardspider.items import SearchReportItem
from awardspider.search.watch_file import load_watches
from awardspider.storage.promotions import PromotionOrder, find_promotions
from awardspider.storage.store import open_store
from awardspider.storage.watches import find_watches, remove_watch, save_watches

#: Days before today. Record lows require a history of 30 days, and a baseline 5 search days.
DAYS_AGO = (60, 49, 38, 27, 16, 5)

#: The programs whose calendars show many days with few requests.
PROGRAMS = ("united", "american", "jetblue", "virginatlantic", "alaska")

#: The spiders of promotions. The table is first: it gives the days of the bonuses that blogs write about.
PROMOTIONS = ("transferbonuses", "dealfeeds")

WATCHES = Path(__file__).resolve().parent / "watches.example.yaml"


class PastCrawls:
    """Crawls of several dates, one date after another."""

    def __init__(self, sandbox: str, now: datetime, days_ago: Sequence[int]) -> None:
        self._sandbox = sandbox
        self._now = now
        self._days_ago = days_ago
        settings = get_project_settings()
        quiet = {"LOG_LEVEL": "ERROR", "AWARD_PROGRESS": "off", "AWARD_DELIVERY_SECONDS": "0"}
        without_channels = {"AWARD_GOOGLE_SHEET": "", "AWARD_WEBHOOKS": ""}
        settings.setdict(quiet | without_channels | {"AWARD_RESPONSE_RETENTION": "0"}, priority="cmdline")
        self._settings = settings
        self._process = AsyncCrawlerProcess(settings)
        self._spiders = SpiderLoader.from_settings(settings)
        self._reports = 0
        self._offers = 0

    def run(self) -> int:
        """Crawl all dates; return the exit code."""
        running = asyncio.get_event_loop().create_task(self._run())
        self._process.start(stop_after_crawl=False)
        error = running.exception() if running.done() else None
        if error:
            print(f"The crawls of past dates failed: {error!r}", file=sys.stderr)
        return 0 if running.done() and not error else 1

    async def _run(self) -> None:
        from twisted.internet import reactor  # installed by the process only now

        try:
            for days in self._days_ago:
                await self._crawl(self._now - timedelta(days=days))
            await self._crawl_promotions()
            set_clock(self._sandbox, self._now)
        finally:
            asyncio.get_running_loop().call_soon(cast("Any", reactor).stop)

    async def _crawl(self, moment: datetime) -> None:
        """Crawl the calendars of all programs at a past time."""
        set_clock(self._sandbox, moment)
        self._settings.set(clock.SETTING, moment.isoformat(), priority="cmdline")
        clock.simulate_time(self._settings)
        self._reports = self._offers = 0
        crawlers = [self._process.create_crawler(self._spider(program)) for program in PROGRAMS]
        await asyncio.gather(*(self._process.crawl(crawler, detail="day") for crawler in crawlers))
        print(f"{moment:%Y-%m-%d}: {self._reports} calendars with {self._offers:,} prices", flush=True)

    async def _crawl_promotions(self) -> None:
        """Read the sources of promotions at the time of the last crawl."""
        for name in PROMOTIONS:
            await self._process.crawl(name)
        store = open_store(self._settings["AWARD_DATABASE_URL"], data_dir(self._settings))
        try:
            count = len(find_promotions(store, PromotionOrder.PUBLISHED))
        finally:
            store.close()
        print(f"{clock.now():%Y-%m-%d}: {count:,} promotions, of which nobody is notified", flush=True)

    def _spider(self, program: str) -> type[AwardSpider]:
        """Return the spider of a program, which counts searches and offers."""
        base = cast("type[AwardSpider]", self._spiders.load(program))
        crawls = self

        class CountingSpider(base):  # type: ignore[misc,valid-type]
            def on_report(self, report: SearchReportItem) -> None:
                crawls._reports += 1
                crawls._offers += report.offers

        CountingSpider.__module__ = base.__module__
        return CountingSpider


def set_clock(sandbox: str, moment: datetime) -> None:
    """Set the time of the simulated world."""
    body = json.dumps({"clock": moment.isoformat()}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{sandbox}/_control", data=body), timeout=30):
        pass


def main(arguments: Sequence[str]) -> int:
    """Crawl for the example watches that need one of PROGRAMS, then remove these watches."""
    sandbox, now = arguments[0], datetime.fromisoformat(arguments[1])
    days_ago = [int(days) for days in arguments[2:]] or DAYS_AGO
    os.environ[clock.SETTING] = (now - timedelta(days=days_ago[0])).isoformat()
    settings = get_project_settings()
    store = open_store(settings["AWARD_DATABASE_URL"], data_dir(settings))
    try:
        save_watches(store, load_watches(WATCHES), now=clock.now())
        code = PastCrawls(sandbox, now, days_ago).run()
        for stored in find_watches(store, now=now, active_only=False):
            remove_watch(store, stored.watch.key, now)
    finally:
        store.close()
    return code


if __name__ == "__main__":
    logging.getLogger("scrapy").setLevel(logging.ERROR)
    sys.exit(main(sys.argv[1:]))
