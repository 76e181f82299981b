"""Alerts: the decisions to notify about an offer that matched a watch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from awardspider.items import EventType
from awardspider.storage import schema
from awardspider.storage.offer_status import is_current
from awardspider.storage.offers import OfferRow, offer_from_row
from awardspider.storage.store import Store
from awardspider.storage.watches import sorted_watches

_alerts = schema.alerts.c
_watches = schema.watches.c

# Alerts to read per listed offer: several watches can match the same offer.
_ALERTS_PER_OFFER = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A decision to notify about an offer at this price; `watch_id` is None if the decision has no stored watch."""

    watch_id: str | None
    offer_id: str
    miles: int | None
    created_at: datetime
    event_type: EventType = EventType.OFFER_MATCHED


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertedOffer:
    """A stored offer with the time of its alert, and the names and ids of the stored watches that it matched."""

    alerted_at: datetime
    watches: tuple[str, ...]
    watch_ids: tuple[str, ...]
    offer: OfferRow


def recent_alerts(
    store: Store, event_type: EventType, *, now: datetime, max_age: timedelta | None, limit: int
) -> list[AlertedOffer]:
    """Return the offers with the latest alerts of a type, newest first, unless gone, departed or outdated at `now`."""
    query = (
        select(
            _watches.id.label("watch_id"), _watches.name.label("watch"), _alerts.created_at.label("alerted_at"),
            schema.offers,
        )
        .join(schema.offers, schema.offers.c.id == _alerts.offer_id)
        .outerjoin(schema.watches, _watches.id == _alerts.watch_id)
        .where(_alerts.event_type == event_type, is_current(now, max_age))
        .order_by(_alerts.id.desc())
        .limit(limit * _ALERTS_PER_OFFER)
    )  # fmt: skip
    with store.reading() as connection:
        rows = connection.execute(query).mappings().all()
    watches: dict[tuple[str, datetime], dict[str, str]] = {}
    offers: dict[tuple[str, datetime], OfferRow] = {}
    for row in rows:
        key = (row["id"], row["alerted_at"])
        offers.setdefault(key, offer_from_row(row))
        if row["watch_id"]:
            watches.setdefault(key, {})[row["watch_id"]] = row["watch"]
    return [
        AlertedOffer(alerted_at=key[1], offer=offer, **sorted_watches(watches.get(key, {})))
        for key, offer in list(offers.items())[:limit]
    ]
