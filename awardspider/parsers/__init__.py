"""Parsers of responses: one module per program, loaded with `get_parser`, and one per document of another site."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol, TypeAlias, cast

from awardspider.items import (
    AwardOfferItem,
    CoveredDates,
    ExchangeRatesItem,
    MonitoredRoutes,
    ParseWarning,
    PromotionItem,
    Search,
    SearchKind,
    SourceKind,
)

#: A larger response of a source of announcements is not read. The largest known ones have about 1 MB.
MAX_SOURCE_BYTES = 5 * 1024 * 1024

#: The time zone of the United States in which a day ends last, apart from islands, is eight hours behind UTC.
_LAST_ZONE = timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContext:
    """The source of a response, and the texts of earlier responses, for a parser of announcements.

    `previous_text` is the SourceText of the last response, and `other_texts` are those of the sources that this one is
    compared with. `name` is the source's name that people read, and `content_type` the header of the response, if any.
    `selector` is the CSS selector of the part of a page that is read. `find_place` returns the IATA code of a city or
    airport by its name.
    """

    url: str
    kind: SourceKind
    seen_at: datetime
    name: str = ""
    content_type: str = ""
    language: str = "en"
    selector: str | None = None
    previous_text: str | None = None
    other_texts: tuple[str, ...] = ()
    find_place: Callable[[str], str | None] | None = None

    @property
    def today(self) -> date:
        """Return the date at `seen_at` in the last time zone of the United States, with which last days are compared.

        A promotion that ended the day before has ended everywhere.
        """
        return (self.seen_at - _LAST_ZONE).date()


class SourceText(NamedTuple):
    """The text to compare with the next response of a table or page, and the number of announcements in this one."""

    text: str
    entries: int


ParsedItem: TypeAlias = AwardOfferItem | CoveredDates | MonitoredRoutes | ParseWarning
DocumentItem: TypeAlias = ExchangeRatesItem | ParseWarning
AnnouncementItem: TypeAlias = PromotionItem | SourceText | ParseWarning
ParseFunction: TypeAlias = Callable[[bytes, Search, datetime], Iterator[ParsedItem]]

#: A body with more values would need hundreds of megabytes when decoded. The largest known response has 100,000.
MOST_VALUES = 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """The parts of a search that can be read from its response."""

    kind: SearchKind | None = None
    origin: str | None = None
    destination: str | None = None
    first: date | None = None
    last: date | None = None
    travelers: int = 1
    target_program: str = ""
    responded_at: datetime | None = None


class Parser(Protocol):
    """The interface of a parser module.

    Each function in `PARSERS` takes the body of a response, the search, and the response time (in UTC). It yields
    offers or monitored routes, a `ParseWarning` for each value that it could not use, and `CoveredDates` if the
    response covers different days from the search. If it finishes without offers, the program reported no availability.
    In all other cases it raises SearchFailed: UnexpectedResponse if the structure is unknown.

    `REQUIRED_PATHS` lists the paths that every response with offers contains; see `_wire.required_paths`.
    """

    PARSERS: dict[SearchKind, ParseFunction]
    REQUIRED_PATHS: dict[SearchKind, tuple[str, ...]]

    def decode(self, body: bytes) -> object:
        """Return the response as plain lists, objects and values. Raise UnexpectedResponse if it is unreadable."""

    def detect(self, body: bytes) -> Detected | None:
        """Return the search that the response belongs to, or None if the response is not from this program."""


class DocumentParser(Protocol):
    """The interface of a parser of a document that belongs to no program and no search."""

    def parse(self, body: bytes, seen_at: datetime) -> Iterator[DocumentItem]:
        """Yield the items of a document, and a `ParseWarning` for each value that could not be used.

        Raise UnexpectedResponse if the structure is unknown or there is no item.
        """


class AnnouncementParser(Protocol):
    """The interface of a parser of announcements, which has the name of the spider."""

    def parse(self, body: bytes, context: SourceContext) -> Iterator[AnnouncementItem]:
        """Yield the announcements of a response, and a `ParseWarning` for each value that could not be used.

        Raise UnexpectedResponse if the structure is unknown or there is no announcement.
        """


def has_too_many_values(body: bytes) -> bool:
    """Return True if a body has more than MOST_VALUES values, which commas separate."""
    return body.count(b",") > MOST_VALUES


def get_parser(program: str) -> Parser:
    """Return the parser of the program with this key."""
    return cast("Parser", importlib.import_module(f"awardspider.parsers.{program}"))


def get_document_parser(source: str) -> DocumentParser:
    """Return the parser of a document by the key of its source."""
    return cast("DocumentParser", importlib.import_module(f"awardspider.parsers.{source}"))


def get_announcement_parser(spider: str) -> AnnouncementParser:
    """Return the parser of the announcements that a spider requests."""
    return cast("AnnouncementParser", importlib.import_module(f"awardspider.parsers.{spider}"))
