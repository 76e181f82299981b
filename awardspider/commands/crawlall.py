"""`scrapy crawlall`: crawl every program that an active watch needs, in one process."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import SETTINGS_PRIORITIES

from awardspider import clock
from awardspider.commands._command import EXIT_ERROR, AwardCommand, abandon_run, exit_code
from awardspider.commands._listing import print_table
from awardspider.commands._options import choices, integer, no_arguments
from awardspider.commands._spiders import spider_class
from awardspider.commands._table import Column, FittedTable
from awardspider.crawling.declaration import Transport
from awardspider.extensions.delivery import deliver_at_end, delivery_seconds
from awardspider.extensions.progress import spider_progress
from awardspider.extensions.run_alerts import report_failed_start
from awardspider.outcomes import AwardError, InvalidArgument, Outcome, Reason
from awardspider.programs import Access, programs
from awardspider.storage.watches import find_watches

if TYPE_CHECKING:
    from awardspider.crawling.spider import AwardSpider

logger = logging.getLogger(__name__)

SITES_AT_ONCE = 4
PROGRESS_SECONDS = 5.0


class Command(AwardCommand):
    """Crawl every program that an active watch needs, several sites at once."""

    requires_crawler_process = True
    default_settings: ClassVar[dict[str, Any]] = {}

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--program", metavar="NAME", help="one or several, separated by commas; all if omitted")
        add("--sites", metavar="N", help=f"sites at once (default: {SITES_AT_ONCE})")
        add("--browsers", metavar="N", help="sites at once in a browser (default: 1)")

    def adjust_settings(self, args: list[str], opts: argparse.Namespace) -> None:
        """Apply the options to the settings."""
        if self.settings.getpriority("LOG_LEVEL") == SETTINGS_PRIORITIES["project"] and not self.settings["LOG_FILE"]:
            self.settings.set("LOG_LEVEL", "ERROR", priority="cmdline")  # each program's line has the details

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        chosen = choices("--program", opts.program, programs()) or sorted(programs())
        sites = integer("--sites", opts.sites, minimum=1) or SITES_AT_ONCE
        browsers = integer("--browsers", opts.browsers, minimum=1) or 1
        needed = self._needed(chosen)
        if not needed:
            raise InvalidArgument("no active watch needs any of these programs; scrapy watches list shows the watches")
        seconds = delivery_seconds(self.settings)
        self.announce_live_sites([programs()[name].site for name in needed])
        _print(f"Crawling {len(needed)} programs, up to {sites} at the same time: {', '.join(needed)}")
        self.settings.set("AWARD_PROGRESS", "off", priority="cmdline")  # concurrent progress lines would overlap
        self.settings.set("AWARD_DELIVERY_SECONDS", "0", priority="cmdline")  # one delivery after the last crawl
        process = self.crawler_process
        assert isinstance(process, AsyncCrawlerProcess)
        crawls = CrawlAll(process, sites, browsers)
        crawlers = [process.create_crawler(spider_class(self.settings, name)) for name in needed]
        running = asyncio.get_event_loop().create_task(crawls.crawl_all(crawlers))
        process.start(stop_after_crawl=False)  # CrawlAll stops the process after the last crawl
        if running.done():
            running.result()
        if not running.done() or crawls.failed or process.bootstrap_failed:
            self.exitcode = EXIT_ERROR
        else:
            self.exitcode = max(map(exit_code, crawlers))
        reachable = not all(summary.is_unreachable for summary in crawls.summaries)
        if seconds and reachable and not crawls.is_shut_down:
            self._deliver(seconds)
        print_table(FittedTable(sorted(crawls.summaries, key=lambda row: row.program), COLUMNS))

    def _deliver(self, seconds: int) -> None:
        _print(f"Sending the messages that are due, for at most {seconds} seconds")
        try:
            lines = deliver_at_end(self.settings, seconds)
        except AwardError as error:
            _print(f"error: delivery failed: {error}")
            self.exitcode = EXIT_ERROR
        else:
            _print("\n".join(lines) or "No messages are due.")

    def _needed(self, chosen: list[str]) -> list[str]:
        """Return the chosen programs that an active watch needs.

        A program whose required access key is missing is included only if a watch lists it by name.
        """
        watches = [stored.watch for stored in find_watches(self.store(), now=clock.now())]
        keys = self.settings.getdict("AWARD_KEYS")
        needed = []
        for key in chosen:
            program = programs()[key]
            lacks_key = program.access is Access.KEY and not keys.get(key)
            if any(watch.names_source(key) if lacks_key else watch.needs(program) for watch in watches):
                needed.append(key)
        return needed


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlSummary:
    """Summary of one program's crawl: search counts by outcome, the number of offers and the duration."""

    program: str
    found: int = 0
    empty: int = 0
    failed: int = 0
    offers: int = 0
    seconds: float = 0.0
    note: str = ""
    #: True if no sandbox runs at AWARD_SANDBOX_URL.
    is_unreachable: bool = False


