"""Southwest's parser on recorded responses, which are not part of the repository (see test_recorded_united.py)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, ParseWarning, Search, SearchKind
from awardspider.parsers.southwest import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "southwest"


class Recording(NamedTuple):
    """A file, its search, and a time before departure."""

    name: str
    origin: str
    destination: str
    day: date
    seen_at: datetime


RECORDINGS = [
    Recording(
        "awardwiz-2022-05-14-southwest_sample.json", "OAK", "KOA", date(2022, 7, 25), datetime(2022, 5, 14, tzinfo=UTC)
    ),
    Recording(
        "pointsnap-2026-09-DEN-LAS-2026-10-05.shopping.excerpt.json",
        "DEN",
        "LAS",
        date(2026, 10, 5),
        datetime(2026, 9, 5, tzinfo=UTC),
    ),
]
NAMES = {"WGARED": "Basic", "PLURED": "Choice", "ANYRED": "Choice Preferred", "BUSRED": "Choice Extra"}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)
EACH_RECORDING = pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name[:20])


def parse(recording: Recording) -> list[Any]:
    search = Search(
        program="southwest",
        kind=SearchKind.ITINERARY,
        origin=recording.origin,
        destination=recording.destination,
        first=recording.day,
        last=recording.day,
    )
    return list(PARSERS[SearchKind.ITINERARY]((RESPONSES / recording.name).read_bytes(), search, recording.seen_at))


def fares(recording: Recording) -> list[tuple[dict[str, Any], str, dict[str, Any]]]:
    """Return each flight with each of its fares, read without the parser."""
    response = json.loads((RESPONSES / recording.name).read_bytes())
    details = response["data"]["searchResults"]["airProducts"][0]["details"]
    return [(flight, code, fare) for flight in details for code, fare in flight["fareProducts"]["ADULT"].items()]


@EACH_RECORDING
def test_every_field_of_every_fare(recording: Recording) -> None:
    offers = {
        (offer.flights, offer.segments[0].departs_at.isoformat(), offer.fare_name): offer
        for offer in parse(recording)
        if isinstance(offer, AwardOfferItem)
    }
    rows = fares(recording)
    assert rows
    assert len(offers) == len(rows)
    for flight, code, fare in rows:
        legs = flight["segments"]
        departs = legs[0]["departureDateTime"].replace(".000", "")
        offer = offers[" ".join(f"WN{leg['flightNumber']}" for leg in legs), departs, NAMES[code]]
        price, taxes = fare["fare"]["totalFare"], fare["fare"]["totalTaxesAndFees"]
        assert price["currencyCode"] == "POINTS"
        assert (offer.miles, offer.cabin, offer.detail) == (int(price["value"]), Cabin.ECONOMY, Detail.ITINERARY)
        assert offer.taxes == Money(Decimal(taxes["value"]), taxes["currencyCode"])
        assert offer.seats == fare["fare"].get("seatsLeft")
        assert offer.duration_minutes == flight.get("totalDuration")
        assert offer.stops == len(legs) - 1 + sum(leg["numberOfStops"] for leg in legs)
        assert (offer.on_sale, offer.regular_miles, offer.travelers) == (False, None, 1)
        assert (offer.departure_date, offer.seen_at) == (recording.day, recording.seen_at)
        parts = fare.get("productId", "").split("|")[1:]
        assert [leg.booking_code for leg in offer.segments] == ([part.split(",")[1] for part in parts] or [None])
        for segment, leg in zip(offer.segments, legs, strict=True):
            assert (segment.origin, segment.destination) == (
                leg["originationAirportCode"],
                leg["destinationAirportCode"],
            )
            assert segment.departs_at.isoformat() == leg["departureDateTime"].replace(".000", "")
            assert segment.arrives_at.isoformat() == leg["arrivalDateTime"].replace(".000", "")
            assert (segment.aircraft, segment.operating_carrier) == (leg["aircraftEquipmentType"], "WN")
            assert segment.stops == leg["numberOfStops"]


@EACH_RECORDING
def test_no_warnings(recording: Recording) -> None:
    assert [item for item in parse(recording) if isinstance(item, ParseWarning)] == []


@EACH_RECORDING
def test_detect(recording: Recording) -> None:
    detected = detect((RESPONSES / recording.name).read_bytes())
    assert detected is not None
    assert (detected.kind, detected.origin, detected.destination) == (
        "itinerary",
        recording.origin,
        recording.destination,
    )
    assert detected.first == detected.last == recording.day


def test_responses_of_other_programs_are_not_detected() -> None:
    others = [path for path in RESPONSES.parent.glob("*/*.json") if path.parent.name != "southwest"]
    assert others
    for path in others:
        assert detect(path.read_bytes()) is None, path.name
