"""Promotions in messages that are due: those that have ended, and what is known about the others now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, select

from awardspider.items import EventType
from awardspider.search.promotion_states import PromotionState, promotion_state
from awardspider.storage import schema
from awardspider.storage.claims import ClaimedRow
from awardspider.storage.outbox import update_rows
from awardspider.storage.promotions import source_names, stored_item
from awardspider.storage.store import in_batches

ENDED = "the promotion has ended"

# The fields of an event that further announcements complete. Its title and link stay those of the first one.
_FIELDS = (
    "percent", "up_to", "bonus_or_discount", "cents_per_mile", "miles_price", "routes", "book_from", "book_by",
    "travel_from", "travel_until", "targeted", "confidence",
)  # fmt: skip

_promotions = schema.promotions.c


def find_ended(connection: Connection, rows: Iterable[ClaimedRow], now: datetime) -> dict[int, str]:
    """Return the reasons, keyed by row id, why rows are about promotions that have ended; others are left out."""
    about_promotions = [row for row in rows if row.event_type is EventType.PROMOTION]
    stored = promotions_of_rows(connection, about_promotions)
    return {row.id: ENDED for row in about_promotions if row.subject in stored and _has_ended(stored[row.subject], now)}


def with_current_terms(connection: Connection, rows: Sequence[ClaimedRow]) -> list[ClaimedRow]:
    """Return the rows, those about promotions with the sources and terms that are known now; this updates the outbox.

    A row that was attempted is unchanged, because the recipient may have it.
    """
    waiting = [row for row in rows if row.event_type is EventType.PROMOTION and row.body and not row.attempt_count]
    stored = promotions_of_rows(connection, waiting)
    names = source_names(connection, list(stored))
    updated: dict[int, ClaimedRow] = {}
    for row in waiting:
        if row.subject not in stored:
            continue
        item = stored_item(stored[row.subject])
        values: dict[str, Any] = {name: getattr(item, name) for name in _FIELDS}
        if row.subject in names:
            values["source_names"] = names[row.subject]
        body = row.body | msgspec.to_builtins(values)
        if body != row.body:
            update_rows(connection, [row.id], body=body)
            updated[row.id] = replace(row, body=body)
    return [updated.get(row.id, row) for row in rows]


def promotions_of_rows(connection: Connection, rows: Iterable[ClaimedRow]) -> dict[str, RowMapping]:
    """Return the stored promotions that rows are about, keyed by id."""
    found: dict[str, RowMapping] = {}
    for some in in_batches(list({row.subject for row in rows})):
        query = select(schema.promotions).where(_promotions.id.in_(some))
        found |= {row["id"]: row for row in connection.execute(query).mappings()}
    return found


def _has_ended(row: RowMapping, now: datetime) -> bool:
    state = promotion_state(stored_item(row), announced_at=row["announced_at"], ended_at=row["ended_at"], now=now)
    return state is PromotionState.ENDED
