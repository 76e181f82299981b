"""`scrapy probe PROGRAM`: one look at a route that always has awards, and in a sentence what came of it."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, ClassVar

from scrapy.settings import SETTINGS_PRIORITIES

from awardspider.commands._command import AwardCommand
from awardspider.commands._spiders import spider_class
from awardspider.crawling.spider import AwardSpider
from awardspider.items import SearchReportItem
from awardspider.outcomes import InvalidArgument, Outcome, Reason
from awardspider.search.planner import control

SENTENCES = {
    Reason.BLOCKED: "blocked",
    Reason.RATE_LIMITED: "blocked for asking too often",
    Reason.SIGN_IN_NEEDED: "sign-in needed",
    Reason.REFUSED_BY_ROBOTS: "not asked, for its robots.txt",
    Reason.TERMS_NOT_ACCEPTED: "not asked, for its terms",
    Reason.UNREACHABLE: "unreachable",
    Reason.UNEXPECTED_RESPONSE: "unexpected_response",
    Reason.BAD_REQUEST: "our request is refused as wrong",
    Reason.OUT_OF_BUDGET: "not asked, for the budget",
    Reason.INTERNAL_ERROR: "internal_error",
}


class Command(AwardCommand):
    """Asks a program's control route once for each kind of search; exit code 0 where all answers are as expected."""

    requires_crawler_process = True
    default_settings: ClassVar[dict[str, Any]] = {}

    def syntax(self) -> str:
        return "<program> [options]"

    def short_desc(self) -> str:
        return "Look once at a route that always has awards, and say what came of it"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--transport", choices=("http", "browser"), help="default: the program's own")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        if self.settings.getpriority("LOG_LEVEL") == SETTINGS_PRIORITIES["project"]:
            self.settings.set("LOG_LEVEL", "ERROR", priority="cmdline")  # the sentences say the rest

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise InvalidArgument("name one program, as in: scrapy probe united")
        asked = spider_class(self.settings, args[0])
        reports: list[SearchReportItem] = []
        probes: list[AwardSpider] = []

        class Probe(asked):  # type: ignore[misc,valid-type]
            is_regular = False
            watches = ()  # nobody is told, and no day is asked for that follows from the answer

            async def start(self) -> AsyncIterator[Any]:
                probes.append(self)
                for request in self.begin(filter(None, self.controls())):
                    yield request

            def controls(self) -> list[Any]:
                # The flights of a source of many programs are asked by its own handle of a row.
                kinds = self.search_kinds[:1] if self.program.covers else self.search_kinds
                return [control(self.program, self.asks, kind, datetime.now(UTC)) for kind in kinds]

            def reported(self, report: SearchReportItem) -> None:
                if report.search.kind not in {told.search.kind for told in reports}:  # an answer in doubt asks twice
                    reports.append(report)

        self.settings.set("AWARD_PROGRESS", "off", priority="cmdline")
        self.crawl(Probe, transport=opts.transport or "")
        for report in reports:
            print(f"{probes[0].program.name}: {describe(report, probes[0])}")
        if not reports or any(not is_expected(report, probes[0]) for report in reports):
            self.exitcode = 1


def is_expected(report: SearchReportItem, spider: AwardSpider) -> bool:
    """Whether the answer holds offers and every place that we know of."""
    return report.outcome is Outcome.FOUND and not _missing(report, spider)


def describe(report: SearchReportItem, spider: AwardSpider) -> str:
    """What came of one control look, in a sentence."""
    search = report.search
    asked = f"the {search.kind} of {search.origin}-{search.destination}"
    if report.outcome is Outcome.FAILED:
        assert report.reason is not None
        return f"{SENTENCES[report.reason]}: {asked} ({report.note})"
    if report.outcome is Outcome.EMPTY:
        return f"changed: {asked} holds no offer, which cannot be; the answer is kept as {report.answer or 'nothing'}"
    if missing := _missing(report, spider):
        return f"changed: in {asked} these paths are missing: {', '.join(missing)}"
    return f"answers as expected: {asked} holds {report.offers} offers"


def _missing(report: SearchReportItem, spider: AwardSpider) -> list[str]:
    return [path for kind, path in spider.shape.missing(spider.parser) if kind == report.search.kind]
