"""Offers of past flights, offers that have been gone for long, and old changes of prices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, or_, select

from awardspider.operations.prune.deletion import Pruning
from awardspider.operations.retention import earliest
from awardspider.storage import schema
from awardspider.storage.outbox import NOT_SENT

# An offer is a wide row, and a chunk of them is read completely.
_OFFERS_PER_READ = 50_000

# A flight departs within this time of its day at the origin, wherever that is.
_DAY_MARGIN = timedelta(days=2)

# Offers with fewer old changes are left alone.
_FEW_CHANGES = 4

_offers = schema.offers.c
_points = schema.price_points.c
_outbox = schema.outbox.c


class OldPoint(NamedTuple):
    """A change of an offer: its number, when it was seen and its price."""

    number: int
    seen_at: datetime
    miles: int | None


# ---- offers ----


def prune_offers(pruning: Pruning) -> None:
    """Remove offers whose flights departed long ago, and those that have been gone for as long.

    A gone offer is kept while a message, an alert or a match refers to it or to its flights.
    """
    before = earliest(pruning.now, pruning.periods.offers)
    is_past = _offers.departure_date < departed_before(before)
    is_gone = and_(_offers.gone_at < before, ~_is_referenced())
    partners = _partners_of_messages(pruning)
    for window in pruning.windows(_offers.number, size=_OFFERS_PER_READ):
        query = select(_offers.number, _offers.id).where(
            _offers.number.between(window.first, window.last), or_(is_past, is_gone)
        )
        with pruning.store.reading() as connection:
            rows = connection.execute(query.order_by(_offers.number)).all()
        numbers = [row.number for row in rows if row.id not in partners]
        if pruning.dry_run:
            pruning.removed["offers"] += len(numbers)
            pruning.removed["price_points"] += _count_points(pruning, numbers)
        else:
            still = or_(is_past, _offers.gone_at < before)  # one may have become available again
            pruning.in_transactions(numbers, partial(_remove, condition=still))


def departed_before(at: datetime) -> date:
    """Return a day: flights of earlier days departed before a time, in every time zone."""
    return (at - _DAY_MARGIN).date() if at > datetime.min.replace(tzinfo=at.tzinfo) + _DAY_MARGIN else date.min


def _is_referenced() -> ColumnElement[bool]:
    return or_(
        exists().where(_outbox.subject == _offers.id),
        exists().where(schema.alerts.c.offer_id == _offers.id),
        exists().where(schema.matches.c.flight_key == _offers.flight_key),
    )


def _partners_of_messages(pruning: Pruning) -> set[str]:
    """Return the ids of the other directions of round trips in messages."""
    partner = _outbox.body["trip_other_offer_id"].as_string()
    query = select(partner).distinct().where(partner.is_not(None), _outbox.status.not_in(NOT_SENT))
    with pruning.store.reading() as connection:
        return set(connection.scalars(query))


def _remove(connection: Connection, numbers: Sequence[int], *, condition: ColumnElement[bool]) -> Counter[str]:
    query = select(_offers.number).where(_offers.number.in_(numbers), condition).with_for_update()
    still = list(connection.scalars(query))
    points = connection.execute(delete(schema.price_points).where(_points.offer_number.in_(still))).rowcount
    offers = connection.execute(delete(schema.offers).where(_offers.number.in_(still))).rowcount
    return Counter(offers=offers, price_points=points)


def _count_points(pruning: Pruning, numbers: Sequence[int]) -> int:
    total = 0
    with pruning.store.reading() as connection:
        for start in range(0, len(numbers), 1000):
            some = numbers[start : start + 1000]
            query = select(func.count()).select_from(schema.price_points).where(_points.offer_number.in_(some))
            total += connection.scalar(query) or 0
    return total


# ---- changes of offers ----


def prune_price_points(pruning: Pruning) -> None:
    """Thin out the changes of offers that are older than the retention: one of each week is kept.

    The last one of a week is kept, so that the state at the end of each week stays known; the lowest price; and the
    last price that differs from the latest one, which shows if the price has dropped.
    """
    before = earliest(pruning.now, pruning.periods.offers)
    for window in pruning.windows(_offers.number, size=_OFFERS_PER_READ):
        for points in _old_points(pruning, window.first, window.last, before):
            kept = kept_times(points)
            expired = [(point.number, point.seen_at) for point in points if point.seen_at not in kept]
            pruning.delete_keys(schema.price_points, expired)


def kept_times(points: Sequence[OldPoint]) -> set[datetime]:
    """Return the times of the changes of one offer to keep; `points` are in the order of time."""
    kept = {point.seen_at.isocalendar()[:2]: point.seen_at for point in points}
    priced = [point for point in points if point.miles is not None]
    found = set(kept.values())
    if priced:
        found |= {priced[-1].seen_at, min(priced, key=lambda point: point.miles or 0).seen_at}
        different = [point.seen_at for point in priced if point.miles != priced[-1].miles]
        found |= set(different[-1:])
    return found


def _old_points(pruning: Pruning, first: int, last: int, before: datetime) -> Iterator[list[OldPoint]]:
    """Yield the old changes of each offer that has many of them, in the order of time."""
    is_old = and_(_points.offer_number.between(first, last), _points.seen_at < before)
    many = select(_points.offer_number).where(is_old).group_by(_points.offer_number)
    with pruning.store.reading() as connection:
        numbers = list(connection.scalars(many.having(func.count() > _FEW_CHANGES)))
    for start in range(0, len(numbers), 1000):
        query = (
            select(_points.offer_number, _points.seen_at, _points.miles)
            .where(_points.offer_number.in_(numbers[start : start + 1000]), is_old)
            .order_by(_points.offer_number, _points.seen_at)
        )
        with pruning.store.reading() as connection:
            rows = [OldPoint(*row) for row in connection.execute(query)]
        for _, points in groupby(rows, lambda point: point.number):
            yield list(points)
