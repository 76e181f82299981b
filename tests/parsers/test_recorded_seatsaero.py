"""seats.aero's reader on a real page, read in place (see test_recorded.py): one row each of six programs."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, ParseWarning, Search
from awardspider.parsers.seatsaero import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "seatsaero"
ROWS = RESPONSES / "search-live-CPH-BKK.json"
AUGUST = (date(2026, 8, 1), date(2026, 8, 31))
SEEN_AT = datetime(2026, 7, 24, 12, 0, tzinfo=UTC)
CABINS = {"Y": Cabin.ECONOMY, "W": Cabin.PREMIUM_ECONOMY, "J": Cabin.BUSINESS, "F": Cabin.FIRST}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded answers beside this clone (../shared/recorded)"
)


def read(travelers: int = 1) -> list[AwardOfferItem]:
    search = Search(
        program="seatsaero", kind="calendar", origin="CPH", destination="BKK", first=AUGUST[0], last=AUGUST[1],
        travelers=travelers,
    )  # fmt: skip
    items = list(PARSERS["calendar"](ROWS.read_bytes(), search, SEEN_AT))
    assert [item for item in items if isinstance(item, ParseWarning)] == []
    return [item for item in items if isinstance(item, AwardOfferItem)]


def test_every_available_cabin_of_every_row() -> None:
    walked = {
        (row["Source"], letter): row
        for row in json.loads(ROWS.read_bytes())["data"]
        for letter in CABINS
        if row[f"{letter}Available"]
    }
    told = {(offer.program, offer.cabin): offer for offer in read()}
    assert len(told) == len(walked) == 13
    for (source, letter), row in walked.items():
        offer = told[source, CABINS[letter]]
        assert (offer.origin, offer.destination, str(offer.departure_date)) == ("CPH", "BKK", row["Date"])
        assert str(offer.miles) == row[f"{letter}MileageCost"]
        assert offer.taxes == Money(Decimal(row[f"{letter}TotalTaxes"]) / 100, row["TaxesCurrency"])
        assert offer.seats == (row[f"{letter}RemainingSeats"] or None)
        assert offer.seen_at == datetime.fromisoformat(row["UpdatedAt"])
        assert (offer.source, offer.detail, offer.source_id) == ("seatsaero", Detail.DAY, row["ID"])


def test_a_party_is_told_only_where_the_seats_are_enough() -> None:
    """Two travelers: delta has one seat in business, united does not say."""
    parties = {(offer.program, offer.cabin): offer.travelers for offer in read(travelers=2)}
    assert parties["delta", Cabin.ECONOMY] == 2
    assert parties["delta", Cabin.BUSINESS] == 1
    assert parties["united", Cabin.ECONOMY] == 1


def test_the_answer_says_what_it_is() -> None:
    said = detect(ROWS.read_bytes())
    assert said is not None
    assert (said.kind, said.origin, said.destination) == ("calendar", "CPH", "BKK")
    assert (said.first, said.last) == (date(2026, 8, 1), date(2026, 8, 12))
