"""The last delivery attempts of each channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from awardspider.storage import schema
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.store import Store

#: How many of the latest attempts are read: a channel without one among them has none that matters now.
_READ = 2_000

_attempts = schema.attempts.c
_outbox = schema.outbox.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAttempt:
    """An attempt to deliver a message."""

    message_id: int
    attempted_at: datetime
    result: DeliveryResult
    note: str


def last_attempts(store: Store, *, each: int = 3) -> dict[str, list[ChannelAttempt]]:
    """Return the last attempts of each channel, at most `each`, the latest first, among the latest 2,000 of all."""
    latest = select(schema.attempts).order_by(_attempts.id.desc()).limit(_READ).subquery()
    query = (
        select(_outbox.channel, latest)
        .join(schema.outbox, _outbox.id == latest.c.outbox_id)
        .order_by(latest.c.id.desc())
    )
    found: dict[str, list[ChannelAttempt]] = {}
    with store.reading() as connection:
        for row in connection.execute(query):
            of_channel = found.setdefault(row.channel, [])
            if len(of_channel) < each:
                attempt = ChannelAttempt(
                    message_id=row.outbox_id,
                    attempted_at=row.attempted_at,
                    result=DeliveryResult(row.result),
                    note=row.note,
                )
                of_channel.append(attempt)
    return found
