"""What there is to tell at the moment: offers that a watch wants as they are now, and promotions that are not over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from math import inf
from typing import Any

from sqlalchemy import Connection, RowMapping, case, func, or_, select

from awardspider.items import PromotionItem
from awardspider.storage import tables
from awardspider.storage.queries import OfferRow, offer_row
from awardspider.storage.store import Store

_offers = tables.offers.c
_alerts = tables.alerts.c
_promotions = tables.promotions.c


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedOffer:
    """An offer with the active watches that want it, by name; `since` is when it first was wanted at its price."""

    offer: OfferRow
    watches: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPromotion:
    """A promotion as stored; the item's `seen_at` is when it was seen last."""

    id: str
    item: PromotionItem
    first_seen_at: datetime


def wanted_offers(store: Store, *, today: date, limit: int | None = None) -> list[WantedOffer]:
    """Offers that are not gone, leave today or later, and satisfy an active watch as they are now; newest first.

    A watch was told of an offer that satisfied it. What can have become worse since is compared here: an offer that
    costs more than the lowest price told, and seats that have become fewer, were not told again.
    """
    told_so = case((_alerts.miles.is_not_distinct_from(_offers.miles), _alerts.created_at))
    alerted = (
        select(_alerts.offer_id, func.min(told_so).label("since"))
        .join(tables.offers, _offers.id == _alerts.offer_id)
        .join(tables.watches, tables.watches.c.name == _alerts.watch)
        .where(tables.watches.c.active)
        .group_by(_alerts.offer_id)
        .subquery()
    )
    since = func.coalesce(alerted.c.since, _offers.changed_at, type_=_offers.changed_at.type)
    query = (
        select(tables.offers, since.label("since"))
        .join(alerted, alerted.c.offer_id == _offers.id)
        .where(_offers.gone_at.is_(None), _offers.departure_date >= today)
        .order_by(since.desc(), _offers.miles, _offers.id)
    )
    found: list[WantedOffer] = []
    with store.reading() as connection, store.reading() as beside:  # the one is still reading when the other asks
        limits = _limits(beside)
        with connection.execution_options(yield_per=_IDS_AT_ONCE).execute(query) as rows:
            for some in rows.mappings().partitions(_IDS_AT_ONCE):
                watches = _watches_of(beside, some, limits)
                found += [
                    WantedOffer(offer=offer_row(row), watches=tuple(watches[row["id"]]), since=row["since"])
                    for row in some
                    if watches[row["id"]]
                ]
                if limit is not None and len(found) >= limit:
                    break
    return found[:limit]


def _limits(connection: Connection) -> dict[str, tuple[int, float]]:
    """How many seats each active watch wants, and at how many miles at most, by its name."""
    query = select(tables.watches.c.name, tables.watches.c.definition).where(tables.watches.c.active)
    return {
        name: (definition.get("min_seats") or definition.get("travelers") or 1, definition.get("max_miles") or inf)
        for name, definition in connection.execute(query)
    }


def _watches_of(
    connection: Connection, rows: Sequence[RowMapping], limits: dict[str, tuple[int, float]]
) -> dict[str, list[str]]:
    """The active watches that want each offer as it is now, by name."""
    known = {row["id"]: row for row in rows}
    names: dict[str, list[str]] = {offer_id: [] for offer_id in known}
    query = (
        select(_alerts.offer_id, _alerts.watch)
        .where(_alerts.offer_id.in_(known), _alerts.watch.in_(limits))
        .distinct()
        .order_by(_alerts.watch)
    )
    for offer_id, watch in connection.execute(query):
        offer, (seats, miles) = known[offer_id], limits[watch]
        if (offer["seats"] is None or offer["seats"] >= seats) and (offer["miles"] or 0) <= miles:
            names[offer_id].append(watch)
    return names


# Of a list in a query: engines have a limit of values, and this is far from it.
_IDS_AT_ONCE = 500


def known_promotions(store: Store, *, today: date, limit: int | None = None) -> list[KnownPromotion]:
    """Promotions that can still be booked today, or do not say until when; newest first."""
    newest = func.coalesce(_promotions.published, _promotions.first_seen_at)
    query = (
        select(tables.promotions)
        .where(or_(_promotions.book_by.is_(None), _promotions.book_by >= today))
        .order_by(newest.desc(), _promotions.id)
        .limit(limit)
    )
    with store.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        KnownPromotion(
            id=row["id"],
            first_seen_at=row["first_seen_at"],
            item=PromotionItem(**{name: _as_item(row[name]) for name in _SAME}, seen_at=row["last_seen_at"]),
        )
        for row in rows
    ]


_SAME = tuple(field.name for field in fields(PromotionItem) if field.name in _promotions)


def _as_item(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
