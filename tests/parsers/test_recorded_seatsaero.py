"""seats.aero's parser on recorded pages: one row each of six programs, and ten rows of one program.

The recordings are in ../shared/recorded and not part of the repository; without them these tests are skipped.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, ParseWarning, Search, SearchKind
from awardspider.parsers.seatsaero import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "seatsaero"
ROWS = RESPONSES / "search-live-CPH-BKK.json"
BULK = RESPONSES / "availability-bulk-delta-2023-09-16.json"
AUGUST = (date(2026, 8, 1), date(2026, 8, 31))
SEEN_AT = datetime(2026, 7, 24, 12, 0, tzinfo=UTC)
CABINS = {"Y": Cabin.ECONOMY, "W": Cabin.PREMIUM_ECONOMY, "J": Cabin.BUSINESS, "F": Cabin.FIRST}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


def parse(travelers: int = 1) -> list[AwardOfferItem]:
    search = Search(
        program="seatsaero", kind=SearchKind.CALENDAR, origin="CPH", destination="BKK", first=AUGUST[0], last=AUGUST[1],
        travelers=travelers,
    )  # fmt: skip
    items = list(PARSERS[SearchKind.CALENDAR](ROWS.read_bytes(), search, SEEN_AT))
    assert [item for item in items if isinstance(item, ParseWarning)] == []
    return [item for item in items if isinstance(item, AwardOfferItem)]


def test_every_available_cabin_of_every_row() -> None:
    expected = {
        (row["Source"], letter): row
        for row in json.loads(ROWS.read_bytes())["data"]
        for letter in CABINS
        if row[f"{letter}Available"]
    }
    parsed = {(offer.program, offer.cabin): offer for offer in parse()}
    assert len(parsed) == len(expected) == 13
    for (source, letter), row in expected.items():
        offer = parsed[source, CABINS[letter]]
        assert (offer.origin, offer.destination, str(offer.departure_date)) == ("CPH", "BKK", row["Date"])
        assert str(offer.miles) == row[f"{letter}MileageCost"]
        assert offer.taxes == Money(Decimal(row[f"{letter}TotalTaxes"]) / 100, row["TaxesCurrency"])
        assert offer.seats == (row[f"{letter}RemainingSeats"] or None)
        assert offer.seen_at == datetime.fromisoformat(row["UpdatedAt"])
        assert (offer.source, offer.detail, offer.source_id) == ("seatsaero", Detail.DAY, row["ID"])


def test_travelers_depend_on_available_seats() -> None:
    """Delta has one seat in business, and the seats of united are unknown: these prices are for one traveler."""
    travelers = {(offer.program, offer.cabin): offer.travelers for offer in parse(travelers=2)}
    assert travelers["delta", Cabin.ECONOMY] == 2
    assert travelers["delta", Cabin.BUSINESS] == 1
    assert travelers["united", Cabin.ECONOMY] == 1


def test_a_bulk_page_of_several_pairs_of_regions() -> None:
    """The page of 2023 has rows within North America and between North America and Asia, and no taxes."""
    detected = detect(BULK.read_bytes())
    assert detected is not None
    assert (detected.kind, detected.origin, detected.destination) == (SearchKind.BULK, "any", "any")
    assert detected.target_program == "delta"
    assert detected.first is not None
    assert detected.last is not None
    search = Search(
        program="seatsaero",
        kind=SearchKind.BULK,
        origin="any",
        destination="any",
        first=detected.first,
        last=detected.last,
        target_program="delta",
    )
    items = list(PARSERS[SearchKind.BULK](BULK.read_bytes(), search, datetime(2023, 9, 17, tzinfo=UTC)))
    expected = {
        (row["Route"]["OriginAirport"], row["Route"]["DestinationAirport"], row["Date"], CABINS[letter])
        for row in json.loads(BULK.read_bytes())["data"]
        for letter in CABINS
        if row[f"{letter}Available"]
    }
    assert {
        (item.origin, item.destination, str(item.departure_date), item.cabin)
        for item in items
        if isinstance(item, AwardOfferItem)
    } == expected
    assert len(items) == len(expected)


def test_detect() -> None:
    detected = detect(ROWS.read_bytes())
    assert detected is not None
    assert (detected.kind, detected.origin, detected.destination) == (SearchKind.CALENDAR, "CPH", "BKK")
    assert (detected.first, detected.last) == (date(2026, 8, 1), date(2026, 8, 12))
