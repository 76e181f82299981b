"""Judged offers and matches for tests of listings and spreadsheets."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, update

from awardspider.items import AwardOfferItem
from awardspider.search.judgments import Baseline, BaselineScope, CashFare, DealClass, Judgment
from awardspider.storage import schema
from awardspider.storage.batches import write_batch
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, make_batch


def make_judgment(deal_class: DealClass = DealClass.GOOD, miles: int = 12_500, **fields: Any) -> Judgment:
    """Return a judgment against a median of 25,000 miles, with a cash fare."""
    baseline = Baseline(
        scope=BaselineScope.ROUTE,
        window_days=90,
        median=25_000,
        quarter=20_000,
        tenth=15_000,
        days=61,
        searches=122,
        lowest=12_000,
        lowest_day=date(2026, 9, 14),
        first_day=date(2026, 8, 1),
    )
    values: dict[str, Any] = {
        "deal_class": deal_class,
        "miles": miles,
        "judged_at": NOW,
        "baseline": baseline,
        "lowest_since": date(2026, 9, 14),
        "cents_per_point": Decimal("1.47"),
        "cash_fare": CashFare(amount=Decimal("189.30"), currency="USD", source="united", seen_at=NOW),
    }
    return Judgment(**values | fields)


def store_judged(store: Store, deal_class: DealClass, *offers: AwardOfferItem, **fields: Any) -> None:
    """Store offers of a deal class."""
    judgments = {offer.offer_id: make_judgment(deal_class, offer.miles or 0, **fields) for offer in offers}
    write_batch(store, make_batch(*offers, judgments=judgments))


def store_matches(store: Store, watch_key: str, *offers: AwardOfferItem, **fields: Any) -> None:
    """Store matches of a watch that are true."""
    rows = [
        {
            "watch_key": watch_key,
            "flight_key": offer.flight_key,
            "origin": offer.origin,
            "destination": offer.destination,
            "departure_date": offer.departure_date,
            "offer_id": offer.offer_id,
            "miles": offer.miles,
            "since": NOW,
            **fields,
        }
        for offer in offers
    ]
    with store.writing() as connection:
        connection.execute(insert(schema.matches), rows)


def end_matches(store: Store, watch_key: str, *, at: datetime) -> None:
    """End all matches of a watch."""
    matches = schema.matches
    with store.writing() as connection:
        connection.execute(update(matches).where(matches.c.watch_key == watch_key).values(ended_at=at))
