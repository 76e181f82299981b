"""Archived and supplied responses for `scrapy reparse`, with the searches to which they belong."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from awardspider import clock
from awardspider.airports import airports
from awardspider.commands._options import choices, day, integer
from awardspider.items import ANY_PLACE, MAX_PARTY, Cabin, Search, SearchKind
from awardspider.outcomes import InvalidArgument
from awardspider.parsers import Detected, get_parser
from awardspider.programs import all_programs
from awardspider.search.places import parse_airport_codes
from awardspider.search.seatsaero_regions import SEATSAERO_REGIONS
from awardspider.storage.responses import ResponseMetadata, load_response

# Kinds whose origin and destination are not airports.
_REGION_KINDS = (SearchKind.BULK, SearchKind.ROUTES)
_YEARS = range(2000, 2100)
_CLOCK_ERROR = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """The parts of a search and its response that are set with options; None means that an option is missing."""

    kind: SearchKind | None = None
    origin: str | None = None
    destination: str | None = None
    first: date | None = None
    last: date | None = None
    cabins: tuple[Cabin, ...] | None = None
    travelers: int | None = None
    target_program: str | None = None
    source_id: str | None = None
    page: int | None = None
    seen_at: datetime | None = None
    http_status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedResponse:
    """The file of a response, its search and the time at which it was received; the body is read when needed."""

    file: Path
    search: Search
    seen_at: datetime
    status: int | None
    page: int

    def body(self) -> bytes:
        """Read the body. Raises InvalidArgument or StorageError if the file has changed and cannot be read."""
        return _load(self.file)[0]


def add_search_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for what a response does not contain."""
    add = parser.add_argument
    add("--kind", choices=[kind.value for kind in SearchKind], help="kind of the search")
    add("--origin", metavar="CODE", help="airport; for bulk, a region or any")
    add("--destination", metavar="CODE", help="airport; for bulk, a region or any")
    add("--dates", metavar="DATES", help="searched dates: a day, a month or a range such as 2027-03-01..2027-03-31")
    add("--cabin", metavar="NAME", help="cabins of the search, separated by commas; default: all")
    add("--travelers", metavar="N", help="size of the party")
    add("--target-program", metavar="KEY", help="program that was searched for at a source that covers several")
    add("--source-id", metavar="ID", help="the source's ID of the offer whose flights were requested")
    add("--page", metavar="N", help="page number, if the search had several pages; default: 1")
    add("--status", metavar="CODE", help="HTTP status of the response; default: 200")
    add("--seen-at", metavar="TIME", help="time of the response, such as 2026-04-01T12:00Z")


def parse_search_options(opts: argparse.Namespace, today: date) -> SearchOptions:
    """Return the options that are set. Raises InvalidArgument."""
    kind = SearchKind(opts.kind) if opts.kind else None
    if (travelers := integer("--travelers", opts.travelers, minimum=1)) and travelers > MAX_PARTY:
        raise InvalidArgument(f"--travelers: expected 1 to {MAX_PARTY}, got {opts.travelers!r}")
    status = integer("--status", opts.status, minimum=100)
    if status is not None and status > 599:
        raise InvalidArgument(f"--status: expected 100 to 599, got {opts.status!r}")
    if (target := opts.target_program) is not None and target not in all_programs():
        raise InvalidArgument(f"--target-program: unknown program {target!r}; scrapy programs lists all")
    return SearchOptions(
        kind=kind,
        origin=_place("--origin", opts.origin, kind),
        destination=_place("--destination", opts.destination, kind),
        first=day("--dates", opts.dates, today),
        last=day("--dates", opts.dates, today, end=True),
        cabins=tuple(map(Cabin, choices("--cabin", opts.cabin, Cabin))) or None,
        travelers=travelers,
        target_program=target,
        source_id=opts.source_id,
        page=integer("--page", opts.page, minimum=1),
        seen_at=_time(opts.seen_at),
        http_status=status,
    )


def read_response(program: str, file: Path, options: SearchOptions) -> SavedResponse:
    """Return a file as the response to a search of a program, without its body.

    Options override archived metadata, which is complete; without metadata, the rest is detected in the response.
    Raises InvalidArgument or StorageError with a sentence about the file.
    """
    body, metadata = _load(file)
    if metadata is not None:
        if metadata.program != program:
            raise InvalidArgument(f"{file} is a response of {metadata.program[:40]!r}, not of {program}")
        response = _archived(file, metadata, options)
    else:
        response = _supplied(program, file, body, options)
    _check(response, get_parser(program).PARSERS)
    return response


def _load(file: Path) -> tuple[bytes, ResponseMetadata | None]:
    try:
        return load_response(file)
    except OSError as error:
        raise InvalidArgument(f"{file} cannot be read: {error.strerror}") from error


