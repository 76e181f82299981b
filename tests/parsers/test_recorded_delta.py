"""Delta's parser on a recorded response, which is not part of the repository (see test_recorded_united.py)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Money, ParseWarning, Search, SearchKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers.delta import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "delta"
EXCERPT = RESPONSES / "pointsnap-2026-09-LAX-JFK-2026-10-05.rm-offer-gql.excerpt.json"
PARTNER = RESPONSES / "pointsnap-2026-09-JFK-LHR-partner-KL.trip4.json"
BLOCK_PAGE = RESPONSES / "akamai-access-denied-2024-05.html"
DAY = date(2026, 10, 5)
SEARCH = Search(program="delta", kind=SearchKind.ITINERARY, origin="LAX", destination="JFK", first=DAY, last=DAY)
NAMES = {
    "BMAIN": ("Delta Main Basic", Cabin.ECONOMY),
    "CMAIN": ("Delta Main Classic", Cabin.ECONOMY),
    "CDCP": ("Delta Comfort Classic", Cabin.ECONOMY),
    "CDPS": ("Delta Premium Select Classic", Cabin.PREMIUM_ECONOMY),
    "CD1": ("Delta One Classic", Cabin.BUSINESS),
}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


@pytest.fixture(scope="module")
def items() -> list[AwardOfferItem | CoveredDates | ParseWarning]:
    return list(PARSERS[SearchKind.ITINERARY](EXCERPT.read_bytes(), SEARCH, datetime(2026, 9, 1, tzinfo=UTC)))


@pytest.fixture(scope="module")
def sets() -> list[Any]:
    result: list[Any] = json.loads(EXCERPT.read_bytes())["data"]["gqlSearchOffers"]["gqlOffersSets"]
    return result


def test_every_offer_except_the_sold_out_one(
    items: list[AwardOfferItem | CoveredDates | ParseWarning], sets: list[Any]
) -> None:
    expected = []
    for one in sets:
        flight = one["trips"][0]["flightSegment"][0]["marketingCarrier"]
        for offer in one["offers"]:
            if offer["soldOut"]:
                continue
            fare = offer["offerItems"][0]["retailItems"][0]["retailItemMetaData"]["fareInformation"][0]
            price = fare["farePrice"][0]["totalFarePrice"]
            name, cabin = NAMES[offer["additionalOfferProperties"]["dominantSegmentBrandId"]]
            amount = Decimal(price["currencyEquivalentPrice"]["formattedCurrencyAmt"])
            expected.append(
                (
                    flight["carrierCode"] + flight["carrierNum"],
                    name,
                    cabin,
                    price["milesEquivalentPrice"]["mileCnt"],
                    Money(amount, "USD"),
                    fare.get("availableSeatCnt"),
                    fare["brandByFlightLegs"][0].get("cosCode"),
                )
            )
    offers = [item for item in items if isinstance(item, AwardOfferItem)]
    actual = [(o.flights, o.fare_name, o.cabin, o.miles, o.taxes, o.seats, o.booking_code) for o in offers]
    assert len(actual) == 9
    assert sorted(actual, key=str) == sorted(expected, key=str)
    assert {(o.mixed_cabin, o.on_sale, o.stops) for o in offers} == {(False, False, 0)}
    assert [item for item in items if isinstance(item, ParseWarning)] == [
        ParseWarning("currencyCode", "missing; USD assumed")
    ]


def test_local_times_and_durations(items: list[AwardOfferItem | CoveredDates | ParseWarning]) -> None:
    actual = {
        (segment.flight, segment.departs_at.isoformat(), segment.arrives_at.isoformat(), item.duration_minutes)
        for item in items
        if isinstance(item, AwardOfferItem)
        for segment in item.segments
    }
    assert actual == {
        ("DL979", "2026-10-05T06:10:00-07:00", "2026-10-05T14:31:00-04:00", 321),
        ("DL938", "2026-10-05T07:40:00-07:00", "2026-10-05T16:05:00-04:00", None),
    }


def test_detect() -> None:
    detected = detect(EXCERPT.read_bytes())
    assert detected is not None
    assert (detected.kind, detected.origin, detected.destination) == ("itinerary", "LAX", "JFK")
    assert (detected.first, detected.last) == (DAY, DAY)


def test_partner_brands_and_mixed_cabins() -> None:
    search = Search(program="delta", kind=SearchKind.ITINERARY, origin="JFK", destination="LHR", first=DAY, last=DAY)
    items = list(PARSERS[SearchKind.ITINERARY](PARTNER.read_bytes(), search, datetime(2026, 9, 1, tzinfo=UTC)))
    offers = {item.fare_name: item for item in items if isinstance(item, AwardOfferItem)}
    assert {
        name: (o.cabin, o.mixed_cabin, o.miles, str(o.taxes), o.seats, [segment.cabin for segment in o.segments])
        for name, o in offers.items()
    } == {
        "CKLEC": (Cabin.ECONOMY, False, 36100, "36.40 USD", 9, [Cabin.ECONOMY, Cabin.ECONOMY]),
        "KLPC": (Cabin.PREMIUM_ECONOMY, True, 77500, "36.40 USD", 2, [Cabin.PREMIUM_ECONOMY, Cabin.ECONOMY]),
    }
    assert not any(isinstance(item, ParseWarning) and item.path == "brandId" for item in items)


def test_block_page_is_unexpected() -> None:
    body = BLOCK_PAGE.read_bytes()
    assert detect(body) is None
    with pytest.raises(UnexpectedResponse):
        list(PARSERS[SearchKind.ITINERARY](body, SEARCH, datetime(2026, 9, 1, tzinfo=UTC)))
