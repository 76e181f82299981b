"""Pages of the list of watches, by name."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select

from awardspider.storage import schema
from awardspider.storage.cursors import decode_cursor, encode_cursor
from awardspider.storage.store import Store
from awardspider.storage.watches import WatchEntry, WatchKind

_watches = schema.watches.c
_LIST = "watches"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchQuery:
    """A filter for watches; None and empty fields match all. `text` is a part of the name, in any case."""

    owner_id: str | None = None
    kind: WatchKind | None = None
    active: bool | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPage:
    """A page of watches; `next_cursor` is None on the last one. `count` is the number of watches of all pages."""

    entries: list[WatchEntry]
    next_cursor: str | None
    count: int


def watch_page(store: Store, query: WatchQuery, *, cursor: str | None = None, size: int = 50) -> WatchPage:
    """Return a page of watches, by name. Raise InvalidArgument for a cursor that is not of such a list."""
    matching = select(_watches.id, _watches.kind, _watches.name, _watches.owner_id, _watches.active)
    if query.owner_id is not None:
        matching = matching.where(_watches.owner_id == query.owner_id)
    if query.kind is not None:
        matching = matching.where(_watches.kind == query.kind)
    if query.active is not None:
        matching = matching.where(_watches.active.is_(query.active))
    if query.text.strip():
        matching = matching.where(func.lower(_watches.name).contains(query.text.strip().lower(), autoescape=True))
    page = matching.order_by(_watches.name, _watches.id).limit(size + 1)
    if cursor:
        name, watch_id = decode_cursor(cursor, _LIST, (str, str))
        page = page.where(or_(_watches.name > name, and_(_watches.name == name, _watches.id > watch_id)))
    with store.reading() as connection:
        rows = connection.execute(page).all()
        count = connection.scalar(select(func.count()).select_from(matching.subquery())) or 0
    entries = [
        WatchEntry(id=row.id, kind=WatchKind(row.kind), name=row.name, owner_id=row.owner_id, active=row.active)
        for row in rows[:size]
    ]
    last = entries[-1] if len(rows) > size else None
    return WatchPage(
        entries=entries, next_cursor=encode_cursor(_LIST, (last.name, last.id)) if last else None, count=count
    )
