"""Messages that another message about the same flights makes redundant, for one watch and channel."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from awardspider.search.currency_texts import miles_text
from awardspider.search.match_states import EndReason, MatchState, Variant
from awardspider.storage import schema
from awardspider.storage.claims import ClaimedRow
from awardspider.storage.matches import stored_states
from awardspider.storage.notified import message_status, message_variant
from awardspider.storage.outbox import ARRIVED, MATCH_EVENTS, NOT_SENT
from awardspider.storage.store import in_batches

_END_TEXTS = {
    EndReason.GONE: "a search no longer finds the flights",
    EndReason.SEATS: "the flights have too few seats for its watch",
    EndReason.PRICE: "the flights cost more than its watch accepts",
    EndReason.DEAL: "the flights are no longer the deal that its watch requires",
    EndReason.OTHER: "the flights no longer match its watch",
}

_outbox = schema.outbox.c
_offers = schema.offers.c
_digest = schema.outbox.alias("digest")

# Channel, watch and flights; a row without flights is about its subject.
_Group = tuple[str, str | None, str]


class _Other(NamedTuple):
    """A message that is not canceled or rejected."""

    id: int
    variant: Variant
    created_at: datetime
    has_arrived: bool

    @property
    def order(self) -> tuple[Variant, int]:
        """Return the order in which messages are preferred: the best variant, then the latest message."""
        return self.variant, -self.id


def find_superseded(connection: Connection, rows: Sequence[ClaimedRow], stale: Collection[int]) -> dict[int, str]:
    """Return the reasons, keyed by row id, why another message makes rows about matches redundant.

    A message of this match that has arrived with the same or a lower price makes them redundant. Of the messages that
    wait, only the best one is sent: the lowest price, then a direct source, then the smallest party, then the latest.
    Two crawls at the same time can each have written one. Messages of an earlier match do not count, and those of the
    current match replace them. If the match has ended, its messages are not sent. `stale` contains the ids of rows that
    are no longer true.
    """
    if not rows:
        return {}
    states = stored_states(
        connection, [(row.watch_key, row.flight_key) for row in rows if row.watch_key and row.flight_key]
    )
    groups = _other_messages(connection, rows, stale)
    found: dict[int, str] = {}
    for row in rows:
        others = [other for other in groups.get(_group(row), ()) if other.id != row.id]
        state = states.get((row.watch_key or "", row.flight_key or ""))
        if reason := _reason(row, others, state):
            found[row.id] = reason
    return found | _find_seen_flights(connection, [row for row in rows if row.id not in found])


def _reason(row: ClaimedRow, others: Iterable[_Other], state: MatchState | None) -> str | None:
    since = state.since if state is not None else None
    if state is not None and not state.is_active:
        return _END_TEXTS[state.end_reason or EndReason.OTHER]
    if since is not None:
        others = [other for other in others if other.created_at >= since]
        if row.created_at < since and others:
            return "a later message is about the same flights"
    variant = message_variant(row.miles, row.body)
    for other in sorted(others, key=lambda other: other.order):
        if other.has_arrived:
            price, own = other.variant.price, variant.price
            is_covered = price is None or own is None or price <= own
            if is_covered and (since is not None or other.id > row.id):
                return "an earlier message reported the same flights at this price or less"
        elif other.order < (variant, -row.id):
            return _waiting_reason(row, variant, other)
    return None


def _waiting_reason(row: ClaimedRow, variant: Variant, other: _Other) -> str:
    which = "a later" if other.id > row.id else "another"
    if other.variant.price == variant.price:
        return f"{which} message reports the same price"
    price = miles_text(other.variant.price or 0, row.body.get("program", ""))
    return f"the price is now {price}, as {which} message reports"


def _other_messages(
    connection: Connection, rows: Sequence[ClaimedRow], stale: Collection[int]
) -> dict[_Group, list[_Other]]:
    """Return all messages about the flights of rows, without those that wait and are outdated."""
    group = func.coalesce(_outbox.flight_key, _outbox.subject)
    query = (
        select(
            _outbox.id, _outbox.channel, _outbox.watch_key, group.label("flights"), _outbox.miles, _outbox.status,
            _outbox.created_at, _digest.c.status.label("digest_status"),
            _outbox.body["trip_other_offer_id"].as_string().label("trip_other_offer_id"),
            _outbox.body["trip_other_miles"].as_integer().label("trip_other_miles"),
            _offers.source, _offers.program, _offers.travelers,
            or_(_offers.gone_at.is_not(None), _offers.miles > _outbox.miles).label("is_outdated"),
        )
        .outerjoin(schema.offers, _offers.id == _outbox.subject)
        .outerjoin(_digest, _digest.c.id == _outbox.digest_id)
        .where(
            _outbox.channel.in_({row.channel for row in rows}),
            _outbox.event_type.in_(MATCH_EVENTS),
            _outbox.status.not_in(NOT_SENT),
        )
    )  # fmt: skip
    found: dict[_Group, list[_Other]] = {}
    for condition in _same_flights(rows):
        for other in connection.execute(query.where(condition)).mappings():
            status = message_status(other)
            has_arrived = status in ARRIVED
            if status in NOT_SENT or (not has_arrived and (other["is_outdated"] or other["id"] in stale)):
                continue
            key = other["channel"], other["watch_key"], other["flights"]
            entry = _Other(other["id"], message_variant(other["miles"], other), other["created_at"], has_arrived)
            found.setdefault(key, []).append(entry)
    return found


def _same_flights(rows: Sequence[ClaimedRow]) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that messages are about the flights, or the subject, of some of the rows."""
    for some in in_batches(list({row.flight_key for row in rows if row.flight_key})):
        yield _outbox.flight_key.in_(some)
    for some in in_batches(list({row.subject for row in rows if not row.flight_key})):
        yield and_(_outbox.flight_key.is_(None), _outbox.subject.in_(some))


def _group(row: ClaimedRow) -> _Group:
    return row.channel, row.watch_key, row.flight_key or row.subject


def _find_seen_flights(connection: Connection, rows: Iterable[ClaimedRow]) -> dict[int, str]:
    """Return the rows about unconfirmed prices of a day for which another message is about flights of the day."""
    found: dict[int, str] = {}
    for row in rows:
        if row.body.get("is_confirmed", True) or row.body.get("flights") or not row.watch_key:
            continue
        query = (
            select(_outbox.id)
            .join(schema.offers, _offers.id == _outbox.subject)
            .where(
                _outbox.channel == row.channel,
                _outbox.watch_key == row.watch_key,
                _outbox.event_type.in_(MATCH_EVENTS),
                _outbox.status.not_in(NOT_SENT),
                _outbox.flight_key != row.flight_key,
                _outbox.created_at >= row.created_at,
                *(_offers[name] == row.body[name] for name in ("program", "origin", "destination", "cabin")),
                _offers.departure_date == datetime.fromisoformat(row.body["departure_date"]).date(),
            )
        )
        if connection.execute(query.limit(1)).first() is not None:
            found[row.id] = "a later message is about the flights of this day"
    return found
