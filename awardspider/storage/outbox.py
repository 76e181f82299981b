"""The outbox: messages for channels, their statuses and delivery attempts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)

from awardspider.items import EventType, Priority
from awardspider.outcomes import InvalidArgument
from awardspider.storage import schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.fitting import fitting_rows
from awardspider.storage.processes import MAX_CLOCK_ERROR
from awardspider.storage.store import Store, in_batches

_outbox = schema.outbox.c
_watches = schema.watches.c


class DeliveryStatus(StrEnum):
    """Statuses of a message."""

    PENDING = "pending"  # not due yet, or to be retried
    SENDING = "sending"  # claimed by a worker
    SENT = "sent"
    UNKNOWN = "unknown"  # an attempt ended without a result, and a retry could duplicate the message
    REJECTED = "rejected"  # the recipient refused it, or all attempts failed
    CANCELED = "canceled"  # no longer true, removed, or canceled by a person
    IN_DIGEST = "in_digest"  # part of the digest `digest_id`
    AWAITING_HUMAN = "awaiting_human"  # ready for a person, who posts it by hand


class DeliveryResult(StrEnum):
    """Results of one delivery attempt."""

    SENT = "sent"
    RETRY = "retry"  # not delivered; another attempt may succeed
    REJECTED = "rejected"  # not delivered; another attempt would fail too
    UNKNOWN = "unknown"  # perhaps delivered
    HANDED_OFF = "handed_off"  # not delivered; it waits for a person who posts it by hand


#: Reasons why messages are canceled.
WATCH_REMOVED = "its watch was removed"
CANCELED_BY = "canceled by {name}"

#: The name of the operator without an account in notes.
OPERATOR_NAME = "the operator"

#: The events about offers that match a watch.
MATCH_EVENTS = (EventType.OFFER_MATCHED, EventType.OFFER_DROPPED)
#: The events about what matches a watch. They are composed into messages before they are claimed.
WATCH_EVENTS = (*MATCH_EVENTS, EventType.PROMOTION)

UNFINISHED = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)
#: The dispatcher or a person has yet to send the message.
OPEN = (*UNFINISHED, DeliveryStatus.AWAITING_HUMAN)
#: The recipient has, or may have, the message, and it is not being sent.
ARRIVED = (DeliveryStatus.SENT, DeliveryStatus.UNKNOWN)
#: The dispatcher has done its part: the message arrived, or a person has it. It counts toward the daily maximum.
PROCESSED = (*ARRIVED, DeliveryStatus.AWAITING_HUMAN)
#: The recipient has, or may soon have, the message. If one that is being sent fails, a later search finds that.
DELIVERED = (*ARRIVED, DeliveryStatus.SENDING)
#: The recipient does not have the message, or perhaps not, and nothing sends it unless a person decides that.
FAILED = (DeliveryStatus.REJECTED, DeliveryStatus.UNKNOWN)
#: The recipient never gets the message, so it blocks no other one.
NOT_SENT = (DeliveryStatus.CANCELED, DeliveryStatus.REJECTED)

#: The key of the message that contains a row: a row that was attempted is never sent with another key.
MESSAGE_KEY = func.coalesce(_outbox.message_key, _outbox.key)

# The name of a row's watch: its current name or, if it was removed or never stored, that in the message.
_WATCH_NAME = case(
    (
        _outbox.watch_key.is_not(None),
        func.coalesce(_watches.name, _outbox.body[("watches", 0)].as_string(), _outbox.watch_key),
    )
)

#: Values of a row that no worker has claimed.
NO_LEASE: dict[str, Any] = {"leased_by": None, "leased_until": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A new message. A row whose `key` already exists is ignored.

    `subject` is the id of the offer or promotion, or a name. `body` is the event as plain values; a row with an empty
    body is rendered from stored data at delivery time. Without `next_attempt_at`, the row is due at `created_at`.
    A row about a match is for one watch, with its `key`, the miles at that time and its preferences, and about flights:
    `flight_key` is theirs, and `partner_key`, which is not stored, that of the other direction of a round trip.
    """

    key: str
    channel: str
    event_type: EventType
    subject: str
    body: dict[str, Any]
    created_at: datetime
    next_attempt_at: datetime | None = None
    priority: Priority = Priority.NORMAL
    watch_key: str | None = None
    flight_key: str | None = None
    miles: int | None = None
    notify_prefs: dict[str, Any] | None = None
    partner_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFilter:
    """A filter for messages; empty fields match everything."""

    channels: Sequence[str] = ()
    statuses: Sequence[DeliveryStatus] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A channel to notify when offers in its earlier messages are gone and, with `syncs_rows`, when they change."""

    channel: str
    syncs_rows: bool = False


# ---- writing -------------------------------------------------------------------------------------------------------


def insert_rows(connection: Connection, rows: Iterable[OutboxRow], run_id: str | None = None) -> None:
    """Insert pending rows of a run; rows with existing keys are ignored.

    A message about a promotion that was canceled before any attempt is replaced, because nobody was notified, unless
    a person canceled it.
    """
    statement = dialect_insert(connection.dialect, schema.outbox)
    values = fitting_rows(schema.outbox, [outbox_values(row) | {"run_id": run_id} for row in rows])
    if not values:
        return
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[_outbox.key],
            set_={name: statement.excluded[name] for name in values[0]} | {"ended_at": None, "note": None},
            where=and_(
                _outbox.event_type == EventType.PROMOTION,
                _outbox.status == DeliveryStatus.CANCELED,
                _outbox.attempt_count == 0,
                not_(_is_canceled_by_person()),
            ),
        ),
        values,
    )


def _is_canceled_by_person() -> ColumnElement[bool]:
    """Return the condition that the note of a canceled message names the person who canceled it."""
    return func.coalesce(_outbox.note, "").startswith(CANCELED_BY.format(name=""), autoescape=True)


def outbox_values(row: OutboxRow) -> dict[str, Any]:
    """Return the column values of a new message, as a pending row."""
    due = row.next_attempt_at or row.created_at
    values = {name: getattr(row, name) for name in OutboxRow.__dataclass_fields__ if name != "partner_key"}
    return values | {"status": DeliveryStatus.PENDING, "next_attempt_at": due}


def insert_follow_ups(
    connection: Connection, follow_up: FollowUp, event_type: EventType, offer_ids: Sequence[str], at: datetime
) -> None:
    """Insert a row with an empty body for each offer that appeared in an earlier message of the channel."""
    digest = schema.outbox.alias("digest")
    in_sent_digest = exists().where(digest.c.id == _outbox.digest_id, digest.c.status.in_(DELIVERED))
    notified: ColumnElement[bool] = or_(
        _outbox.status.in_(DELIVERED), and_(_outbox.status == DeliveryStatus.IN_DIGEST, in_sent_digest)
    )
    if follow_up.syncs_rows:  # pending rows count too, because they are rendered at delivery time
        notified = or_(notified, _outbox.status == DeliveryStatus.PENDING)
    query = select(_outbox.subject).distinct().where(_outbox.channel == follow_up.channel, notified)
    for some in in_batches(offer_ids):
        subjects = connection.scalars(query.where(_outbox.subject.in_(some))).all()
        if subjects:
            insert_rows(
                connection,
                [
                    OutboxRow(
                        key=f"{follow_up.channel}:{subject}:{event_type}:{at:%Y%m%dT%H%M%S}",
                        channel=follow_up.channel,
                        event_type=event_type,
                        subject=subject,
                        body={},
                        created_at=at,
                    )
                    for subject in subjects
                ],
            )


def release_rows(store: Store, run_id: str, now: datetime) -> int:
    """Make the messages of a run that ends due now, also those of killed runs of its program; return their number.

    Until then, they wait so that what a crawl finds becomes one message. Digests, and messages that were attempted,
    keep their times; so do those that wait for the end of quiet hours, which are checked again when they are due.
    """
    killed = schema.runs.alias("killed")
    of_killed_runs = (
        select(killed.c.id)
        .join(schema.runs, schema.runs.c.program == killed.c.program)
        .where(schema.runs.c.id == run_id, killed.c.ended_at.is_not(None))
    )
    waits = and_(
        or_(_outbox.run_id == run_id, _outbox.run_id.in_(of_killed_runs)),
        _outbox.status == DeliveryStatus.PENDING,
        _outbox.attempt_count == 0,
        _outbox.watch_key.is_not(None),
        _outbox.priority != Priority.DIGEST,
        _outbox.next_attempt_at > now,
    )
    with store.writing() as connection:
        return connection.execute(update(schema.outbox).where(waits).values(next_attempt_at=now)).rowcount


def complete_sent(connection: Connection, condition: ColumnElement[bool]) -> None:
    """Complete the rows that were sent, but have the status "sending" because their worker is about to complete them.

    These rows have the end of their attempt, which a row that is being sent does not have.
    """
    sent = and_(condition, _outbox.status == DeliveryStatus.SENDING, _outbox.ended_at.is_not(None))
    completed = update(schema.outbox).where(sent).values(status=DeliveryStatus.SENT, **NO_LEASE).returning(_outbox.id)
    columns = {
        "outbox_id": _outbox.id,
        "attempted_at": _outbox.ended_at,
        "result": literal(DeliveryResult.SENT.value),
        "note": func.coalesce(_outbox.note, ""),
    }
    for some in in_batches(sorted(connection.scalars(completed))):
        attempts = select(*columns.values()).where(_outbox.id.in_(some)).order_by(_outbox.id)
        connection.execute(insert(schema.attempts).from_select(list(columns), attempts))


def update_rows(
    connection: Connection, ids: Sequence[int], condition: ColumnElement[bool] | None = None, **values: Any
) -> None:
    """Update the rows with these ids that satisfy the condition."""
    for some in in_batches(ids):
        selected = _outbox.id.in_(some)
        connection.execute(
            update(schema.outbox).where(selected if condition is None else and_(selected, condition)).values(**values)
        )


def cancel_rows(
    connection: Connection, reasons: dict[int, str], now: datetime, condition: ColumnElement[bool] | None = None
) -> None:
    """Cancel the rows that satisfy the condition, each with its reason."""
    by_reason: dict[str, list[int]] = {}
    for row_id, reason in reasons.items():
        by_reason.setdefault(reason, []).append(row_id)
    for reason, ids in by_reason.items():
        canceled = {"status": DeliveryStatus.CANCELED, "note": reason, "ended_at": now, **NO_LEASE}
        update_rows(connection, ids, condition, **canceled)


def cancel_watch(connection: Connection, watch_id: str, now: datetime) -> None:
    """Cancel the pending messages of a watch, including those in a digest that was not sent yet.

    The digest itself stays, because other watches may have offers in it; without any, it is canceled when it is due.
    What waits for a person is canceled too.
    """
    waits_for_person = and_(_outbox.watch_key == watch_id, _outbox.status == DeliveryStatus.AWAITING_HUMAN)
    _cancel(connection, or_(and_(_of_watch(watch_id), _is_pending()), waits_for_person), WATCH_REMOVED, now)


def rename_watch_in_messages(connection: Connection, watch_id: str, name: str) -> None:
    """Rename a watch in its pending messages, as in `cancel_watch`, unless the recipient may already have them."""
    renamed = and_(_of_watch(watch_id), _outbox.attempt_count == 0, _is_pending())
    for row_id, body in connection.execute(select(_outbox.id, _outbox.body).where(renamed)).all():
        update_rows(connection, [row_id], body=body | {"watches": [name]})


def _of_watch(watch_id: str) -> ColumnElement[bool]:
    """Return the condition that a message is about a watch. A digest is not: it is composed again from its parts."""
    return and_(_outbox.watch_key == watch_id, _outbox.event_type != EventType.DIGEST)


def _is_pending() -> ColumnElement[bool]:
    """Return the condition that a message, or the digest that contains it, is pending."""
    digest = schema.outbox.alias("digest")
    in_pending_digest = exists().where(digest.c.id == _outbox.digest_id, digest.c.status == DeliveryStatus.PENDING)
    return or_(
        _outbox.status == DeliveryStatus.PENDING,
        and_(_outbox.status == DeliveryStatus.IN_DIGEST, in_pending_digest),
    )


def cancel_channel(connection: Connection, channel: str, now: datetime) -> int:
    """Cancel the messages of a channel that were not sent yet, and return the number canceled."""
    complete_sent(connection, _outbox.channel == channel)
    unsent = and_(_outbox.channel == channel, _outbox.status.in_(OPEN))
    return _cancel(connection, unsent, "the channel was removed", now)


def _cancel(connection: Connection, condition: ColumnElement[bool], reason: str, now: datetime) -> int:
    values = {"status": DeliveryStatus.CANCELED, "note": reason, "ended_at": now, **NO_LEASE}
    return connection.execute(update(schema.outbox).where(condition).values(values)).rowcount


def restart_failed(connection: Connection, channel: str, now: datetime) -> None:
    """Make a channel's messages that wait for a retry due now, and reset their attempt counts."""
    failed = and_(_outbox.channel == channel, _outbox.status == DeliveryStatus.PENDING, _outbox.attempt_count > 0)
    connection.execute(update(schema.outbox).where(failed).values(next_attempt_at=now, attempt_count=0))


