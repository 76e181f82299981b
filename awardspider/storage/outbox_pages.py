"""Pages of the list of deliveries, latest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_

from awardspider.items import EventType
from awardspider.storage import schema
from awardspider.storage.counts import capped_count
from awardspider.storage.cursors import decode_cursor, encode_cursor
from awardspider.storage.outbox import OutboxFilter, matching_rows, row_from_mapping
from awardspider.storage.store import Store

_outbox = schema.outbox.c


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryQuery(OutboxFilter):
    """A filter for messages; empty fields match everything.

    `watch_keys` is None for all messages. An empty sequence matches none, as for an owner without watches. `held_at`
    selects what has not been attempted and is due only after that time, and `due_at` the opposite.
    """

    event_types: Sequence[EventType] = ()
    watch_keys: Sequence[str] | None = None
    held_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPage:
    """A page of messages, as mappings of columns to values. `watch` is the name of the watch.

    `next_cursor` is None on the last page; `count` is of all pages, and may be capped.
    """

    rows: list[dict[str, Any]]
    next_cursor: str | None
    count: int
    count_is_capped: bool


def delivery_page(store: Store, query: DeliveryQuery, *, cursor: str | None = None, size: int = 50) -> DeliveryPage:
    """Return a page of messages, latest first.

    Raises InvalidArgument for a cursor that is not of such a list.
    """
    matching = matching_rows(query)
    if query.event_types:
        matching = matching.where(_outbox.event_type.in_(query.event_types))
    if query.watch_keys is not None:
        matching = matching.where(_outbox.watch_key.in_(query.watch_keys))
    if query.held_at is not None:
        matching = matching.where(_outbox.attempt_count == 0, _outbox.next_attempt_at > query.held_at)
    if query.due_at is not None:
        matching = matching.where(or_(_outbox.attempt_count > 0, _outbox.next_attempt_at <= query.due_at))
    page = matching
    if cursor:
        page = page.where(_outbox.id < decode_cursor(cursor, "deliveries", (int,))[0])
    with store.reading() as connection:
        rows = connection.execute(page.order_by(_outbox.id.desc()).limit(size + 1)).mappings().all()
        count, is_capped = capped_count(connection, matching.with_only_columns(_outbox.id, maintain_column_froms=True))
    return DeliveryPage(
        rows=[row_from_mapping(row) for row in rows[:size]],
        next_cursor=encode_cursor("deliveries", (rows[size - 1]["id"],)) if len(rows) > size else None,
        count=count,
        count_is_capped=is_capped,
    )
