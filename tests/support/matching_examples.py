"""Itineraries and values for tests of matching."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, Segment
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.judgments import DealClass, Judgment
from awardspider.search.matching import Match, MatchResult
from awardspider.search.watch_fields import Hours
from tests.support.item_examples import make_segment

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RATES = ExchangeRates(day=date(2026, 11, 20), rates={"USD": Decimal("1.25"), "BRL": Decimal(5)}, source="test")
LOS_ANGELES, CHICAGO, AUSTIN = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/Chicago"), ZoneInfo("America/Chicago")

MATCH, POSSIBLE, NO_MATCH = MatchResult
Fields = dict[str, Any]


def first_flight(**changes: Any) -> Segment:
    """LAX-ORD, 4 hours in the air."""
    values: Fields = {
        "origin": "LAX",
        "destination": "ORD",
        "departs_at": datetime(2027, 3, 10, 8, 15, tzinfo=LOS_ANGELES),
        "arrives_at": datetime(2027, 3, 10, 14, 15, tzinfo=CHICAGO),
        "flight_number": "837",
        "aircraft": "Boeing 777-300ER",
        "cabin": Cabin.BUSINESS,
    }
    return make_segment(**values | changes)


def second_flight(**changes: Any) -> Segment:
    """ORD-AUS, 3 hours in the air."""
    values: Fields = {
        "marketing_carrier": "NH",
        "operating_carrier": "ZX",
        "flight_number": "7",
        "origin": "ORD",
        "destination": "AUS",
        "departs_at": datetime(2027, 3, 10, 16, 0, tzinfo=CHICAGO),
        "arrives_at": datetime(2027, 3, 10, 19, 0, tzinfo=AUSTIN),
        "aircraft": "320",
        "cabin": Cabin.ECONOMY,
    }
    return make_segment(**values | changes)


def offer(**fields: Any) -> AwardOfferItem:
    """Return an itinerary of two flights in business, the second one in economy."""
    values: Fields = {
        "program": "united",
        "source": "united",
        "detail": Detail.ITINERARY,
        "origin": "LAX",
        "destination": "AUS",
        "departure_date": date(2027, 3, 10),
        "cabin": Cabin.BUSINESS,
        "miles": 40_000,
        "taxes": Money(Decimal(20), "USD"),
        "seats": 4,
        "stops": 1,
        "segments": (first_flight(), second_flight()),
        "mixed_cabin": True,
        "saver": True,
        "on_sale": False,
        "seen_at": NOW,
    }
    return AwardOfferItem(**values | fields)


def judgment(deal_class: DealClass, *, miles: int | None = 40_000, cents: str | None = None) -> Judgment:
    """Return a judgment of the price of the example."""
    return Judgment(
        deal_class=deal_class,
        miles=miles,
        judged_at=NOW,
        cents_per_point=None if cents is None else Decimal(cents),
    )


def texts(found: Match) -> list[str]:
    return [reason.text for reason in found.reasons]


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def hours(start: str, end: str) -> Hours:
    return Hours(time.fromisoformat(start), time.fromisoformat(end))


NO_FLIGHTS: Fields = {"segments": (), "stops": None, "detail": Detail.DAY, "mixed_cabin": None}
