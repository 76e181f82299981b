"""Alaska's parser on a recorded response, which is not part of the repository (see test_recorded_united.py)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, ParseWarning, Search, SearchKind
from awardspider.parsers.alaska import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "alaska"
FLIGHTS = RESPONSES / "pointsnap-2026-09-SEA-SFO-2026-10-05.results.excerpt.json"
SEEN_AT = datetime(2026, 9, 5, tzinfo=UTC)
DAY = date(2026, 10, 5)
CABINS = {"COACH": Cabin.ECONOMY, "FIRST": Cabin.FIRST}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


@pytest.fixture(scope="module")
def items() -> list[Any]:
    search = Search(program="alaska", kind=SearchKind.ITINERARY, origin="SEA", destination="SFO", first=DAY, last=DAY)
    return list(PARSERS[SearchKind.ITINERARY](FLIGHTS.read_bytes(), search, SEEN_AT))


def test_every_field_of_every_fare(items: list[Any]) -> None:
    offers = {(offer.flights, offer.fare_name): offer for offer in items if isinstance(offer, AwardOfferItem)}
    [result] = json.loads(FLIGHTS.read_bytes())
    rows = [(row, fare, solution) for row in result["rows"] for fare, solution in row["solutions"].items()]
    assert rows
    assert len(offers) == len(rows)
    for row, fare, solution in rows:
        legs = row["segments"]
        carriers = [leg["publishingCarrier"] for leg in legs]
        offer = offers[" ".join(f"{carrier['carrierCode']}{carrier['flightNumber']}" for carrier in carriers), fare]
        assert (offer.miles, offer.detail, offer.seats) == (
            solution["atmosPoints"],
            Detail.ITINERARY,
            solution["seatsRemaining"],
        )
        assert offer.taxes == Money(Decimal(str(solution["grandTotal"])).quantize(Decimal("0.01")), "USD")
        assert (offer.duration_minutes, offer.stops) == (row["duration"], len(legs) - 1)
        assert (offer.mixed_cabin, offer.on_sale, offer.booking_code) == (solution["mixedCabin"], None, None)
        assert {offer.cabin} == {CABINS[name] for name in solution["cabins"]}
        assert (offer.departure_date, offer.seen_at) == (DAY, SEEN_AT)
        for segment, leg, cabin in zip(offer.segments, legs, solution["cabins"], strict=True):
            assert (segment.origin, segment.destination) == (leg["departureStation"], leg["arrivalStation"])
            assert segment.departs_at.isoformat() == leg["departureTime"]
            assert segment.arrives_at.isoformat() == leg["arrivalTime"]
            assert (segment.aircraft, segment.cabin) == (leg["aircraft"], CABINS[cabin])


def test_no_warnings(items: list[Any]) -> None:
    assert [item for item in items if isinstance(item, ParseWarning)] == []


def test_operators_of_further_rows() -> None:
    path = RESPONSES / "pointsnap-2026-09-full-SEA-SFO-2026-10-05.first3rows.json"
    search = Search(program="alaska", kind=SearchKind.ITINERARY, origin="SEA", destination="SFO", first=DAY, last=DAY)
    items = list(PARSERS[SearchKind.ITINERARY](path.read_bytes(), search, SEEN_AT))
    carriers = {
        segment.flight: segment.operating_carrier
        for item in items
        if isinstance(item, AwardOfferItem)
        for segment in item.segments
    }
    assert carriers == {"AS725": "AS", "AS1401": "AS", "AS770": "AS", "AA6219": "OO", "AA2072": "AA"}
    assert not [item for item in items if isinstance(item, ParseWarning)]


def test_detect() -> None:
    detected = detect(FLIGHTS.read_bytes())
    assert detected is not None
    assert (detected.kind, detected.origin, detected.destination, detected.first, detected.last) == (
        "itinerary",
        "SEA",
        "SFO",
        DAY,
        DAY,
    )


def test_responses_of_other_programs_are_not_detected() -> None:
    others = [path for path in RESPONSES.parent.glob("*/*.json") if path.parent.name != "alaska"]
    assert others
    for path in others:
        assert detect(path.read_bytes()) is None, path.name
