"""Items for tests of storage: each is complete, and takes what the test cares about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, Search, SearchReportItem, Segment
from awardspider.outcomes import Outcome
from awardspider.storage.batches import Batch

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DAY = date(2027, 3, 10)


def an_offer(**known: Any) -> AwardOfferItem:
    """A day's lowest price, LAX-AUS in economy."""
    values: dict[str, Any] = {
        "program": "united",
        "source": "united",
        "detail": Detail.DAY,
        "origin": "LAX",
        "destination": "AUS",
        "departure_date": DAY,
        "cabin": Cabin.ECONOMY,
        "miles": 12_500,
        "taxes": Money(Decimal("5.60"), "USD"),
        "seen_at": NOW,
    }
    return AwardOfferItem(**values | known)


def a_segment(number: str = "1297", **known: Any) -> Segment:
    """A flight LAX-AUS in the morning."""
    values: dict[str, Any] = {
        "marketing_carrier": "UA",
        "operating_carrier": "UA",
        "flight_number": number,
        "origin": "LAX",
        "destination": "AUS",
        "departs_at": datetime(2027, 3, 10, 8, 5, tzinfo=ZoneInfo("America/Los_Angeles")),
        "arrives_at": datetime(2027, 3, 10, 13, 10, tzinfo=ZoneInfo("America/Chicago")),
        "aircraft": "Boeing 737-800",
        "cabin": Cabin.ECONOMY,
        "booking_code": "X",
    }
    return Segment(**values | known)


def an_itinerary(**known: Any) -> AwardOfferItem:
    """One flight with everything that an offer can have."""
    values: dict[str, Any] = {
        "detail": Detail.ITINERARY,
        "seats": 4,
        "stops": 0,
        "duration_minutes": 185,
        "segments": (a_segment(),),
        "fare_name": "Economy Saver Award",
        "booking_code": "X",
        "mixed_cabin": False,
        "saver": True,
        "on_sale": True,
        "regular_miles": 15_000,
        "cash_price": Money(Decimal("189.30"), "USD"),
        "booking_link": "https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=AUS",
    }
    return an_offer(**values | known)


def a_search(**known: Any) -> Search:
    """The calendar of March 2027, LAX-AUS, all cabins."""
    values: dict[str, Any] = {
        "program": "united",
        "kind": "calendar",
        "origin": "LAX",
        "destination": "AUS",
        "first": date(2027, 3, 1),
        "last": date(2027, 3, 31),
    }
    return Search(**values | known)


def a_report(search_id: str, **known: Any) -> SearchReportItem:
    """The report of a search that found offers."""
    values: dict[str, Any] = {
        "search_id": search_id,
        "search": a_search(),
        "outcome": Outcome.FOUND,
        "http_status": 200,
        "offers": 1,
        "seconds": 1.25,
        "requested_at": NOW,
    }
    return SearchReportItem(**values | known)


def batch_of(*offers: AwardOfferItem, **parts: Any) -> Batch:
    """A batch with these new or changed offers."""
    return Batch(offers={offer.offer_id: offer for offer in offers}, **parts)
