"""What was decided lately, newest first, for whoever asks instead of being told: Zapier's polling, and its samples."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from awardspider.items import PromotionItem
from awardspider.storage import tables
from awardspider.storage.queries import OfferRow, offer_row
from awardspider.storage.store import Store

# Alerts that are read for each one wanted: those of several watches for one offer are one.
_ALERTS_FOR_ONE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedOffer:
    """An offer that watches were to be told of, and how it is stored now."""

    decided_at: datetime
    watches: tuple[str, ...]
    offer: OfferRow


def decided_offers(store: Store, event: str, *, most: int) -> list[DecidedOffer]:
    """The offers for which this event was decided last, newest first, without those that are gone since."""
    alerts, offers = tables.alerts.c, tables.offers.c
    kind = func.coalesce(alerts.event, "offer.matched")  # what all were, before events were noted
    query = (
        select(alerts.watch, alerts.created_at.label("decided_at"), tables.offers)
        .join(tables.offers, offers.id == alerts.offer_id)
        .where(kind == event, offers.gone_at.is_(None))
        .order_by(alerts.id.desc())
        .limit(most * _ALERTS_FOR_ONE)
    )
    with store.reading() as connection:
        rows = connection.execute(query).mappings().all()
    watches: dict[tuple[str, datetime], list[str]] = {}
    found: dict[tuple[str, datetime], OfferRow] = {}
    for row in rows:
        decision = (row["id"], row["decided_at"])
        found.setdefault(decision, offer_row(row))
        if row["watch"]:
            watches.setdefault(decision, []).append(row["watch"])
    return [
        DecidedOffer(decided_at=decision[1], watches=tuple(sorted(watches.get(decision, ()))), offer=offer)
        for decision, offer in list(found.items())[:most]
    ]


def newest_promotions(store: Store, *, most: int) -> list[tuple[str, PromotionItem]]:
    """The promotions that were first seen last, newest first, each with its id."""
    promotions = tables.promotions.c
    query = select(tables.promotions).order_by(promotions.first_seen_at.desc(), promotions.id).limit(most)
    with store.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        (
            row["id"],
            PromotionItem(
                kind=row["kind"],
                title=row["title"],
                source=row["source"],
                link=row["link"],
                seen_at=row["last_seen_at"],
                programs=tuple(row["programs"]),
                banks=tuple(row["banks"]),
                percent=row["percent"],
                up_to=row["up_to"],
                cents_per_mile=row["cents_per_mile"],
                routes=tuple(row["routes"]),
                book_by=row["book_by"],
                travel_from=row["travel_from"],
                travel_until=row["travel_until"],
                targeted=row["targeted"],
                published=row["published"],
            ),
        )
        for row in rows
    ]
