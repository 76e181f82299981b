"""The activity of watches: the offers that match now, alerts, messages by status, and the searches of their routes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, case, func, select

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


#: Numbers above these are not counted: a page that lists watches must not read all messages of a year.
MOST_MATCHES, MOST_MESSAGES = 50, 200

_SOME_MESSAGES = (
    select(_outbox.status).where(_outbox.watch_key == bindparam("watch_key")).limit(MOST_MESSAGES + 1).subquery()
)
_MESSAGES_BY_STATUS = select(_SOME_MESSAGES.c.status, func.count()).group_by(_SOME_MESSAGES.c.status)


@dataclass(slots=True, kw_only=True)
class WatchActivity:
    """The current matches of a watch for awards, and the messages of a watch of either kind.

    `matches` counts flights, and `best` is the offer with the lowest price among them. Of more than MOST_MATCHES, only
    some are counted: `has_more_matches` is True and the best one is unknown. `messages` are counted by status, if they
    are at most MOST_MESSAGES; with more, `has_more_messages` is True.
    """

    matches: int = 0
    has_more_matches: bool = False
    best: OfferRow | None = None
    alerted_at: datetime | None = None
    messages: Counter[DeliveryStatus] = field(default_factory=Counter)
    has_more_messages: bool = False


def watch_activity(
    store: Store, watch_ids: Iterable[str], *, now: datetime, max_age: timedelta | None
) -> dict[str, WatchActivity]:
    """Return the activity of watches, keyed by id."""
    found = {watch_id: WatchActivity() for watch_id in watch_ids}
    with store.reading() as connection:
        for some in in_batches(list(found)):
            query = select(_alerts.watch_id, func.max(_alerts.created_at)).where(_alerts.watch_id.in_(some))
            for watch_id, alerted_at in connection.execute(query.group_by(_alerts.watch_id)):
                found[watch_id].alerted_at = alerted_at
        best: dict[str, str] = {}
        matches = _some_matches(now, max_age)
        for watch_id, activity in found.items():
            if offer_id := _add_matches(connection, matches, watch_id, activity):
                best[watch_id] = offer_id
            _add_messages(connection, watch_id, activity)
        offers = _offers_by_id(connection, set(best.values()))
    for watch_id, offer_id in best.items():
        found[watch_id].best = offers.get(offer_id)
    return found


def _some_matches(now: datetime, max_age: timedelta | None) -> Select[Any]:
    """Return the query for the best of at most MOST_MATCHES + 1 matches of the watch `watch_key`, and their numbers.

    It is built once for all watches of a page.
    """
    of_watch = (_matches.watch_key == bindparam("watch_key"), _matches.ended_at.is_(None))
    some = select(_matches.offer_id).where(*of_watch).limit(MOST_MATCHES + 1).subquery()
    is_a_match = case((is_current(now, max_age), 1), else_=0)
    return (
        select(_offers.id, func.count().over().label("matches"), func.sum(is_a_match).over().label("current"))
        .select_from(some.outerjoin(schema.offers, some.c.offer_id == _offers.id))
        .order_by(is_a_match.desc(), _offers.miles.asc().nulls_last(), _offers.departure_date, _offers.id)
        .limit(1)
    )


def _add_matches(connection: Connection, query: Select[Any], watch_id: str, activity: WatchActivity) -> str | None:
    """Count the matches of a watch that are current; return the id of the best offer if it is known."""
    best = connection.execute(query, {"watch_key": watch_id}).first()
    if best is None:
        return None
    activity.matches = min(best.current, MOST_MATCHES)
    activity.has_more_matches = best.matches > MOST_MATCHES
    return best.id if best.current and not activity.has_more_matches else None


def _offers_by_id(connection: Connection, ids: Collection[str]) -> dict[str, OfferRow]:
    rows = connection.execute(select(schema.offers).where(_offers.id.in_(sorted(ids)))).mappings()
    return {row["id"]: offer_from_row(row) for row in rows}


def _add_messages(connection: Connection, watch_id: str, activity: WatchActivity) -> None:
    for status, count in connection.execute(_MESSAGES_BY_STATUS, {"watch_key": watch_id}):
        activity.messages[DeliveryStatus(status)] = count
    activity.has_more_messages = activity.messages.total() > MOST_MESSAGES


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
