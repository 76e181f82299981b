"""The cases under fixtures/<program>/<case>/: `response.*`, written by hand from docs/sources, and what must come out.

`expected.json` holds `search` (the question), `description` (what the case is about) and either `raises` (a Reason; `note` is
a text that must stand in its note) or `offers`, `warnings`, `covered` and `routes` (origin, destination, days ahead). An
offer is compared in full: a field that is not named has its default; `shared` is shared by all. `detected` is what the answer
says of itself where that is not what the question says; null where it is not known for an answer of the program at all.
"""

from __future__ import annotations

import dataclasses
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import awardspider.parsers
from awardspider.items import (
    AwardOfferItem,
    Cabin,
    CoveredDates,
    Detail,
    Money,
    MonitoredRoutes,
    ParseWarning,
    Search,
    Segment,
)
from awardspider.parsers import Parser, get_parser
from awardspider.programs import programs
from tests.support.paths import FIXTURES

SEEN_AT = datetime(2026, 11, 20, 15, 6, tzinfo=UTC)
Item = AwardOfferItem | CoveredDates | MonitoredRoutes | ParseWarning
FIELDS = tuple(field.name for field in dataclasses.fields(AwardOfferItem) if field.name != "search")


@dataclass(frozen=True)
class Case:
    """One folder of fixtures, with its program."""

    program: str
    name: str
    body: bytes
    expected: dict[str, Any]

    @property
    def search(self) -> Search:
        asked = dict(self.expected["search"])
        first, last = date.fromisoformat(asked.pop("first")), date.fromisoformat(asked.pop("last"))
        asked["cabins"] = tuple(map(Cabin, asked.get("cabins", ())))
        return Search(program=self.program, first=first, last=last, **asked)

    def read(self, body: bytes | None = None) -> list[Item]:
        """Everything the reader yields for this case's question, from its own answer or another."""
        return list(self.parser.PARSERS[self.search.kind](self.body if body is None else body, self.search, SEEN_AT))

    @property
    def parser(self) -> Parser:
        return get_parser(self.program)


def _cases() -> Iterator[Case]:
    for folder in sorted(FIXTURES.glob("*/*/")):
        body = next(folder.glob("response.*")).read_bytes()
        yield Case(folder.parent.name, folder.name, body, json.loads((folder / "expected.json").read_text("utf-8")))


CASES = list(_cases())
TELLING = [case for case in CASES if case.expected.get("offers")]
LISTING = [case for case in CASES if case.expected.get("routes")]


def over(cases: list[Case]) -> pytest.MarkDecorator:
    """Run a test over cases, named by program and case."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.program}/{case.name}") for case in cases])


def offers_of(items: list[Item]) -> list[AwardOfferItem]:
    return [item for item in items if isinstance(item, AwardOfferItem)]


def odd_of(items: list[Item]) -> list[ParseWarning]:
    return [item for item in items if isinstance(item, ParseWarning)]


def expected_offer(case: Case, told: dict[str, Any]) -> AwardOfferItem:
    """The offer that `told` (one entry of `offers`) describes, its defaults filled in."""
    search = case.search
    fields: dict[str, Any] = {
        "program": case.program,
        "source": case.program,
        "origin": search.origin,
        "destination": search.destination,
        "departure_date": search.first.isoformat(),
        "travelers": search.travelers,
        "seen_at": SEEN_AT,
    }
    fields |= case.expected.get("shared", {}) | told
    fields["detail"] = Detail(fields["detail"])
    fields["cabin"] = Cabin(fields["cabin"])
    fields["departure_date"] = date.fromisoformat(fields["departure_date"])
    if isinstance(fields["seen_at"], str):  # the answer says when the program saw it last
        fields["seen_at"] = datetime.fromisoformat(fields["seen_at"])
    fields["segments"] = tuple(_segment(segment) for segment in fields.get("segments", ()))
    for name in ("taxes", "cash_price"):
        if fields.get(name):
            fields[name] = Money(Decimal(fields[name][0]), fields[name][1])
    return AwardOfferItem(**fields)


def _segment(told: dict[str, Any]) -> Segment:
    fields = {"operating_carrier": None} | told
    for name in ("departs_at", "arrives_at"):
        fields[name] = datetime.fromisoformat(fields[name])
    if fields.get("cabin"):
        fields["cabin"] = Cabin(fields["cabin"])
    return Segment(**fields)


def plain(offer: AwardOfferItem) -> dict[str, Any]:
    """An offer as plain values, times with their offset spelled out: equal instants in other zones are not equal."""
    told = {name: getattr(offer, name) for name in FIELDS}
    told["segments"] = [dataclasses.asdict(segment) for segment in offer.segments]
    for segment in told["segments"]:
        segment["departs_at"] = segment["departs_at"].isoformat()
        segment["arrives_at"] = segment["arrives_at"].isoformat()
    return told


def by_identity(offers: list[AwardOfferItem]) -> list[dict[str, Any]]:
    return sorted(map(plain, offers), key=lambda told: [str(told[name]) for name in FIELDS])


READERS = [module.name for module in pkgutil.iter_modules(awardspider.parsers.__path__)]
PROGRAMS = [name for name in READERS if name in programs()]
