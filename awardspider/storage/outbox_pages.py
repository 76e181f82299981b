"""Pages of the list of deliveries, latest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, true

from awardspider.items import EventType
from awardspider.storage import schema
from awardspider.storage.counts import MAX_COUNT, count_beyond_cap
from awardspider.storage.cursors import decode_cursor, encode_cursor
from awardspider.storage.index_scans import IndexScan
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
    after = decode_cursor(cursor, "deliveries", (int,))[0] if cursor else None
    with store.reading() as connection:
        scans = _scans(connection, query)
        found = [scan.apply(matching) for scan in scans]
        pages = [page if after is None else page.where(_outbox.id < after) for page in found]
        rows = [
            row
            for page in pages
            for row in connection.execute(page.order_by(_outbox.id.desc()).limit(size + 1)).mappings()
        ]
        count = _count(connection, matching, scans, query)
    rows.sort(key=lambda row: row["id"], reverse=True)
    return DeliveryPage(
        rows=[row_from_mapping(row) for row in rows[:size]],
        next_cursor=encode_cursor("deliveries", (rows[size - 1]["id"],)) if len(rows) > size else None,
        count=min(count, MAX_COUNT),
        count_is_capped=count > MAX_COUNT,
    )


def _count(
    connection: Connection, matching: Select[*tuple[Any, ...]], scans: Sequence[IndexScan], query: DeliveryQuery
) -> int:
    """Return the number of messages that match, without reading the messages if an index is enough."""
    ids = select(_outbox.id)
    if matching.whereclause is not None:
        ids = ids.where(matching.whereclause)
    if query.watch_keys and scans == [_LATEST]:
        return count_beyond_cap(connection, _scan(_WATCH_INDEX, true()).apply(ids))
    return sum(count_beyond_cap(connection, scan.apply(ids).order_by(_outbox.id.desc())) for scan in scans)


_WATCH_INDEX = "ix_outbox_watch_key_channel_status_priority_next_attempt_at"
# The latest messages first, for SQLite, which would choose another index without knowing what it contains.
_LATEST = IndexScan(table=schema.outbox, index=None, condition=_outbox.id > 0)


def _scans(connection: Connection, query: DeliveryQuery) -> list[IndexScan]:
    """Return scans that together contain every message of a filter once.

    Unless an index has few messages of the filter, the latest messages contain enough of them.
    """
    if query.statuses:
        return [_scan("ix_outbox_status", _outbox.status == status) for status in dict.fromkeys(query.statuses)]
    if query.event_types and not any(event_type.startswith("offer.") for event_type in query.event_types):
        return [_scan("ix_outbox_event_type", and_(_outbox.event_type.in_(query.event_types), schema.IS_NOTICE))]
    for index, column, values in (
        (_WATCH_INDEX, _outbox.watch_key, query.watch_keys),
        ("ix_outbox_channel_status_priority_next_attempt_at_id", _outbox.channel, query.channels),
    ):
        if values:
            scan = _scan(index, column.in_(values))
            if count_beyond_cap(connection, scan.apply(select(_outbox.id))) <= MAX_COUNT:
                return [scan]
    return [_LATEST]


def _scan(index: str, condition: ColumnElement[bool]) -> IndexScan:
    return IndexScan(table=schema.outbox, index=index, condition=condition)
