"""Items for tests of storage: complete, with fields that a test can replace."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, Search, SearchKind, SearchReportItem, Segment
from awardspider.outcomes import Outcome
from awardspider.search.match_states import MatchState
from awardspider.storage.batches import Batch
from awardspider.storage.matches import new_match
from awardspider.storage.offer_scope import live_offers
from awardspider.storage.store import Store

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DAY = date(2027, 3, 10)


def make_offer(**fields: Any) -> AwardOfferItem:
    """Return the lowest price of a day, LAX-AUS in economy."""
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
    return AwardOfferItem(**values | fields)


def make_segment(number: str = "1297", **fields: Any) -> Segment:
    """Return a morning flight LAX-AUS."""
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
    return Segment(**values | fields)


def make_itinerary(**fields: Any) -> AwardOfferItem:
    """Return an offer of one flight with a value in every field."""
    values: dict[str, Any] = {
        "detail": Detail.ITINERARY,
        "seats": 4,
        "stops": 0,
        "duration_minutes": 185,
        "segments": (make_segment(),),
        "fare_name": "Economy Saver Award",
        "booking_code": "X",
        "mixed_cabin": False,
        "saver": True,
        "on_sale": True,
        "regular_miles": 15_000,
        "cash_price": Money(Decimal("189.30"), "USD"),
        "booking_link": "https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=AUS",
    }
    return make_offer(**values | fields)


def make_search(**fields: Any) -> Search:
    """Return the search for the calendar of March 2027, LAX-AUS, all cabins."""
    values: dict[str, Any] = {
        "program": "united",
        "kind": SearchKind.CALENDAR,
        "origin": "LAX",
        "destination": "AUS",
        "first": date(2027, 3, 1),
        "last": date(2027, 3, 31),
    }
    return Search(**values | fields)


def make_report(search_id: str, **fields: Any) -> SearchReportItem:
    """Return the report of a search that found offers."""
    values: dict[str, Any] = {
        "search_id": search_id,
        "search": make_search(),
        "outcome": Outcome.FOUND,
        "http_status": 200,
        "offers": 1,
        "seconds": 1.25,
        "requested_at": NOW,
    }
    return SearchReportItem(**values | fields)


def make_batch(*offers: AwardOfferItem, **parts: Any) -> Batch:
    """Return a batch with these new or changed offers, and the matches of the alerts about them."""
    by_id = {offer.offer_id: offer for offer in offers}
    found = [
        new_match(
            alert.watch_id,
            by_id[alert.offer_id],
            MatchState(since=alert.created_at, offer_id=alert.offer_id, miles=alert.miles),
        )
        for alert in parts.get("alerts", ())
        if alert.watch_id and alert.offer_id in by_id
    ]
    return Batch(offers=by_id, **{"matches": {match.key: match for match in found}} | parts)


def live_states(store: Store, search: Search, source: str) -> dict[str, str]:
    """Return the state of each live offer in the scope of a search, keyed by offer id."""
    return {offer_id: offer.state for offer_id, offer in live_offers(store, search, source).items()}
