"""The outbox as the dispatcher uses it: claims with a lease, ends of tries, and what a person does by hand."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Text,
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
from sqlalchemy.dialects import postgresql, sqlite

from awardspider.outcomes import InvalidArgument
from awardspider.storage import processes
from awardspider.storage.pace import room_now, seconds_until_one
from awardspider.storage.store import Store
from awardspider.storage.tables import attempts, channel_states, outbox

WAITING = ("waiting", "sending")
STATUSES = (*WAITING, "sent", "never", "unknown", "canceled", "digested")
_OF_WATCHES = ("offer.matched", "offer.dropped")
INTERNAL_ERROR = "the process that sent it ended before it could say what became of it"

_IDS_AT_ONCE = 500  # far below the number of parameters that either engine takes

_older = outbox.alias("older")

# What becomes of rows that were tried: built once, because it is run for each message. Where the lease was lost
# meanwhile, another holds the row; that it was sent is true all the same.
_TRIED = (
    update(outbox)
    .where(
        outbox.c.id.in_(bindparam("ids", expanding=True)),
        or_(bindparam("to", type_=Text) == "sent", outbox.c.leased_by == bindparam("worker")),
    )
    .values(
        status=bindparam("to", type_=Text),
        note=bindparam("noted"),
        tries=outbox.c.tries + 1,
        ended_at=bindparam("ended"),
        due_at=func.coalesce(bindparam("due", type_=outbox.c.due_at.type), outbox.c.due_at),
        far_id=func.coalesce(bindparam("id_there", type_=Text), outbox.c.far_id),
        started_at=None,
        leased_by=None,
        leased_until=None,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An outbox row that this worker holds until its lease ends."""

    id: int
    key: str
    channel: str
    kind: str
    subject: str
    body: dict[str, Any]
    created_at: datetime
    level: str
    watch: str | None
    terms: dict[str, Any] | None
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a worker asks for: at most `most` rows that are due, held for `lease`.

    `per_call` is how many of them one call takes; `pace` (calls, seconds) bounds calls over time. `alone`: not while
    another worker holds rows of the channel. `keeps_keys`: what was being sent when its process died is sent again.
    """

    channel: str
    worker: str
    now: datetime
    most: int = 50
    per_call: int = 1
    lease: timedelta = timedelta(seconds=90)
    pace: tuple[int, float] | None = None
    alone: bool = False
    keeps_keys: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """What became of one try: the row's new status, and the attempt to record. `due_at` is when the next is due."""

    row: int
    status: str
    result: str
    note: str
    seconds: float | None
    due_at: datetime | None = None
    far_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFilter:
    """Which rows: what is empty does not narrow."""

    channels: Sequence[str] = ()
    statuses: Sequence[str] = ()
    kinds: Sequence[str] = ()


def worker_name() -> str:
    """A name for a worker of this process, by which others can tell whether it is still there."""
    return f"{socket.gethostname()}|{processes.pid_space()}|{os.getpid()}|{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a worker got. Where rows are due but the pace left no room, `again_in` says after how many seconds."""

    rows: Sequence[Claimed] = ()
    again_in: float | None = None