def make_future_messages_due(store: Store, now: datetime) -> int:
    """Make pending messages due that were stored with a clock that was far ahead; return their number.

    Otherwise they would wait until the right clock reaches that time.
    """
    is_of_future = and_(_outbox.created_at > now + MAX_CLOCK_ERROR, _outbox.next_attempt_at >= _outbox.created_at)
    statement = update(schema.outbox).where(_outbox.status == DeliveryStatus.PENDING, is_of_future)
    with store.writing() as connection:
        return int(connection.execute(statement.values(next_attempt_at=now)).rowcount)


# ---- queries -------------------------------------------------------------------------------------------------------


def count_unfinished(store: Store) -> dict[str, int]:
    """Return the number of unfinished messages, keyed by channel."""
    query = select(_outbox.channel, func.count()).where(_outbox.status.in_(UNFINISHED)).group_by(_outbox.channel)
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def notified_watches(store: Store, channel: str, subjects: Sequence[str]) -> dict[str, list[tuple[str, str | None]]]:
    """Return the watches that a channel's messages about each subject were for, in order and keyed by subject.

    Each has its name and its id, which is None for a watch that was never stored. Watches of two owners can have the
    same name.
    """
    query = (
        select(_outbox.subject, _WATCH_NAME, _outbox.body[("watch_ids", 0)].as_string())
        .outerjoin(schema.watches, _watches.id == _outbox.watch_key)
        .where(
            _outbox.channel == channel,
            _outbox.subject.in_(subjects),
            _outbox.watch_key.is_not(None),
            _outbox.status.in_((*DELIVERED, DeliveryStatus.IN_DIGEST)),
        )
        .order_by(_outbox.id)
    )
    found: dict[str, dict[tuple[str, str | None], None]] = {}
    with store.reading() as connection:
        for subject, name, watch_id in connection.execute(query):
            found.setdefault(subject, {})[name, watch_id] = None
    return {subject: list(watches) for subject, watches in found.items()}


