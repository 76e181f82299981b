"""Digests: combine pending messages into one, and find messages that are no longer true."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from awardspider.items import EventType, Priority
from awardspider.search.currency_texts import miles_text
from awardspider.storage import schema
from awardspider.storage.channels import lock_channel_state
from awardspider.storage.claims import CLAIMED_COLUMNS, ClaimedRow, claimed_row, is_claimed_by
from awardspider.storage.compositions import MAX_ROWS, write_digest
from awardspider.storage.due_promotions import find_ended, with_current_terms
from awardspider.storage.edited_watches import find_edited, find_unmatched_promotions
from awardspider.storage.ended_bonuses import find_with_ended_bonus
from awardspider.storage.offer_status import unavailable_reason
from awardspider.storage.outbox import MATCH_EVENTS, WATCH_REMOVED, DeliveryStatus, OutboxRow, cancel_rows, update_rows
from awardspider.storage.points_limits import find_beyond_points
from awardspider.storage.shown_offers import find_not_shown
from awardspider.storage.store import Store, in_batches
from awardspider.storage.superseded import find_superseded

_outbox = schema.outbox.c
_offers = schema.offers.c
_watches = schema.watches.c

#: A function that composes a digest's row from the rows that are still true.
Compose = Callable[[Sequence[ClaimedRow]], OutboxRow]


def collect_digest(store: Store, channel: str, now: datetime, compose: Compose, *, max_age: timedelta | None) -> int:
    """Combine a channel's due digest rows into one row and return the number combined.

    Rows that are no longer true are canceled; `max_age` is that of `find_stale`.
    """
    due = (
        select(*CLAIMED_COLUMNS)
        .where(
            _outbox.channel == channel,
            _outbox.status == DeliveryStatus.PENDING,
            _outbox.next_attempt_at <= now,
            _outbox.priority == Priority.DIGEST,
        )
        .order_by(_outbox.id)
        .limit(MAX_ROWS)
    )
    with store.reading() as connection:
        if connection.execute(due.with_only_columns(_outbox.id).limit(1)).first() is None:
            return 0
    with store.writing() as connection:
        if lock_channel_state(connection, channel)["paused_at"]:
            return 0
        rows = cancel_stale(connection, [*map(claimed_row, connection.execute(due).mappings())], now, max_age)
        if rows:
            write_digest(connection, compose(rows), rows, now)
        return len(rows)


def refresh_digest(
    store: Store, digest: ClaimedRow, now: datetime, compose: Compose, *, worker: str, max_age: timedelta | None
) -> dict[str, Any] | None:
    """Cancel the parts of a claimed digest that are no longer true, and return the digest's body without them.

    If no part is still true, cancel the digest too and return None. Also return None if the worker no longer owns it.
    """
    parts = (
        select(*CLAIMED_COLUMNS)
        .where(
            _outbox.channel == digest.channel,
            _outbox.status == DeliveryStatus.IN_DIGEST,
            _outbox.digest_id == digest.id,
        )
        .order_by(_outbox.id)
    )
    owned = select(_outbox.id).where(_outbox.id == digest.id, is_claimed_by(worker))
    with store.writing() as connection:
        if connection.execute(owned).first() is None:
            return None
        rows = cancel_stale(connection, [*map(claimed_row, connection.execute(parts).mappings())], now, max_age)
        if not rows:
            cancel_rows(connection, {digest.id: "nothing in it is still true"}, now)
            return None
        body = compose(rows).body | {name: digest.body[name] for name in ("id", "created_at")}
        if body != digest.body:  # a part was canceled, here or because its watch was removed, or a watch was renamed
            update_rows(connection, [digest.id], body=body)
        return body


def cancel_stale(
    connection: Connection, rows: Sequence[ClaimedRow], now: datetime, max_age: timedelta | None
) -> list[ClaimedRow]:
    """Cancel the stale rows and return the others, those about promotions with what is known now."""
    stale = find_stale(connection, rows, now, max_age=max_age)
    cancel_rows(connection, stale, now)
    return with_current_terms(connection, [row for row in rows if row.id not in stale])


def find_stale(
    connection: Connection, rows: Sequence[ClaimedRow], now: datetime, *, max_age: timedelta | None
) -> dict[int, str]:
    """Return why rows are no longer true: a reason for each stale row, keyed by row id.

    The conditions of a row's own watch apply to it. An offer that was last seen more than `max_age` ago, or longer ago
    than its watch accepts (`max_age` in the preferences, in seconds), is not reported as available. If its offer is not
    stored, a row is stale only when its watch is paused or removed. The other direction of a round trip has to be
    available too, at no higher price. A promotion must not have ended, and its watch must match it.
    """
    about_promotions = [row for row in rows if row.event_type is EventType.PROMOTION]
    about_offers = [row for row in rows if row.event_type in (*MATCH_EVENTS, EventType.OFFER_GONE)]
    offers: dict[str, RowMapping] = {}
    partners = {partner for row in about_offers if (partner := row.body.get("trip_other_offer_id"))}
    for some in in_batches(list({row.subject for row in about_offers} | partners)):
        query = select(schema.offers).where(_offers.id.in_(some))
        offers |= {row["id"]: row for row in connection.execute(query).mappings()}
    stale = find_ended(connection, about_promotions, now)
    stale |= _find_without_watch(connection, [*about_offers, *about_promotions])
    not_ended = [row for row in about_promotions if row.id not in stale]
    stale |= find_unmatched_promotions(connection, not_ended, now)
    true_matches = []
    for row in about_offers:
        offer = offers.get(row.subject)
        if row.id in stale:
            continue
        reason = _stale_reason(row, offer, now, max_age) if offer is not None else None
        reason = reason or _stale_trip_reason(row, offers, now, max_age)
        if reason:
            stale[row.id] = reason
        elif offer is not None and row.event_type in MATCH_EVENTS:
            true_matches.append(row)
    gone = [row for row in about_offers if row.id not in stale]
    stale |= find_not_shown(connection, gone, offers)
    edited = find_edited(connection, true_matches, offers, now)
    stale |= find_beyond_points(connection, true_matches, offers, now)
    stale |= edited | find_with_ended_bonus(connection, true_matches, now)
    true_matches = [row for row in true_matches if row.id not in stale]
    return stale | find_superseded(connection, true_matches, stale)


def _find_without_watch(connection: Connection, rows: Sequence[ClaimedRow]) -> dict[int, str]:
    """Return the reasons, keyed by row id, why rows have no active watch. A watch that was never stored is active."""
    is_active: dict[str, bool] = {}
    for some in in_batches(list({row.watch_key for row in rows if row.watch_key})):
        states = connection.execute(select(_watches.id, _watches.active).where(_watches.id.in_(some)))
        is_active |= {state.id: state.active for state in states}
    found = {}
    for row in rows:
        if row.watch_key is None:
            continue
        if row.watch_key not in is_active and row.body.get("watch_ids"):
            found[row.id] = WATCH_REMOVED  # while a crawl was using it
        elif not is_active.get(row.watch_key, True):
            found[row.id] = "its watch is paused"
    return found


def _stale_reason(row: ClaimedRow, offer: RowMapping, now: datetime, max_age: timedelta | None) -> str | None:
    """Return why a row is no longer true, from the offer's state and the conditions of the row's watch."""
    if row.event_type is EventType.OFFER_GONE:
        if offer["departs_by"] <= now:
            return "the flight has departed"
        return None if offer["gone_at"] else "the offer is available again"
    return _unavailable_reason(row, offer, row.miles, now, max_age)


def _stale_trip_reason(
    row: ClaimedRow, offers: Mapping[str, RowMapping], now: datetime, max_age: timedelta | None
) -> str | None:
    """Return why the other direction of a row's round trip is no longer true, or None."""
    partner = offers.get(row.body.get("trip_other_offer_id", ""))
    if partner is None or row.event_type not in MATCH_EVENTS:
        return None
    reason = _unavailable_reason(row, partner, row.body.get("trip_other_miles"), now, max_age)
    return f"the other direction of the round trip: {reason}" if reason else None


def _unavailable_reason(
    row: ClaimedRow, offer: RowMapping, miles: int | None, now: datetime, max_age: timedelta | None
) -> str | None:
    """Return why an offer is unavailable at a price, or has too few seats for the row's watch, or None."""
    prefs = row.notify_prefs or {}
    if prefs.get("max_age") is not None:
        own_age = timedelta(seconds=prefs["max_age"])
        max_age = own_age if max_age is None else min(own_age, max_age)
    if reason := unavailable_reason(offer, now, max_age):
        return reason
    if miles is not None and offer["miles"] is not None and offer["miles"] > miles:
        return f"the offer now costs {miles_text(offer['miles'], offer['program'])}, not {miles:,}"
    seats = prefs.get("min_seats") or 1
    if offer["seats"] is not None and offer["seats"] < seats:
        return f"seats left: {offer['seats']}; its watch needs {seats}"
    return None
