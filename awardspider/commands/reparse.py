"""`scrapy reparse PROGRAM [FILE...]`: run archived or supplied responses through the parser and pipelines again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson

from awardspider.commands._command import AwardCommand
from awardspider.commands._options import choices, integer
from awardspider.commands._spiders import spider_class
from awardspider.crawling.spider import AwardSpider
from awardspider.items import AwardOfferItem, Cabin, MonitoredRoutes, ParseWarning, Search, SearchKind, SearchReportItem
from awardspider.offer_fields import record
from awardspider.outcomes import InvalidArgument, Outcome
from awardspider.parsers import Detected, get_parser
from awardspider.pipelines.validate import Invalid, check
from awardspider.search.places import parse_airport_codes
from awardspider.search.watches import MAX_TRAVELERS
from awardspider.storage.responses import ResponseArchive, load_response


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResponse:
    """A response, its search and the time at which it was received."""

    file: Path
    body: bytes
    search: Search
    seen_at: datetime
    status: int | None
    page: int


class Command(AwardCommand):
    """Parse archived or supplied responses again.

    Without files, all archived responses of the program are parsed, oldest first. Options override the metadata
    archived with a response and the values detected in the response.
    """

    usage = "<program> [<file> ...] [options]"

    requires_crawler_process = True

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--kind", choices=(SearchKind.CALENDAR.value, SearchKind.ITINERARY.value), help="kind of the search")
        add("--origin", metavar="CODE", help="airport")
        add("--destination", metavar="CODE", help="airport")
        add("--cabin", metavar="NAME", help="cabins of the search, separated by commas; all if omitted")
        add("--travelers", metavar="N", help="size of the party")
        add("--seen-at", metavar="TIME", help="time of the response, such as 2026-04-01T12:00Z")
        add("--dry-run", action="store_true", help="print offers and warnings, store nothing")
        add("--format", choices=("text", "json"), default="text", help="of --dry-run")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        if not args:
            raise InvalidArgument("expected a program, as in: scrapy reparse united response.json")
        program, *names = args
        spider = spider_class(self.settings, program)
        scope = _scope(opts)
        files = [Path(name) for name in names] or self._archived(program)
        responses = [response for file in files if (response := _read(program, file, scope)).page > 0]
        if not responses:
            raise InvalidArgument(f"no archived responses of {program}; name a file")
        responses.sort(key=lambda response: response.seen_at)
        failed = self._print(spider, responses, opts.format) if opts.dry_run else self._store(spider, responses)
        if failed:
            self.exitcode = 1

    def _archived(self, program: str) -> list[Path]:
        folder = Path(self.settings["AWARD_DATA_DIR"]) / "responses"
        return ResponseArchive(folder, None, None).paths(program)

    def _print(self, spider_type: type[AwardSpider], responses: list[RawResponse], output_format: str) -> int:
        class DryRun(spider_type):  # type: ignore[misc,valid-type]
            def record_warning(self, warning: ParseWarning) -> None:
                effect = " (drops an offer)" if warning.drops_offer else ""
                print(f"warning: {warning.path}: {warning.value}{effect}", file=sys.stderr)

        spider = DryRun()
        failed = 0
        for response in responses:
            for item in _parse(spider, response):
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

    def _store(self, spider_type: type[AwardSpider], responses: list[RawResponse]) -> int:
        reports: list[SearchReportItem] = []

        class Reparse(spider_type):  # type: ignore[misc,valid-type]
            is_regular = False
            watches = ()  # without watches, old offers cause no messages

            async def start(self) -> AsyncIterator[Any]:
                for response in responses:
                    for item in _parse(self, response):
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


def _parse(spider: AwardSpider, response: RawResponse) -> Iterator[AwardOfferItem | MonitoredRoutes | SearchReportItem]:
    is_part = response.page > 1
    return spider.reparse(response.search, response.body, response.seen_at, response.status, is_part=is_part)


def _text_line(offer: AwardOfferItem) -> str:
    price = f"{offer.miles:,} miles" if offer.miles else "no price"
    scope = f"{offer.origin}-{offer.destination} {offer.departure_date} {offer.cabin}"
    seats = "seats unknown" if offer.seats is None else f"{offer.seats} seats"
    mixed = ", mixed cabin" if offer.mixed_cabin else ""
    return f"{scope}: {price} + {offer.taxes or 'taxes unknown'}, {seats}{mixed} {offer.flights}".rstrip()


def _scope(opts: argparse.Namespace) -> dict[str, Any]:
    """Return the search options that are set, in the format of archived metadata."""
    if (travelers := integer("--travelers", opts.travelers, minimum=1)) and travelers > MAX_TRAVELERS:
        raise InvalidArgument(f"--travelers: expected 1 to {MAX_TRAVELERS}, got {opts.travelers!r}")
    scope = {
        "kind": opts.kind,
        "origin": _airport("--origin", opts.origin),
        "destination": _airport("--destination", opts.destination),
        "cabins": choices("--cabin", opts.cabin, Cabin) or None,
        "travelers": travelers,
        "seen_at": _time(opts.seen_at),
    }
    return {name: value for name, value in scope.items() if value is not None}


def _read(program: str, file: Path, scope: dict[str, Any]) -> RawResponse:
    """Load a response. Options override archived metadata, which overrides values detected in the response."""
    try:
        body, metadata = load_response(file)
    except OSError as error:
        raise InvalidArgument(f"{file} cannot be read: {error.strerror}") from error
    known = metadata | scope
    detected = get_parser(program).detect(body) or Detected()
    kind = known.get("kind") or detected.kind
    if not kind:
        raise InvalidArgument(f"{file} is not recognized as a response of {program}; if it is one, add --kind")
    origin, destination = known.get("origin") or detected.origin, known.get("destination") or detected.destination
    if not origin or not destination:
        raise InvalidArgument(f"{file} does not contain its route; add --origin and --destination")
    first, last = _day(known.get("first")) or detected.first, _day(known.get("last")) or detected.last
    if first is None or last is None:
        raise InvalidArgument(f"{file} does not contain its dates, so its days are unknown")
    search = Search(
        program=program,
        kind=SearchKind(kind),
        origin=origin,
        destination=destination,
        first=first,
        last=last,
        cabins=tuple(map(Cabin, known.get("cabins", ()))),
        travelers=known.get("travelers") or detected.travelers,
        target_program=known.get("target_program", ""),
        source_id=known.get("source_id", ""),
        id=known.get("search_id", ""),
    )
    seen_at = known.get("seen_at") or detected.responded_at or datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return RawResponse(
        file=file,
        body=body,
        search=search,
        seen_at=datetime.fromisoformat(seen_at) if isinstance(seen_at, str) else seen_at,
        status=known.get("http_status"),
        page=known.get("page", 1),
    )


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument(f"--seen-at: expected a time such as 2026-04-01T12:00Z, got {text!r}") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _airport(option: str, text: str | None) -> str | None:
    if not text:
        return None
    codes = parse_airport_codes(text)
    if len(codes) != 1:
        raise InvalidArgument(f"{option}: {text} means {len(codes)} airports; expected one")
    return codes[0]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
