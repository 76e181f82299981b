"""The attempts of a worker: the start and the result of each message are stored before the next one is sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, func, literal_column, select, update
from sqlalchemy.engine import Dialect

from awardspider.storage import schema
from awardspider.storage.claims import Attempt, finish_attempts, is_claimed_by, record_attempts, start_sending
from awardspider.storage.engines import storage_errors
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.store import Store

#: The longest time for which sent messages keep the status "sending".
MAX_UNFINISHED = timedelta(seconds=0.25)

# After this time without a statement, a connection is tested before it is used again.
_MAX_IDLE = timedelta(seconds=1)

_outbox = schema.outbox.c

# The parameters of _SEND_NEXT with values to convert, and the columns that they are for.
_PARAMETERS = {
    "new_note": _outbox.note,
    "new_provider_id": _outbox.provider_id,
    "ended": _outbox.ended_at,
    "started": _outbox.started_at,
    "until": _outbox.leased_until,
}

_is_sent = _outbox.id == bindparam("sent_id")
_is_next = _outbox.id == bindparam("next_id")


def _new(name: str) -> BindParameter[Any]:
    return bindparam(name, type_=_PARAMETERS[name].type)


# Built once, because it runs for every message, in a transaction of its own. It changes no indexed column, which makes
# it several times as fast as an update of the status.
_SEND_NEXT = (
    update(schema.outbox)
    .where(
        _outbox.id.in_((bindparam("sent_id"), bindparam("next_id"))),
        _outbox.leased_by == bindparam("worker"),
        _outbox.status == literal_column(f"'{DeliveryStatus.SENDING}'"),
        _outbox.ended_at.is_(None),
    )
    .values(
        attempt_count=_outbox.attempt_count + case((_is_sent, literal_column("1")), else_=literal_column("0")),
        message_key=case((_is_sent, func.coalesce(_outbox.message_key, _outbox.key)), else_=_outbox.message_key),
        note=case((_is_sent, _new("new_note")), else_=_outbox.note),
        provider_id=case(
            (_is_sent, func.coalesce(_new("new_provider_id"), _outbox.provider_id)),
            else_=_outbox.provider_id,
        ),
        ended_at=case((_is_sent, _new("ended"))),
        started_at=case((_is_next, _new("started"))),
        leased_until=case((_is_next, _new("until")), else_=_outbox.leased_until),
    )
)

_NO_ROW = 0  # an id that no row has


class _Statement:
    """_SEND_NEXT for one engine, compiled once: otherwise SQLAlchemy takes longer than the database."""

    def __init__(self, dialect: Dialect) -> None:
        compiled = _SEND_NEXT.compile(dialect=dialect)
        self._sql = str(compiled)
        self._order = [*(compiled.positiontup or ())]
        self._converters = {
            name: convert
            for name, column in _PARAMETERS.items()
            if (convert := column.type.dialect_impl(dialect).bind_processor(dialect))
        }

    def execute(self, connection: Connection, values: dict[str, Any]) -> set[int]:
        """Execute the statement and return the ids of the updated rows."""
        converted = values | {name: convert(values[name]) for name, convert in self._converters.items()}
        ids = {values["sent_id"], values["next_id"]} - {_NO_ROW}
        updated = connection.exec_driver_sql(self._sql, tuple(map(converted.__getitem__, self._order))).rowcount
        if updated == len(ids):
            return ids
        owned = and_(_outbox.id.in_(ids), is_claimed_by(values["worker"]))
        return set(connection.scalars(select(_outbox.id).where(owned)))


class AttemptWriter:
    """The writer of one worker's attempts, used by one thread.

    The result of a message is stored together with the start of the next one. If it is "sent", its row keeps the status
    "sending" for at most MAX_UNFINISHED; then `finish` completes the rows of many messages in one transaction. If the
    worker dies before that, the next claim completes them (`claims.claim_rows`).
    """

    def __init__(self, store: Store, worker: str) -> None:
        self._store = store
        self._worker = worker
        self._statement = _Statement(store.engine.dialect)
        self._connection: Connection | None = None
        self._used_at: datetime | None = None
        self._sent: tuple[Attempt, datetime] | None = None  # not stored yet
        self._stored: list[tuple[Attempt, datetime]] = []  # not finished yet
        self._finished_at: datetime | None = None

    def start(self, ids: Sequence[int], *, now: datetime, lease: timedelta, repeats: bool) -> Collection[int]:
        """Store that a message with these rows is about to be sent; return the ids of those that are still owned.

        If the worker then dies, the rows become unknown. With `repeats`, they are sent again instead, because the
        recipient recognizes their keys: then their start is not stored, and all ids are returned.
        """
        if len(ids) > 1:
            self.finish(now)
            return ids if repeats else start_sending(self._store, ids, worker=self._worker, now=now, lease=lease)
        if repeats and not self._sent:
            return ids
        found = self._send_next(_NO_ROW if repeats else ids[0], now, now + lease)
        return ids if repeats else found.intersection(ids)

    def record(self, attempts: Sequence[Attempt], *, now: datetime, lease: timedelta | None = None) -> None:
        """Record the attempts of a message: that of a single row that was sent together with the start of the next one.

        If `lease` is given, extend the lease of the worker's other rows.
        """
        if self._finished_at is None:
            self._finished_at = now
        if len(attempts) == 1 and attempts[0].status is DeliveryStatus.SENT and not lease:
            self._sent = attempts[0], now
            if now - self._finished_at >= MAX_UNFINISHED:
                self.finish(now)
            return
        self.finish(now)
        record_attempts(self._store, attempts, worker=self._worker, now=now, lease=lease)

    def finish(self, now: datetime) -> None:
        """Complete the rows of all recorded attempts."""
        stored, self._stored = self._stored, []
        sent, self._sent = self._sent, None
        self._finished_at = now
        if stored:
            finish_attempts(self._store, stored)
        if sent:
            record_attempts(self._store, [sent[0]], worker=self._worker, now=sent[1])

    def close(self, now: datetime) -> None:
        """Complete the rows and close the connection."""
        try:
            self.finish(now)
        finally:
            self._disconnect()

    def _send_next(self, next_id: int, now: datetime, until: datetime) -> set[int]:
        """Store the result of the previous message and the start of the next one; return the ids of the owned rows."""
        if self._used_at is None or not timedelta() <= now - self._used_at <= _MAX_IDLE:
            self._disconnect()
        self._used_at = now
        attempt, ended = self._sent or (None, None)
        values: dict[str, Any] = {
            "sent_id": attempt.row_id if attempt else _NO_ROW,
            "next_id": next_id,
            "worker": self._worker,
            "new_note": attempt.note if attempt else None,
            "new_provider_id": attempt.provider_id if attempt else None,
            "ended": ended,
            "started": now,
            "until": until,
        }
        with storage_errors(self._store.engine.url):
            if self._connection is None:
                self._connection = self._store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            found = self._statement.execute(self._connection, values)
        if attempt and ended:
            self._sent = None
            if attempt.row_id in found:
                self._stored.append((attempt, ended))
            else:  # the lease has expired
                record_attempts(self._store, [attempt], worker=self._worker, now=ended)
        return found

    def _disconnect(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None
