"""`scrapy crawlall`: every program that an active watch wants, in one process."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import SETTINGS_PRIORITIES

from awardspider.commands._command import AwardCommand, went_wrong
from awardspider.commands._listing import print_table
from awardspider.commands._options import no_arguments, some_of, whole
from awardspider.commands._spiders import spider_class
from awardspider.commands._table import Column, FittedTable
from awardspider.outcomes import AwardError, InvalidArgument, Outcome
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

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        if self.settings.getpriority("LOG_LEVEL") == SETTINGS_PRIORITIES["project"] and not self.settings["LOG_FILE"]:
            self.settings.set("LOG_LEVEL", "ERROR", priority="cmdline")  # a line for each program says the rest

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        no_arguments(args)
        chosen = some_of("--program", opts.program, programs()) or sorted(programs())
        sites = whole("--sites", opts.sites, least=1) or SITES_AT_ONCE
        browsers = whole("--browsers", opts.browsers, least=1) or 1
        wanted = self._wanted(chosen)
        if not wanted:
            raise InvalidArgument("no active watch wants any of these programs; `scrapy watches` lists them")
        self.settings.set("AWARD_PROGRESS", "off", priority="cmdline")  # several lines at once would mix
        process = self.crawler_process
        assert isinstance(process, AsyncCrawlerProcess)
        sweep = CrawlAll(process, sites, browsers)
        crawlers = [process.create_crawler(spider_class(self.settings, name)) for name in wanted]
        running = asyncio.get_event_loop().create_task(sweep.crawl_all(crawlers))
        process.start(stop_after_crawl=False)  # the sweep stops it: crawls begin while others run
        if running.done():
            running.result()
        if not running.done() or sweep.failed or process.bootstrap_failed:
            self.exitcode = 1
        print_table(FittedTable(sorted(sweep.ended, key=lambda row: row.program), COLUMNS))

    def _wanted(self, chosen: list[str]) -> list[str]:
        """The chosen programs that some active watch wants; one that needs a key, and has none, only if it is named."""
        watches = [Watch.from_definition(row.definition) for row in self.store().watches()]
        keys = self.settings.getdict("AWARD_KEYS")
        wanted = []
        for key in chosen:
            program = programs()[key]
            out_of_reach = program.access == "key" and not keys.get(key)
            told_of = () if out_of_reach else program.programs
            if any(watch.wants_any_of(key, *told_of) for watch in watches):
                wanted.append(key)
        return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """One program's part of a sweep: what became of its looks, and how many offers it saw."""

    program: str
    found: int = 0
    empty: int = 0
    failed: int = 0
    offers: int = 0
    seconds: float = 0.0
    note: str = ""


COLUMNS = (
    Column[Ended](title="program", text=lambda row: row.program, rank=0),
    Column[Ended](title="found", text=lambda row: str(row.found), rank=1, right=True),
    Column[Ended](title="empty", text=lambda row: str(row.empty), rank=1, right=True),
    Column[Ended](title="could not look", text=lambda row: str(row.failed), rank=1, right=True),
    Column[Ended](title="offers", text=lambda row: f"{row.offers:,}", rank=2, right=True),
    Column[Ended](title="seconds", text=lambda row: f"{row.seconds:.1f}", rank=3, right=True),
    Column[Ended](title="why", text=lambda row: row.note, rank=2, least=20, optional=True),
)


class CrawlAll:
    """Runs crawlers within two limits; what keeps one from starting is told and leaves the others alone."""

    def __init__(self, process: AsyncCrawlerProcess, sites: int, browsers: int) -> None:
        self._process = process
        self._sites = asyncio.Semaphore(sites)
        self._browsers = asyncio.Semaphore(browsers)
        self._is_shut_down = False
        self.ended: list[Ended] = []
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
        name, started = crawler.spidercls.name, time.monotonic()
        if self._is_shut_down:
            self._end(Ended(program=name, note="not asked: the sweep was ended"))
            return
        try:
            await self._process.crawl(crawler)
        except AwardError as error:
            self.failed = True
            self._end(Ended(program=name, note=f"did not start: {error}"))
        except Exception as error:
            self.failed = True
            logger.exception("The crawl of %s failed", name)
            self._end(Ended(program=name, note=f"failed: {type(error).__name__}: {error}"))
        else:
            if crawler.stats.get_value("finish_reason") == "shutdown":
                self._is_shut_down = True
            if went_wrong(crawler):
                self.failed = True
            self._end(_ended(crawler, time.monotonic() - started))

    def _end(self, ended: Ended) -> None:
        self.ended.append(ended)
        why = f": {ended.note}" if ended.note else ""
        told = f"{ended.program}: {ended.offers:,} offers in {ended.seconds:.1f} seconds{why}"
        print(told, file=sys.stderr, flush=True)


def _ended(crawler: Crawler, seconds: float) -> Ended:
    spider: Any = crawler.spider
    found, empty = spider.outcomes[Outcome.FOUND], spider.outcomes[Outcome.EMPTY]
    reasons = {
        str(name): count for name, count in spider.outcomes.items() if name not in (Outcome.FOUND, Outcome.EMPTY)
    }
    note = str(spider.stopped.note or spider.stopped.reason) if spider.stopped else ", ".join(sorted(reasons))
    return Ended(
        program=spider.name,
        found=found,
        empty=empty,
        failed=sum(reasons.values()),
        offers=spider.offers_seen,
        seconds=seconds,
        note=note or ("" if spider.planned else "nothing to look for"),
    )
