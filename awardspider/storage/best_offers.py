"""The best current offers: deals, the best of each route and departure month, and the best of each watch."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, extract, func, or_, select

from awardspider.search.judgments import DEAL_CLASSES
from awardspider.storage import schema
from awardspider.storage.offer_status import is_available, is_current
from awardspider.storage.offers import OfferFilter, OfferRow, matching_query, offer_from_row
from awardspider.storage.store import Store

_offers = schema.offers.c
_matches = schema.matches.c
_watches = schema.watches.c


class Group(StrEnum):
    """Groups of which a listing shows only the best offer."""

    OFFER = "offer"  # every offer is shown
    FLIGHT = "flight"  # the fares, sources and parties of the same flights in one cabin
    ROUTE_MONTH = "route_month"  # the offers of a route in one departure month


_MONTH = extract("year", _offers.departure_date) * 12 + extract("month", _offers.departure_date)
_GROUPS: dict[Group, tuple[ColumnElement[Any], ...]] = {
    Group.OFFER: (),
    Group.FLIGHT: (_offers.flight_key,),
    Group.ROUTE_MONTH: (_offers.origin, _offers.destination, _MONTH),
}

#: The order from the best to the worst offer, as `search.deal_ranks` defines it.
BEST_FIRST = (_offers.deal_rank, _offers.id)


def _is_deal() -> ColumnElement[bool]:
    """Return the condition that an offer is a deal by its class, or marked as on sale."""
    return or_(_offers.deal_class.in_(DEAL_CLASSES), _offers.on_sale.is_(True))


def best_offers(
    store: Store,
    criteria: OfferFilter,
    *,
    group: Group = Group.ROUTE_MONTH,
    limit: int | None = None,
) -> list[OfferRow]:
    """Return the best offer of each group, best first, with a known price; unconfirmed offers are left out.

    `criteria.current_at` is required; its `gone` and `best` have no effect.
    """
    assert criteria.current_at is not None
    query = matching_query(criteria).where(
        is_available(criteria.current_at, criteria.max_age), _offers.miles.is_not(None)
    )
    rank = func.row_number().over(partition_by=_GROUPS[group] or _offers.id, order_by=BEST_FIRST)
    ranked = query.with_only_columns(_offers.number, rank.label("rank")).subquery()
    best = select(ranked.c.number).where(ranked.c.rank == 1)
    found = select(schema.offers).where(_offers.number.in_(best)).order_by(*BEST_FIRST).limit(limit)
    return [offer_from_row(row) for row in store.stream(found)]


def deals_last_seen(store: Store, *, now: datetime, max_age: timedelta | None, per_route: int) -> dict[str, datetime]:
    """Return when each current deal was last seen, keyed by offer id.

    Of each route and cabin, these are the `per_route` best flights or days, each with its best offer.
    """
    of_flight = func.row_number().over(partition_by=_offers.flight_key, order_by=BEST_FIRST)
    deals = select(_offers.number, of_flight.label("rank")).where(is_current(now, max_age), _is_deal()).subquery()
    of_route = func.row_number().over(
        partition_by=(_offers.origin, _offers.destination, _offers.cabin), order_by=BEST_FIRST
    )
    flights = (
        select(_offers.id, _offers.last_seen_at, of_route.label("rank"))
        .where(_offers.number.in_(select(deals.c.number).where(deals.c.rank == 1)))
        .subquery()
    )
    return _last_seen(store, select(flights.c.id, flights.c.last_seen_at).where(flights.c.rank <= per_route))


def last_seen_since(store: Store, since: datetime, *, now: datetime, max_age: timedelta | None) -> dict[str, datetime]:
    """Return when each current offer that was seen after a time was last seen, keyed by offer id."""
    query = select(_offers.id, _offers.last_seen_at).where(is_current(now, max_age), _offers.last_seen_at > since)
    return _last_seen(store, query)


def best_matches_last_seen(
    store: Store, *, now: datetime, max_age: timedelta | None, per_watch: int | None = None
) -> dict[str, datetime]:
    """Return when each current offer that matches an active watch was last seen, keyed by offer id.

    `per_watch` keeps only that many for each watch: the best.
    """
    rank = func.row_number().over(partition_by=_matches.watch_key, order_by=BEST_FIRST)
    ranked = (
        select(_offers.id, _offers.last_seen_at, rank.label("rank"))
        .join(schema.matches, _matches.offer_id == _offers.id)
        .outerjoin(schema.watches, _watches.id == _matches.watch_key)
        .where(_matches.ended_at.is_(None), is_current(now, max_age), _watches.active.is_not(False))
        .subquery()
    )
    query = select(ranked.c.id, ranked.c.last_seen_at)
    return _last_seen(store, query if per_watch is None else query.where(ranked.c.rank <= per_watch))


def _last_seen(store: Store, query: Select[*tuple[Any, ...]]) -> dict[str, datetime]:
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}
