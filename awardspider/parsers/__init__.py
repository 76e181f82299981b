"""How to read: one module a program, each with READS (kind -> function), PATHS, opened() and recognize().

A reading function takes the answer's bytes, the search that it answers and the time it was seen, and yields offers,
with `Odd` for whatever cost a field or an offer and `Covered` for the days the answer speaks for. It yields no offer
only where the answer is the program's own way of saying none, and raises `Changed` for a shape it does not know.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, cast

from awardspider.items import AwardOfferItem, CoveredDates, MonitoredRoutes, ParseWarning, Search, SearchKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What an answer says of itself; None where it does not say."""

    kind: SearchKind | None = None
    origin: str | None = None
    destination: str | None = None
    first: date | None = None
    last: date | None = None
    travelers: int = 1
    answered_at: datetime | None = None


class Parser(Protocol):
    """The face of a reader module.

    `PATHS` names, by kind, the places in an answer that what is read comes from: keys with dots between, `[]` for any
    item of a list and `{}` for any key of an object. A place belongs there where every answer with offers has it.
    """

    PARSERS: dict[
        str,
        Callable[[bytes, Search, datetime], Iterator[AwardOfferItem | CoveredDates | MonitoredRoutes | ParseWarning]],
    ]
    REQUIRED_PATHS: dict[SearchKind, tuple[str, ...]]

    def decode(self, body: bytes) -> object:
        """The answer as plain lists, objects and values, whatever it is wrapped in. Raises Changed."""

    def detect(self, body: bytes) -> Detected | None:
        """What the answer says it is, or None where it is not one of this program's answers."""


def get_parser(program: str) -> Parser:
    """The reader of a program, by key."""
    return cast("Parser", importlib.import_module(f"awardspider.parsers.{program}"))
