"""Channels as they are stored, and how each stands, also those that the settings name."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from awardspider.items import Priority
from awardspider.storage.store import OutboxRow, Store
from awardspider.storage.tables import channel_states, channels, outbox

LEVELS = tuple(Priority)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """A channel as configured. Its texts may be references to secrets; `secrets` are the newest first."""

    name: str
    kind: str
    address: str = field(repr=False)
    options: dict[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    events: tuple[str, ...] = ()
    level: str = "normal"
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """How a channel stands: paused since when and why, until when it rests, how many messages wait for it."""

    name: str
    paused_at: datetime | None = None
    paused_reason: str | None = None
    paused_by: str | None = None
    rests_until: datetime | None = None
    waiting: int = 0


def save_channel(store: Store, row: ChannelRow) -> None:
    """Store a channel by its name, in place of one that has it. A new one begins without a pause."""
    values = asdict(row) | {"secrets": list(row.secrets), "events": list(row.events)}
    with store.writing() as connection:
        connection.execute(delete(channels).where(channels.c.name == row.name))
        connection.execute(channels.insert().values(**values))
        connection.execute(delete(channel_states).where(channel_states.c.channel == row.name))


def channel_rows(store: Store) -> list[ChannelRow]:
    """All stored channels, by name."""
    with store.reading() as connection:
        rows = connection.execute(select(channels).order_by(channels.c.name)).mappings().all()
    return [
        ChannelRow(**dict(row) | {"secrets": tuple(row["secrets"]), "events": tuple(row["events"])}) for row in rows
    ]


def remove_channel(store: Store, name: str, now: datetime) -> int:
    """Forget a channel; what waits for it is canceled, and how many that were is returned."""
    with store.writing() as connection:
        connection.execute(delete(channels).where(channels.c.name == name))
        connection.execute(delete(channel_states).where(channel_states.c.channel == name))
        canceled = connection.execute(
            update(outbox)
            .where(outbox.c.channel == name, outbox.c.status.in_(("waiting", "sending")))
            .values(status="canceled", note="the channel was removed", ended_at=now, leased_by=None, leased_until=None)
        )
        return canceled.rowcount


def channel_states_of(store: Store) -> dict[str, ChannelState]:
    """How each channel stands that has ever been used or paused, or that something waits for, by name."""
    counted = (
        select(outbox.c.channel, func.count())
        .where(outbox.c.status.in_(("waiting", "sending")))
        .group_by(outbox.c.channel)
    )
    fields = [channel_states.c[name] for name in ("channel", "paused_at", "paused_reason", "paused_by", "rests_until")]
    with store.reading() as connection:
        waiting = {row[0]: row[1] for row in connection.execute(counted)}
        rows = connection.execute(select(*fields)).all()
    states = {
        row.channel: ChannelState(
            name=row.channel,
            paused_at=row.paused_at,
            paused_reason=row.paused_reason,
            paused_by=row.paused_by,
            rests_until=row.rests_until,
            waiting=waiting.get(row.channel, 0),
        )
        for row in rows
    }
    return states | {
        name: ChannelState(name=name, waiting=count) for name, count in waiting.items() if name not in states
    }


def pause_channel(
    store: Store, name: str, *, reason: str, by: str, now: datetime, notice: OutboxRow | None = None
) -> bool:
    """Pause a channel (`by` says who: operator or dispatcher); False where it was paused already.

    The `notice`, for another channel, is written in the same transaction, and only by who paused it.
    """
    insert: Any = postgresql.insert if store.engine.dialect.name == "postgresql" else sqlite.insert
    with store.writing() as connection:
        connection.execute(insert(channel_states).values(channel=name).on_conflict_do_nothing())
        paused = connection.execute(
            update(channel_states)
            .where(channel_states.c.channel == name, channel_states.c.paused_at.is_(None))
            .values(paused_at=now, paused_reason=reason, paused_by=by)
        )
        if paused.rowcount and notice:
            connection.execute(insert(outbox).values(**asdict(notice) | {"status": "waiting", "due_at": now}))
        return bool(paused.rowcount)


def resume_channel(store: Store, name: str, *, now: datetime) -> bool:
    """Let a paused channel work again, what failed being due now, with all its tries; False where it was not paused."""
    with store.writing() as connection:
        resumed = connection.execute(
            update(channel_states)
            .where(channel_states.c.channel == name, channel_states.c.paused_at.is_not(None))
            .values(paused_at=None, paused_reason=None, paused_by=None, rests_until=None)
        )
        connection.execute(  # what failed for the same cause must not wait out its hours
            update(outbox)
            .where(outbox.c.channel == name, outbox.c.status == "waiting", outbox.c.tries > 0)
            .values(due_at=now, tries=0)
        )
        return bool(resumed.rowcount)
