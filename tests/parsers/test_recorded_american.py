"""American's parser on recorded responses, which are not part of the repository (see test_recorded_united.py)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Money, ParseWarning, Search, SearchKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers.american import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "american"
COMPLETE = RESPONSES / "awardwiz-2022-LAX-HNL-2022-08-29.first6.json"
EXCERPT = RESPONSES / "pointsnap-2026-09-LAX-AUS-2026-10-05.itinerary.excerpt.json"
SEEN_AT = datetime(2026, 9, 1, tzinfo=UTC)
CABINS = {
    "COACH": Cabin.ECONOMY,
    "PREMIUM_ECONOMY": Cabin.PREMIUM_ECONOMY,
    "BUSINESS": Cabin.BUSINESS,
    "FIRST": Cabin.FIRST,
}
BOTH = pytest.mark.parametrize(
    ("path", "destination", "day", "travelers"),
    [(COMPLETE, "HNL", date(2022, 8, 29), 1), (EXCERPT, "AUS", date(2026, 10, 5), 2)],
    ids=["2022", "2026"],
)

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


def parse(
    path: Path, destination: str, day: date, travelers: int
) -> list[AwardOfferItem | CoveredDates | ParseWarning]:
    search = Search(
        program="american",
        kind=SearchKind.ITINERARY,
        origin="LAX",
        destination=destination,
        first=day,
        last=day,
        travelers=travelers,
    )
    return list(PARSERS[SearchKind.ITINERARY](path.read_bytes(), search, SEEN_AT))


def slices(path: Path) -> list[Any]:
    """Return the slices from the searched airport."""
    every = json.loads(path.read_bytes())["slices"]
    return [one for one in every if one["segments"][0]["legs"][0]["origin"]["code"] == "LAX"]


def lowest(one: Any) -> dict[Cabin, Any]:
    """Return the lowest price of each cabin that is for sale on a slice."""
    prices: dict[Cabin, Any] = {}
    for price in sorted(one["pricingDetail"], key=lambda price: -price["perPassengerAwardPoints"]):
        if price["productAvailable"]:
            prices[CABINS[price["productType"]]] = price
    return prices


@BOTH
def test_all_prices(path: Path, destination: str, day: date, travelers: int) -> None:
    expected = []
    for one in slices(path):
        flights = " ".join(leg["flight"]["carrierCode"] + leg["flight"]["flightNumber"] for leg in one["segments"])
        for cabin, price in lowest(one).items():
            amount = price.get("perPassengerTaxesAndFees")
            taxes = Money(Decimal(f"{amount['amount']:.2f}"), amount["currency"]) if amount else None
            sale = price.get("webSpecial")
            expected.append((flights, cabin, price["perPassengerAwardPoints"], taxes, sale, one["durationInMinutes"]))
    items = parse(path, destination, day, travelers)
    offers = [item for item in items if isinstance(item, AwardOfferItem)]
    actual = [(o.flights, o.cabin, o.miles, o.taxes, o.on_sale, o.duration_minutes) for o in offers]
    assert sorted(actual, key=str) == sorted(expected, key=str)
    assert {(o.departure_date, o.seats, o.travelers) for o in offers} == {(day, None, travelers)}
    assert not any(item.drops_offer for item in items if isinstance(item, ParseWarning))


@BOTH
def test_airports_and_local_times(path: Path, destination: str, day: date, travelers: int) -> None:
    actual = {}
    for item in parse(path, destination, day, travelers):
        if isinstance(item, AwardOfferItem):
            actual[item.flights] = [
                (s.origin, s.departs_at.isoformat(), s.destination, s.arrives_at.isoformat()) for s in item.segments
            ]
    expected = {}
    for one in slices(path):
        flights = " ".join(leg["flight"]["carrierCode"] + leg["flight"]["flightNumber"] for leg in one["segments"])
        legs = [segment["legs"][0] for segment in one["segments"]]
        expected[flights] = [
            (
                leg["origin"]["code"],
                leg["departureDateTime"].replace(".000", ""),
                leg["destination"]["code"],
                leg["arrivalDateTime"].replace(".000", ""),
            )
            for leg in legs
        ]
    assert actual == expected


def test_web_specials_mixed_cabins_and_nearby_airports() -> None:
    items = parse(COMPLETE, "HNL", date(2022, 8, 29), 1)
    offers = [item for item in items if isinstance(item, AwardOfferItem)]
    on_sale = {(o.flights, o.cabin): (o.miles, o.regular_miles) for o in offers if o.on_sale}
    assert on_sale == {
        ("AA31", Cabin.ECONOMY): (25500, 40000),
        ("AA31", Cabin.FIRST): (55000, 90000),
        ("AA143", Cabin.ECONOMY): (36500, 40000),
        ("AA297", Cabin.FIRST): (64000, 90000),
    }
    assert [(o.flights, o.cabin, o.booking_code) for o in offers if o.mixed_cabin] == [
        ("AA2811 AA5", Cabin.PREMIUM_ECONOMY, "Y/W")
    ]
    assert [(o.flights, o.booking_code) for o in offers if o.saver] == [("AA297", "T")]
    assert {segment.operating_carrier for o in offers for segment in o.segments} == {"AA"}
    assert [item.value for item in items if isinstance(item, ParseWarning)] == ["ONT-HNL 2022-08-29"] * 2


@BOTH
def test_detect(path: Path, destination: str, day: date, travelers: int) -> None:
    detected = detect(path.read_bytes())
    assert detected is not None
    assert (detected.kind, detected.origin, detected.destination) == ("itinerary", "LAX", destination)
    assert (detected.first, detected.last, detected.travelers) == (day, day, travelers)


def test_response_for_a_city() -> None:
    path, day = RESPONSES / "ccp-2025-04-24-NYC-LAX-oneway.first6slices.json", date(2025, 4, 24)
    every = json.loads(path.read_bytes())["slices"]
    assert {one["origin"]["code"] for one in every} == {"JFK"}
    searches = [
        Search(program="american", kind=SearchKind.ITINERARY, origin=origin, destination="LAX", first=day, last=day)
        for origin in ("JFK", "LGA")
    ]
    items = list(PARSERS[SearchKind.ITINERARY](path.read_bytes(), searches[0], SEEN_AT))
    offers = [item for item in items if isinstance(item, AwardOfferItem)]
    sold = [price for one in every for price in one["pricingDetail"] if price["productAvailable"]]
    assert sorted(offer.miles or 0 for offer in offers) == sorted(price["perPassengerAwardPoints"] for price in sold)
    assert any(price["webSpecial"] for price in sold)
    assert {(offer.on_sale, offer.regular_miles) for offer in offers} == {(False, None)}
    with pytest.raises(UnexpectedResponse, match="searched american itinerary LGA-LAX"):
        list(PARSERS[SearchKind.ITINERARY](path.read_bytes(), searches[1], SEEN_AT))
