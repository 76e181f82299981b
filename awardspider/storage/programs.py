"""The state of each program: back-off after blocks, remaining quota, the lease of its run, and its health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, select, update

from awardspider.outcomes import Outcome, Reason
from awardspider.storage import schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.offer_status import is_current
from awardspider.storage.store import Store

# Back-offs after one consecutive block, after two, and so on; the last one repeats.
BACKOFFS = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
)

_programs = schema.programs.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramState:
    """The stored state of a program. `run_id` and the fields after it describe the current lease, if any."""

    program: str
    blocked_until: datetime | None = None
    consecutive_blocks: int = 0
    last_block_reason: str | None = None
    last_block_at: datetime | None = None
    last_success_at: datetime | None = None
    quota_remaining: int | None = None
    quota_resets_at: datetime | None = None
    run_id: str | None = None
    host: str | None = None
    pid: int | None = None
    leased_at: datetime | None = None
    heartbeat_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramHealth:
    """A program's last success, last search and number of current offers. `blocked_until` may be in the past."""

    program: str
    last_success_at: datetime | None
    last_search_at: datetime | None
    outcome: Outcome | None
    reason: Reason | None
    offers: int
    blocked_until: datetime | None
    block_reason: str | None


def program_state(store: Store, program: str) -> ProgramState:
    """Return the state of a program; all other fields are empty if none is stored."""
    columns = [_programs[name] for name in ProgramState.__dataclass_fields__]
    with store.reading() as connection:
        row = connection.execute(select(*columns).where(_programs.program == program)).mappings().first()
    return ProgramState(**row) if row else ProgramState(program=program)


def program_states(store: Store, suffix: str = "") -> dict[str, ProgramState]:
    """Return the stored states, by program; `suffix` is that of `program_health`."""
    columns = [_programs[name] for name in ProgramState.__dataclass_fields__]
    with store.reading() as connection:
        rows = connection.execute(select(*columns)).mappings().all()
    return {key: ProgramState(**row) for row in rows if (key := _without_suffix(row["program"], suffix))}


def record_block(
    store: Store, program: str, *, reason: Reason, until_at_least: datetime | None, now: datetime
) -> datetime:
    """Record a block and return the end of the back-off. Call this at most once per run.

    The back-off grows with consecutive blocks; see BACKOFFS. It never ends before `until_at_least`, the time requested
    by the program, or before the end of an earlier back-off.
    """
    with store.writing() as connection:
        state = lock_program(connection, program)
        blocks = state["consecutive_blocks"] + 1
        ends = (now + BACKOFFS[min(blocks, len(BACKOFFS)) - 1], until_at_least, state["blocked_until"])
        until = max(end for end in ends if end)
        _update(
            connection,
            program,
            blocked_until=until,
            consecutive_blocks=blocks,
            last_block_reason=reason,
            last_block_at=now,
        )
    return until


def record_success(store: Store, program: str, *, now: datetime) -> None:
    """Record that the program returned a usable response, which ends the back-off."""
    with store.writing() as connection:
        lock_program(connection, program)
        _update(connection, program, blocked_until=None, consecutive_blocks=0, last_success_at=now)


def record_quota(store: Store, program: str, *, remaining: int, resets_at: datetime) -> None:
    """Record the number of requests that the program still accepts before its quota resets."""
    with store.writing() as connection:
        lock_program(connection, program)
        _update(connection, program, quota_remaining=remaining, quota_resets_at=resets_at)


def lock_program(connection: Connection, program: str) -> RowMapping:
    """Return the row of a program, created if needed and locked until the transaction ends."""
    connection.execute(
        dialect_insert(connection.dialect, schema.programs).values(program=program).on_conflict_do_nothing()
    )
    query = select(schema.programs).where(_programs.program == program).with_for_update()
    return connection.execute(query).mappings().one()


def _update(connection: Connection, program: str, **values: Any) -> None:
    connection.execute(update(schema.programs).where(_programs.program == program).values(**values))


def program_health(store: Store, suffix: str = "", *, now: datetime, max_age: timedelta | None) -> list[ProgramHealth]:
    """Return the health of every program with a stored state or search, sorted by key.

    `suffix` is the end of each stored state's name: `@sandbox` in the sandbox, otherwise empty.
    """
    searches, offers = schema.searches.c, schema.offers.c
    last = select(searches.program, func.max(searches.requested_at).label("requested_at")).group_by(searches.program)
    times = last.subquery()
    last_searches = select(searches.program, searches.requested_at, searches.outcome, searches.reason).join(
        times, and_(times.c.program == searches.program, times.c.requested_at == searches.requested_at)
    )
    # By source: offers from a source of several programs count for that source.
    counts = select(offers.source, func.count()).where(is_current(now, max_age)).group_by(offers.source)
    with store.reading() as connection:
        rows = connection.execute(select(schema.programs)).mappings()
        states = {_without_suffix(row["program"], suffix): row for row in rows}
        searched = {row.program: row for row in connection.execute(last_searches)}
        current_offers = {row[0]: row[1] for row in connection.execute(counts)}
    found = []
    for key in sorted(filter(None, states.keys() | searched.keys())):
        state, search = states.get(key), searched.get(key)
        found.append(
            ProgramHealth(
                program=key,
                last_success_at=state["last_success_at"] if state else None,
                last_search_at=search.requested_at if search else None,
                outcome=Outcome(search.outcome) if search else None,
                reason=Reason(search.reason) if search and search.reason else None,
                offers=current_offers.get(key, 0),
                blocked_until=state["blocked_until"] if state else None,
                block_reason=state["last_block_reason"] if state else None,
            )
        )
    return found


def _without_suffix(name: str, suffix: str) -> str:
    """Return the program's key, or an empty string if the name's suffix differs from `suffix`."""
    key, _, world = name.partition("@")
    return key if world == suffix.removeprefix("@") else ""
