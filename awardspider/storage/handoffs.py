"""Messages that wait for a person, who posts them by hand and says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, insert, or_, select, true, update

from awardspider.storage import schema
from awardspider.storage.claims import CLAIMED_COLUMNS, ClaimedRow, claimed_row
from awardspider.storage.outbox import MESSAGE_KEY, DeliveryResult, DeliveryStatus
from awardspider.storage.store import Store

#: For how long "posted" and "skipped" can be undone.
UNDO_PERIOD = timedelta(minutes=15)

SKIPPED = "skipped by {name}"
POSTED = "posted by {name}"

_MAX_ROWS = 1_000
_outbox = schema.outbox.c
_attempts = schema.attempts.c


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOff:
    """A message that waits for a person: its rows, one for each watch, and since when it waits."""

    rows: tuple[ClaimedRow, ...]
    since: datetime

    @property
    def key(self) -> str:
        """The key of the message."""
        return self.rows[0].message_key or self.rows[0].key


def waiting_messages(store: Store, *, owner_id: str | None = None) -> list[HandedOff]:
    """Return the messages that wait for a person, the latest first, at most 1,000 rows.

    With an owner, these are only messages with a row for a watch of the owner, and only those rows.
    """
    with store.reading() as connection:
        return _waiting(connection, true(), owner_id)


def waiting_message(store: Store, row_id: int, *, owner_id: str | None = None) -> HandedOff | None:
    """Return the message whose first row is this one, as `waiting_messages` does; None if it is not waiting."""
    with store.reading() as connection:
        found = _waiting(connection, _same_message(connection, row_id, owner_id), owner_id)
    return next((message for message in found if message.rows[0].id == row_id), None)


def _waiting(connection: Connection, condition: ColumnElement[bool], owner_id: str | None) -> list[HandedOff]:
    waits = _outbox.status == DeliveryStatus.AWAITING_HUMAN
    query = select(*CLAIMED_COLUMNS, _outbox.ended_at).where(waits, condition)
    if owner_id is not None:
        query = query.where(_is_of_owner(owner_id))
    groups: dict[tuple[str, str], list[ClaimedRow]] = {}
    since: dict[tuple[str, str], datetime] = {}
    for values in connection.execute(query.order_by(_outbox.id.desc()).limit(_MAX_ROWS)).mappings():
        row = claimed_row({name: values[name] for name in ClaimedRow.__dataclass_fields__})
        key = row.channel, row.message_key or row.key
        groups.setdefault(key, []).append(row)
        handed_off_at = values["ended_at"] or row.created_at
        since[key] = min(since.get(key, handed_off_at), handed_off_at)
    return [
        HandedOff(rows=tuple(sorted(rows, key=lambda row: row.id)), since=since[key]) for key, rows in groups.items()
    ]


def count_waiting(store: Store, *, owner_id: str | None = None) -> int:
    """Return the number of messages that wait for a person, of all owners or of one."""
    query = select(func.count((_outbox.channel + ":" + MESSAGE_KEY).distinct())).where(
        _outbox.status == DeliveryStatus.AWAITING_HUMAN
    )
    if owner_id is not None:
        query = query.where(_is_of_owner(owner_id))
    with store.reading() as connection:
        return connection.scalar(query) or 0


def waiting_by_channel(store: Store) -> dict[str, int]:
    """Return the number of messages that wait for a person, keyed by channel; channels without any are left out."""
    query = (
        select(_outbox.channel, func.count(MESSAGE_KEY.distinct()))
        .where(_outbox.status == DeliveryStatus.AWAITING_HUMAN)
        .group_by(_outbox.channel)
    )
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def mark_posted(store: Store, row_id: int, name: str, now: datetime, *, owner_id: str | None = None) -> bool:
    """Record that a person posted the message with this row; return False if it does not wait any more."""
    note = POSTED.format(name=name)
    return _finish(store, row_id, DeliveryStatus.SENT, note, now, owner_id)


def skip_post(store: Store, row_id: int, name: str, now: datetime, *, owner_id: str | None = None) -> bool:
    """Cancel the message with this row, which a person does not post; return False if it does not wait any more."""
    note = SKIPPED.format(name=name)
    return _finish(store, row_id, DeliveryStatus.CANCELED, note, now, owner_id)


def undo_post(store: Store, row_id: int, now: datetime, *, owner_id: str | None = None) -> bool:
    """Make a message wait again that was posted or skipped a short time ago; return False if that is not possible.

    Only the rows wait again that this decision ended, except for those whose watch was removed since.
    """
    values = {"status": DeliveryStatus.AWAITING_HUMAN, "note": None, "ended_at": now}
    with store.writing() as connection:
        decided = _decided_with(connection, row_id, owner_id, since=now - UNDO_PERIOD)
        return bool(connection.execute(update(schema.outbox).where(decided).values(values)).rowcount)


def _decided_with(connection: Connection, row_id: int, owner_id: str | None, *, since: datetime) -> ColumnElement[bool]:
    """Return the condition that a row was posted or skipped together with a row; false if that was not decided."""
    was_handed_off = exists().where(_attempts.outbox_id == _outbox.id, _attempts.result == DeliveryResult.HANDED_OFF)
    is_decided = or_(
        *(
            and_(_outbox.status == status, _outbox.note.startswith(note.format(name=""), autoescape=True))
            for status, note in ((DeliveryStatus.SENT, POSTED), (DeliveryStatus.CANCELED, SKIPPED))
        )
    )
    query = select(_outbox.status, _outbox.note, _outbox.ended_at).where(
        _outbox.id == row_id, is_decided, _outbox.ended_at >= since
    )
    row = connection.execute(query).first()
    if row is None:
        return false()
    watches = schema.watches.c
    return and_(
        _same_message(connection, row_id, owner_id),
        _outbox.status == row.status,
        _outbox.note == row.note,
        _outbox.ended_at == row.ended_at,
        was_handed_off,
        or_(_outbox.watch_key.is_(None), _outbox.watch_key.in_(select(watches.id))),
    )


def _finish(store: Store, row_id: int, status: DeliveryStatus, note: str, now: datetime, owner_id: str | None) -> bool:
    with store.writing() as connection:
        same_message = _same_message(connection, row_id, owner_id)
        waits = _outbox.status == DeliveryStatus.AWAITING_HUMAN
        finished = update(schema.outbox).where(same_message, waits).values(status=status, note=note, ended_at=now)
        done = sorted(connection.scalars(finished.returning(_outbox.id)))
        if done and status is DeliveryStatus.SENT:
            attempts = [
                {"outbox_id": each, "attempted_at": now, "result": DeliveryResult.SENT, "note": note} for each in done
            ]
            connection.execute(insert(schema.attempts), attempts)
        return bool(done)


def _same_message(connection: Connection, row_id: int, owner_id: str | None) -> ColumnElement[bool]:
    """Return the condition that a row is part of the message of a row; false if that is not for a watch of the owner.

    The message is posted once, so its rows for watches of other owners change with it.
    """
    query = select(_outbox.channel, MESSAGE_KEY.label("key")).where(_outbox.id == row_id)
    if owner_id is not None:
        query = query.where(_is_of_owner(owner_id))
    row = connection.execute(query).first()
    return and_(_outbox.channel == row.channel, row.key == MESSAGE_KEY) if row else false()


def _is_of_owner(owner_id: str) -> ColumnElement[bool]:
    watches = schema.watches.c
    return _outbox.watch_key.in_(select(watches.id).where(watches.owner_id == owner_id))
