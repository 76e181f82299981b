"""`scrapy reparse PROGRAM [FILE...]`: run archived or supplied responses through the parser and pipelines again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson

from awardspider import clock
from awardspider.commands._command import AwardCommand
from awardspider.commands._saved_responses import (
    SavedResponse,
    SearchOptions,
    add_search_options,
    parse_search_options,
    read_response,
)
from awardspider.commands._spiders import spider_class
from awardspider.crawling.spider import AwardSpider
from awardspider.environment import data_dir, expand_path
from awardspider.items import AwardOfferItem, MonitoredRoutes, ParseWarning, SearchReportItem
from awardspider.offer_fields import record
from awardspider.outcomes import AwardError, InvalidArgument, Outcome
from awardspider.pipelines.validate import Invalid, check
from awardspider.search.currency_texts import miles_text
from awardspider.storage.responses import ResponseArchive

NONE_ARCHIVED = "no archived responses of {}; name a file"


class Command(AwardCommand):
    """Parse archived or supplied responses again.

    Without files, all archived responses of the program are parsed, oldest first. Options override the metadata
    archived with a response and the values detected in the response. A file that cannot be read is reported, and the
    others are parsed.
    """

    usage = "<program> [<file> ...] [options]"

    requires_crawler_process = True

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add_search_options(parser)
        add = parser.add_argument
        add("--dry-run", action="store_true", help="print offers and warnings, store nothing")
        add("--format", choices=("text", "json"), default="text", help="of --dry-run")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        if not args:
            raise InvalidArgument("expected a program, as in: scrapy reparse united response.json")
        program, *names = args
        spider = spider_class(self.settings, program)
        options = parse_search_options(opts, clock.now().date())
        files = [expand_path(name) for name in names] or self._archived(program)
        self._unreadable = 0
        responses = self._read(program, files, options)
        failed = self._print(spider, responses, opts.format) if opts.dry_run else self._store(spider, responses)
        if failed or self._unreadable:
            self.exitcode = 1

    def _archived(self, program: str) -> list[Path]:
        folder = data_dir(self.settings) / "responses"
        return ResponseArchive(folder, None, None).paths(program)

    def _read(self, program: str, files: list[Path], options: SearchOptions) -> list[SavedResponse]:
        """Return the readable responses, oldest first, without lookups before a search; print errors for the others.

        Raises the last error if no file is readable.
        """
        responses: list[SavedResponse] = []
        errors: list[AwardError] = []
        for file in files:
            try:
                responses.append(read_response(program, file, options))
            except AwardError as error:
                errors.append(error)
        responses = [response for response in responses if response.page > 0]
        last = None if responses else errors.pop() if errors else InvalidArgument(NONE_ARCHIVED.format(program))
        for unreadable in errors:
            self._print_error(unreadable)
        if last is not None:
            raise last
        return sorted(responses, key=lambda response: response.seen_at)

    def _print_error(self, error: AwardError) -> None:
        self._unreadable += 1
        print(f"error: {error}", file=sys.stderr)

    def _parse(
        self, spider: AwardSpider, response: SavedResponse
    ) -> Iterator[AwardOfferItem | MonitoredRoutes | SearchReportItem]:
        """Yield the items of a response; print an error if its file was removed or changed in the meantime."""
        try:
            body = response.body()
        except AwardError as error:
            self._print_error(error)
            return
        is_part = response.page > 1
        yield from spider.reparse(response.search, body, response.seen_at, response.status, is_part=is_part)

    def _print(self, spider_type: type[AwardSpider], responses: list[SavedResponse], output_format: str) -> int:
        class DryRun(spider_type):  # type: ignore[misc,valid-type]
            def record_warning(self, warning: ParseWarning) -> None:
                effect = " (drops an offer)" if warning.drops_offer else ""
                print(f"warning: {warning.path}: {warning.value}{effect}", file=sys.stderr)

        spider = DryRun()
        failed = 0
        for response in responses:
            for item in self._parse(spider, response):
                if isinstance(item, SearchReportItem):
                    failed += item.outcome is Outcome.FAILED
                    print(f"{response.file}: {describe(item)}", file=sys.stderr)
                elif isinstance(item, MonitoredRoutes):
                    print(f"{response.file}: {len(item.routes)} monitored routes of {item.program}", file=sys.stderr)
                else:
                    try:
                        check(item, spider.program.booking_window_days)
                    except Invalid as invalid:
                        print(f"{response.file}: dropped an offer: {invalid}", file=sys.stderr)
                    else:
                        print(orjson.dumps(record(item)).decode() if output_format == "json" else _text_line(item))
        return failed

    def _store(self, spider_type: type[AwardSpider], responses: list[SavedResponse]) -> int:
        reports: list[SearchReportItem] = []
        parse = self._parse

        class Reparse(spider_type):  # type: ignore[misc,valid-type]
            is_regular = False
            watches = ()  # without watches, old offers cause no messages

            async def start(self) -> AsyncIterator[Any]:
                for response in responses:
                    for item in parse(self, response):
                        if isinstance(item, SearchReportItem):
                            reports.append(item)
                            print(f"{response.file}: {describe(item)}", file=sys.stderr)
                        yield item

        self.settings.set("AWARD_PROGRESS", "off", priority="cmdline")
        self.crawl(Reparse)
        return sum(report.outcome is Outcome.FAILED for report in reports)


def describe(report: SearchReportItem) -> str:
    """Describe the result of parsing a response in one line."""
    if report.outcome is Outcome.FAILED:
        return f"{report.search}: {report.reason} ({report.note})"
    return f"{report.search}: {report.offers or 'no'} offers"


def _text_line(offer: AwardOfferItem) -> str:
    price = miles_text(offer.miles, offer.program) if offer.miles else "no price"
    scope = f"{offer.origin}-{offer.destination} {offer.departure_date} {offer.cabin}"
    seats = "seats unknown" if offer.seats is None else f"{offer.seats} seats"
    mixed = ", mixed cabin" if offer.mixed_cabin else ""
    return f"{scope}: {price} + {offer.taxes or 'taxes unknown'}, {seats}{mixed} {offer.flights}".rstrip()
