"""`scrapy sweep`: every program that an active watch wants, in one process."""

from __future__ import annotations

import argparse
import asyncio
import logging
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from scrapy.crawler import AsyncCrawlerProcess, Crawler

from awardspider.commands._command import AwardCommand, went_wrong
from awardspider.commands._options import no_arguments, some_of, whole
from awardspider.commands._spiders import spider_class
from awardspider.outcomes import AwardError, BadArgument
from awardspider.programs import programs
from awardspider.search.watches import Watch

logger = logging.getLogger(__name__)

SITES_AT_ONCE = 4


class Command(AwardCommand):
    """Crawls all programs with active watches: one crawl a site, some sites at once, few browsers at a time."""

    requires_crawler_process = True
    default_settings: ClassVar[dict[str, Any]] = {}

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Crawl every program that an active watch wants, several sites at once"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("--program", metavar="NAME", help="only these: one or several, with commas")
        add("--sites", metavar="N", help=f"how many sites at once (default {SITES_AT_ONCE})")
        add("--browsers", metavar="N", help="how many of them in a browser (default 1)")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        no_arguments(args)
        chosen = some_of("--program", opts.program, programs()) or sorted(programs())
        sites = whole("--sites", opts.sites, least=1) or SITES_AT_ONCE
        browsers = whole("--browsers", opts.browsers, least=1) or 1
        wanted = self._wanted(chosen)
        if not wanted:
            raise BadArgument("no active watch wants any of these programs; `scrapy watches` lists them")
        self.settings.set("AWARD_PROGRESS", "off", priority="cmdline")  # several lines at once would mix
        process = self.crawler_process
        assert isinstance(process, AsyncCrawlerProcess)
        sweep = Sweep(process, sites, browsers)
        crawlers = [process.create_crawler(spider_class(self.settings, name)) for name in wanted]
        running = asyncio.get_event_loop().create_task(sweep.crawl_all(crawlers))
        process.start(stop_after_crawl=False)  # the sweep stops it: crawls begin while others run
        running.result()
        if sweep.failed or process.bootstrap_failed:
            self.exitcode = 1
        for line in sweep.told:
            print(line)

    def _wanted(self, chosen: list[str]) -> list[str]:
        """The chosen programs that some active watch wants."""
        watches = [Watch.from_definition(row.definition) for row in self.store().watches()]
        return [key for key in chosen if any(watch.wants_any_of(key, *programs()[key].programs) for watch in watches)]


class Sweep:
    """Runs crawlers within two limits; what keeps one from starting is told and leaves the others alone."""

    def __init__(self, process: AsyncCrawlerProcess, sites: int, browsers: int) -> None:
        self._process = process
        self._sites = asyncio.Semaphore(sites)
        self._browsers = asyncio.Semaphore(browsers)
        self._is_shut_down = False
        self.told: list[str] = []
        self.failed = False

    async def crawl_all(self, crawlers: Sequence[Crawler]) -> None:
        """Every crawl from its turn to its end, then the end of the process."""
        from twisted.internet import reactor  # which one it is, is known only now

        try:
            await asyncio.gather(*map(self._in_turn, crawlers))
        finally:
            if not self._is_shut_down:  # then the process ends by itself
                asyncio.get_running_loop().call_soon(cast("Any", reactor).stop)

    async def _in_turn(self, crawler: Crawler) -> None:
        if getattr(crawler.spidercls, "transport", "http") == "browser":
            async with self._browsers, self._sites:
                await self._crawl(crawler)
        else:
            async with self._sites:
                await self._crawl(crawler)

    async def _crawl(self, crawler: Crawler) -> None:
        name = crawler.spidercls.name
        if self._is_shut_down:
            self.told.append(f"{name}: not asked, the sweep was ended")
            return
        try:
            await self._process.crawl(crawler)
        except AwardError as error:
            self.failed = True
            self.told.append(f"{name}: did not start: {error}")
        except Exception as error:
            self.failed = True
            logger.exception("The crawl of %s failed", name)
            self.told.append(f"{name}: did not start: {type(error).__name__}: {error}")
        else:
            if crawler.stats.get_value("finish_reason") == "shutdown":
                self._is_shut_down = True
            if went_wrong(crawler):
                self.failed = True
            self.told.append(f"{name}: {summary(crawler)}")


def summary(crawler: Crawler) -> str:
    """What became of a crawl's looks, in few words."""
    spider: Any = crawler.spider
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(spider.outcomes.items()))
    return f"{spider.planned} looks: {outcomes}" if outcomes else "nothing to look for"