def claim(store: Store, wanted: Claim) -> Claims:
    """Rows of a channel that are due, held by this worker from now on; none while it is paused or rests.

    Of one subject only the oldest unfinished row is given out, so that order is kept: not a newer one while an older
    is due, on its way or to be tried again (one that is held for its hour is checked again before it goes). A channel
    that takes many rows a call gets all of them.
    """
    with store.writing() as connection:
        state = locked_state(store, connection, wanted.channel)
        resting = state["rests_until"] and state["rests_until"] > wanted.now
        if state["paused_at"] or resting:
            return Claims()
        _end_dead_leases(connection, wanted)
        held = select(outbox.c.id).where(outbox.c.channel == wanted.channel, outbox.c.status == "sending").limit(1)
        if wanted.alone and connection.execute(held).first():
            return Claims()
        room = room_now(wanted.pace, state["room"], state["room_at"], wanted.now) if wanted.pace else None
        calls = wanted.most if room is None else int(room + 1e-9)
        rows: list[RowMapping] = []
        most = min(wanted.most, max(calls, 1) * wanted.per_call)
        for level in ("urgent", "normal"):  # one after the other, each in the order of the index
            rows += connection.execute(_due(wanted, level, most - len(rows))).mappings()
        if not rows:
            return Claims()
        if calls < 1 and wanted.pace and room is not None:
            return Claims(again_in=seconds_until_one(wanted.pace, room))
        lease: dict[str, Any] = {
            "leased_by": wanted.worker,
            "leased_until": wanted.now + wanted.lease,
            "started_at": None,
        }
        set_rows(connection, [row["id"] for row in rows], status="sending", **lease)
        if room is not None:
            used = -(-len(rows) // wanted.per_call)
            connection.execute(_state(wanted.channel).values(room=room - used, room_at=wanted.now))
        return Claims(rows=[Claimed(**row) for row in rows])


def _due(wanted: Claim, level: str, most: int) -> Any:
    """The first rows of a level to claim, in the order in which they are due."""
    held = and_(_older.c.status == "waiting", _older.c.tries == 0, _older.c.due_at > wanted.now)
    unfinished = and_(
        _older.c.channel == outbox.c.channel,
        _older.c.subject == outbox.c.subject,
        _older.c.id < outbox.c.id,
        _older.c.status.in_(WAITING),
        _older.c.level != "digest",
        not_(held),
    )
    fields = [outbox.c[name] for name in Claimed.__dataclass_fields__]
    query = select(*fields).where(
        outbox.c.channel == wanted.channel,
        outbox.c.status == "waiting",
        outbox.c.level == level,
        outbox.c.due_at <= wanted.now,
    )
    if wanted.per_call == 1:
        query = query.where(~exists().where(unfinished))
    return query.order_by(outbox.c.due_at, outbox.c.id).limit(most)


def _end_dead_leases(connection: Connection, wanted: Claim) -> None:
    """Give free what a worker held that is no more: to be sent again, unless that could be twice."""
    query = select(outbox.c.id, outbox.c.leased_by, outbox.c.leased_until, outbox.c.started_at)
    query = query.where(outbox.c.channel == wanted.channel, outbox.c.status == "sending")
    held = connection.execute(query.with_for_update(skip_locked=True)).all()  # but those that are being written
    dead = [row for row in held if row.leased_until <= wanted.now or _is_gone(row.leased_by)]
    doubtful = [row.id for row in dead if row.started_at and not wanted.keeps_keys]
    # Unless its worker has just said what became of it, or that it is still there.
    gone = outbox.c.leased_by.in_({row.leased_by for row in dead if row.leased_until > wanted.now})
    still = and_(outbox.c.status == "sending", or_(outbox.c.leased_until <= wanted.now, gone))
    free: dict[str, Any] = {"leased_by": None, "leased_until": None}
    ended = {"note": INTERNAL_ERROR, "ended_at": wanted.now, "tries": outbox.c.tries + 1}
    set_rows(connection, doubtful, still, status="unknown", **free, **ended)
    set_rows(connection, [row.id for row in dead], still, status="waiting", **free)
    again = [row for row in dead if row.started_at]
    if again:
        told = [
            {"outbox_id": row.id, "tried_at": row.started_at, "result": "unknown", "note": INTERNAL_ERROR}
            for row in again
        ]
        connection.execute(insert(attempts), told)


def set_rows(
    connection: Connection, ids: Sequence[int], where: ColumnElement[bool] | None = None, **values: Any
) -> None:
    """Give rows new values, those of `ids` of which `where` is true."""
    for first in range(0, len(ids), _IDS_AT_ONCE):
        among = outbox.c.id.in_(ids[first : first + _IDS_AT_ONCE])
        connection.execute(update(outbox).where(among if where is None else and_(among, where)).values(**values))


def _is_gone(worker: str) -> bool:
    host, space, pid, _ = worker.split("|")
    return processes.is_here(host, space) and not processes.runs(int(pid))


def start(store: Store, ids: Sequence[int], *, worker: str, now: datetime, lease: timedelta) -> set[int]:
    """Note that rows leave now: to a far side that keeps no keys, they must not leave again by themselves.

    Returns those that the worker still holds; the others are another's by now.
    """
    mine = and_(outbox.c.leased_by == worker, outbox.c.status == "sending")
    with store.writing() as connection:
        set_rows(connection, ids, mine, started_at=now, leased_until=now + lease)
        held = select(outbox.c.id).where(mine, outbox.c.started_at.is_not(None))
        return set(connection.scalars(held)).intersection(ids)


def finish(store: Store, tries: Iterable[Try], *, worker: str, now: datetime, lease: timedelta | None = None) -> None:
    """Record tries and what became of their rows; with a `lease`, the worker's other rows are held so long from now."""
    alike: dict[tuple[Any, ...], list[int]] = {}  # rows by what is to be written of them: a flush of a sheet has many
    recorded = []
    for each in tries:
        alike.setdefault((each.status, each.note, each.due_at, each.far_id), []).append(each.row)
        recorded.append(
            {
                "outbox_id": each.row,
                "tried_at": now,
                "result": each.result,
                "later_at": each.due_at,
                "note": each.note,
                "seconds": each.seconds,
            }
        )
    with store.writing() as connection:
        for (status, note, due_at, far_id), ids in alike.items():
            values = {"to": status, "noted": note, "due": due_at, "id_there": far_id, "worker": worker}
            values["ended"] = None if status in WAITING else now
            for first in range(0, len(ids), _IDS_AT_ONCE):
                connection.execute(_TRIED, values | {"ids": ids[first : first + _IDS_AT_ONCE]})
        if recorded:
            connection.execute(insert(attempts), recorded)
        if lease:
            rest = and_(outbox.c.leased_by == worker, outbox.c.status == "sending")
            connection.execute(update(outbox).where(rest).values(leased_until=now + lease))


def give_back(store: Store, worker: str) -> None:
    """End the leases of a worker: what it has not sent waits for the next. What has left keeps its lease to the end."""
    mine = and_(outbox.c.leased_by == worker, outbox.c.status == "sending", outbox.c.started_at.is_(None))
    with store.writing() as connection:
        connection.execute(update(outbox).where(mine).values(status="waiting", leased_by=None, leased_until=None))


def rest(store: Store, channel: str, until: datetime) -> None:
    """Leave a channel alone until then."""
    with store.writing() as connection:
        locked_state(store, connection, channel)
        later = or_(channel_states.c.rests_until.is_(None), channel_states.c.rests_until < until)
        connection.execute(_state(channel).where(later).values(rests_until=until))


def cancel(store: Store, ids: dict[int, str], now: datetime) -> None:
    """End rows that are not to be sent, each with the reason."""
    with store.writing() as connection:
        for row, why in ids.items():
            connection.execute(
                update(outbox)
                .where(outbox.c.id == row)
                .values(status="canceled", note=why, ended_at=now, leased_by=None, leased_until=None)
            )


def put_off(store: Store, ids: Sequence[int], *, until: datetime, level: str | None = None) -> None:
    """Let claimed rows wait until then, as of another level where one is given."""
    values: dict[str, Any] = {"status": "waiting", "due_at": until, "leased_by": None, "leased_until": None}
    with store.writing() as connection:
        values |= {"level": level} if level else {}
        set_rows(connection, list(ids), **values)


def sent_since(store: Store, channel: str, watch: str, since: datetime, *, row: int, worker: str) -> int:
    """How many single messages of a watch a channel got since then, and earlier ones than `row` that others hold."""
    query = select(func.count()).where(
        outbox.c.channel == channel,
        outbox.c.watch == watch,
        outbox.c.kind != "digest",
        or_(
            and_(outbox.c.status == "sending", outbox.c.leased_by != worker, outbox.c.id < row),
            and_(outbox.c.status.in_(("sent", "unknown")), outbox.c.ended_at >= since),
        ),
    )
    with store.reading() as connection:
        return connection.scalar(query) or 0


def watches_told(store: Store, channel: str, subjects: Sequence[str]) -> dict[str, str]:
    """By subject, the names of the watches for which a channel was last told of it."""
    query = (
        select(outbox.c.subject, outbox.c.body)
        .where(outbox.c.channel == channel, outbox.c.subject.in_(subjects), outbox.c.kind.in_(_OF_WATCHES))
        .order_by(outbox.c.id)
    )
    with store.reading() as connection:
        return {row.subject: row.body.get("watches", "") for row in connection.execute(query)}


def next_due(store: Store, channels: Sequence[str]) -> datetime | None:
    """When the next row of one of these channels is due; None where nothing waits."""
    query = select(func.min(outbox.c.due_at)).where(outbox.c.channel.in_(channels), outbox.c.status == "waiting")
    with store.reading() as connection:
        found: datetime | None = connection.scalar(query)
        return found


# ---- by hand -----------------------------------------------------------------------------------------------------


def rows(store: Store, wanted: OutboxFilter, *, limit: int | None = None) -> list[dict[str, Any]]:
    """Rows, the latest first."""
    query = select(outbox)
    for column, values in (
        (outbox.c.channel, wanted.channels),
        (outbox.c.status, wanted.statuses),
        (outbox.c.kind, wanted.kinds),
    ):
        if values:
            query = query.where(column.in_(values))
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(query.order_by(outbox.c.id.desc()).limit(limit)).mappings()]


