"""The database as everyone else uses it: what is true now, every look, and who asks which program."""

from __future__ import annotations

import functools
import os
import secrets
import socket
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    RowMapping,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from awardspider.items import Cabin, Detail, Search, SearchKind
from awardspider.outcomes import Outcome, ProgramLocked
from awardspider.storage import engines, processes
from awardspider.storage.tables import alerts, offers, outbox, programs, promotions, runs, searches, watches
from awardspider.storage.writing import Alert, Batch, OutboxRow, Writer

__all__ = ["Alert", "Batch", "OutboxRow", "ProgramState", "Store", "WatchRow", "open_store"]

# A worker whose last sign of life is older than this is taken for dead.
LEASE_LASTS = timedelta(seconds=90)

# The pause after the first block in a row, the second and so on; the last one holds from there on.
BLOCK_PAUSES = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
)

# Which offers an answer to a search of this kind can speak for.
_DETAILS = {SearchKind.CALENDAR: (Detail.DAY, Detail.SEATS), SearchKind.ITINERARY: (Detail.ITINERARY,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramState:
    """What we know of a program between crawls. `run_id` and the rest are of the crawl that holds it, if one does."""

    program: str
    blocked_until: datetime | None = None
    blocks_in_a_row: int = 0
    last_block_reason: str | None = None
    last_block_at: datetime | None = None
    last_found_at: datetime | None = None
    calls_left: int | None = None
    calls_left_until: datetime | None = None
    run_id: str | None = None
    host: str | None = None
    pid: int | None = None
    since: datetime | None = None
    heartbeat_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRow:
    """A watch as stored: its definition is plain data that `search.watches` understands."""

    name: str
    active: bool
    definition: dict[str, Any]


def open_store(url: str, data_dir: Path) -> Store:
    """Open the database of a URL (empty: `awardspider.db` under `data_dir`), made and migrated where that is needed.

    Raises BadSetting for a URL that cannot be, StorageError where the database is unreachable, locked, read-only or
    newer than this code.
    """
    engine = engines.open_engine(url, data_dir)
    try:
        engines.migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)


class Store:
    """One database. Each method is one transaction, and raises StorageError where the database cannot do it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = Writer(engine)
        self._insert: Any = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def __str__(self) -> str:
        """The database as a person may read it, without its password."""
        return engines.shown(self.engine.url)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection for queries."""
        return engines.reading(self.engine)

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that writes, committed at the end unless something is raised."""
        return engines.writing(self.engine)

    # ---- runs ----------------------------------------------------------------------------------------------------

    def start_run(self, *, program: str, spider: str, job: str | None, arguments: dict[str, str], now: datetime) -> str:
        """Take the program's lease and record a run; returns the run's id.

        Raises Busy, naming the holder, while another worker has the lease. A lease is taken over, and its run closed
        as killed, when its process is dead on this host or has given no sign of life for 90 seconds.
        """
        run_id = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        host, pid = socket.gethostname(), os.getpid()
        with self.writing() as connection:
            held = self._locked(connection, program)
            if held["run_id"]:
                _refuse_if_alive(held, now)
                connection.execute(
                    update(runs)
                    .where(runs.c.id == held["run_id"], runs.c.ended_at.is_(None))
                    .values(ended_at=held["heartbeat_at"], finish_reason="killed", **_counts(held["run_id"]))
                )
            lease = {"run_id": run_id, "host": host, "pid_space": processes.pid_space(), "pid": pid, "since": now}
            connection.execute(_of(program).values(heartbeat_at=now, **lease))
            run = {"id": run_id, "program": program, "spider": spider, "job": job, "arguments": arguments}
            connection.execute(insert(runs).values(**run, host=host, pid=pid, started_at=now, heartbeat_at=now))
        return run_id

    def heartbeat(self, run_id: str, now: datetime) -> None:
        """Say that a run is alive, a few times in 90 seconds. Raises Busy when another took over its lease."""
        with self.writing() as connection:
            renewed = connection.execute(update(programs).where(programs.c.run_id == run_id).values(heartbeat_at=now))
            if not renewed.rowcount:
                raise ProgramLocked(
                    f"the run {run_id} gave no sign of life for too long; another crawl holds its program"
                )
            connection.execute(update(runs).where(runs.c.id == run_id).values(heartbeat_at=now))

    def end_run(
        self,
        run_id: str,
        *,
        finish_reason: str,
        stats: dict[str, object],
        now: datetime,
        shape: dict[str, float] | None = None,
        drift: str | None = None,
    ) -> None:
        """Close a run, count its searches by outcome, and give the program free.

        `shape` are the shares of what its answers held, `drift` says what of them fell sharply.
        """
        values = {"ended_at": now, "finish_reason": finish_reason, "stats": stats, "shape": shape, "drift": drift}
        with self.writing() as connection:
            connection.execute(update(runs).where(runs.c.id == run_id).values(**values, **_counts(run_id)))
            connection.execute(update(programs).where(programs.c.run_id == run_id).values(**_FREE))

    def good_shapes(self, program: str, spider: str, most: int) -> list[dict[str, float]]:
        """The shares of a program's last runs that had any and in which nothing fell, newest first."""
        query = (
            select(runs.c.shape)
            .where(runs.c.program == program, runs.c.spider == spider, runs.c.drift.is_(None))
            .where(runs.c.shape.is_not(None))
            .order_by(runs.c.started_at.desc())
            .limit(most)
        )
        with self.reading() as connection:
            return list(connection.scalars(query))

    # ---- the state of a program ----------------------------------------------------------------------------------

    def program_state(self, program: str) -> ProgramState:
        """What we know of a program; of one never asked, nothing."""
        fields = [programs.c[name] for name in ProgramState.__dataclass_fields__]
        with self.reading() as connection:
            row = connection.execute(select(*fields).where(programs.c.program == program)).mappings().first()
        return ProgramState(**row) if row else ProgramState(program=program)

    def note_block(self, program: str, *, reason: str, until_at_least: datetime | None, now: datetime) -> datetime:
        """Note a block (once a run) and return until when to leave the program alone.

        15 minutes after the first in a row, then 1, 4, 12 and 24 hours; never earlier than `until_at_least`, which
        is what the program itself asked for, nor than an earlier block's.
        """
        with self.writing() as connection:
            state = self._locked(connection, program)
            blocks = state["blocks_in_a_row"] + 1
            ends = (
                now + BLOCK_PAUSES[min(blocks, len(BLOCK_PAUSES)) - 1],
                until_at_least,
                state["blocked_until"],
            )
            until = max(end for end in ends if end)
            connection.execute(
                _of(program).values(
                    blocked_until=until, blocks_in_a_row=blocks, last_block_reason=reason, last_block_at=now
                )
            )
        return until

    def note_success(self, program: str, *, now: datetime) -> None:
        """Note that a program answered: its blocks in a row are over."""
        with self.writing() as connection:
            self._locked(connection, program)
            connection.execute(_of(program).values(blocked_until=None, blocks_in_a_row=0, last_found_at=now))

    # ---- what the planner asks -----------------------------------------------------------------------------------

    def note_calls_left(self, program: str, *, left: int, until: datetime) -> None:
        """Note how many calls the program itself still allows, and when it counts anew."""
        with self.writing() as connection:
            self._locked(connection, program)
            connection.execute(_of(program).values(calls_left=left, calls_left_until=until))

    def last_searches(self, program: str) -> dict[tuple[SearchKind, str, str, date, int, str], datetime]:
        """When each (kind, origin, destination, first day, party, cabins) was last tried, whatever became of it.

        A look that fails each time must not stand before all others for ever, so failures count too.
        """
        columns = ("kind", "origin", "destination", "first_day", "travelers", "cabins")
        key = [searches.c[name] for name in columns]
        query = (
            select(*key, func.max(searches.c.requested_at)).where(searches.c.program == program, _SENT).group_by(*key)
        )
        with self.reading() as connection:
            return {
                (SearchKind(row[0]), row[1], row[2], row[3], row[4], row[5]): row[6]
                for row in connection.execute(query)
            }

    def searches_since(self, program: str, since: datetime) -> int:
        """How many searches really sent a request since then: what a budget counts."""
        query = select(func.count()).where(searches.c.program == program, searches.c.requested_at >= since, _SENT)
        with self.reading() as connection:
            return connection.scalar(query) or 0

    # ---- offers --------------------------------------------------------------------------------------------------

    def live_offers(self, search: Search, source: str) -> dict[str, str]:
        """The state of each offer, by id, that is not gone and that an answer to this search can speak for."""
        values = {
            "source": source,
            "origin": search.origin,
            "destination": search.destination,
            "first": search.first,
            "last": search.last,
            "travelers": search.travelers,
        }
        if search.target_program:
            values["program"] = search.target_program
        query = _live_offers(search.kind, search.cabins, bool(search.target_program))
        with self.reading() as connection:
            return dict(connection.execute(query, values).all())

    def told(self, offer_ids: Sequence[str]) -> dict[str, dict[str, int | None]]:
        """At which miles each watch was last told of each of these offers, by its name; all of the offers are there."""
        found: dict[str, dict[str, int | None]] = {offer_id: {} for offer_id in offer_ids}
        fields = (alerts.c.offer_id, alerts.c.watch, alerts.c.miles)
        with self.reading() as connection:
            for first in range(0, len(offer_ids), 500):  # far below what engines take
                some = alerts.c.offer_id.in_(offer_ids[first : first + 500])
                for row in connection.execute(select(*fields).where(some).order_by(alerts.c.id)):
                    if row.watch:
                        found[row.offer_id][row.watch] = row.miles
        return found

    def knows_promotion(self, promotion: str) -> bool:
        """Whether a promotion of that id is stored."""
        query = select(promotions.c.id).where(promotions.c.id == promotion)
        with self.reading() as connection:
            return connection.execute(query).first() is not None

    def write(self, batch: Batch, run_id: str | None) -> None:
        """Write everything in a batch in one transaction: all of it is there afterwards, or nothing."""
        if batch.empty():
            return
        with self.writing() as connection:
            self._writer.write(connection, batch, run_id)

    # ---- watches -------------------------------------------------------------------------------------------------

    def save_watches(self, rows: Sequence[WatchRow]) -> tuple[int, int]:
        """Store watches by name; returns how many are new and how many of those we had are different now."""
        known = {watch.name: watch for watch in self.watches(active_only=False)}
        new = {row.name: row for row in rows if row != known.get(row.name)}
        if new:
            statement = self._insert(watches)
            changed = {name: statement.excluded[name] for name in ("active", "definition")}
            values = [{"name": row.name, "active": row.active, "definition": row.definition} for row in new.values()]
            with self.writing() as connection:
                connection.execute(
                    statement.on_conflict_do_update(index_elements=[watches.c.name], set_=changed), values
                )
        added = sum(name not in known for name in new)
        return added, len(new) - added

    def watches(self, *, active_only: bool = True) -> list[WatchRow]:
        """All watches, or all active ones, by name."""
        query = select(watches).order_by(watches.c.name)
        if active_only:
            query = query.where(watches.c.active)
        with self.reading() as connection:
            return [WatchRow(**row) for row in connection.execute(query).mappings()]

    def remove_watch(self, name: str, now: datetime) -> None:
        """Forget a watch and what waits to be told for it; the offers found for it stay."""
        waiting = and_(outbox.c.watch == name, outbox.c.status == "waiting")
        ended = {"status": "canceled", "note": "its watch was removed", "ended_at": now}
        with self.writing() as connection:
            connection.execute(delete(watches).where(watches.c.name == name))
            connection.execute(update(outbox).where(waiting).values(ended))

    def _locked(self, connection: Connection, program: str) -> RowMapping:
        """The row of a program, made where it is missing, locked until the transaction ends."""
        connection.execute(self._insert(programs).values(program=program).on_conflict_do_nothing())
        return (
            connection.execute(select(programs).where(programs.c.program == program).with_for_update()).mappings().one()
        )


@functools.cache
def _live_offers(kind: SearchKind, cabins: tuple[Cabin, ...], one_subject: bool) -> Select[str, str]:
    """Id and state of the offers in a scope: built once, because each search asks, and building is most of its cost."""
    inside = and_(
        offers.c.source == bindparam("source"),
        offers.c.origin == bindparam("origin"),
        offers.c.destination == bindparam("destination"),
        offers.c.departure_date.between(bindparam("first"), bindparam("last")),
        offers.c.travelers == bindparam("travelers"),
        or_(*(offers.c.detail == detail.value for detail in _DETAILS[kind])),
        offers.c.gone_at.is_(None),
    )
    if one_subject:
        inside = and_(inside, offers.c.program == bindparam("program"))
    if cabins:
        inside = and_(inside, or_(*(offers.c.cabin == cabin.value for cabin in cabins)))
    return select(offers.c.id, offers.c.state).where(inside)


# A search that sent a request, and did not end before it could.
_SENT = or_(searches.c.http_status.is_not(None), searches.c.seconds.is_not(None))

_FREE = dict.fromkeys(("run_id", "host", "pid_space", "pid", "since", "heartbeat_at"))


def _of(program: str) -> Any:
    return update(programs).where(programs.c.program == program)


def _counts(run_id: str) -> dict[str, Any]:
    """The searches of a run by outcome, and its offers, as values of columns of `runs`."""
    mine = select(func.count()).where(searches.c.run_id == run_id)
    counts: dict[str, Any] = {
        outcome.value: mine.where(searches.c.outcome == outcome.value).scalar_subquery() for outcome in Outcome
    }
    total = select(func.coalesce(func.sum(searches.c.offers), 0)).where(searches.c.run_id == run_id)
    return counts | {"offers": total.scalar_subquery()}


def _refuse_if_alive(held: RowMapping, now: datetime) -> None:
    silent = now - held["heartbeat_at"] > LEASE_LASTS
    if silent or (processes.is_here(held["host"], held["pid_space"]) and not processes.runs(held["pid"])):
        return
    raise ProgramLocked(
        f"another crawl of {held['program']} runs on {held['host']} (process {held['pid']}, run {held['run_id']}) "
        f"since {held['since']:%Y-%m-%d %H:%M} UTC; wait for it to end"
    )