COLUMNS = (
    Column[CrawlSummary](title="program", text=lambda row: row.program, rank=0),
    Column[CrawlSummary](title="found", text=lambda row: str(row.found), rank=1, right=True),
    Column[CrawlSummary](title="empty", text=lambda row: str(row.empty), rank=1, right=True),
    Column[CrawlSummary](title="failed", text=lambda row: str(row.failed), rank=1, right=True),
    Column[CrawlSummary](title="offers", text=lambda row: f"{row.offers:,}", rank=2, right=True),
    Column[CrawlSummary](title="seconds", text=lambda row: f"{row.seconds:.1f}", rank=3, right=True),
    Column[CrawlSummary](title="note", text=lambda row: row.note, rank=2, min_width=20, optional=True),
)


class CrawlAll:
    """Runner of several crawls at a time. A crawl that cannot start is reported and does not stop the others."""

    def __init__(self, process: AsyncCrawlerProcess, sites: int, browsers: int) -> None:
        self._process = process
        self._sites = asyncio.Semaphore(sites)
        self._browsers = asyncio.Semaphore(browsers)
        self.is_shut_down = False
        self._started: dict[Crawler, float] = {}
        self.summaries: list[CrawlSummary] = []
        self.failed = False

    async def crawl_all(self, crawlers: Sequence[Crawler]) -> None:
        """Run all crawls, then stop the reactor."""
        from twisted.internet import reactor  # imported here: the process chooses the reactor when it starts

        progress = asyncio.create_task(self._show_progress())
        try:
            await asyncio.gather(*map(self._wait_and_crawl, crawlers))
        finally:
            progress.cancel()
            if not self.is_shut_down:  # on a shutdown, Scrapy stops the reactor
                asyncio.get_running_loop().call_soon(cast("Any", reactor).stop)

    async def _wait_and_crawl(self, crawler: Crawler) -> None:
        if getattr(crawler.spidercls, "transport", None) is Transport.BROWSER:
            async with self._browsers, self._sites:
                await self._crawl(crawler)
        else:
            async with self._sites:
                await self._crawl(crawler)

    async def _crawl(self, crawler: Crawler) -> None:
        name, started = crawler.spidercls.name, time.monotonic()
        if self.is_shut_down:
            self._finish(CrawlSummary(program=name, note="not started: the run was interrupted"))
            return
        self._started[crawler] = started
        _print(f"{name}: started")
        try:
            await self._process.crawl(crawler)
        except AwardError as error:
            self.failed = True
            await self._report(crawler, error)
            self._finish(CrawlSummary(program=name, note=f"did not start: {error}"))
        except Exception as error:
            self.failed = True
            logger.exception("The crawl of %s failed", name)
            await self._report(crawler, error)
            self._finish(CrawlSummary(program=name, note=f"failed: {type(error).__name__}: {error}"))
        else:
            if crawler.stats.get_value("finish_reason") == "shutdown":
                self.is_shut_down = True
            if exit_code(crawler) == EXIT_ERROR:
                self.failed = True
            self._finish(_summarize(crawler, time.monotonic() - started))
        finally:
            del self._started[crawler]

    async def _show_progress(self) -> None:
        """Print a line for each running crawl, at regular intervals."""
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            for crawler, started in self._started.items():
                if spider := cast("AwardSpider | None", crawler.spider):
                    _print(spider_progress(spider, time.monotonic() - started))

    async def _report(self, crawler: Crawler, error: Exception) -> None:
        program = programs()[crawler.spidercls.name]
        abandon_run(crawler)
        await asyncio.to_thread(report_failed_start, crawler.settings, program.key, program.name, error)

    def _finish(self, summary: CrawlSummary) -> None:
        self.summaries.append(summary)
        note = f": {summary.note}" if summary.note else ""
        line = f"{summary.program}: {summary.offers:,} offers in {summary.seconds:.1f} seconds{note}"
        _print(line)


def _print(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _summarize(crawler: Crawler, seconds: float) -> CrawlSummary:
    spider: Any = crawler.spider
    found, empty = spider.outcomes[Outcome.FOUND], spider.outcomes[Outcome.EMPTY]
    reasons = {
        str(name): count for name, count in spider.outcomes.items() if name not in (Outcome.FOUND, Outcome.EMPTY)
    }
    note = str(spider.stopped.note or spider.stopped.reason) if spider.stopped else ", ".join(sorted(reasons))
    return CrawlSummary(
        program=spider.name,
        found=found,
        empty=empty,
        failed=sum(reasons.values()),
        offers=spider.offers_seen,
        seconds=seconds,
        is_unreachable=spider.stopped is not None and spider.stopped.reason is Reason.UNREACHABLE,
        note=note or ("" if spider.planned else "no searches planned"),
    )
