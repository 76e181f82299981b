"""Values that contradict others in one offer, for all parsers: cash prices and taxes, stops and flights."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from awardspider.airports import airport_zone
from awardspider.items import AwardOfferItem, Cabin, Detail, Money, ParseWarning, Search, SearchKind, Segment
from awardspider.parsers import ParsedItem
from awardspider.parsers._validation import validated

DEPARTURE = datetime(2026, 10, 5, 5, tzinfo=UTC)
SEEN_AT = datetime(2026, 9, 5, tzinfo=UTC)


def dollars(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def flight(origin: str, destination: str, start: float, hours: float, stops: int = 0) -> Segment:
    """Return a flight that departs `start` hours after DEPARTURE."""
    departs_at = DEPARTURE + timedelta(hours=start)
    return Segment(
        marketing_carrier="QF",
        operating_carrier=None,
        flight_number="1",
        origin=origin,
        destination=destination,
        departs_at=departs_at.astimezone(airport_zone(origin)),
        arrives_at=(departs_at + timedelta(hours=hours)).astimezone(airport_zone(destination)),
        stops=stops,
    )


def check(*segments: Segment, origin: str = "SYD", destination: str = "LHR", **fields: Any) -> list[ParsedItem]:
    """Return what an offer with these flights and fields becomes."""
    offer = AwardOfferItem(
        program="qantas",
        source="qantas",
        detail=Detail.ITINERARY if segments else Detail.DAY,
        origin=segments[0].origin if segments else origin,
        destination=segments[-1].destination if segments else destination,
        departure_date=segments[0].departs_at.date() if segments else DEPARTURE.date(),
        cabin=Cabin.ECONOMY,
        miles=63_500,
        segments=segments,
        seen_at=SEEN_AT,
        **fields,
    )

    @validated
    def parse(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
        yield offer

    day = offer.departure_date
    search = Search(
        program="qantas",
        kind=SearchKind.ITINERARY,
        origin=offer.origin,
        destination=offer.destination,
        first=day,
        last=day,
    )
    return list(parse(b"", search, SEEN_AT))


def only_offer(items: list[ParsedItem]) -> AwardOfferItem:
    [offer] = [item for item in items if isinstance(item, AwardOfferItem)]
    return offer


@pytest.mark.parametrize(
    ("taxes", "cash", "expected", "warnings"),
    [
        ("38.01", "294.76", "294.76", 0),
        ("38.01", "38.01", None, 0),  # an award that is not sold for money
        ("0", "0", None, 0),
        ("0", "50", "50", 0),
        ("38.01", "0", None, 0),
        ("38.01", "20.00", None, 1),
        ("38.01", "-1", None, 1),
        (None, "50", "50", 0),
        (None, "0", None, 0),
        (None, "-1", None, 1),
        ("38.01", None, None, 0),
    ],
)
def test_a_cash_price_is_higher_than_the_taxes(
    taxes: str | None, cash: str | None, expected: str | None, warnings: int
) -> None:
    known = dollars(taxes) if taxes else None
    items = check(flight("SYD", "SIN", 0, 8), taxes=known, cash_price=dollars(cash) if cash else None)
    offer = only_offer(items)
    assert (offer.taxes, offer.cash_price) == (known, dollars(expected) if expected else None)
    assert [item.path for item in items if isinstance(item, ParseWarning)] == ["cash_price"] * warnings


def test_amounts_in_different_currencies_are_not_compared() -> None:
    price = Money(Decimal(30), "EUR")
    offer = only_offer(check(flight("SYD", "SIN", 0, 8), taxes=dollars("38"), cash_price=price))
    assert offer.cash_price == price


@pytest.mark.parametrize(
    ("flights", "stops", "expected"),
    [
        ([("SYD", "LHR", 0, 24.8, 0)], 0, None),
        ([("JFK", "SIN", 0, 18.9, 0)], 0, 0),  # the longest nonstop flight
        ([("SYD", "LHR", 0, 24.8, 1)], 0, 1),  # the landing is listed
        ([("SYD", "LHR", 0, 24.8, 0)], 1, 1),  # the landing is counted
        ([("MEL", "SYD", 0, 1.5, 0), ("SYD", "LHR", 3, 24.8, 0)], 1, None),
        ([("MEL", "SYD", 0, 1.5, 0), ("SYD", "LHR", 3, 24.8, 0)], 2, 2),
        ([("SYD", "SIN", 0, 8, 0), ("SIN", "LHR", 9, 14, 0)], 0, 1),  # two flights have at least one stop
        ([("SYD", "SIN", 0, 8, 0), ("SIN", "LHR", 9, 14, 0)], 1, 1),
    ],
)
def test_stops_do_not_contradict_the_flights(
    flights: list[tuple[str, str, float, float, int]], stops: int, expected: int | None
) -> None:
    offer = only_offer(check(*(flight(*values) for values in flights), stops=stops))
    assert offer.stops == expected
    assert len(offer.segments) == len(flights)


def test_stops_do_not_contradict_the_reported_duration() -> None:
    assert only_offer(check(flight("SYD", "SIN", 0, 8), stops=0, duration_minutes=480)).stops == 0
    assert only_offer(check(flight("SYD", "SIN", 0, 8), stops=0, duration_minutes=1490)).stops is None


@pytest.mark.parametrize(
    ("origin", "destination", "stops", "expected"),
    [
        ("JFK", "SIN", 0, 0),
        ("SYD", "LHR", 0, None),
        ("SYD", "LHR", 1, 1),
        ("SYD", "LHR", None, None),
        ("XXX", "LHR", 0, 0),
    ],
)
def test_a_day_has_no_nonstop_farther_than_the_longest_flight(
    origin: str, destination: str, stops: int | None, expected: int | None
) -> None:
    assert only_offer(check(origin=origin, destination=destination, stops=stops)).stops == expected
