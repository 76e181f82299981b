"""`scrapy reparse PROGRAM FILE...`: run kept or supplied raw answers through reader and pipelines again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from awardspider.commands._command import AwardCommand
from awardspider.commands._spiders import spider_class
from awardspider.crawling.spider import AwardSpider
from awardspider.extensions.feeds import json_line
from awardspider.items import AwardOfferItem, Cabin, MonitoredRoutes, ParseWarning, Search, SearchKind, SearchReportItem
from awardspider.outcomes import InvalidArgument, Outcome
from awardspider.parsers import Detected, get_parser
from awardspider.pipelines.validate import Invalid, check
from awardspider.search.places import airport_codes
from awardspider.storage.responses import load_answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A raw answer with the search it answers and when it was seen."""

    file: Path
    body: bytes
    search: Search
    seen_at: datetime
    status: int | None
    page: int


class Command(AwardCommand):
    """Reads again what was answered before: after a reader was mended, or from a file somebody saved."""

    requires_crawler_process = True

    def syntax(self) -> str:
        return "<program> <file> ..."

    def short_desc(self) -> str:
        return "Read kept or supplied raw answers again"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--kind", choices=("calendar", "itinerary"), help="default: what the answer looks like")
        parser.add_argument("--origin", help="airport, where the answer does not say")
        parser.add_argument("--destination", help="airport, where the answer does not say")
        parser.add_argument("--seen-at", help="when it was answered (2026-04-01T12:00Z), where the answer does not say")
        parser.add_argument("--dry-run", action="store_true", help="print the offers, store nothing")
        parser.add_argument("--format", choices=("text", "json"), default="text", help="of --dry-run")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) < 2:
            raise InvalidArgument("name a program and at least one file, as in: scrapy reparse united answer.json")
        program, *files = args
        spider = spider_class(self.settings, program)
        answers = sorted((_answer(program, Path(file), opts) for file in files), key=lambda answer: answer.seen_at)
        failed = self._print(spider, answers, opts) if opts.dry_run else self._store(spider, answers)
        if failed:
            self.exitcode = 1

    def _print(self, spider_type: type[AwardSpider], answers: list[Answer], opts: argparse.Namespace) -> int:
        class DryRun(spider_type):  # type: ignore[misc,valid-type]
            def note_odd(self, odd: ParseWarning) -> None:
                print(
                    f"odd: {odd.path}: {odd.value}{' (an offer is lost)' if odd.drops_offer else ''}", file=sys.stderr
                )

        spider = DryRun()
        failed = 0
        for answer in answers:
            for item in read(spider, answer):
                if isinstance(item, SearchReportItem):
                    failed += item.outcome is Outcome.FAILED
                    print(f"{answer.file}: {describe(item)}", file=sys.stderr)
                    continue
                if isinstance(item, MonitoredRoutes):
                    print(f"{answer.file}: {len(item.routes)} routes of {item.program} are scanned", file=sys.stderr)
                    continue
                try:
                    check(item, spider.program.booking_window_days)
                except Invalid as invalid:
                    print(f"{answer.file}: dropped an offer: {invalid}", file=sys.stderr)
                    continue
                print(json_line(item) if opts.format == "json" else _text_line(item))
        return failed

    def _store(self, spider_type: type[AwardSpider], answers: list[Answer]) -> int:
        reports: list[SearchReportItem] = []

        class Reread(spider_type):  # type: ignore[misc,valid-type]
            is_regular = False
            watches = ()  # what is read again is old: nobody is told of it

            async def start(self) -> AsyncIterator[Any]:
                for answer in answers:
                    for item in read(self, answer):
                        if isinstance(item, SearchReportItem):
                            reports.append(item)
                            print(f"{answer.file}: {describe(item)}", file=sys.stderr)
                        yield item

        self.settings.set("AWARD_PROGRESS", "off", priority="cmdline")
        self.crawl(Reread)
        return sum(report.outcome is Outcome.FAILED for report in reports)


def read(spider: AwardSpider, answer: Answer) -> Iterator[AwardOfferItem | MonitoredRoutes | SearchReportItem]:
    """The offers of an answer, or the routes that it lists, and its report."""
    return spider.read_again(answer.search, answer.body, answer.seen_at, answer.status, is_part=answer.page > 1)


def describe(report: SearchReportItem) -> str:
    """One line on what became of an answer."""
    if report.outcome is Outcome.FAILED:
        return f"{report.search}: could not be read, {report.reason} ({report.note})"
    return f"{report.search}: {report.offers or 'no'} offers"


def _text_line(offer: AwardOfferItem) -> str:
    price = f"{offer.miles:,} miles" if offer.miles else "no price"
    where = f"{offer.origin}-{offer.destination} {offer.departure_date} {offer.cabin}"
    seats = "seats unknown" if offer.seats is None else f"{offer.seats} seats"
    mixed = ", mixed cabin" if offer.mixed_cabin else ""
    return f"{where}: {price} + {offer.taxes or 'taxes unknown'}, {seats}{mixed} {offer.flights}".rstrip()


def _answer(program: str, file: Path, opts: argparse.Namespace) -> Answer:
    """The answer in a file: the options count first, then what was noted with it, then what it says."""
    try:
        body, kept = load_answer(file)
    except OSError as error:
        raise InvalidArgument(f"{file} cannot be read: {error.strerror}") from error
    said = get_parser(program).detect(body) or Detected()
    kind = opts.kind or kept.get("kind") or said.kind
    if not kind:
        raise InvalidArgument(f"{file} does not look like an answer of {program}; if it is one, say --kind")
    origin = _airport(opts.origin) or kept.get("origin") or said.origin
    destination = _airport(opts.destination) or kept.get("destination") or said.destination
    if not origin or not destination:
        raise InvalidArgument(f"{file} does not say its route: add --origin and --destination")
    first, last = _day(kept.get("first")) or said.first, _day(kept.get("last")) or said.last
    if first is None or last is None:
        raise InvalidArgument(f"{file} does not say its dates, so it cannot be read as evidence for any")
    search = Search(
        program=program,
        kind=SearchKind(kind),
        origin=origin,
        destination=destination,
        first=first,
        last=last,
        cabins=tuple(map(Cabin, kept.get("cabins", ()))),
        travelers=kept.get("travelers") or said.travelers,
        target_program=kept.get("target_program", ""),
        source_id=kept.get("source_id", ""),
        id=kept.get("search_id", ""),
    )
    seen_at = _seen_at(file, kept, said, opts)
    page = kept.get("page", 1)
    return Answer(file=file, body=body, search=search, seen_at=seen_at, status=kept.get("status"), page=page)


def _seen_at(file: Path, kept: dict[str, Any], said: Detected, opts: argparse.Namespace) -> datetime:
    if opts.seen_at:
        try:
            given = datetime.fromisoformat(opts.seen_at)
        except ValueError as error:
            raise InvalidArgument(f"--seen-at is {opts.seen_at!r}: write it as 2026-04-01T12:00Z") from error
        return given if given.tzinfo else given.replace(tzinfo=UTC)
    if kept.get("seen_at"):
        return datetime.fromisoformat(kept["seen_at"])
    return said.answered_at or datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _airport(text: str | None) -> str | None:
    if not text:
        return None
    codes = airport_codes(text)
    if len(codes) != 1:
        raise InvalidArgument(f"{text} is {len(codes)} airports: write the one that was asked")
    return codes[0]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
