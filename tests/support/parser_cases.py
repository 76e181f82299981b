"""Test cases of parsers in fixtures/<program>/<case>/: a `response.*` written by hand from docs/sources and its result.

`expected.json` contains `search`, `description`, and either `raises` (a Reason or `not_served`; `note` is a part of its
note) or `offers`, `warnings`, `covered` and `routes` (origin, destination, days ahead). Offers are compared in full: an
omitted field has its default, and `shared` contains fields of all offers. `detected` contains what `detect` returns if
it differs from the search; null means that `detect` returns None.
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
    Detail,
    Money,
    ParseWarning,
    Search,
    SearchKind,
    Segment,
)
from awardspider.parsers import ParsedItem, Parser, get_parser
from awardspider.programs import programs
from tests.support.paths import FIXTURES

SEEN_AT = datetime(2026, 11, 20, 15, 6, tzinfo=UTC)
Item = ParsedItem
FIELDS = tuple(field.name for field in dataclasses.fields(AwardOfferItem))


@dataclass(frozen=True)
class Case:
    """One folder of fixtures."""

    program: str
    name: str
    body: bytes
    expected: dict[str, Any]

    @property
    def search(self) -> Search:
        fields = dict(self.expected["search"])
        fields["first"], fields["last"] = date.fromisoformat(fields["first"]), date.fromisoformat(fields["last"])
        fields["kind"] = SearchKind(fields["kind"])
        fields["cabins"] = tuple(map(Cabin, fields.get("cabins", ())))
        return Search(program=self.program, **fields)

    def parse(self, body: bytes | None = None) -> list[Item]:
        """Return all items that the parser yields for this search, from the case's response or from another body."""
        return list(self.parser.PARSERS[self.search.kind](self.body if body is None else body, self.search, SEEN_AT))

    @property
    def parser(self) -> Parser:
        return get_parser(self.program)


def _cases() -> Iterator[Case]:
    for folder in sorted(FIXTURES.glob("*/*/")):
        body = next(folder.glob("response.*")).read_bytes()
        yield Case(folder.parent.name, folder.name, body, json.loads((folder / "expected.json").read_text("utf-8")))


CASES = list(_cases())
CASES_WITH_OFFERS = [case for case in CASES if case.expected.get("offers")]
CASES_WITH_ROUTES = [case for case in CASES if case.expected.get("routes")]


def for_each_case(cases: list[Case]) -> pytest.MarkDecorator:
    """Parametrize a test with cases, named by program and case."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.program}/{case.name}") for case in cases])


def offers_in(items: list[Item]) -> list[AwardOfferItem]:
    """Return the offers among parsed items."""
    return [item for item in items if isinstance(item, AwardOfferItem)]


def warnings_in(items: list[Item]) -> list[ParseWarning]:
    """Return the warnings among parsed items."""
    return [item for item in items if isinstance(item, ParseWarning)]


def expected_offer(case: Case, entry: dict[str, Any]) -> AwardOfferItem:
    """Return the offer of one entry of `offers`, with its defaults."""
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
    fields |= case.expected.get("shared", {}) | entry
    fields["detail"] = Detail(fields["detail"])
    fields["cabin"] = Cabin(fields["cabin"])
    fields["departure_date"] = date.fromisoformat(fields["departure_date"])
    if isinstance(fields["seen_at"], str):  # the response has the time when the program last saw the offer
        fields["seen_at"] = datetime.fromisoformat(fields["seen_at"])
    fields["segments"] = tuple(_segment(segment) for segment in fields.get("segments", ()))
    for name in ("taxes", "cash_price"):
        if fields.get(name):
            fields[name] = Money(Decimal(fields[name][0]), fields[name][1])
    return AwardOfferItem(**fields)


def _segment(entry: dict[str, Any]) -> Segment:
    fields = {"operating_carrier": None} | entry
    for name in ("departs_at", "arrives_at"):
        fields[name] = datetime.fromisoformat(fields[name])
    if fields.get("cabin"):
        fields["cabin"] = Cabin(fields["cabin"])
    return Segment(**fields)


def plain(offer: AwardOfferItem) -> dict[str, Any]:
    """Return an offer as plain values. Times are text with their offset: equal times in two zones are different."""
    values = {name: getattr(offer, name) for name in FIELDS}
    values["segments"] = [dataclasses.asdict(segment) for segment in offer.segments]
    for segment in values["segments"]:
        segment["departs_at"] = segment["departs_at"].isoformat()
        segment["arrives_at"] = segment["arrives_at"].isoformat()
    return values


def sorted_offers(offers: list[AwardOfferItem]) -> list[dict[str, Any]]:
    """Return offers as plain values in a fixed order, to compare them."""
    return sorted(map(plain, offers), key=lambda values: [str(values[name]) for name in FIELDS])


PROGRAMS = [module.name for module in pkgutil.iter_modules(awardspider.parsers.__path__) if module.name in programs()]
