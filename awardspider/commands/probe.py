"""`scrapy probe PROGRAM`: search the control route and report whether each response is as expected."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import orjson
from scrapy.settings import SETTINGS_PRIORITIES

from awardspider import clock
from awardspider.commands._command import AwardCommand
from awardspider.commands._spiders import spider_class
from awardspider.crawling.declaration import Transport
from awardspider.crawling.sandbox_check import require_sandbox
from awardspider.crawling.spider import AwardSpider
from awardspider.items import SearchReportItem
from awardspider.outcomes import InvalidArgument, Outcome, Reason
from awardspider.search.planner import control_search

LABELS = {
    Reason.BLOCKED: "blocked",
    Reason.RATE_LIMITED: "rate limited",
    Reason.SIGN_IN_NEEDED: "sign-in needed",
    Reason.REFUSED_BY_ROBOTS: "disallowed by robots.txt",
    Reason.TERMS_NOT_ACCEPTED: "terms not accepted",
    Reason.UNREACHABLE: "unreachable",
    Reason.UNEXPECTED_RESPONSE: "unexpected response",
    Reason.BAD_REQUEST: "bad request",
    Reason.OUT_OF_BUDGET: "out of budget",
    Reason.INTERRUPTED: "interrupted",
    Reason.INTERNAL_ERROR: "internal error",
}


class Command(AwardCommand):
    """Search a route that always has awards, and report whether each response is as expected.

    The route is searched once for each kind of search. The exit code is 0 if all responses are as expected.
    """

    usage = "<program> [options]"

    requires_crawler_process = True
    searches_sites = True
    default_settings: ClassVar[dict[str, Any]] = {}

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--transport", choices=tuple(Transport), help="default: the program's own")
        parser.add_argument("--json", action="store_true", help="print the results as JSON")

    def adjust_settings(self, args: list[str], opts: argparse.Namespace) -> None:
        """Apply the options to the settings."""
        if self.settings.getpriority("LOG_LEVEL") == SETTINGS_PRIORITIES["project"]:
            self.settings.set("LOG_LEVEL", "ERROR", priority="cmdline")  # the printed results contain the details

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        if len(args) != 1:
            raise InvalidArgument("expected one program, as in: scrapy probe united")
        spider_type = spider_class(self.settings, args[0])
        require_sandbox(self.settings)
        reports: list[SearchReportItem] = []
        probes: list[AwardSpider] = []

        class Probe(spider_type):  # type: ignore[misc,valid-type]
            is_regular = False
            watches = ()  # without watches, a probe sends no messages and confirms no days

            async def start(self) -> AsyncIterator[Any]:
                probes.append(self)
                for request in self.phases.start_all(filter(None, self.control_searches())):
                    yield request

            def control_searches(self) -> list[Any]:
                # A source that covers several programs can search itineraries only by `source_id`.
                kinds = self.search_kinds[:1] if self.program.covers else self.search_kinds
                return [control_search(self.program, self.capabilities, kind, clock.now()) for kind in kinds]

            def on_report(self, report: SearchReportItem) -> None:
                # After an ambiguous response, the spider sends a second search of the same kind: keep only the first.
                if report.search.kind not in {other.search.kind for other in reports}:
                    reports.append(report)

        self.settings.set("AWARD_PROGRESS", "off", priority="cmdline")
        self.crawl(Probe, transport=opts.transport or "")
        if opts.json:
            print(orjson.dumps([probe_record(report, probes[0]) for report in reports]).decode())
        for report in () if opts.json else reports:
            print(f"{probes[0].program.name}: {describe(report, probes[0])}")
        if not reports or any(not is_expected(report, probes[0]) for report in reports):
            self.exitcode = 1


def is_expected(report: SearchReportItem, spider: AwardSpider) -> bool:
    """Return whether the search found offers and its responses contain every required path."""
    return report.outcome is Outcome.FOUND and not _missing_paths(report, spider)


def probe_record(report: SearchReportItem, spider: AwardSpider) -> dict[str, Any]:
    """Return the result of one control search as values for JSON."""
    search = report.search
    return {
        "kind": search.kind.value,
        "origin": search.origin,
        "destination": search.destination,
        "outcome": report.outcome.value,
        "reason": report.reason.value if report.reason else None,
        "note": report.note,
        "http_status": report.http_status,
        "offers": report.offers,
        "missing_paths": _missing_paths(report, spider),
        "is_expected": is_expected(report, spider),
        "sentence": describe(report, spider),
    }


def describe(report: SearchReportItem, spider: AwardSpider) -> str:
    """Describe the result of one control search in a sentence."""
    search = report.search
    subject = f"the {search.kind} of {search.origin}-{search.destination}"
    if report.outcome is Outcome.FAILED:
        assert report.reason is not None
        return f"{LABELS[report.reason]}: {subject} ({report.note})"
    if report.outcome is Outcome.EMPTY:
        archived = f"; the response is archived as {report.response_id}" if report.response_id else ""
        return f"unexpected response: {subject} has no offers, although the route always has some{archived}"
    if missing := _missing_paths(report, spider):
        return f"unexpected response: {subject} lacks these paths: {', '.join(missing)}"
    return f"as expected: {subject} has {report.offers} offers"


def _missing_paths(report: SearchReportItem, spider: AwardSpider) -> list[str]:
    return [path for kind, path in spider.field_coverage.missing_paths(spider.parser) if kind == report.search.kind]
