"""The numbers of unfinished messages, and how long recent messages took."""

from __future__ import annotations

from sqlalchemy import func, select

from awardspider.storage import schema
from awardspider.storage.outbox import UNFINISHED, DeliveryStatus
from awardspider.storage.store import Store

_outbox = schema.outbox.c

#: The number of recent messages whose delivery is measured.
RECENT_MESSAGES = 1000


def count_by_status(store: Store) -> dict[tuple[str, DeliveryStatus], int]:
    """Return the number of unfinished messages, keyed by channel and status."""
    query = (
        select(_outbox.channel, _outbox.status, func.count())
        .where(_outbox.status.in_(UNFINISHED))
        .group_by(_outbox.channel, _outbox.status)
    )
    with store.reading() as connection:
        return {(row[0], DeliveryStatus(row[1])): row[2] for row in connection.execute(query)}


def delivery_seconds(store: Store) -> list[float]:
    """Return the seconds from decision to delivery of the sent messages among the last RECENT_MESSAGES."""
    last = select(_outbox.id).order_by(_outbox.id.desc()).limit(RECENT_MESSAGES).subquery()
    query = select(_outbox.created_at, _outbox.ended_at).where(
        _outbox.id.in_(select(last.c.id)),
        _outbox.status == DeliveryStatus.SENT.value,
        _outbox.ended_at.is_not(None),
    )
    with store.reading() as connection:
        return [(ended_at - created_at).total_seconds() for created_at, ended_at in connection.execute(query)]
