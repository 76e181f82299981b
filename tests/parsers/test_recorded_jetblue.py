"""JetBlue's parser on recorded responses, which are not part of the repository (see test_recorded_united.py)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, ParseWarning, Search, SearchKind, Segment
from awardspider.parsers.jetblue import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "jetblue"
MONTH = RESPONSES / "pointsnap-2026-09-JFK-LAX-2026-10.bestFares.json"
FLIGHTS = RESPONSES / "pointsnap-2026-09-JFK-LAX-2026-10-05.NGB.excerpt.json"
SEEN_AT = datetime(2026, 9, 5, tzinfo=UTC)
TAXES = Money(Decimal("5.60"), "USD")

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


def parse(path: Path, kind: SearchKind, first: date, last: date) -> list[Any]:
    search = Search(program="jetblue", kind=kind, origin="JFK", destination="LAX", first=first, last=last)
    return list(PARSERS[kind](path.read_bytes(), search, SEEN_AT))


def test_every_day_of_the_month() -> None:
    items = parse(MONTH, SearchKind.CALENDAR, date(2026, 10, 1), date(2026, 10, 31))
    fares = json.loads(MONTH.read_bytes())["outboundFares"]
    assert len(fares) == 31
    assert items == [
        AwardOfferItem(
            program="jetblue",
            source="jetblue",
            detail=Detail.DAY,
            origin="JFK",
            destination="LAX",
            departure_date=date.fromisoformat(fare["date"]),
            cabin=Cabin.ECONOMY,
            miles=fare["amount"],
            taxes=TAXES,
            seats=fare["seats"],
            seen_at=SEEN_AT,
        )
        for fare in fares
    ]


def test_only_the_searched_days() -> None:
    items = parse(MONTH, SearchKind.CALENDAR, date(2026, 10, 20), date(2026, 10, 31))
    assert [item.departure_date.day for item in items] == list(range(20, 32))


def test_every_brand_of_the_flight() -> None:
    offers = parse(FLIGHTS, SearchKind.ITINERARY, date(2026, 10, 5), date(2026, 10, 5))
    [product] = json.loads(FLIGHTS.read_bytes())["data"]["searchResults"][0]["productOffers"]
    assert len(product["offers"]) == 8
    names = ["Main Base", "Main", "Main Flex", "EvenMore Base", "EvenMore", "EvenMore Flex", "Mint", "Mint Flex"]
    for offer, entry, name in zip(offers, product["offers"], names, strict=True):
        cabin = {"Economy": Cabin.ECONOMY, "Business": Cabin.BUSINESS}[entry["cabinClass"]]
        [info] = entry["offerSegmentInfo"]
        assert offer == AwardOfferItem(
            program="jetblue",
            source="jetblue",
            detail=Detail.ITINERARY,
            origin="JFK",
            destination="LAX",
            departure_date=date(2026, 10, 5),
            cabin=cabin,
            miles=entry["price"][0]["amount"],
            taxes=TAXES,
            seats=entry.get("seatsRemaining", {}).get("count"),
            stops=0,
            duration_minutes=365,
            segments=(
                Segment(
                    marketing_carrier="B6",
                    operating_carrier="B6",
                    flight_number="123",
                    origin="JFK",
                    destination="LAX",
                    departs_at=datetime.fromisoformat("2026-10-05T06:00-04:00"),
                    arrives_at=datetime.fromisoformat("2026-10-05T09:05-07:00"),
                    aircraft="32S",
                    cabin=cabin,
                    booking_code=info["bookingClass"],
                ),
            ),
            fare_name=name,
            booking_code=info["bookingClass"],
            mixed_cabin=False,
            seen_at=SEEN_AT,
        )
        times = [time.isoformat() for time in (offer.segments[0].departs_at, offer.segments[0].arrives_at)]
        assert times == ["2026-10-05T06:00:00-04:00", "2026-10-05T09:05:00-07:00"]


def test_no_warnings() -> None:
    both = parse(MONTH, SearchKind.CALENDAR, date(2026, 10, 1), date(2026, 10, 31))
    both += parse(FLIGHTS, SearchKind.ITINERARY, date(2026, 10, 5), date(2026, 10, 5))
    assert [item for item in both if isinstance(item, ParseWarning)] == []


def test_detect() -> None:
    month, flights = detect(MONTH.read_bytes()), detect(FLIGHTS.read_bytes())
    assert month is not None
    assert flights is not None
    assert (month.kind, month.origin, month.first, month.last) == (
        "calendar",
        None,
        date(2026, 10, 1),
        date(2026, 10, 31),
    )
    assert (flights.kind, flights.origin, flights.destination, flights.first) == (
        "itinerary",
        "JFK",
        "LAX",
        date(2026, 10, 5),
    )


def test_responses_of_other_programs_are_not_detected() -> None:
    others = [path for path in RESPONSES.parent.glob("*/*.json") if path.parent.name != "jetblue"]
    assert others
    for path in others:
        assert detect(path.read_bytes()) is None, path.name
