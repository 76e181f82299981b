"""Claims: workers lease due messages, record delivery attempts, and release messages that they did not send."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from awardspider.items import EventType, Priority, fare_id, offer_ids_of_fare
from awardspider.storage import outbox, processes, schema
from awardspider.storage.channels import RateLimit, lock_channel_state, store_tokens
from awardspider.storage.column_types import Text
from awardspider.storage.outbox import (
    MESSAGE_KEY,
    NO_LEASE,
    UNFINISHED,
    WATCH_EVENTS,
    DeliveryResult,
    DeliveryStatus,
    complete_sent,
    update_rows,
)
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
        message_key=MESSAGE_KEY,
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
    `composed`: claim no rows about matches before they are part of a message (`storage.compositions`).
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
    composed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRow:
    """A row leased by this worker, or to be combined in a digest."""

    id: int
    key: str
    channel: str
    event_type: EventType
    subject: str
    body: dict[str, Any]
    created_at: datetime
    priority: Priority
    watch_key: str | None
    flight_key: str | None
    miles: int | None
    notify_prefs: dict[str, Any] | None
    message_key: str | None
    attempt_count: int


CLAIMED_COLUMNS = tuple(_outbox[name] for name in ClaimedRow.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The rows that a worker claimed. If the rate limit allows none, `retry_in` is the seconds to wait.

    `backoff_seconds` is set if rows are due, but the channel backs off for that time. `failures` is the number of
    consecutive failures of the channel when it last backed off.
    """

    rows: Sequence[ClaimedRow] = ()
    retry_in: float | None = None
    backoff_seconds: float | None = None
    failures: int = 0


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
    the older one is held before its first attempt or is for another watch. If `batch_size` exceeds 1, a message does
    not wait for older ones. All due rows about a claimed row's fare are claimed with it, even above the limit, so that
    they become one message.
    """
    now = request.now
    with store.writing() as connection:
        state = lock_channel_state(connection, request.channel)
        if state["paused_at"]:
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
        if request.batch_size == 1:
            rows += _due_siblings(connection, request, rows)
        if not rows:
            return Claim()
        if state["backoff_until"] and state["backoff_until"] > now:
            return Claim(backoff_seconds=(state["backoff_until"] - now).total_seconds())
        if calls < 1 and limit and tokens is not None:
            return Claim(retry_in=limit.seconds_until_call(tokens))
        lease: dict[str, Any] = {"leased_by": request.worker, "leased_until": now + request.lease, "started_at": None}
        update_rows(connection, [row["id"] for row in rows], status=DeliveryStatus.SENDING, **lease)
        claimed = [claimed_row(row) for row in rows]
        if tokens is not None:
            used = -(-len(group_rows(claimed)) // request.batch_size)
            store_tokens(connection, request.channel, tokens - used, now)
        return Claim(rows=claimed, failures=state["failures"])


def claimed_row(row: Mapping[str, Any] | RowMapping) -> ClaimedRow:
    """Return a row with CLAIMED_COLUMNS."""
    enums = {"event_type": EventType(row["event_type"]), "priority": Priority(row["priority"])}
    return ClaimedRow(**{**row, **enums})


def group_rows(rows: Iterable[ClaimedRow]) -> list[list[ClaimedRow]]:
    """Group the rows that become one message: those for different watches or parties about one fare at one price.

    Rows for different watches about one promotion become one message too.

    A row that was attempted stays in its first message, because the recipient may already have that message's key.
    """
    groups: dict[Any, list[ClaimedRow]] = {}
    for row in rows:
        price = (row.body.get("miles"), row.body.get("taxes"), row.body.get("taxes_currency"))
        is_gone = row.event_type is EventType.OFFER_GONE
        same = (_same_subject(row.subject, row.event_type), is_gone, *price)
        key = row.message_key or (same if row.body and (row.watch_key or is_gone) else row.key)
        groups.setdefault(key, []).append(row)
    return [sorted(group, key=lambda row: row.id) for group in groups.values()]


def join_rows(store: Store, groups: Iterable[Sequence[ClaimedRow]]) -> None:
    """Record that the rows of each group are sent in one message, with the key of its first row."""
    with store.writing() as connection:
        for group in groups:
            update_rows(connection, [row.id for row in group], message_key=message_key(group))


def message_key(group: Sequence[ClaimedRow]) -> str:
    """Return the key of the message that a group of rows becomes."""
    return group[0].message_key or group[0].key


def _due_siblings(connection: Connection, request: ClaimRequest, rows: Sequence[RowMapping]) -> list[RowMapping]:
    """Return the other due rows of the messages of these rows: about the same fares or, if composed, with the key."""
    of_watches = [row for row in rows if row["watch_key"]]
    if request.composed:
        column, values = _outbox.message_key, list({row["message_key"] for row in of_watches if row["message_key"]})
    else:
        column = _outbox.subject
        values = list({subject for row in of_watches for subject in _subjects(row["subject"], row["event_type"])})
    claimed = {row["id"] for row in rows}
    found: list[RowMapping] = []
    for some in in_batches(values):
        for priority in (Priority.URGENT, Priority.NORMAL):
            query = _due_rows(request, priority).where(column.in_(some), _outbox.watch_key.is_not(None))
            found += [row for row in connection.execute(query).mappings() if row["id"] not in claimed]
    return found


def _same_subject(subject: str, event_type: str) -> str:
    """Return what the subjects of rows about the same fare or promotion have in common."""
    return subject if event_type == EventType.PROMOTION else fare_id(subject)


def _subjects(subject: str, event_type: str) -> list[str]:
    """Return the subjects of rows about the same fare or promotion."""
    return [subject] if event_type == EventType.PROMOTION else offer_ids_of_fare(fare_id(subject))


def is_uncomposed() -> ColumnElement[bool]:
    """Return the condition that a row is about a match of a watch, and neither part of a message nor attempted yet."""
    return and_(
        _outbox.message_key.is_(None),
        _outbox.attempt_count == 0,
        _outbox.watch_key.is_not(None),
        _outbox.event_type.in_(WATCH_EVENTS),
    )


def _due_rows(request: ClaimRequest, priority: Priority, limit: int | None = None) -> Select[*tuple[Any, ...]]:
    """Return the query for the due messages with a priority, earliest due first."""
    held = and_(
        _older.c.status == DeliveryStatus.PENDING,
        _older.c.attempt_count == 0,
        _older.c.next_attempt_at > request.now,
    )
    unfinished = and_(
        _older.c.channel == _outbox.channel,
        _older.c.subject == _outbox.subject,
        or_(_older.c.watch_key == _outbox.watch_key, _older.c.watch_key.is_(None), _outbox.watch_key.is_(None)),
        _older.c.id < _outbox.id,
        _older.c.status.in_(UNFINISHED),
        _older.c.priority != Priority.DIGEST,
        not_(held),
    )
    query = select(*CLAIMED_COLUMNS).where(
        _outbox.channel == request.channel,
        _outbox.status == DeliveryStatus.PENDING,
        _outbox.priority == priority,
        _outbox.next_attempt_at <= request.now,
    )
    if request.composed:
        query = query.where(not_(is_uncomposed()))
    if request.batch_size == 1:
        # Not NOT EXISTS: without fresh statistics, PostgreSQL would join with the complete backlog.
        query = query.where(select(_older.c.id).where(unfinished).limit(1).scalar_subquery().is_(None))
    return query.order_by(_outbox.next_attempt_at, _outbox.id).limit(limit)


def _end_dead_leases(connection: Connection, request: ClaimRequest) -> None:
    """Release the rows of dead workers; rows that may have been sent become unknown unless `idempotent` is set."""
    query = select(_outbox.id, _outbox.leased_by, _outbox.leased_until, _outbox.started_at, _outbox.ended_at)
    query = query.where(_outbox.channel == request.channel, _outbox.status == DeliveryStatus.SENDING)
    leased = connection.execute(query.with_for_update(skip_locked=True)).all()  # locked rows are being updated
    has_ended = {worker: _has_ended(worker) for worker in {row.leased_by for row in leased}}
    dead = [row for row in leased if row.leased_until <= request.now or has_ended[row.leased_by]]
    complete_sent(connection, _outbox.id.in_([row.id for row in dead if row.ended_at]))
    dead = [row for row in dead if not row.ended_at]
    unclear = [row.id for row in dead if row.started_at and not request.idempotent]
    # Skip rows whose worker has meanwhile recorded a result or extended its lease.
    ended = _outbox.leased_by.in_({row.leased_by for row in dead if row.leased_until > request.now})
    still_dead = and_(_outbox.status == DeliveryStatus.SENDING, or_(_outbox.leased_until <= request.now, ended))
    unknown = {"note": WORKER_DIED, "ended_at": request.now, "attempt_count": _outbox.attempt_count + 1}
    update_rows(connection, unclear, still_dead, status=DeliveryStatus.UNKNOWN, **NO_LEASE, **unknown)
    # They may have been sent, so they keep their key and join no other message.
    pending = {"status": DeliveryStatus.PENDING, "message_key": MESSAGE_KEY, **NO_LEASE}
    update_rows(connection, [row.id for row in dead], still_dead, **pending)
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
    started: set[int] = set()
    with store.writing() as connection:
        for some in in_batches(ids):
            owned = and_(_outbox.id.in_(some), is_claimed_by(worker))
            statement = update(schema.outbox).where(owned).values(started_at=now, leased_until=now + lease)
            started |= {*connection.scalars(statement.returning(_outbox.id))}
    return started


def record_attempts(
    store: Store, attempts: Iterable[Attempt], *, worker: str, now: datetime, lease: timedelta | None = None
) -> None:
    """Record attempts and update their rows. If `lease` is given, extend the lease of the worker's other rows."""
    grouped: dict[tuple[Any, ...], list[int]] = {}  # one update for rows with equal values, which are common for sheets
    recorded = []
    for attempt in attempts:
        key = (attempt.status, attempt.note, attempt.next_attempt_at, attempt.provider_id)
        grouped.setdefault(key, []).append(attempt.row_id)
        recorded.append(_attempt_values(attempt, now))
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
            connection.execute(update(schema.outbox).where(is_claimed_by(worker)).values(leased_until=now + lease))


