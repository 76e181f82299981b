"""Compositions: the due rows of a channel's watches become messages, in one transaction, before they are claimed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, insert, or_, select

from awardspider.items import Priority
from awardspider.storage import schema
from awardspider.storage.channels import lock_channel_state
from awardspider.storage.claims import CLAIMED_COLUMNS, ClaimedRow, claimed_row, is_uncomposed
from awardspider.storage.outbox import PROCESSED, UNFINISHED, DeliveryStatus, OutboxRow, outbox_values, update_rows
from awardspider.storage.store import Store, in_batches

#: The largest number of rows that are composed at a time, which bounds the memory.
MAX_ROWS = 10_000

# Longer than any message waits in a digest for its last attempt.
_MAX_WAIT = timedelta(days=7)

# The message about a match that began this long ago was sent, or will never be.
_LONG_AGO = timedelta(days=30)

_outbox = schema.outbox.c
_digest = schema.outbox.alias("digest")
_matches = schema.matches.c
_watches = schema.watches.c


def has_due_matches(store: Store, channel: str, now: datetime) -> bool:
    """Return True if rows about matches are due that are not part of a message."""
    with store.reading() as connection:
        query = select(_outbox.id).where(_is_due(channel, now)).limit(1)
        return connection.execute(query).first() is not None


def lock_due_matches(connection: Connection, channel: str, now: datetime) -> list[ClaimedRow]:
    """Lock the channel and return its due rows about matches, at most MAX_ROWS, those of each watch together.

    Return none while the channel is paused or backs off: what is found until it sends again becomes one message.
    """
    state = lock_channel_state(connection, channel)
    if state["paused_at"] or (state["backoff_until"] and state["backoff_until"] > now):
        return []
    order = _outbox.watch_key, _outbox.id
    due = select(_outbox.id).where(_is_due(channel, now)).order_by(*order).limit(MAX_ROWS)  # sorted without bodies
    query = select(*CLAIMED_COLUMNS).where(_outbox.id.in_(due.scalar_subquery())).order_by(*order)
    return [claimed_row(row) for row in connection.execute(query).mappings()]


def _is_due(channel: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        _outbox.channel == channel,
        _outbox.status == DeliveryStatus.PENDING,
        _outbox.priority.in_((Priority.URGENT, Priority.NORMAL)),
        _outbox.next_attempt_at <= now,
        is_uncomposed(),
    )


def created_times(connection: Connection, watch_keys: Collection[str]) -> dict[str, datetime]:
    """Return when each watch was created; watches that were never stored are missing."""
    found: dict[str, datetime] = {}
    for some in in_batches(list(watch_keys)):
        rows = connection.execute(select(_watches.id, _watches.created_at).where(_watches.id.in_(some)))
        found |= {row.id: row.created_at for row in rows}
    return found


def notified_watch_keys(connection: Connection, channel: str, watch_keys: Collection[str], now: datetime) -> set[str]:
    """Return the watches for which a channel has, or may have, sent a message, or composed one.

    A watch with a match that began long ago is one of them, even if the outbox has no message of that time any more.
    """
    statuses = (*PROCESSED, DeliveryStatus.SENDING, DeliveryStatus.IN_DIGEST)
    is_composed = or_(_outbox.message_key.is_not(None), _outbox.attempt_count > 0)
    waiting = and_(_outbox.status == DeliveryStatus.PENDING, is_composed)
    query = select(_outbox.watch_key).distinct().where(_outbox.channel == channel)
    query = query.where(or_(_outbox.status.in_(statuses), waiting))
    old = select(_matches.watch_key).distinct().where(_matches.since < now - _LONG_AGO)
    found: set[str] = set()
    for some in in_batches(list(watch_keys)):
        found |= {key for key in connection.scalars(query.where(_outbox.watch_key.in_(some))) if key}
        found |= {*connection.scalars(old.where(_matches.watch_key.in_(some)))}
    return found


def count_messages(
    connection: Connection, channel: str, watch_keys: Collection[str], since: datetime
) -> dict[str, int]:
    """Return the number of messages about each watch since a time, including those about several watches.

    These are the messages that were, or may have been, sent since then, and those that are composed and wait. A
    summary is one message. The daily digest does not count.
    """
    is_counted, digest_is_counted = _outbox.ended_at >= since, _digest.c.ended_at >= since
    own = or_(
        and_(_outbox.status.in_(PROCESSED), is_counted),
        and_(_outbox.status.in_(UNFINISHED), or_(_outbox.message_key.is_not(None), _outbox.attempt_count > 0)),
    )
    in_summary = and_(
        _outbox.status == DeliveryStatus.IN_DIGEST,
        _outbox.ended_at >= since - _MAX_WAIT,
        _digest.c.watch_key.is_not(None),
        or_(and_(_digest.c.status.in_(PROCESSED), digest_is_counted), _digest.c.status.in_(UNFINISHED)),
    )
    message = case((in_summary, _digest.c.key), else_=func.coalesce(_outbox.message_key, _outbox.key))
    query = (
        select(_outbox.watch_key, func.count(message.distinct()).label("number"))
        .select_from(schema.outbox.outerjoin(_digest, _digest.c.id == _outbox.digest_id))
        .where(_outbox.channel == channel, or_(own, in_summary))
        .group_by(_outbox.watch_key)
    )
    found: dict[str, int] = {}
    for some in in_batches(list(watch_keys)):
        found |= {row.watch_key: row.number for row in connection.execute(query.where(_outbox.watch_key.in_(some)))}
    return found


def hold_rows(connection: Connection, ids: Sequence[int], until: datetime, priority: Priority | None = None) -> None:
    """Make rows due at `until`, with a new priority if one is given."""
    values: dict[str, Any] = {"next_attempt_at": until} | ({"priority": priority} if priority else {})
    update_rows(connection, ids, **values)


def write_single(connection: Connection, rows: Sequence[ClaimedRow]) -> None:
    """Record that rows become one message of their own, with the key of the first one."""
    update_rows(connection, [row.id for row in rows], message_key=min(rows, key=lambda row: row.id).key)


def write_digest(connection: Connection, digest: OutboxRow, parts: Sequence[ClaimedRow], now: datetime) -> None:
    """Insert a row of a digest or summary, and make other rows parts of it."""
    values = outbox_values(digest) | {"message_key": digest.key}
    (digest_id,) = connection.execute(insert(schema.outbox).values(values)).inserted_primary_key or (None,)
    ids = [row.id for row in parts]
    update_rows(connection, ids, status=DeliveryStatus.IN_DIGEST, digest_id=digest_id, ended_at=now)
