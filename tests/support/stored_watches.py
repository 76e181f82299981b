"""Stored watches for tests, whose ids are their names, so that the rows of a test can refer to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import delete, insert

from awardspider.storage.schema import DEFAULT_OWNER, watches
from awardspider.storage.store import Store
from awardspider.storage.watches import get_watch, save_watches, stored_definition
from tests.support.watch_examples import make_watch

CREATED_AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def store_watches(store: Store, *names: str, owner_id: str = DEFAULT_OWNER, **fields: object) -> None:
    """Store watches with these fields; existing ones are replaced."""
    rows = [
        {
            "id": name,
            "owner_id": owner_id,
            "name": name,
            "active": watch.active,
            "definition": stored_definition(watch),
            "created_at": CREATED_AT,
            "changed_at": CREATED_AT,
        }
        for name in names
        for watch in [make_watch(name=name, **fields)]
    ]
    with store.writing() as connection:
        connection.execute(delete(watches).where(watches.c.id.in_(names)))
        connection.execute(insert(watches), rows)


def rename_watch(store: Store, watch_id: str, name: str, *, now: datetime) -> None:
    """Save a stored watch under another name."""
    stored = get_watch(store, watch_id, now=now)
    save_watches(store, [replace(stored.watch, name=name)], now=now, owner_id=stored.owner.id)
