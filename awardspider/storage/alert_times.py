"""The times of the last alerts about offers, for the notes that they are gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, func, select

from awardspider.storage import schema
from awardspider.storage.outbox import ARRIVED, MATCH_EVENTS, DeliveryStatus
from awardspider.storage.store import Store, in_batches

_outbox = schema.outbox.c
_digest = schema.outbox.alias("digest")

_IS_IN_DIGEST = _outbox.status == DeliveryStatus.IN_DIGEST
_STATUS = case((_IS_IN_DIGEST, _digest.c.status), else_=_outbox.status)
_SENT_AT = case((_IS_IN_DIGEST, _digest.c.ended_at), else_=_outbox.ended_at)


def last_alert_times(store: Store, channel: str, offer_ids: Sequence[str]) -> dict[tuple[str, str | None], datetime]:
    """Return when a channel's last alert about each offer was, or may have been, sent, by offer id and watch key.

    An alert in a digest was sent when the digest was.
    """
    found: dict[tuple[str, str | None], datetime] = {}
    with store.reading() as connection:
        for some in in_batches(list(offer_ids)):
            query = (
                select(_outbox.subject, _outbox.watch_key, func.max(_SENT_AT, type_=_outbox.ended_at.type))
                .outerjoin(_digest, _digest.c.id == _outbox.digest_id)
                .where(
                    _outbox.channel == channel,
                    _outbox.subject.in_(some),
                    _outbox.event_type.in_(MATCH_EVENTS),
                    _STATUS.in_(ARRIVED),
                    _SENT_AT.is_not(None),
                )
                .group_by(_outbox.subject, _outbox.watch_key)
            )
            found |= {(subject, watch_key): sent_at for subject, watch_key, sent_at in connection.execute(query)}
    return found