def finish_attempts(store: Store, attempts: Sequence[tuple[Attempt, datetime]]) -> None:
    """Complete rows that have the result "sent" and the status "sending"; the attempts ended at these times.

    Rows that another worker has completed meanwhile, because their lease had expired, are left out.
    """
    by_id = {attempt.row_id: (attempt, ended) for attempt, ended in attempts}
    with store.writing() as connection:
        finished: list[int] = []
        for some in in_batches(list(by_id)):
            unfinished = and_(_outbox.id.in_(some), _outbox.status != DeliveryStatus.SENT)
            statement = update(schema.outbox).where(unfinished).values(status=DeliveryStatus.SENT, **NO_LEASE)
            finished += connection.scalars(statement.returning(_outbox.id))
        recorded = [_attempt_values(*by_id[row_id]) for row_id in sorted(finished)]
        if recorded:
            connection.execute(insert(schema.attempts), recorded)


def _attempt_values(attempt: Attempt, now: datetime) -> dict[str, Any]:
    return {
        "outbox_id": attempt.row_id,
        "attempted_at": now,
        "result": attempt.result,
        "retry_at": attempt.next_attempt_at,
        "note": attempt.note,
        "seconds": attempt.seconds,
    }


def release_claims(store: Store, worker: str) -> None:
    """Release the rows that a worker has not started to send. Started rows stay leased until the lease expires."""
    unsent = and_(is_claimed_by(worker), _outbox.started_at.is_(None), _outbox.ended_at.is_(None))
    with store.writing() as connection:
        connection.execute(update(schema.outbox).where(unsent).values(status=DeliveryStatus.PENDING, **NO_LEASE))


def is_claimed_by(worker: str) -> ColumnElement[bool]:
    """Return the condition that a worker owns a row. If it was suspended, another one may have sent the row."""
    return and_(_outbox.leased_by == worker, _outbox.status == DeliveryStatus.SENDING)


def cancel_claimed(store: Store, reasons: dict[int, str], *, worker: str, now: datetime) -> None:
    """Cancel rows that a worker has claimed and still owns, each with its reason."""
    with store.writing() as connection:
        outbox.cancel_rows(connection, reasons, now, is_claimed_by(worker))


def postpone_rows(
    store: Store, ids: Sequence[int], *, worker: str, until: datetime, priority: Priority | None = None
) -> None:
    """Release rows that a worker still owns and make them due at `until`, with a new priority if one is given."""
    values: dict[str, Any] = {"status": DeliveryStatus.PENDING, "next_attempt_at": until, **NO_LEASE}
    if priority:
        values["priority"] = priority
    with store.writing() as connection:
        update_rows(connection, ids, is_claimed_by(worker), **values)