def has_row(store: Store, key: str) -> bool:
    """Return True if a message with this key exists."""
    with store.reading() as connection:
        return connection.execute(select(_outbox.id).where(_outbox.key == key)).first() is not None


def next_due_at(store: Store, channels: Sequence[str]) -> datetime | None:
    """Return the time at which the next message of these channels is due, or None if no message is pending."""
    query = select(func.min(_outbox.next_attempt_at)).where(
        _outbox.channel.in_(channels), _outbox.status == DeliveryStatus.PENDING
    )
    with store.reading() as connection:
        found: datetime | None = connection.scalar(query)
        return found


# ---- operator ------------------------------------------------------------------------------------------------------


def find_rows(store: Store, criteria: OutboxFilter, *, limit: int | None = None) -> list[dict[str, Any]]:
    """Return rows as mappings of columns to values, latest first; `watch` is the name of the watch."""
    query = matching_rows(criteria)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(_outbox.id.desc()).limit(limit)).mappings()
        return [row_from_mapping(row) for row in rows]


def matching_rows(criteria: OutboxFilter) -> Select[*tuple[Any, ...]]:
    """Return the query for the rows that match a filter, each with the name of its watch as `watch`."""
    query = _named_rows()
    if criteria.channels:
        query = query.where(_outbox.channel.in_(criteria.channels))
    if criteria.statuses:
        query = query.where(_outbox.status.in_(criteria.statuses))
    return query


