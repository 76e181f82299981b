"""Stored watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from awardspider.storage import schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.outbox import cancel_watch
from awardspider.storage.store import Store

_watches = schema.watches.c


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRow:
    """A stored watch; `search.watches` reads its definition."""

    name: str
    active: bool
    definition: dict[str, Any]


def save_watches(store: Store, rows: Sequence[WatchRow]) -> tuple[int, int]:
    """Store watches by name, and return the number of new ones and the number of changed ones."""
    stored = {watch.name: watch for watch in find_watches(store, active_only=False)}
    changed = {row.name: row for row in rows if row != stored.get(row.name)}
    if changed:
        with store.writing() as connection:
            statement = dialect_insert(connection.dialect, schema.watches)
            columns = {name: statement.excluded[name] for name in ("active", "definition")}
            connection.execute(
                statement.on_conflict_do_update(index_elements=[_watches.name], set_=columns),
                [asdict(row) for row in changed.values()],
            )
    added = len(changed.keys() - stored.keys())
    return added, len(changed) - added


def find_watches(store: Store, *, active_only: bool = True) -> list[WatchRow]:
    """Return the active watches, or all watches, sorted by name."""
    query = select(schema.watches).order_by(_watches.name)
    if active_only:
        query = query.where(_watches.active)
    with store.reading() as connection:
        return [WatchRow(**row) for row in connection.execute(query).mappings()]


def remove_watch(store: Store, name: str, now: datetime) -> None:
    """Remove a watch and cancel its pending messages; the offers that it matched are kept."""
    with store.writing() as connection:
        connection.execute(delete(schema.watches).where(_watches.name == name))
        cancel_watch(connection, name, now)
