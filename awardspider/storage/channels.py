"""Stored channels, the state of every channel, and rate limits."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from awardspider.items import EventType, Priority
from awardspider.outcomes import InvalidArgument
from awardspider.storage import outbox, schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.store import Store

_channels = schema.channels.c
_states = schema.channel_states.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """A configured channel. Its values may be encrypted or references to secrets. `secrets` is ordered newest first."""

    name: str
    kind: str
    address: str = field(repr=False)
    options: dict[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    events: tuple[EventType, ...] = ()
    priority: Priority = Priority.NORMAL
    created_at: datetime | None = None


class PausedBy(StrEnum):
    """Actors that can pause a channel."""

    OPERATOR = "operator"
    DISPATCHER = "dispatcher"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """The pause and back-off of a channel and the number of its unfinished messages."""

    name: str
    paused_at: datetime | None = None
    paused_reason: str | None = None
    paused_by: PausedBy | None = None
    backoff_until: datetime | None = None
    pending: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """At most `calls` calls in any `seconds`, counted across processes as tokens in `channel_states`.

    A burst is limited to a quarter of `calls`. More calls become available over time, at a rate that keeps any span of
    `seconds` within `calls`.
    """

    calls: int
    seconds: float

    def tokens(self, tokens: float | None, counted_at: datetime | None, now: datetime) -> float:
        """Return the number of calls allowed now, given the number at `counted_at` (None before the first call)."""
        if tokens is None or counted_at is None or counted_at - now > timedelta(seconds=self.seconds):
            return float(self._burst)  # no calls yet, or the clock was ahead when they were counted
        elapsed = max(0.0, (now - counted_at).total_seconds())
        return min(float(self._burst), tokens + elapsed * self._refill)

    def seconds_until_call(self, tokens: float) -> float:
        """Return the time until the next call is allowed."""
        return max((1 - tokens) / self._refill, 0.001)  # more than zero, so that the clock advances

    @property
    def _burst(self) -> int:
        return max(1, self.calls // 4)

    @property
    def _refill(self) -> float:
        # Calls per second. The extra call is safe: a span that starts with a full burst ends before that call.
        return (self.calls - self._burst + 1) / self.seconds


def insert_channel(store: Store, row: ChannelRow) -> None:
    """Store a new channel. Raise InvalidArgument if there is one with its name."""
    with store.writing() as connection:
        try:
            with connection.begin_nested():
                _insert(connection, row)
        except IntegrityError:
            raise InvalidArgument(
                f"a channel {row.name} exists; choose another name, or remove that one first"
            ) from None
        connection.execute(delete(schema.channel_states).where(_states.channel == row.name))


def save_channel(store: Store, row: ChannelRow) -> None:
    """Store a channel, replacing any with the same name; the new channel is not paused."""
    with store.writing() as connection:
        _delete(connection, row.name)
        _insert(connection, row)


def _insert(connection: Connection, row: ChannelRow) -> None:
    values = asdict(row) | {"secrets": list(row.secrets), "events": list(row.events)}
    connection.execute(insert(schema.channels).values(**values))


def channel_rows(store: Store) -> list[ChannelRow]:
    """Return all stored channels, sorted by name."""
    with store.reading() as connection:
        rows = connection.execute(select(schema.channels).order_by(_channels.name)).mappings().all()
    return [
        ChannelRow(
            **{
                **row,
                "secrets": tuple(row["secrets"]),
                "events": tuple(EventType(name) for name in row["events"]),
                "priority": Priority(row["priority"]),
            }
        )
        for row in rows
    ]


def remove_channel(store: Store, name: str, now: datetime) -> int:
    """Remove a channel, cancel its unfinished messages and return the number canceled."""
    with store.writing() as connection:
        _delete(connection, name)
        return outbox.cancel_channel(connection, name, now)


def _delete(connection: Connection, name: str) -> None:
    connection.execute(delete(schema.channels).where(_channels.name == name))
    connection.execute(delete(schema.channel_states).where(_states.channel == name))


def channel_states(store: Store) -> dict[str, ChannelState]:
    """Return the state of each channel with a stored state or unfinished messages, keyed by name."""
    pending = outbox.count_unfinished(store)
    columns = (
        _states.channel.label("name"), _states.paused_at, _states.paused_reason, _states.paused_by,
        _states.backoff_until,
    )  # fmt: skip
    with store.reading() as connection:
        rows = {row["name"]: _with_enums(row) for row in connection.execute(select(*columns)).mappings()}
    return {
        name: ChannelState(**rows.get(name, {"name": name}), pending=pending.get(name, 0))
        for name in [*rows, *(pending.keys() - rows.keys())]
    }


def _with_enums(state: RowMapping) -> dict[str, Any]:
    return {**state, "paused_by": PausedBy(state["paused_by"]) if state["paused_by"] else None}


def pause_channel(
    store: Store, name: str, *, reason: str, by: PausedBy, now: datetime, notice: OutboxRow | None = None
) -> bool:
    """Pause a channel and return False if it was already paused.

    `notice`, a message for another channel, is stored in the same transaction if the channel was not paused before.
    """
    with store.writing() as connection:
        _insert_state(connection, name)
        paused = connection.execute(
            update(schema.channel_states)
            .where(_states.channel == name, _states.paused_at.is_(None))
            .values(paused_at=now, paused_reason=reason, paused_by=by)
        )
        if paused.rowcount and notice:
            outbox.insert_rows(connection, [notice])
        return bool(paused.rowcount)


def resume_channel(store: Store, name: str, *, now: datetime) -> bool:
    """End a pause and any back-off; return False if not paused. Restart messages that wait for a retry."""
    with store.writing() as connection:
        resumed = connection.execute(
            update(schema.channel_states)
            .where(_states.channel == name, _states.paused_at.is_not(None))
            .values(paused_at=None, paused_reason=None, paused_by=None, backoff_until=None, failures=0)
        )
        outbox.restart_failed(connection, name, now)  # otherwise they might wait a day
        return bool(resumed.rowcount)


def back_off(store: Store, channel: str, until: datetime, *, failures: int = 0) -> None:
    """Send nothing to a channel before `until`; an existing back-off is never shortened.

    `failures` is the number of consecutive failures, which decides how long the next back-off lasts.
    """
    with store.writing() as connection:
        lock_channel_state(connection, channel)
        shorter = or_(_states.backoff_until.is_(None), _states.backoff_until < until)
        connection.execute(
            update(schema.channel_states).where(and_(_states.channel == channel, shorter)).values(backoff_until=until)
        )
        connection.execute(update(schema.channel_states).where(_states.channel == channel).values(failures=failures))


def end_failures(store: Store, channel: str) -> None:
    """Record that a channel has no consecutive failures, because a message was delivered."""
    with store.writing() as connection:
        connection.execute(update(schema.channel_states).where(_states.channel == channel).values(failures=0))


def lock_channel_state(connection: Connection, channel: str) -> RowMapping:
    """Return the state of a channel, created if needed and locked until the transaction ends."""
    _insert_state(connection, channel)
    query = select(schema.channel_states).where(_states.channel == channel).with_for_update()
    return connection.execute(query).mappings().one()


def _insert_state(connection: Connection, channel: str) -> None:
    connection.execute(
        dialect_insert(connection.dialect, schema.channel_states).values(channel=channel).on_conflict_do_nothing()
    )


def store_tokens(connection: Connection, channel: str, tokens: float, now: datetime) -> None:
    """Store the number of tokens that a channel has after a claim."""
    connection.execute(
        update(schema.channel_states).where(_states.channel == channel).values(tokens=tokens, tokens_at=now)
    )
