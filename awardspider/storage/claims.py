"""Claims: workers lease due messages, record delivery attempts, and release messages that they did not send."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from awardspider.items import EventType, Priority
from awardspider.storage import outbox, processes, schema
from awardspider.storage.channels import RateLimit, lock_channel_state, store_tokens
from awardspider.storage.column_types import Text
from awardspider.storage.outbox import NO_LEASE, UNFINISHED, DeliveryResult, DeliveryStatus, update_rows
from awardspider.storage.store import Store, in_batches

WORKER_DIED = "the process that sent it ended before it recorded a result"

_outbox = schema.outbox.c
_older = schema.outbox.alias("older")


# Built once, because it runs for every message. If the lease has expired and another worker owns the row, only a result
# of "sent" is recorded.
_RECORD_ATTEMPT = (
    update(schema.outbox)
    .where(
        _outbox.id.in_(bindparam("ids", expanding=True)),
        or_(bindparam("new_status", type_=Text) == DeliveryStatus.SENT, _outbox.leased_by == bindparam("worker")),
    )
    .values(
        status=bindparam("new_status", type_=Text),
        note=bindparam("new_note"),
        attempt_count=_outbox.attempt_count + 1,
        ended_at=bindparam("ended"),
        next_attempt_at=func.coalesce(bindparam("due", type_=_outbox.next_attempt_at.type), _outbox.next_attempt_at),
        provider_id=func.coalesce(bindparam("new_provider_id", type_=Text), _outbox.provider_id),
        started_at=None,
        **NO_LEASE,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRequest:
    """A worker's request for at most `limit` due messages of a channel, leased for `lease`.

    `batch_size` messages go into one call, and `rate_limit` bounds the calls. `exclusive`: claim no rows while
    any worker is sending to the channel. `idempotent`: resend messages that were being sent when their worker died.
    """

    channel: str
    worker: str
    now: datetime
    limit: int = 50
    batch_size: int = 1
    lease: timedelta = timedelta(seconds=90)
    rate_limit: RateLimit | None = None
    exclusive: bool = False
    idempotent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRow:
    """A message leased by this worker."""

    id: int
    key: str
    channel: str
    event_type: EventType
    subject: str
    body: dict[str, Any]
    created_at: datetime
    priority: Priority
    watch: str | None
    notify_prefs: dict[str, Any] | None
    attempt_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The messages that a worker claimed. If the rate limit allows none, `retry_in` is the seconds to wait."""

    rows: Sequence[ClaimedRow] = ()
    retry_in: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The result of a delivery attempt and the new status of its row; `next_attempt_at` is set for a retry."""

    row_id: int
    status: DeliveryStatus
    result: DeliveryResult
    note: str
    seconds: float | None
    next_attempt_at: datetime | None = None
    provider_id: str | None = None


def worker_name() -> str:
    """Return a unique worker name. It contains the host and process id, to check whether the process has ended."""
    return f"{socket.gethostname()}|{processes.pid_namespace()}|{os.getpid()}|{secrets.token_hex(4)}"


def claim_rows(store: Store, request: ClaimRequest) -> Claim:
    """Lease a channel's due messages; none while the channel is paused or backing off.

    Messages with the same subject are sent in order: a message is not claimed while an older one is unfinished, unless
    the older one is held before its first attempt. If `batch_size` exceeds 1, a message does not wait for older ones.
    """
    now = request.now
    with store.writing() as connection:
        state = lock_channel_state(connection, request.channel)
        if state["paused_at"] or (state["backoff_until"] and state["backoff_until"] > now):
            return Claim()
        _end_dead_leases(connection, request)
        sending = select(_outbox.id).where(_outbox.channel == request.channel, _outbox.status == DeliveryStatus.SENDING)
        if request.exclusive and connection.execute(sending.limit(1)).first():
            return Claim()
        limit = request.rate_limit
        tokens = limit.tokens(state["tokens"], state["tokens_at"], now) if limit else None
        calls = request.limit if tokens is None else int(tokens + 1e-9)
        most = min(request.limit, max(calls, 1) * request.batch_size)
        rows: list[RowMapping] = []
        for priority in (Priority.URGENT, Priority.NORMAL):  # one query each, so that it reads in index order
            rows += connection.execute(_due_rows(request, priority, most - len(rows))).mappings()
        if not rows:
            return Claim()
        if calls < 1 and limit and tokens is not None:
            return Claim(retry_in=limit.seconds_until_call(tokens))
        lease: dict[str, Any] = {"leased_by": request.worker, "leased_until": now + request.lease, "started_at": None}
        update_rows(connection, [row["id"] for row in rows], status=DeliveryStatus.SENDING, **lease)
        if tokens is not None:
            used = -(-len(rows) // request.batch_size)
            store_tokens(connection, request.channel, tokens - used, now)
        return Claim(rows=[_claimed(row) for row in rows])


def _claimed(row: RowMapping) -> ClaimedRow:
    enums = {"event_type": EventType(row["event_type"]), "priority": Priority(row["priority"])}
    return ClaimedRow(**{**row, **enums})


def _due_rows(request: ClaimRequest, priority: Priority, limit: int) -> Select[*tuple[Any, ...]]:
    """Return the query for the due messages with a priority, earliest due first."""
    held = and_(
        _older.c.status == DeliveryStatus.PENDING,
        _older.c.attempt_count == 0,
        _older.c.next_attempt_at > request.now,
    )
    unfinished = and_(
        _older.c.channel == _outbox.channel,
        _older.c.subject == _outbox.subject,
        _older.c.id < _outbox.id,
        _older.c.status.in_(UNFINISHED),
        _older.c.priority != Priority.DIGEST,
        not_(held),
    )
    query = select(*(_outbox[name] for name in ClaimedRow.__dataclass_fields__)).where(
        _outbox.channel == request.channel,
        _outbox.status == DeliveryStatus.PENDING,
        _outbox.priority == priority,
        _outbox.next_attempt_at <= request.now,
    )
    if request.batch_size == 1:
        query = query.where(~exists().where(unfinished))
    return query.order_by(_outbox.next_attempt_at, _outbox.id).limit(limit)


def _end_dead_leases(connection: Connection, request: ClaimRequest) -> None:
    """Release the rows of dead workers; rows that may have been sent become unknown unless `idempotent` is set."""
    query = select(_outbox.id, _outbox.leased_by, _outbox.leased_until, _outbox.started_at)
    query = query.where(_outbox.channel == request.channel, _outbox.status == DeliveryStatus.SENDING)
    leased = connection.execute(query.with_for_update(skip_locked=True)).all()  # locked rows are being updated
    dead = [row for row in leased if row.leased_until <= request.now or _has_ended(row.leased_by)]
    unclear = [row.id for row in dead if row.started_at and not request.idempotent]
    # Skip rows whose worker has meanwhile recorded a result or extended its lease.
    ended = _outbox.leased_by.in_({row.leased_by for row in dead if row.leased_until > request.now})
    still_dead = and_(_outbox.status == DeliveryStatus.SENDING, or_(_outbox.leased_until <= request.now, ended))
    unknown = {"note": WORKER_DIED, "ended_at": request.now, "attempt_count": _outbox.attempt_count + 1}
    update_rows(connection, unclear, still_dead, status=DeliveryStatus.UNKNOWN, **NO_LEASE, **unknown)
    update_rows(connection, [row.id for row in dead], still_dead, status=DeliveryStatus.PENDING, **NO_LEASE)
    attempts = [
        {
            "outbox_id": row.id,
            "attempted_at": row.started_at,
            "result": DeliveryResult.UNKNOWN,
            "note": WORKER_DIED,
        }
        for row in dead
        if row.started_at
    ]
    if attempts:
        connection.execute(insert(schema.attempts), attempts)


def _has_ended(worker: str) -> bool:
    host, namespace, pid, _ = worker.split("|")
    return processes.has_ended(host, namespace, int(pid))


def start_sending(store: Store, ids: Sequence[int], *, worker: str, now: datetime, lease: timedelta) -> set[int]:
    """Record that a worker is about to send rows, and return the ids of those that it still owns.

    If the worker then dies, these rows become unknown, or pending again in an idempotent channel.
    """
    owned = and_(_outbox.leased_by == worker, _outbox.status == DeliveryStatus.SENDING)
    with store.writing() as connection:
        update_rows(connection, ids, owned, started_at=now, leased_until=now + lease)
        started = select(_outbox.id).where(owned, _outbox.started_at.is_not(None))
        return set(connection.scalars(started)).intersection(ids)


def record_attempts(
    store: Store, attempts: Iterable[Attempt], *, worker: str, now: datetime, lease: timedelta | None = None
) -> None:
    """Record attempts and update their rows. If `lease` is given, extend the lease of the worker's other rows."""
    grouped: dict[tuple[Any, ...], list[int]] = {}  # one update for rows with equal values, which are common for sheets
    recorded = []
    for attempt in attempts:
        key = (attempt.status, attempt.note, attempt.next_attempt_at, attempt.provider_id)
        grouped.setdefault(key, []).append(attempt.row_id)
        recorded.append(
            {
                "outbox_id": attempt.row_id,
                "attempted_at": now,
                "result": attempt.result,
                "retry_at": attempt.next_attempt_at,
                "note": attempt.note,
                "seconds": attempt.seconds,
            }
        )
    with store.writing() as connection:
        for (status, note, due, provider_id), ids in grouped.items():
            values = {
                "new_status": status,
                "new_note": note,
                "due": due,
                "new_provider_id": provider_id,
                "worker": worker,
                "ended": None if status in UNFINISHED else now,
            }
            for some in in_batches(ids):
                connection.execute(_RECORD_ATTEMPT, values | {"ids": some})
        if recorded:
            connection.execute(insert(schema.attempts), recorded)
        if lease:
            others = and_(_outbox.leased_by == worker, _outbox.status == DeliveryStatus.SENDING)
            connection.execute(update(schema.outbox).where(others).values(leased_until=now + lease))


def release_claims(store: Store, worker: str) -> None:
    """Release the rows that a worker has not started to send. Started rows stay leased until the lease expires."""
    unsent = and_(_outbox.leased_by == worker, _outbox.status == DeliveryStatus.SENDING, _outbox.started_at.is_(None))
    with store.writing() as connection:
        connection.execute(update(schema.outbox).where(unsent).values(status=DeliveryStatus.PENDING, **NO_LEASE))


def cancel_claimed(store: Store, reasons: dict[int, str], now: datetime) -> None:
    """Cancel claimed rows, each with its reason."""
    with store.writing() as connection:
        outbox.cancel_rows(connection, reasons, now)


def postpone_rows(store: Store, ids: Sequence[int], *, until: datetime, priority: Priority | None = None) -> None:
    """Release claimed rows and make them due at `until`, with a new priority if one is given."""
    values: dict[str, Any] = {"status": DeliveryStatus.PENDING, "next_attempt_at": until, **NO_LEASE}
    if priority:
        values["priority"] = priority
    with store.writing() as connection:
        update_rows(connection, ids, **values)
