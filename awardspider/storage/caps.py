"""Daily caps of channels that send each offer by itself: messages of a watch that were sent today, or are due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from awardspider.items import Priority
from awardspider.storage import schema
from awardspider.storage.claims import CLAIMED_COLUMNS, ClaimedRow, claimed_row
from awardspider.storage.compositions import MAX_ROWS
from awardspider.storage.digests import find_stale
from awardspider.storage.outbox import PROCESSED, UNFINISHED, WATCH_EVENTS, DeliveryStatus
from awardspider.storage.store import Store

_outbox = schema.outbox.c


def count_sent(store: Store, channel: str, watch_key: str, since: datetime) -> int:
    """Return how many messages for a watch a channel sent, or may have sent, since `since`, not counting digests.

    Messages that will be attempted again count too.
    """
    ended = and_(_outbox.status.in_(PROCESSED), _outbox.ended_at >= since)
    attempted = and_(_outbox.status.in_(UNFINISHED), _outbox.attempt_count > 0)
    query = select(func.count()).where(
        _outbox.watch_key == watch_key, _outbox.channel == channel, or_(ended, attempted)
    )
    with store.reading() as connection:
        return connection.scalar(query) or 0


def due_rows(
    store: Store,
    channel: str,
    watch_key: str,
    *,
    priorities: Sequence[Priority],
    now: datetime,
    max_age: timedelta | None,
) -> list[ClaimedRow]:
    """Return the due rows of a watch, at most MAX_ROWS, which compete for the messages that its cap allows.

    Rows that were attempted are left out, because they do not compete: the recipient may already have them. Rows that a
    worker is about to send are included, so that several dispatchers choose the same. Outdated rows are left out.
    """
    due = or_(_outbox.status == DeliveryStatus.SENDING, _is_due(priorities, now))
    query = select(*CLAIMED_COLUMNS).where(_of_watch(channel, watch_key), due).order_by(_outbox.id).limit(MAX_ROWS)
    with store.reading() as connection:
        found = [*map(claimed_row, connection.execute(query).mappings())]
        stale = find_stale(connection, found, now, max_age=max_age)
    return [row for row in found if row.id not in stale]


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
        _outbox.event_type.in_(WATCH_EVENTS),
        _outbox.attempt_count == 0,
    )


def _is_due(priorities: Sequence[Priority], now: datetime) -> ColumnElement[bool]:
    return and_(
        _outbox.status == DeliveryStatus.PENDING,
        _outbox.next_attempt_at <= now,
        _outbox.priority.in_(priorities),
    )
