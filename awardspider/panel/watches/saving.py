"""Reading and saving of single watches, of either kind, for a visitor: members have only their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from awardspider.outcomes import InvalidArgument, InvalidWatch
from awardspider.panel.access import Visitor
from awardspider.panel.watches.fields import AnyWatch
from awardspider.search.owners import Owner
from awardspider.storage.promotion_watches import StoredPromotionWatch, get_promotion_watch, read_promotion_watches
from awardspider.storage.store import Store
from awardspider.storage.watches import (
    StoredWatch,
    WatchEntry,
    WatchKind,
    find_entries,
    get_watch,
    read_watches,
    save_watches,
)

StoredEither = StoredWatch | StoredPromotionWatch


def visible_entry(store: Store, watch_id: str, visitor: Visitor) -> WatchEntry | None:
    """Return the identity of a watch, or None if there is none that the visitor sees."""
    entries = find_entries(store, owner_id=visitor.owner_id, watch_id=watch_id)
    return next(iter(entries), None)


def read_either(store: Store, entry: WatchEntry, now: datetime) -> StoredEither:
    """Return a watch of either kind. Raise InvalidWatch if its stored definition is unreadable."""
    if entry.kind is WatchKind.AWARD:
        return get_watch(store, entry.id, now=now)
    return get_promotion_watch(store, entry.id, now=now)


def readable_or_error(store: Store, entry: WatchEntry, now: datetime) -> StoredEither | str:
    """Return a watch of either kind, or why its stored definition is unreadable."""
    try:
        return read_either(store, entry, now)
    except InvalidWatch as error:
        return str(error)


def read_all(store: Store, entries: Iterable[WatchEntry], now: datetime) -> dict[str, StoredEither | str]:
    """Return watches of both kinds by id, or why a stored definition is unreadable; removed ones are left out."""
    ids = [entry.id for entry in entries]
    awards, promotions = read_watches(store, now=now, ids=ids), read_promotion_watches(store, now=now, ids=ids)
    found: dict[str, StoredEither | str] = {each.watch.id: each for each in awards.readable}
    found |= {each.watch.id: each for each in promotions.readable}
    return found | {entry.id: entry.error for entry in (*awards.unreadable, *promotions.unreadable)}


def save_watch(
    store: Store, watch: AnyWatch, owner: Owner, now: datetime, *, stored: StoredEither | None, read_at: str = ""
) -> str:
    """Save a new watch, or a stored one that was last changed at `read_at`; return its id.

    Raise InvalidArgument for a name that another watch of the owner has, and WatchConflict if somebody else changed the
    watch since.
    """
    if stored is None:
        (saved,) = save_watches(store, [replace(watch, id="")], now=now, owner_id=owner.id, adds_only=True)
        return saved.watch.id
    watch_id = stored.watch.id
    times = {watch_id: _time(read_at)} if read_at else None
    save_watches(store, [replace(watch, id=watch_id)], now=now, owner_id=stored.owner.id, read_at=times)
    return watch_id


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidArgument("the form is damaged: open the page again") from None