def row_with_attempts(store: Store, row_id: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a row, as `find_rows` does, and its attempts, first to last. Raises InvalidArgument for an unknown id."""
    attempts = schema.attempts.c
    with store.reading() as connection:
        row = connection.execute(_named_rows().where(_outbox.id == row_id)).mappings().first()
        if row is None:
            raise InvalidArgument(f"the outbox has no message {row_id}; scrapy outbox list shows all")
        query = select(schema.attempts).where(attempts.outbox_id == row_id).order_by(attempts.id)
        return row_from_mapping(row), [
            {**attempt, "result": DeliveryResult(attempt["result"])} for attempt in connection.execute(query).mappings()
        ]


def _named_rows() -> Select[*tuple[Any, ...]]:
    return select(schema.outbox, _WATCH_NAME.label("watch")).outerjoin(schema.watches, _watches.id == _outbox.watch_key)


def row_from_mapping(row: RowMapping) -> dict[str, Any]:
    """Return a row as `find_rows` does."""
    return {
        **row,
        "status": DeliveryStatus(row["status"]),
        "event_type": EventType(row["event_type"]),
        "priority": Priority(row["priority"]),
    }


def require_rows(store: Store, ids: Sequence[int]) -> None:
    """Raise InvalidArgument unless all of these rows exist."""
    with store.reading() as connection:
        known = set(connection.scalars(select(_outbox.id).where(_outbox.id.in_(ids))))
    if unknown := [str(row_id) for row_id in ids if row_id not in known]:
        raise InvalidArgument(f"the outbox has no message {', '.join(unknown)}; scrapy outbox list shows all")


def retry_rows(
    store: Store,
    ids: Sequence[int],
    now: datetime,
    *,
    statuses: Sequence[DeliveryStatus] = (DeliveryStatus.PENDING, *FAILED, DeliveryStatus.CANCELED),
) -> int:
    """Put rows with one of these statuses at the front of the queue, due now; return their number."""
    values = {
        "status": DeliveryStatus.PENDING,
        "next_attempt_at": now,
        "attempt_count": 0,
        "message_key": MESSAGE_KEY,
        "ended_at": None,
        "priority": Priority.URGENT,
    }
    with store.writing() as connection:
        selected = and_(_outbox.id.in_(ids), _outbox.status.in_(statuses))
        return connection.execute(update(schema.outbox).where(selected).values(values)).rowcount


def drop_rows(store: Store, ids: Sequence[int], now: datetime, *, name: str = OPERATOR_NAME) -> int:
    """Cancel rows that are pending or wait for a person; return the number canceled. `name` is who cancels them."""
    statuses = (DeliveryStatus.PENDING, DeliveryStatus.AWAITING_HUMAN)
    with store.writing() as connection:
        selected = and_(_outbox.id.in_(ids), _outbox.status.in_(statuses))
        return _cancel(connection, selected, CANCELED_BY.format(name=name), now)


def owners_of_message(store: Store, row_id: int) -> set[str]:
    """Return the ids of the owners whose watches have a row in the message of a row."""
    query = select(_outbox.channel, MESSAGE_KEY.label("key")).where(_outbox.id == row_id)
    with store.reading() as connection:
        row = connection.execute(query).first()
        if row is None:
            return set()
        owners = (
            select(_watches.owner_id)
            .join_from(schema.outbox, schema.watches, _watches.id == _outbox.watch_key)
            .where(_outbox.channel == row.channel, row.key == MESSAGE_KEY)
        )
        return set(connection.scalars(owners.distinct()))
