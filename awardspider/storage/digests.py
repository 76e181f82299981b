"""Digests: rows that wait for their hour become one, and what is no longer true is not told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from awardspider.items import airport_zone
from awardspider.storage.outbox import Claimed, locked_state, set_rows
from awardspider.storage.store import OutboxRow, Store
from awardspider.storage.tables import offers, outbox, watches

_AT_MOST = 10_000  # rows in one digest
_NEWS = ("offer.matched", "offer.dropped")

# From the rows that are still true to the digest's own row.
Compose = Callable[[Sequence[RowMapping]], OutboxRow]


def gather(store: Store, channel: str, now: datetime, compose: Compose) -> int:
    """Make one row of a channel's digest rows that are due; returns how many became part of it."""
    due = (
        select(outbox)
        .where(
            outbox.c.channel == channel,
            outbox.c.status == "waiting",
            outbox.c.due_at <= now,
            outbox.c.level == "digest",
        )
        .order_by(outbox.c.id)
        .limit(_AT_MOST)
    )
    with store.reading() as connection:
        if connection.execute(due.with_only_columns(outbox.c.id).limit(1)).first() is None:
            return 0
    with store.writing() as connection:
        if locked_state(store, connection, channel)["paused_at"]:
            return 0
        rows = connection.execute(due).mappings().all()
        untrue = untrue_rows(connection, rows, now)
        for row, why in untrue.items():
            set_rows(connection, [row], status="canceled", note=why, ended_at=now)
        told = [row for row in rows if row["id"] not in untrue]
        if not told:
            return 0
        made = compose(told)
        values = {name: getattr(made, name) for name in ("key", "channel", "kind", "subject", "body", "created_at")}
        added = connection.execute(insert(outbox).values(**values, status="waiting", due_at=now, level="normal"))
        (number,) = added.inserted_primary_key or (None,)
        ids = [row["id"] for row in told]
        set_rows(connection, ids, status="digested", part_of=number, ended_at=now)
        return len(ids)


def still_true(store: Store, digest: Claimed, now: datetime, compose: Compose) -> dict[str, Any] | None:
    """The body of a digest that is about to go, of its offers that are as they were told; None where none is.

    Then it is canceled, and else what is no longer true in it.
    """
    parts = (
        select(outbox)
        .where(
            outbox.c.channel == digest.channel,
            outbox.c.status == "digested",
            outbox.c.level == "digest",
            outbox.c.part_of == digest.id,
        )
        .order_by(outbox.c.id)
    )
    with store.writing() as connection:
        rows = connection.execute(parts).mappings().all()
        untrue = untrue_rows(connection, rows, now)
        if not untrue:
            return digest.body
        for row, why in untrue.items():
            set_rows(connection, [row], status="canceled", note=why, ended_at=now)
        told = [row for row in rows if row["id"] not in untrue]
        if not told:
            free: dict[str, Any] = {"leased_by": None, "leased_until": None}
            why = "nothing in it is true any more"
            set_rows(connection, [digest.id], status="canceled", note=why, ended_at=now, **free)
            return None
        body = compose(told).body | {name: digest.body[name] for name in ("id", "created_at")}
        set_rows(connection, [digest.id], body=body)
        return body


def untrue_rows(connection: Connection, rows: Sequence[Any], now: datetime) -> dict[int, str]:
    """Rows of offers that are no longer as they would be told, by id, with the reason in words.

    `rows` have the columns of the outbox by name. Where nothing is stored of an offer, or of what the row says, the
    row stands.
    """
    told = {row["id"]: row for row in rows if row["kind"] in ("offer.matched", "offer.dropped", "offer.gone")}
    known: dict[str, RowMapping] = {}
    subjects = list({row["subject"] for row in told.values()})
    for first in range(0, len(subjects), 500):
        query = select(offers).where(offers.c.id.in_(subjects[first : first + 500]))
        known |= {row["id"]: row for row in connection.execute(query).mappings()}
    found: dict[int, str] = {}
    repeated = []
    resting = set(connection.scalars(select(watches.c.name).where(~watches.c.active)))
    for number, row in told.items():
        offer = known.get(row["subject"])
        if row["watch"] in resting and _watches(row) <= resting:
            found[number] = "its watch is paused"
        elif offer is not None and (why := _why_untrue(row, offer, now)):
            found[number] = why
        elif offer is not None and row["kind"] in _NEWS:
            repeated.append(row)
    return found | _told_by_another(connection, repeated, known)


def _told_by_another(connection: Connection, rows: Sequence[Any], known: Mapping[str, RowMapping]) -> dict[int, str]:
    """Rows of which a later message of the same channel tells all: the offer as it is by now, to the same watches."""
    if not rows:
        return {}
    later: dict[tuple[str, str], list[RowMapping]] = {}
    subjects = list({row["subject"] for row in rows})
    columns = (outbox.c.id, outbox.c.channel, outbox.c.subject, outbox.c.body)
    for first in range(0, len(subjects), 500):
        query = select(*columns).where(
            outbox.c.channel.in_({row["channel"] for row in rows}),
            outbox.c.subject.in_(subjects[first : first + 500]),
            outbox.c.kind.in_(_NEWS),
            outbox.c.status.not_in(("canceled", "never")),
            outbox.c.id > min(row["id"] for row in rows),
        )
        for each in connection.execute(query).mappings():
            later.setdefault((each["channel"], each["subject"]), []).append(each)
    found = {}
    for row in rows:
        miles, now_miles = row["body"].get("miles"), known[row["subject"]]["miles"]
        others = [each for each in later.get((row["channel"], row["subject"]), ()) if each["id"] > row["id"]]
        if others and miles is not None and now_miles is not None and now_miles < miles:
            found[row["id"]] = f"it costs {now_miles:,} miles by now, which another message tells"
        elif any(each["body"].get("miles") == miles and _watches(row) <= _watches(each) for each in others):
            found[row["id"]] = "a later message tells the same"
    return found


def _watches(row: Any) -> set[str]:
    return set((row["body"].get("watches") or "").split("; "))


def _why_untrue(row: Mapping[str, Any], offer: RowMapping, now: datetime) -> str | None:
    if row["kind"] == "offer.gone":
        return None if offer["gone_at"] else "it is there again"
    if offer["gone_at"]:
        return f"it is gone since {offer['gone_at']:%Y-%m-%d %H:%M} UTC"
    zone = airport_zone(offer["origin"])
    if zone and offer["departure_date"] < now.astimezone(zone).date():
        return "its day is over"
    miles = row["body"].get("miles")
    if miles is not None and offer["miles"] is not None and offer["miles"] > miles:
        return f"it costs {offer['miles']:,} miles by now, not {miles:,}"
    seats = (row["terms"] or {}).get("min_seats") or 1
    if offer["seats"] is not None and offer["seats"] < seats:
        return f"{offer['seats']} seats are left by now, not {seats}"
    return None
