"""Stored watches for promotions, which have the ids and names of `watches` and a kind of their own."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, select

from awardspider.outcomes import InvalidArgument, InvalidWatch
from awardspider.search.owners import Owner
from awardspider.search.promotion_watches import DEFAULT_PROMOTION_WATCH, PAGE_WATCH, PromotionWatch
from awardspider.storage import schema
from awardspider.storage.owners import default_owner, owner_from_row
from awardspider.storage.store import Store, in_batches
from awardspider.storage.watches import WatchEntry, WatchKind, unreadable_entry, watch_definition, watch_row, watch_rows

logger = logging.getLogger(__name__)

_watches = schema.watches.c


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPromotionWatch:
    """A watch with its owner and times. `is_expired` is True if its last day had passed when it was read."""

    watch: PromotionWatch
    owner: Owner
    created_at: datetime
    changed_at: datetime
    is_expired: bool = False


class PromotionWatchList(NamedTuple):
    """Watches as read from storage. Those of `unreadable` match nothing, for example those of a newer version."""

    readable: list[StoredPromotionWatch]
    unreadable: list[WatchEntry]


def find_promotion_watches(store: Store, now: datetime) -> list[PromotionWatch]:
    """Return the watches that are active at `now`, sorted by name; unreadable ones are logged.

    Without any stored watch for promotions, not even a paused or expired one, return DEFAULT_PROMOTION_WATCH: somebody
    who pauses the only one does not get other messages instead.
    """
    found = read_promotion_watches(store, now=now)
    for entry in found.unreadable:
        logger.warning(
            'Watch "%s" matches no promotion, because its stored definition is invalid: %s', entry.name, entry.error
        )
    if not (found.readable or found.unreadable):
        return [_of_owner(DEFAULT_PROMOTION_WATCH, default_owner(store))]
    return [stored.watch for stored in found.readable if stored.watch.active and not stored.is_expired]


def page_watch(store: Store) -> PromotionWatch:
    """Return the watch for changes of pages that no other watch matches, with the preferences of the default owner."""
    return _of_owner(PAGE_WATCH, default_owner(store))


def read_promotion_watches(
    store: Store, *, now: datetime, owner_id: str | None = None, ids: Collection[str] | None = None
) -> PromotionWatchList:
    """Return the watches of one owner or of all, by name, with paused and expired ones; with `ids`, only these."""
    found = PromotionWatchList([], [])
    for row, owner in watch_rows(store, WatchKind.PROMOTION, owner_id, ids=ids):
        try:
            found.readable.append(_stored_watch(row, owner, now))
        except InvalidWatch as error:
            found.unreadable.append(unreadable_entry(row, error))
    return found


def get_promotion_watch(store: Store, watch_id: str, *, now: datetime) -> StoredPromotionWatch:
    """Return a watch for promotions.

    Raise InvalidArgument for an unknown id or the id of a watch for awards, and InvalidWatch for an invalid definition.
    """
    row, owner = watch_row(store, watch_id)
    if row["kind"] != WatchKind.PROMOTION:
        raise InvalidArgument(f"'{row['name']}' is a watch for awards: name a watch for promotions")
    return _stored_watch(row, owner, now)


def promotion_watches_by_id(
    connection: Connection, ids: Iterable[str], now: datetime
) -> dict[str, StoredPromotionWatch]:
    """Return the readable watches for promotions with these ids, keyed by id."""
    found: dict[str, StoredPromotionWatch] = {}
    for some in in_batches(list(ids)):
        query = select(schema.watches).where(_watches.id.in_(some), _watches.kind == WatchKind.PROMOTION)
        rows = connection.execute(query).mappings().all()
        of_rows = select(schema.owners).where(schema.owners.c.id.in_({row["owner_id"] for row in rows}))
        owners = {row["id"]: owner_from_row(row) for row in connection.execute(of_rows).mappings()}
        for row in rows:
            with suppress(InvalidWatch):
                found[row["id"]] = _stored_watch(row, owners[row["owner_id"]], now)
    return found


def _stored_watch(row: RowMapping, owner: Owner, now: datetime) -> StoredPromotionWatch:
    """Build a stored watch from its row. Raise InvalidWatch."""
    watch = PromotionWatch.from_definition(watch_definition(row), active=row["active"])
    watch = replace(_of_owner(watch, owner), id=row["id"])
    return StoredPromotionWatch(
        watch=watch,
        owner=owner,
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        is_expired=watch.is_expired(now),
    )


def _of_owner(watch: PromotionWatch, owner: Owner) -> PromotionWatch:
    return replace(watch, targeted_banks=owner.targeted, owner_timezone=owner.timezone)
