"""Daily caps: how many messages a watch got today on a channel, and which of its due messages are the best."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, func, nulls_last, or_, select, update

from awardspider.items import EventType, Priority
from awardspider.storage import schema
from awardspider.storage.claims import CLAIMED_COLUMNS, claimed_row
from awardspider.storage.digests import find_stale
from awardspider.storage.outbox import UNFINISHED, DeliveryStatus
from awardspider.storage.store import Store

#: The events that a cap counts.
CAPPED_EVENTS = (EventType.OFFER_MATCHED, EventType.OFFER_DROPPED)

_SPARE_ROWS = 50  # read in addition, because some of the best may be outdated

_outbox = schema.outbox.c
_offers = schema.offers.c


def count_sent(store: Store, channel: str, watch_key: str, since: datetime) -> int:
    """Return how many messages for a watch a channel sent, or may have sent, since `since`, not counting digests.

    Messages that will be attempted again count too.
    """
    ended = and_(_outbox.status.in_((DeliveryStatus.SENT, DeliveryStatus.UNKNOWN)), _outbox.ended_at >= since)
    attempted = and_(_outbox.status.in_(UNFINISHED), _outbox.attempt_count > 0)
    query = select(func.count()).where(
        _outbox.watch_key == watch_key, _outbox.channel == channel, or_(ended, attempted)
    )
    with store.reading() as connection:
        return connection.scalar(query) or 0


def best_due_rows(
    store: Store,
    channel: str,
    watch_key: str,
    *,
    priorities: Sequence[Priority],
    count: int,
    now: datetime,
    max_age: timedelta | None,
) -> tuple[list[int], bool]:
    """Return the ids of the `count` best due rows of a watch, the best first, and True if there are more.

    Rows that were attempted are left out, because they do not compete: the recipient may already have them.
    The order is miles, taxes, stops, and last mixed cabins; unknown values come after known ones. Taxes count if all
    are in one currency. Rows that a worker is about to send are included, so that several dispatchers choose the same.
    Outdated rows are left out.
    """
    due = or_(_outbox.status == DeliveryStatus.SENDING, _is_due(priorities, now))
    joined = schema.outbox.outerjoin(schema.offers, _offers.id == _outbox.subject)
    rows = select(*CLAIMED_COLUMNS).select_from(joined).where(_of_watch(channel, watch_key), due)
    with store.reading() as connection:
        currencies = connection.execute(rows.with_only_columns(_offers.taxes_currency).distinct().limit(3)).all()
        order = [nulls_last(func.coalesce(_offers.miles, _outbox.miles).asc())]
        if len({row[0] for row in currencies} - {None}) <= 1:
            order.append(nulls_last(_offers.taxes.asc()))
        order += [nulls_last(_offers.stops.asc()), func.coalesce(_offers.mixed_cabin, false()).asc(), _outbox.id.asc()]
        limit = count + _SPARE_ROWS
        found = [*map(claimed_row, connection.execute(rows.order_by(*order).limit(limit)).mappings())]
        stale = find_stale(connection, found, now, max_age=max_age)
    current = [row.id for row in found if row.id not in stale]
    return current[:count], len(found) > count


def move_to_digest(
    store: Store,
    channel: str,
    watch_key: str,
    *,
    priorities: Sequence[Priority],
    keep: Collection[int],
    until: datetime,
    now: datetime,
) -> int:
    """Move the due rows of a watch, except those to keep and those that are claimed, to the digest at `until`.

    Return their number.
    """
    moved = and_(_of_watch(channel, watch_key), _is_due(priorities, now), _outbox.id.not_in(keep))
    statement = update(schema.outbox).where(moved).values(priority=Priority.DIGEST, next_attempt_at=until)
    with store.writing() as connection:
        return connection.execute(statement).rowcount


def _of_watch(channel: str, watch_key: str) -> ColumnElement[bool]:
    """Return the condition that a cap limits a row: it is for this watch, and was not attempted."""
    return and_(
        _outbox.watch_key == watch_key,
        _outbox.channel == channel,
        _outbox.event_type.in_(CAPPED_EVENTS),
        _outbox.attempt_count == 0,
    )


def _is_due(priorities: Sequence[Priority], now: datetime) -> ColumnElement[bool]:
    return and_(
        _outbox.status == DeliveryStatus.PENDING,
        _outbox.next_attempt_at <= now,
        _outbox.priority.in_(priorities),
    )
