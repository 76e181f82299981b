"""The activity of watches: the offers that match now, alerts, messages by status, and the searches of their routes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from awardspider.outcomes import Outcome
from awardspider.storage import schema
from awardspider.storage.offer_status import IS_CURRENT, is_current, status_parameters
from awardspider.storage.offers import OfferRow, offer_from_row
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.searches import proven_outcome
from awardspider.storage.store import Store, in_batches

_alerts = schema.alerts.c
_matches = schema.matches.c
_offers = schema.offers.c
_outbox = schema.outbox.c
_searches = schema.searches.c


#: Numbers above these are not counted: a page that lists watches must not read all messages of a year.
MOST_MATCHES, MOST_MESSAGES = 50, 200

# Watches of one statement, which has a part for each of them, because of the limits.
_WATCHES_AT_ONCE = 20


@dataclass(slots=True, kw_only=True)
class WatchActivity:
    """The current matches of a watch for awards, and the messages of a watch of either kind.

    `matches` counts flights, and `best` is the offer with the lowest price among them. With more than MOST_MATCHES,
    `matches` is that number, `has_more_matches` is True and the best one is unknown. `messages` are counted by status,
    if they are at most MOST_MESSAGES; with more, `has_more_messages` is True.
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
        for some in in_batches(list(found), _WATCHES_AT_ONCE):
            activities = [found[watch_id] for watch_id in some]
            keys = {_key(number): watch_id for number, watch_id in enumerate(some)}
            for number, status, count in connection.execute(_messages_by_status(len(some)), keys).all():
                activities[number].messages[DeliveryStatus(status)] = count
            matches = _best_matches(len(some)), keys | status_parameters(now, max_age)
            for number, offer_id, count in connection.execute(*matches).all():
                activities[number].matches = min(count, MOST_MATCHES)
                activities[number].has_more_matches = count > MOST_MATCHES
                if count <= MOST_MATCHES:
                    best[some[number]] = offer_id
        offers = _offers_by_id(connection, set(best.values()))
    for activity in found.values():
        activity.has_more_messages = activity.messages.total() > MOST_MESSAGES
    for watch_id, offer_id in best.items():
        found[watch_id].best = offers.get(offer_id)
    return found


@cache
def _messages_by_status(watches: int) -> CompoundSelect[Any]:
    """Return the query for the numbers of messages of so many watches by status, of at most MOST_MESSAGES + 1 each."""
    return union_all(*map(_messages_of, range(watches)))


def _messages_of(number: int) -> Select[Any]:
    of_watch = _outbox.watch_key == bindparam(_key(number))
    some = select(_outbox.status).where(of_watch).limit(MOST_MESSAGES + 1).subquery()
    return select(literal_column(str(number)), some.c.status, func.count()).group_by(some.c.status)


@cache
def _best_matches(watches: int) -> CompoundSelect[Any]:
    """Return the query for the best current matches of so many watches, and their numbers up to MOST_MATCHES + 1."""
    return union_all(*(select(_best_match_of(number).subquery()) for number in range(watches)))


def _best_match_of(number: int) -> Select[Any]:
    some = (
        select(_offers.id, _offers.miles, _offers.departure_date)
        .join(schema.matches, _matches.offer_id == _offers.id)
        .where(_matches.watch_key == bindparam(_key(number)), _matches.ended_at.is_(None), IS_CURRENT)
        .limit(MOST_MATCHES + 1)
        .subquery()
    )
    return (
        select(literal_column(str(number)).label("number"), some.c.id, func.count().over().label("count"))
        .order_by(some.c.miles.asc().nulls_last(), some.c.departure_date, some.c.id)
        .limit(1)
    )


def _key(number: int) -> str:
    return f"watch_{number}"


def _offers_by_id(connection: Connection, ids: Collection[str]) -> dict[str, OfferRow]:
    rows = connection.execute(select(schema.offers).where(_offers.id.in_(sorted(ids)))).mappings()
    return {row["id"]: offer_from_row(row) for row in rows}


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
    programs: Mapping[str, Collection[str]],
    origins: Collection[str],
    destinations: Collection[str],
    *,
    since: datetime,
) -> RouteSearches:
    """Return the searches by programs from any of the origins to any of the destinations.

    `programs` maps each searched program to the programs whose offers are wanted: itself or, for a source of several
    programs, some of them. A search for only one program that is not wanted does not count.
    """
    outcome = proven_outcome(_searches)
    query = (
        select(outcome, func.count(), func.max(_searches.requested_at))
        .where(
            or_(false(), *(_could_find(program, targets) for program, targets in sorted(programs.items()))),
            _searches.origin.in_(sorted(origins)),
            _searches.destination.in_(sorted(destinations)),
            _searches.requested_at >= since,
        )
        .group_by(outcome)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    counts = Counter({Outcome(name): count for name, count, _ in rows})
    return RouteSearches(counts, max((last_at for _, _, last_at in rows), default=None))


def _could_find(program: str, targets: Collection[str]) -> ColumnElement[bool]:
    target = _searches.target_program
    return and_(_searches.program == program, or_(target.is_(None), target.in_(sorted(targets))))
