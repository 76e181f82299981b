"""The messages that are parts of a digest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from awardspider.storage import schema
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.store import Store

_outbox = schema.outbox.c
_digest = schema.outbox.alias("digest")


def digest_bodies(store: Store, key: str, *, limit: int) -> list[Mapping[str, Any]]:
    """Return the events of the parts of the digest with a message key, in the order in which they were found.

    Parts that were canceled are left out.
    """
    query = (
        select(_outbox.body)
        .join(_digest, _digest.c.id == _outbox.digest_id)
        .where(_digest.c.key == key, _outbox.status == DeliveryStatus.IN_DIGEST)
        .order_by(_outbox.id)
        .limit(limit)
    )
    with store.reading() as connection:
        return list(connection.scalars(query))