def _archived(file: Path, metadata: ResponseMetadata, options: SearchOptions) -> SavedResponse:
    search = Search(
        program=metadata.program,
        kind=options.kind or metadata.kind,
        origin=options.origin or metadata.origin,
        destination=options.destination or metadata.destination,
        first=options.first or metadata.first,
        last=options.last or metadata.last,
        cabins=metadata.cabins if options.cabins is None else options.cabins,
        travelers=options.travelers or metadata.travelers,
        target_program=metadata.target_program if options.target_program is None else options.target_program,
        source_id=metadata.source_id if options.source_id is None else options.source_id,
        id=metadata.search_id,
    )
    return SavedResponse(
        file=file,
        search=search,
        seen_at=options.seen_at or metadata.seen_at,
        status=options.http_status or metadata.http_status,
        page=metadata.page if options.page is None else options.page,
    )


def _supplied(program: str, file: Path, body: bytes, options: SearchOptions) -> SavedResponse:
    if not body.strip():
        raise InvalidArgument(f"{file} is empty")
    detected = get_parser(program).detect(body) or Detected()
    kind = options.kind or detected.kind
    if kind is None:
        raise InvalidArgument(f"{file} is not recognized as a response of {program}; if it is one, add --kind")
    origin, destination = options.origin or detected.origin, options.destination or detected.destination
    if kind is SearchKind.ROUTES:
        origin, destination = origin or ANY_PLACE, destination or ANY_PLACE
    if not origin or not destination:
        raise InvalidArgument(f"{file} does not contain its route; add --origin and --destination")
    seen_at = options.seen_at or detected.responded_at or datetime.fromtimestamp(file.stat().st_mtime, UTC)
    first, last = options.first or detected.first, options.last or detected.last
    if kind is SearchKind.ROUTES:  # a list of routes has no dates: it is of the day on which it was received
        first, last = first or seen_at.date(), last or seen_at.date()
    if first is None or last is None:
        raise InvalidArgument(f"{file} does not contain its dates; add --dates")
    search = Search(
        program=program,
        kind=kind,
        origin=origin,
        destination=destination,
        first=first,
        last=last,
        cabins=options.cabins or (),
        travelers=options.travelers or detected.travelers,
        target_program=options.target_program or detected.target_program,
        source_id=options.source_id or "",
    )
    return SavedResponse(file=file, search=search, seen_at=seen_at, status=options.http_status, page=options.page or 1)


def _check(response: SavedResponse, kinds: Collection[SearchKind]) -> None:
    """Raise InvalidArgument if the search of a response cannot exist, as with a foreign file in the archive."""
    file, search = response.file, response.search
    if search.kind not in kinds:
        raise InvalidArgument(f"{file}: {search.program} has no {search.kind} responses, only {', '.join(kinds)}")
    is_place = _is_region if search.kind in _REGION_KINDS else airports().__contains__
    for place in (search.origin, search.destination):
        if not is_place(place):
            raise InvalidArgument(f"{file}: {place[:40]!r} is not {_expected(search.kind)}")
    if search.first > search.last:
        raise InvalidArgument(f"{file}: the dates {search.first}..{search.last} are in the wrong order")
    if search.target_program and search.target_program not in all_programs():
        raise InvalidArgument(f"{file}: unknown program {search.target_program[:40]!r}")
    for moment in (search.first, search.last, response.seen_at):
        if moment.year not in _YEARS:
            raise InvalidArgument(f"{file}: {moment} is not a date of a response")
    if response.seen_at > clock.now() + _CLOCK_ERROR:  # what is stored later would count as older
        raise InvalidArgument(f"{file}: {response.seen_at} is in the future")


def _is_region(name: str) -> bool:
    return name == ANY_PLACE or name in SEATSAERO_REGIONS


def _expected(kind: SearchKind) -> str:
    return f"{ANY_PLACE} or a region ({', '.join(SEATSAERO_REGIONS)})" if kind in _REGION_KINDS else "a known airport"


def _place(option: str, text: str | None, kind: SearchKind | None) -> str | None:
    """Parse an airport's code; a region (or `any`) if the kind has regions or is not given."""
    if not text:
        return None
    if kind is None or kind in _REGION_KINDS:
        names = {name.lower(): name for name in (ANY_PLACE, *SEATSAERO_REGIONS)}
        if region := names.get(text.strip().lower()):
            return region
    if kind in _REGION_KINDS:
        raise InvalidArgument(f"{option}: {text!r} is not {_expected(kind)}")
    codes = parse_airport_codes(text)
    if len(codes) != 1:
        raise InvalidArgument(f"{option}: {text} means {len(codes)} airports; expected one")
    return codes[0]


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument(f"--seen-at: expected a time such as 2026-04-01T12:00Z, got {text!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
