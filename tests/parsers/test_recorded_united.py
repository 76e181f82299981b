"""United's parser on recorded responses, captured by public projects.

The recordings are in ../shared/recorded and not part of the repository; without them these tests are skipped.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from awardspider.items import (
    AwardOfferItem,
    Cabin,
    CoveredDates,
    Detail,
    Money,
    ParseWarning,
    Search,
    SearchKind,
    Segment,
)
from awardspider.parsers import get_parser
from awardspider.parsers.united import PARSERS, detect
from tests.support.paths import RECORDED

CALENDAR = RECORDED / "united" / "searchaero-2026-04-calendar-response.json"
FLIGHTS = RECORDED / "united" / "searchaero-2026-04-detail-response.json"
SEEN_AT = datetime(2026, 4, 1, 9, 20, tzinfo=UTC)
Item = AwardOfferItem | CoveredDates | ParseWarning

pytestmark = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


def parse(path: Path, first: date, last: date, kind: SearchKind) -> list[Item]:
    search = Search(program="united", kind=kind, origin="YYZ", destination="LAX", first=first, last=last)
    return list(PARSERS[kind](path.read_bytes(), search, SEEN_AT))


# ---- the April 2026 calendar of Toronto to Los Angeles -----------------------------------------------------------

APRIL = [date(2026, 4, 1) + timedelta(day) for day in range(30)]
CABINS = {"ECONOMY": Cabin.ECONOMY, "PREMIUM": Cabin.PREMIUM_ECONOMY, "BUSINESS": Cabin.BUSINESS, "FIRST": Cabin.FIRST}


@pytest.fixture(scope="module")
def calendar() -> list[Item]:
    return parse(CALENDAR, APRIL[0], APRIL[-1], SearchKind.CALENDAR)


@pytest.fixture(scope="module")
def solutions() -> list[tuple[date, str, str, int, Decimal]]:
    """Return day, cabin code, award type, miles and dollars of each price, read without the parser."""
    prices = []

    def walk(value: Any) -> None:
        if isinstance(value, list):
            for inside in value:
                walk(inside)
        elif isinstance(value, dict) and "CabinType" in value and not value["DayNotInThisMonth"]:
            day = datetime.strptime(value["DateValue"], "%m/%d/%Y").replace(tzinfo=UTC).date()
            amounts = {price["Currency"]: Decimal(str(price["Amount"])) for price in value["Prices"]}
            prices.append((day, value["CabinType"], value["AwardType"], int(amounts["MILES"]), amounts["USD"]))
        elif isinstance(value, dict):
            for inside in value.values():
                walk(inside)

    walk(json.loads(CALENDAR.read_bytes()))
    return prices


def offers(items: list[Item]) -> list[AwardOfferItem]:
    return [item for item in items if isinstance(item, AwardOfferItem)]


def test_calendar_contains_every_price(
    calendar: list[Item], solutions: list[tuple[date, str, str, int, Decimal]]
) -> None:
    actual = {(offer.departure_date, offer.cabin, offer.miles, offer.taxes, offer.saver) for offer in offers(calendar)}
    for day, code, award, miles, dollars in solutions:
        cabin = next(cabin for name, cabin in CABINS.items() if name in code)
        assert (day, cabin, miles, Money(dollars, "USD"), award == "Saver") in actual


def test_calendar_contains_no_other_price(
    calendar: list[Item], solutions: list[tuple[date, str, str, int, Decimal]]
) -> None:
    by_code = {(day, code): (miles, dollars) for day, code, _, miles, dollars in solutions}
    codes = {
        (Cabin.ECONOMY, None): "MIN-ECONOMY-SURP-OR-DISP",
        (Cabin.PREMIUM_ECONOMY, None): "ECO-PREMIUM-DISP",
        (Cabin.BUSINESS, True): "MIN-BUSINESS-SURP-OR-DISP",
        (Cabin.BUSINESS, False): "MIN-BUSINESS-SURP-OR-DISP-NOT-MIXED",
        (Cabin.FIRST, True): "MIN-FIRST-SURP-OR-DISP",
        (Cabin.FIRST, False): "MIN-FIRST-SURP-OR-DISP-NOT-MIXED",
    }
    for offer in offers(calendar):
        miles, dollars = by_code[offer.departure_date, codes[offer.cabin, offer.mixed_cabin]]
        assert (offer.miles, offer.taxes) == (miles, Money(dollars, "USD"))


def test_calendar_counts(calendar: list[Item]) -> None:
    """Counted by hand: 16 of 30 days have one price for business, mixed or not, and one of 11 for first."""
    counts = Counter((offer.cabin, offer.mixed_cabin) for offer in offers(calendar))
    assert counts == {
        (Cabin.ECONOMY, None): 30,
        (Cabin.PREMIUM_ECONOMY, None): 30,
        (Cabin.BUSINESS, False): 30,
        (Cabin.BUSINESS, True): 14,
        (Cabin.FIRST, True): 10,
        (Cabin.FIRST, False): 1,
    }
    assert [item for item in calendar if isinstance(item, ParseWarning)] == []


def test_calendar_covers_april(calendar: list[Item]) -> None:
    spans = [item for item in calendar if isinstance(item, CoveredDates)]
    assert [span.first + timedelta(n) for span in spans for n in range((span.last - span.first).days + 1)] == APRIL
    assert {offer.departure_date for offer in offers(calendar)} == set(APRIL)


def test_all_fields_of_a_calendar_offer(calendar: list[Item]) -> None:
    [offer] = [
        offer
        for offer in offers(calendar)
        if (offer.departure_date, offer.cabin, offer.mixed_cabin) == (date(2026, 4, 15), Cabin.BUSINESS, True)
    ]
    assert offer == AwardOfferItem(
        program="united",
        source="united",
        detail=Detail.DAY,
        origin="YYZ",
        destination="LAX",
        departure_date=date(2026, 4, 15),
        cabin=Cabin.BUSINESS,
        miles=65000,
        taxes=Money(Decimal("66.21"), "USD"),
        mixed_cabin=True,
        saver=True,
        seen_at=SEEN_AT,
    )


# ---- three flights of 2 April 2026 -------------------------------------------------------------------------------


def leg(flight: str, route: str, times: str, aircraft: str, cabin: Cabin, code: str) -> Segment:
    """Return a United flight; `times` are both local times with their offsets."""
    departs_at, arrives_at = map(datetime.fromisoformat, times.split())
    return Segment(
        marketing_carrier="UA",
        operating_carrier="UA",
        flight_number=flight,
        origin=route[:3],
        destination=route[4:],
        departs_at=departs_at,
        arrives_at=arrives_at,
        aircraft=aircraft,
        cabin=cabin,
        booking_code=code,
    )


def offer(
    cabin: Cabin, miles: int, regular: int, cash: int, seats: int, minutes: int, *legs: Segment
) -> AwardOfferItem:
    codes = [segment.booking_code or "" for segment in legs]
    return AwardOfferItem(
        program="united",
        source="united",
        detail=Detail.ITINERARY,
        origin="YYZ",
        destination="LAX",
        departure_date=date(2026, 4, 2),
        cabin=cabin,
        miles=miles,
        taxes=Money(Decimal("68.51"), "USD"),
        seats=seats,
        stops=1,
        duration_minutes=minutes,
        segments=legs,
        fare_name="United Economy" if cabin is Cabin.ECONOMY else "United First",
        booking_code=codes[0] if codes[0] == codes[1] else "/".join(codes),
        mixed_cabin=codes[0] != codes[1],
        saver=False,
        on_sale=True,
        regular_miles=regular,
        cash_price=Money(Decimal(cash), "USD"),
        seen_at=SEEN_AT,
    )


def _flights() -> list[AwardOfferItem]:
    economy, first = (Cabin.ECONOMY, "YN"), (Cabin.FIRST, "JN")
    yyz_den = ("1944", "YYZ-DEN", "2026-04-02T10:45-04:00 2026-04-02T12:40-06:00", "Airbus A319")
    den_lax = ("774", "DEN-LAX", "2026-04-02T13:25-06:00 2026-04-02T14:59-07:00", "Boeing 737-900ER")
    yyz_ord = ("1297", "YYZ-ORD", "2026-04-02T13:00-04:00 2026-04-02T14:00-05:00", "Boeing 737-800")
    ord_lax = ("374", "ORD-LAX", "2026-04-02T14:40-05:00 2026-04-02T17:23-07:00", "Airbus A321neo")
    late_ord = ("3535", "YYZ-ORD", "2026-04-02T21:00-04:00 2026-04-02T22:03-05:00", "Embraer E175")
    late_lax = ("517", "ORD-LAX", "2026-04-02T22:45-05:00 2026-04-03T01:26-07:00", "Boeing 737-900")
    return [
        offer(Cabin.ECONOMY, 40000, 60000, 419, 5, 434, leg(*yyz_den, *economy), leg(*den_lax, *economy)),
        offer(Cabin.BUSINESS, 80000, 200000, 1351, 1, 434, leg(*yyz_den, *first), leg(*den_lax, *first)),
        offer(Cabin.ECONOMY, 40000, 60000, 419, 4, 443, leg(*yyz_ord, *economy), leg(*ord_lax, *economy)),
        offer(Cabin.BUSINESS, 100000, 200000, 1898, 1, 443, leg(*yyz_ord, *economy), leg(*ord_lax, *first)),
        offer(Cabin.ECONOMY, 40000, 60000, 419, 3, 446, leg(*late_ord, *economy), leg(*late_lax, *economy)),
        offer(Cabin.BUSINESS, 80000, 200000, 1152, 5, 446, leg(*late_ord, *first), leg(*late_lax, *first)),
    ]


def _local_times(item: AwardOfferItem) -> list[str]:
    """Return the local times with their offsets, because equal datetimes may have different zones."""
    return [time.isoformat() for leg in item.segments for time in (leg.departs_at, leg.arrives_at)]


def test_all_fields_of_three_itineraries() -> None:
    items = parse(FLIGHTS, date(2026, 4, 2), date(2026, 4, 2), SearchKind.ITINERARY)
    actual = sorted(offers(items), key=lambda item: (item.flights, item.cabin))
    expected = sorted(_flights(), key=lambda item: (item.flights, item.cabin))
    assert actual == expected
    assert [_local_times(item) for item in actual] == [_local_times(item) for item in expected]
    assert [item for item in items if isinstance(item, ParseWarning)] == []


# ---- detection ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind", "first", "last"),
    [
        (CALENDAR, SearchKind.CALENDAR, date(2026, 4, 1), date(2026, 4, 30)),
        (FLIGHTS, SearchKind.ITINERARY, date(2026, 4, 2), date(2026, 4, 2)),
    ],
)
def test_detect(path: Path, kind: SearchKind, first: date, last: date) -> None:
    detected = detect(path.read_bytes())
    assert detected is not None
    assert (detected.kind, detected.origin, detected.destination, detected.first, detected.last) == (
        kind,
        "YYZ",
        "LAX",
        first,
        last,
    )
    assert detected.travelers == 1
    assert detected.responded_at is not None
    assert detected.responded_at.replace(second=0) == datetime(2026, 4, 1, 9, 18, tzinfo=UTC)


def test_responses_of_other_programs_are_not_detected() -> None:
    others = [path for path in RECORDED.glob("*/*.json") if path.parent.name != "united"]
    assert others
    for path in others:
        assert get_parser("united").detect(path.read_bytes()) is None, path.name


# ---- a Premium Plus award with an economy flight, September 2026 -------------------------------------------------


def test_premium_plus_with_an_economy_flight_is_mixed() -> None:
    path = RECORDED / "united" / "pointsnap-2026-09-EWR-LHR-2026-10-07-2adt.flight2204-880.json"
    day = date(2026, 10, 7)
    search = Search(
        program="united",
        kind=SearchKind.ITINERARY,
        origin="EWR",
        destination="LHR",
        first=day,
        last=day,
        travelers=2,
    )
    items = list(PARSERS[SearchKind.ITINERARY](path.read_bytes(), search, SEEN_AT))
    offers = {item.cabin: item for item in items if isinstance(item, AwardOfferItem)}
    assert {
        cabin: (offer.miles, offer.mixed_cabin, [segment.cabin for segment in offer.segments], offer.fare_name)
        for cabin, offer in offers.items()
    } == {
        Cabin.ECONOMY: (40000, False, [Cabin.ECONOMY, Cabin.ECONOMY], "United Economy"),
        Cabin.PREMIUM_ECONOMY: (117900, True, [Cabin.ECONOMY, Cabin.PREMIUM_ECONOMY], "United Premium Plus"),
        Cabin.BUSINESS: (200000, False, [Cabin.FIRST, Cabin.BUSINESS], "United First"),
    }
    assert not [item for item in items if isinstance(item, ParseWarning)]
