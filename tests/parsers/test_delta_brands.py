"""The cabins of Delta's offers: brands, partner brands and classes, known and unknown."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, ParseWarning, Search, SearchKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers.delta import PARSERS
from tests.support.paths import FIXTURES

DAY = date(2027, 10, 5)
SEEN_AT = datetime(2026, 11, 20, tzinfo=UTC)
RESPONSE = json.loads((FIXTURES / "delta/flights-partner-brands/response.json").read_bytes())
GRID = json.loads((FIXTURES / "delta/grid/response.json").read_bytes())

Leg = tuple[str | None, str | None]  # brand and class


def parse(*offers: tuple[str | None, list[Leg]], carrier: str = "AF", operator: str | None = None) -> list[Any]:
    """Parse offers with a dominant brand and a brand and class for each leg, on LAX-CDG or LAX-CDG-LHR."""
    response = json.loads(json.dumps(RESPONSE))
    (row,) = response["data"]["gqlSearchOffers"]["gqlOffersSets"]
    (trip,) = row["trips"]
    first = trip["flightSegment"][0]
    first["marketingCarrier"]["carrierCode"] = carrier
    first["operatingCarrier"]["carrierCode"] = operator or carrier
    second = json.loads(json.dumps(first)) | {
        "flightSegmentNum": "2",
        "originAirportCode": "CDG",
        "destinationAirportCode": "LHR",
        "scheduledDepartureLocalTs": "2027-10-06T16:00",
        "scheduledArrivalLocalTs": "2027-10-06T16:20",
    }
    trip["flightSegment"] = [first, second][: max(len(legs) for _, legs in offers)]
    model = row["offers"][0]
    row["offers"] = []
    for number, (brand, legs) in enumerate(offers):
        offer = json.loads(json.dumps(model))
        offer["additionalOfferProperties"]["dominantSegmentBrandId"] = brand
        fare = offer["offerItems"][0]["retailItems"][0]["retailItemMetaData"]["fareInformation"][0]
        fare["farePrice"][0]["totalFarePrice"]["milesEquivalentPrice"]["mileCnt"] += number
        fare["brandByFlightLegs"] = [
            {"flightSegmentNum": str(leg), "flightLegNum": "1", "brandId": brand_of_leg, "cosCode": code}
            for leg, (brand_of_leg, code) in enumerate(legs, 1)
        ]
        row["offers"].append(offer)
    destination = trip["flightSegment"][-1]["destinationAirportCode"]
    search = Search(
        program="delta", kind=SearchKind.ITINERARY, origin="LAX", destination=destination, first=DAY, last=DAY
    )
    return list(PARSERS[SearchKind.ITINERARY](json.dumps(response).encode(), search, SEEN_AT))


def cabin_of(brand: str | None, legs: list[Leg], **carriers: str) -> Cabin | None:
    """Return the cabin of an offer, or None if it was dropped, which a warning must record."""
    items = parse((brand, legs), ("BMAIN", [("BMAIN", "NE")] * len(legs)), **carriers)
    offers = [item for item in items if isinstance(item, AwardOfferItem) and item.fare_name != "Delta Main Basic"]
    dropping = [item for item in items if isinstance(item, ParseWarning) and item.drops_offer]
    assert len(offers) + len(dropping) == 1
    return offers[0].cabin if offers else None


@pytest.mark.parametrize("carriers", [{"carrier": "AF"}, {"carrier": "KL"}, {"carrier": "DL", "operator": "KL"}])
@pytest.mark.parametrize("brand", ["AFPE", "KLPC", "XYZ9", None, "CFIRST", "CD1"])
def test_class_a_of_air_france_and_klm_is_premium_economy(brand: str | None, carriers: dict[str, str]) -> None:
    offers = [item for item in parse((brand, [(brand, "A")]), **carriers) if isinstance(item, AwardOfferItem)]
    assert [(offer.cabin, offer.segments[0].cabin) for offer in offers] == [
        (Cabin.PREMIUM_ECONOMY, Cabin.PREMIUM_ECONOMY)
    ]


@pytest.mark.parametrize("carrier", ["DL", "AF", "KL", "VS", "KE", "LA", "AM", "MU"])
@pytest.mark.parametrize("code", ["Q", "G", "F", "FX", "A", "", None])
@pytest.mark.parametrize("brand", ["XYZ9", "KEFC", "ZZZFC", "LATOP", "KEFIRST", "AFFIRST", "KED1", "AD1PX"])
def test_an_unknown_brand_in_an_unknown_class_costs_the_offer(brand: str, code: str | None, carrier: str) -> None:
    expected = Cabin.PREMIUM_ECONOMY if code == "A" and carrier in ("AF", "KL") else None
    assert cabin_of(brand, [(brand, code)], carrier=carrier) is expected


def test_only_unknown_offers_are_unexpected() -> None:
    with pytest.raises(UnexpectedResponse, match="brandId: XYZ9 with the classes"):
        parse(("XYZ9", [("XYZ9", "Q")]))


@pytest.mark.parametrize(
    ("brand", "cabin"),
    [
        ("AFST", Cabin.ECONOMY),
        ("CKLEE", Cabin.ECONOMY),
        ("KEEC", Cabin.ECONOMY),
        ("AFPE", Cabin.PREMIUM_ECONOMY),
        ("KLPC", Cabin.PREMIUM_ECONOMY),
        ("CVSUP", Cabin.BUSINESS),
        ("CBU", Cabin.BUSINESS),
    ],
)
def test_known_partner_brands_need_no_class(brand: str, cabin: Cabin) -> None:
    assert cabin_of(brand, [(brand, "Q")]) is cabin


@pytest.mark.parametrize(
    ("brand", "carrier", "cabin"),
    [
        ("CVSPE", "VS", Cabin.PREMIUM_ECONOMY),
        ("KEBU", "KE", Cabin.BUSINESS),
        ("LAEC", "LA", Cabin.ECONOMY),
        ("KEBU", "AF", None),  # not the brand of this carrier
        ("CQQUP", "VS", None),
        ("ZZBU", "VS", None),
    ],
)
def test_a_partner_brand_is_recognized_by_its_carrier_and_cabin(brand: str, carrier: str, cabin: Cabin | None) -> None:
    assert cabin_of(brand, [(brand, "Q")], carrier=carrier) is cabin


@pytest.mark.parametrize(
    ("brand", "legs", "cabin", "cabins", "mixed"),
    [
        ("KLPC", [("KLPC", "A"), ("CKLEE", "X")], "premium_economy", ["premium_economy", "economy"], True),
        ("AFPE", [("AFPE", "A"), ("AFST", "X")], "premium_economy", ["premium_economy", "economy"], True),
        ("CKLEC", [("CKLEC", "X"), ("CKLEE", "X")], "economy", ["economy", "economy"], False),
        ("CBU", [("CBU", "O"), ("CBU", "O")], "business", ["business", "business"], False),
        ("CD1", [("CFIRST", "OJ"), ("CD1", "OJ")], "business", ["first", "business"], False),
        ("CBU", [("AFPE", "A"), ("AFST", "X")], "premium_economy", ["premium_economy", "economy"], True),
        ("AFPE", [("XYZ9", "Q"), ("AFST", "X")], "premium_economy", [None, "economy"], True),
    ],
)
def test_brands_of_legs_give_the_cabins_of_segments(
    brand: str, legs: list[Leg], cabin: str, cabins: list[str | None], mixed: bool
) -> None:
    (offer,) = (item for item in parse((brand, legs)) if isinstance(item, AwardOfferItem))
    assert (offer.cabin, [segment.cabin for segment in offer.segments], offer.mixed_cabin) == (cabin, cabins, mixed)


def test_one_known_leg_does_not_give_the_cabin_of_an_unknown_brand() -> None:
    assert cabin_of("XYZ9", [("XYZ9", "Q"), ("CKLEE", "X")]) is None
    assert cabin_of("XYZ9", [("AFPE", "A"), ("CKLEE", "X")]) is Cabin.PREMIUM_ECONOMY


def test_a_day_with_an_unknown_brand_is_dropped() -> None:
    grid = json.loads(json.dumps(GRID))
    every = grid["data"]["gqlSearchOffers"]["gqlOffersSets"]
    rows = [row for row in every if any(not offer["soldOut"] for offer in row["offers"] or ())]
    days = [row["itineraryDepartureDate"] for row in rows]
    for row, brand in zip(rows, ["XYZ9", "KLPC", "CKLEC", "CD1"], strict=False):
        for offer in row["offers"] or ():
            offer["additionalOfferProperties"]["dominantSegmentBrandId"] = brand
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    search = Search(program="delta", kind=SearchKind.CALENDAR, origin="LAX", destination="JFK", first=first, last=last)
    items = list(PARSERS[SearchKind.CALENDAR](json.dumps(grid).encode(), search, SEEN_AT))
    cabins = {item.departure_date.isoformat(): item.cabin for item in items if isinstance(item, AwardOfferItem)}
    assert days[0] not in cabins
    assert [cabins.get(day) for day in days[1:4]] == ["premium_economy", "economy", "business"]
    assert ParseWarning("brandId", f"{days[0]}: unknown brand XYZ9, unknown cabin", drops_offer=True) in items
