"""Messages that should have been sent long ago."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, exists, func, or_, select

from awardspider.storage import schema
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.store import Store

_outbox = schema.outbox.c
_attempts = schema.attempts.c


class DelayedMessages(NamedTuple):
    """The number of a channel's delayed messages."""

    channel: str
    messages: int


def delayed_messages(store: Store, before: datetime) -> list[DelayedMessages]:
    """Return the channels with pending messages that were due, or attempted without success, before a time."""
    attempted = exists().where(_attempts.outbox_id == _outbox.id, _attempts.attempted_at < before)
    is_delayed = or_(
        and_(_outbox.attempt_count == 0, _outbox.next_attempt_at < before),
        and_(_outbox.attempt_count > 0, attempted),
    )
    query = (
        select(_outbox.channel, func.count())
        .where(_outbox.status == DeliveryStatus.PENDING, is_delayed)
        .group_by(_outbox.channel)
        .order_by(_outbox.channel)
    )
    with store.reading() as connection:
        return [DelayedMessages(*row) for row in connection.execute(query)]
