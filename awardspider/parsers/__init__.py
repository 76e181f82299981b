"""Parsers of the responses of programs: one module for each program, found with `get_parser`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeAlias, cast

from awardspider.items import AwardOfferItem, CoveredDates, MonitoredRoutes, ParseWarning, Search, SearchKind

ParsedItem: TypeAlias = AwardOfferItem | CoveredDates | MonitoredRoutes | ParseWarning
ParseFunction: TypeAlias = Callable[[bytes, Search, datetime], Iterator[ParsedItem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """The search that a response belongs to, as far as the response names it."""

    kind: SearchKind | None = None
    origin: str | None = None
    destination: str | None = None
    first: date | None = None
    last: date | None = None
    travelers: int = 1
    responded_at: datetime | None = None


class Parser(Protocol):
    """The interface of a parser module.

    A function of `PARSERS` takes the body of a response, the search, and the time of the response (in UTC). It yields
    offers, a `ParseWarning` for each value that costs a field or an offer, and `CoveredDates` if the response covers
    other days than the search. No offers mean that the program itself reports no availability. In all other cases the
    function raises SearchFailed: UnexpectedResponse for an unknown structure.

    `REQUIRED_PATHS` lists the paths that every response with offers has; see `_wire.required_paths`.
    """

    PARSERS: dict[SearchKind, ParseFunction]
    REQUIRED_PATHS: dict[SearchKind, tuple[str, ...]]

    def decode(self, body: bytes) -> object:
        """Return the response as plain lists, objects and values. Raise UnexpectedResponse if it is unreadable."""

    def detect(self, body: bytes) -> Detected | None:
        """Return the search that the response belongs to, or None if it is not a response of the program."""


def get_parser(program: str) -> Parser:
    """Return the parser of a program by its key."""
    return cast("Parser", importlib.import_module(f"awardspider.parsers.{program}"))
