"""The times of the last alerts about offers, for the notes that they are gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from awardspider.items import EventType
from awardspider.storage import schema
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.store import Store, in_batches

_outbox = schema.outbox.c


def last_alert_times(store: Store, channel: str, offer_ids: Sequence[str]) -> dict[tuple[str, str | None], datetime]:
    """Return when a channel's last alert about each offer was sent, keyed by offer id and watch key."""
    found: dict[tuple[str, str | None], datetime] = {}
    with store.reading() as connection:
        for some in in_batches(list(offer_ids)):
            query = (
                select(_outbox.subject, _outbox.watch_key, func.max(_outbox.ended_at))
                .where(
                    _outbox.channel == channel,
                    _outbox.subject.in_(some),
                    _outbox.event_type.in_((EventType.OFFER_MATCHED, EventType.OFFER_DROPPED)),
                    _outbox.status.in_((DeliveryStatus.SENT, DeliveryStatus.IN_DIGEST)),
                    _outbox.ended_at.is_not(None),
                )
                .group_by(_outbox.subject, _outbox.watch_key)
            )
            found |= {(subject, watch_key): sent_at for subject, watch_key, sent_at in connection.execute(query)}
    return found