def row_with_attempts(store: Store, number: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A row and its tries, the first one first. Raises BadArgument where there is none of that number."""
    with store.reading() as connection:
        row = connection.execute(select(outbox).where(outbox.c.id == number)).mappings().first()
        if row is None:
            raise InvalidArgument(f"the outbox has no row {number}; scrapy outbox list shows them")
        tried = select(attempts).where(attempts.c.outbox_id == number).order_by(attempts.c.id)
        return dict(row), [dict(each) for each in connection.execute(tried).mappings()]


def retry(store: Store, ids: Sequence[int], now: datetime) -> int:
    """Let rows that ended without being sent, or wait for their next try, be tried now; how many those were."""
    again = and_(outbox.c.id.in_(ids), outbox.c.status.in_(("waiting", "never", "unknown", "canceled")))
    with store.writing() as connection:
        changed = connection.execute(
            update(outbox).where(again).values(status="waiting", due_at=now, tries=0, ended_at=None, level="urgent")
        )
        return changed.rowcount


def drop(store: Store, ids: Sequence[int], now: datetime) -> int:
    """Cancel rows that wait; how many those were."""
    waiting = and_(outbox.c.id.in_(ids), outbox.c.status == "waiting")
    with store.writing() as connection:
        changed = connection.execute(
            update(outbox).where(waiting).values(status="canceled", note="dropped by the operator", ended_at=now)
        )
        return changed.rowcount


def _state(channel: str) -> Any:
    return update(channel_states).where(channel_states.c.channel == channel)


def locked_state(store: Store, connection: Connection, channel: str) -> RowMapping:
    """How a channel stands, its row made where it is missing and locked until the transaction ends."""
    insert_into: Any = postgresql.insert if store.engine.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert_into(channel_states).values(channel=channel).on_conflict_do_nothing())
    query = select(channel_states).where(channel_states.c.channel == channel).with_for_update()
    return connection.execute(query).mappings().one()
