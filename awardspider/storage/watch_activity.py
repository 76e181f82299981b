"""The activity of watches: the offers that match now, alerts, messages by status, and the searches of their routes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from awardspider.outcomes import Outcome
from awardspider.storage import schema
from awardspider.storage.offer_status import is_current
from awardspider.storage.offers import OfferRow, offer_from_row
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.store import Store, in_batches

_alerts = schema.alerts.c
_matches = schema.matches.c
_offers = schema.offers.c
_outbox = schema.outbox.c
_searches = schema.searches.c


@dataclass(slots=True, kw_only=True)
class WatchActivity:
    """The current matches of a watch for awards, and the messages of a watch of either kind.

    `matches` counts flights, and `best` is the offer with the lowest price among them. `sent_at` is when the last
    message was sent, also as a part of a digest.
    """

    matches: int = 0
    best: OfferRow | None = None
    alerted_at: datetime | None = None
    messages: Counter[DeliveryStatus] = field(default_factory=Counter)
    sent_at: datetime | None = None


def watch_activity(
    store: Store, watch_ids: Iterable[str], *, now: datetime, max_age: timedelta | None
) -> dict[str, WatchActivity]:
    """Return the activity of watches, keyed by id."""
    found = {watch_id: WatchActivity() for watch_id in watch_ids}
    with store.reading() as connection:
        for some in in_batches(list(found)):
            _add_matches(connection, found, some, now, max_age)
            query = select(_alerts.watch_id, func.max(_alerts.created_at)).where(_alerts.watch_id.in_(some))
            for watch_id, alerted_at in connection.execute(query.group_by(_alerts.watch_id)):
                found[watch_id].alerted_at = alerted_at
            messages = (
                select(_outbox.watch_key, _outbox.status, func.count(), func.max(_outbox.ended_at))
                .where(_outbox.watch_key.in_(some))
                .group_by(_outbox.watch_key, _outbox.status)
            )
            for watch_id, status, count, ended_at in connection.execute(messages):
                activity = found[watch_id]
                activity.messages[DeliveryStatus(status)] += count
                if status in (DeliveryStatus.SENT, DeliveryStatus.IN_DIGEST) and ended_at:
                    activity.sent_at = max(ended_at, activity.sent_at or ended_at)
    return found


def _add_matches(
    connection: Connection,
    found: dict[str, WatchActivity],
    watch_ids: Sequence[str],
    now: datetime,
    max_age: timedelta | None,
) -> None:
    order = (_offers.miles.asc().nulls_last(), _offers.departure_date, _offers.id)
    ranked = (
        select(
            _matches.watch_key,
            _matches.offer_id,
            func.row_number().over(partition_by=_matches.watch_key, order_by=order).label("rank"),
            func.count().over(partition_by=_matches.watch_key).label("total"),
        )
        .join(schema.offers, _offers.id == _matches.offer_id)
        .where(_matches.watch_key.in_(watch_ids), _matches.ended_at.is_(None), is_current(now, max_age))
        .subquery()
    )
    query = (
        select(schema.offers, ranked.c.watch_key, ranked.c.total)
        .join(ranked, ranked.c.offer_id == _offers.id)
        .where(ranked.c.rank == 1)
    )
    for row in connection.execute(query).mappings():
        activity = found[row["watch_key"]]
        activity.matches = row["total"]
        activity.best = offer_from_row(row)


def current_matches(
    store: Store, watch_id: str, *, now: datetime, max_age: timedelta | None, limit: int
) -> list[OfferRow]:
    """Return the offers that match a watch for awards since a crawl found them, at most `limit`, best first."""
    query = (
        select(schema.offers)
        .join(schema.matches, _matches.offer_id == _offers.id)
        .where(_matches.watch_key == watch_id, _matches.ended_at.is_(None), is_current(now, max_age))
        .order_by(_offers.miles.asc().nulls_last(), _offers.departure_date, _offers.id)
        .limit(limit)
    )
    with store.reading() as connection:
        return [offer_from_row(row) for row in connection.execute(query).mappings()]


class RouteSearches(NamedTuple):
    """The searches of routes since a time: their number by outcome, and when the last one was sent."""

    outcomes: Counter[Outcome]
    last_at: datetime | None


def route_searches(
    store: Store,
    programs: Collection[str],
    origins: Collection[str],
    destinations: Collection[str],
    *,
    since: datetime,
) -> RouteSearches:
    """Return the searches by programs from any of the origins to any of the destinations."""
    query = (
        select(_searches.outcome, func.count(), func.max(_searches.requested_at))
        .where(
            _searches.program.in_(sorted(programs)),
            _searches.origin.in_(sorted(origins)),
            _searches.destination.in_(sorted(destinations)),
            _searches.requested_at >= since,
        )
        .group_by(_searches.outcome)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    counts = Counter({Outcome(outcome): count for outcome, count, _ in rows})
    return RouteSearches(counts, max((last_at for _, _, last_at in rows), default=None))
