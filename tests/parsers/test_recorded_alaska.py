"""Alaska's reader on a real answer, read in place: it stays outside the repository (see test_recorded.py)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, ParseWarning, Search
from awardspider.parsers.alaska import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "alaska"
FLIGHTS = RESPONSES / "pointsnap-2026-09-SEA-SFO-2026-10-05.results.excerpt.json"
SEEN_AT = datetime(2026, 9, 5, tzinfo=UTC)
DAY = date(2026, 10, 5)
CABINS = {"COACH": Cabin.ECONOMY, "FIRST": Cabin.FIRST}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded answers beside this clone (../shared/recorded)"
)


@pytest.fixture(scope="module")
def items() -> list[Any]:
    search = Search(program="alaska", kind="itinerary", origin="SEA", destination="SFO", first=DAY, last=DAY)
    return list(PARSERS["itinerary"](FLIGHTS.read_bytes(), search, SEEN_AT))


def test_every_fare_is_told_field_by_field(items: list[Any]) -> None:
    offers = {(offer.flights, offer.fare_name): offer for offer in items if isinstance(offer, AwardOfferItem)}
    [result] = json.loads(FLIGHTS.read_bytes())
    rows = [(row, fare, told) for row in result["rows"] for fare, told in row["solutions"].items()]
    assert rows
    assert len(offers) == len(rows)
    for row, fare, told in rows:
        legs = row["segments"]
        carriers = [leg["publishingCarrier"] for leg in legs]
        offer = offers[" ".join(f"{carrier['carrierCode']}{carrier['flightNumber']}" for carrier in carriers), fare]
        assert (offer.miles, offer.detail, offer.seats) == (
            told["atmosPoints"],
            Detail.ITINERARY,
            told["seatsRemaining"],
        )
        assert offer.taxes == Money(Decimal(str(told["grandTotal"])).quantize(Decimal("0.01")), "USD")
        assert (offer.duration_minutes, offer.stops) == (row["duration"], len(legs) - 1)
        assert (offer.mixed_cabin, offer.on_sale, offer.booking_code) == (told["mixedCabin"], None, None)
        assert {offer.cabin} == {CABINS[name] for name in told["cabins"]}
        assert (offer.departure_date, offer.seen_at) == (DAY, SEEN_AT)
        for segment, leg, cabin in zip(offer.segments, legs, told["cabins"], strict=True):
            assert (segment.origin, segment.destination) == (leg["departureStation"], leg["arrivalStation"])
            assert segment.departs_at.isoformat() == leg["departureTime"]
            assert segment.arrives_at.isoformat() == leg["arrivalTime"]
            assert (segment.aircraft, segment.cabin) == (leg["aircraft"], CABINS[cabin])


def test_nothing_in_it_is_odd(items: list[Any]) -> None:
    assert [item for item in items if isinstance(item, ParseWarning)] == []


def test_it_says_what_it_is() -> None:
    said = detect(FLIGHTS.read_bytes())
    assert said is not None
    assert (said.kind, said.origin, said.destination, said.first, said.last) == ("itinerary", "SEA", "SFO", DAY, DAY)


def test_answers_of_other_programs_are_not_its_own() -> None:
    others = [path for path in RESPONSES.parent.glob("*/*.json") if path.parent.name != "alaska"]
    assert others
    for path in others:
        assert detect(path.read_bytes()) is None, path.name
