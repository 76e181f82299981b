"""The messages that a visitor may see: all of them, or only those for the visitor's own watches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException

from awardspider.outcomes import InvalidArgument
from awardspider.panel.access import Visitor
from awardspider.storage.outbox import row_with_attempts
from awardspider.storage.store import Store
from awardspider.storage.watches import WatchEntry, find_entries

_MAX_ID = 2**31 - 1


def own_watches(store: Store, visitor: Visitor) -> list[WatchEntry]:
    """Return the watches of the visitor, or those of everyone for an operator, sorted by name."""
    return find_entries(store, owner_id=visitor.owner_id)


def own_message(store: Store, visitor: Visitor, row_id: int) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """Return a message and its attempts. Raise HTTPException (404) if there is none that the visitor may see."""
    try:
        row, attempts = row_with_attempts(store, row_id) if 0 < row_id <= _MAX_ID else ({}, [])
    except InvalidArgument:
        row, attempts = {}, []
    if not row or (visitor.owner_id is not None and row["watch_key"] not in _own_keys(store, visitor)):
        raise HTTPException(404)
    return row, [*attempts]


def _own_keys(store: Store, visitor: Visitor) -> set[str]:
    return {watch.id for watch in own_watches(store, visitor)}
