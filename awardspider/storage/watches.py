"""Stored watches: each has an immutable id, an owner, and a name that is unique among the owner's watches.

Watches for awards are read here, and those for promotions in `promotion_watches`; both kinds are saved here.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from random import Random, SystemRandom
from typing import Any, NamedTuple, TypedDict

from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, func, insert, select, update

from awardspider.outcomes import InvalidArgument, InvalidWatch, WatchConflict
from awardspider.search.criteria import is_expired
from awardspider.search.owners import Owner
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.search.watches import Watch
from awardspider.storage import schema
from awardspider.storage.feed_addresses import delete_addresses_of_watch
from awardspider.storage.outbox import cancel_watch, rename_watch_in_messages
from awardspider.storage.owners import lock_owner, owner_from_row
from awardspider.storage.schema import DEFAULT_OWNER
from awardspider.storage.store import Store, in_batches

logger = logging.getLogger(__name__)

_watches = schema.watches.c
_owners = schema.owners.c


class WatchKind(StrEnum):
    """Kinds of watches, as stored."""

    AWARD = "award"
    PROMOTION = "promotion"


_ID_BITS = 48  # 12 hex digits
_SYSTEM_RANDOM = SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWatch:
    """A watch with its owner and times. `is_expired` is True if its last day had passed when it was read."""

    watch: Watch
    owner: Owner
    created_at: datetime
    changed_at: datetime
    is_expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEntry:
    """The identity of a stored watch, whose definition may be unreadable; `error` says why it is."""

    id: str
    kind: WatchKind
    name: str
    owner_id: str
    active: bool
    error: str = ""


class WatchList(NamedTuple):
    """Watches as read from storage. Those of `unreadable` are not searched, for example those of a newer version."""

    readable: list[StoredWatch]
    unreadable: list[WatchEntry]


class SaveResult(StrEnum):
    """Results of saving a watch."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


#: A watch of either kind.
AnyWatch = Watch | PromotionWatch


class SavedWatch(NamedTuple):
    """A watch as stored, with its id, and whether storing it changed anything."""

    watch: AnyWatch
    result: SaveResult


# ---- reading -------------------------------------------------------------------------------------------------------


def find_watches(
    store: Store, *, now: datetime, owner_id: str | None = None, active_only: bool = True
) -> list[StoredWatch]:
    """Return the watches for awards that are active at `now`, or all of them, by name; unreadable ones are logged."""
    found = read_watches(store, now=now, owner_id=owner_id, active_only=active_only)
    for entry in found.unreadable:
        logger.warning(
            'Watch "%s" is not searched, because its stored definition is invalid: %s', entry.name, entry.error
        )
    return found.readable


def read_watches(
    store: Store,
    *,
    now: datetime,
    owner_id: str | None = None,
    active_only: bool = False,
    ids: Collection[str] | None = None,
) -> WatchList:
    """Return watches for awards, of one owner or of all, sorted by name, with `active_only` only those active at `now`.

    With `ids`, only these are read. A watch expires at the end of its last day in its owner's time zone.
    """
    found = WatchList([], [])
    reachable: dict[str, frozenset[str]] = {}
    for row, owner in watch_rows(store, WatchKind.AWARD, owner_id, active_only=active_only, ids=ids):
        if owner.id not in reachable:
            reachable[owner.id] = owner.reachable
        try:
            stored = _stored_watch(row, owner, reachable[owner.id], now)
        except InvalidWatch as error:
            found.unreadable.append(unreadable_entry(row, error))
        else:
            if not (active_only and stored.is_expired):
                found.readable.append(stored)
    return found


def watch_rows(
    store: Store,
    kind: WatchKind,
    owner_id: str | None,
    *,
    active_only: bool = False,
    ids: Collection[str] | None = None,
) -> list[tuple[RowMapping, Owner]]:
    """Return the rows of the watches of a kind, sorted by name, each with its owner. `active_only`: not the paused."""
    query = select(schema.watches).where(_watches.kind == kind)
    if active_only:
        query = query.where(_watches.active)
    if ids is not None:
        query = query.where(_watches.id.in_(ids))
    with store.reading() as connection:
        owners = {row["id"]: owner_from_row(row) for row in connection.execute(select(schema.owners)).mappings()}
        rows = connection.execute(_of_owner(query, owner_id)).mappings().all()
    # An owner may have been removed with its watches in between.
    return [(row, owners[row["owner_id"]]) for row in rows if row["owner_id"] in owners]


def get_watch(store: Store, watch_id: str, *, now: datetime) -> StoredWatch:
    """Return a watch for awards.

    Raise InvalidArgument for an unknown id and for a watch for promotions, and InvalidWatch if the definition is
    unreadable.
    """
    row, owner = watch_row(store, watch_id)
    if row["kind"] != WatchKind.AWARD:
        raise InvalidArgument(f"'{row['name']}' is a watch for promotions: name a watch for awards")
    return _stored_watch(row, owner, owner.reachable, now)


def watch_row(store: Store, watch_id: str) -> tuple[RowMapping, Owner]:
    """Return the row of a watch of either kind, with its owner. Raise InvalidArgument for an unknown id."""
    with store.reading() as connection:
        row = connection.execute(select(schema.watches).where(_watches.id == watch_id)).mappings().first()
        if row is None:
            raise _removed(watch_id)
        owner_row = connection.execute(select(schema.owners).where(_owners.id == row["owner_id"])).mappings().one()
    return row, owner_from_row(owner_row)


def watches_changed_since(
    connection: Connection, times: Mapping[str, datetime], now: datetime
) -> dict[str, StoredWatch]:
    """Return the readable watches for awards, by id, that were changed at a time given for the id, or later."""
    found: dict[str, StoredWatch] = {}
    for some in in_batches(list(times)):
        query = select(_watches.id, _watches.changed_at).where(_watches.id.in_(some))
        rows = connection.execute(query.where(_watches.kind == WatchKind.AWARD))
        changed = [row.id for row in rows if row.changed_at >= times[row.id]]
        for row in connection.execute(select(schema.watches).where(_watches.id.in_(changed))).mappings():
            owner = owner_from_row(
                connection.execute(select(schema.owners).where(_owners.id == row["owner_id"])).mappings().one()
            )
            with suppress(InvalidWatch):
                found[row["id"]] = _stored_watch(row, owner, owner.reachable, now)
    return found


def last_watch_change(store: Store) -> datetime | None:
    """Return when a watch for awards that is not paused was last added or changed, or None without any."""
    query = select(func.max(_watches.changed_at)).where(_watches.kind == WatchKind.AWARD, _watches.active)
    with store.reading() as connection:
        latest: datetime | None = connection.scalar(query)
    return latest


def find_entry(store: Store, text: str, *, owner_id: str | None = None) -> WatchEntry:
    """Return the watch of either kind with this id or name, ignoring case unless two names differ only in case.

    Raise InvalidArgument, with a suggestion, if there is none or if watches of several owners have the name.
    """
    entries = find_entries(store, owner_id=owner_id)
    folded = text.strip().casefold()
    for matching in (
        [entry for entry in entries if entry.name == text.strip()],
        [entry for entry in entries if entry.id == folded],
        [entry for entry in entries if entry.name.casefold() == folded],
    ):
        if len(matching) == 1:
            return matching[0]
        if matching:
            ids = ", ".join(entry.id for entry in matching)
            raise InvalidArgument(f"{len(matching)} watches have the name '{matching[0].name}'; use an id: {ids}")
    names = {entry.name.casefold(): entry.name for entry in entries}
    containing = [name for name in names if folded in name]
    close = containing or difflib.get_close_matches(folded, names, n=1, cutoff=0.4)
    hint = f"did you mean '{names[close[0]]}'?" if close else "scrapy watches list shows all"
    raise InvalidArgument(f"unknown watch '{text.strip()}' ({hint})")


def find_entries(store: Store, *, owner_id: str | None = None, watch_id: str | None = None) -> list[WatchEntry]:
    """Return the identities of the watches of both kinds, of one owner or of all, sorted by name; or of one watch."""
    query = select(_watches.id, _watches.kind, _watches.name, _watches.owner_id, _watches.active)
    if watch_id is not None:
        query = query.where(_watches.id == watch_id)
    with store.reading() as connection:
        return [_entry(row) for row in connection.execute(_of_owner(query, owner_id)).mappings()]


class WatchNames(TypedDict):
    """The names and the ids of several watches, in the order of the names."""

    watches: tuple[str, ...]
    watch_ids: tuple[str, ...]


def sorted_watches(names: Mapping[str, str]) -> WatchNames:
    """Return the names, each once, and the ids of watches given as names by id."""
    ids = sorted(names, key=lambda watch_id: (names[watch_id], watch_id))
    return {"watches": tuple(dict.fromkeys(names[watch_id] for watch_id in ids)), "watch_ids": tuple(ids)}


def _of_owner(query: Select[*tuple[Any, ...]], owner_id: str | None) -> Select[*tuple[Any, ...]]:
    query = query.order_by(_watches.name, _watches.created_at, _watches.id)
    return query if owner_id is None else query.where(_watches.owner_id == owner_id)


def watch_definition(row: RowMapping) -> dict[str, object]:
    """Return the fields of a watch's row, with the name. Raise InvalidWatch."""
    definition = row["definition"]
    if not isinstance(definition, dict):
        raise InvalidWatch("its fields are missing")
    return definition | {"name": row["name"]}


def _stored_watch(row: RowMapping, owner: Owner, reachable: frozenset[str], now: datetime) -> StoredWatch:
    """Build a stored watch from its row. Raise InvalidWatch."""
    watch = Watch.from_definition(watch_definition(row), active=row["active"])
    watch = replace(watch, id=row["id"], reachable=reachable, owner_timezone=owner.timezone)
    return StoredWatch(
        watch=watch,
        owner=owner,
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        is_expired=is_expired(watch, now),
    )


def unreadable_entry(row: RowMapping, error: InvalidWatch) -> WatchEntry:
    """Return the identity of a watch whose definition is unreadable."""
    return _entry(row, str(error).removeprefix(f'watch "{row["name"]}": '))


def _entry(row: RowMapping, error: str = "") -> WatchEntry:
    names = ("id", "name", "owner_id", "active")
    return WatchEntry(kind=WatchKind(row["kind"]), error=error, **{name: row[name] for name in names})


# ---- writing -------------------------------------------------------------------------------------------------------


def save_watches(
    store: Store,
    watches: Iterable[AnyWatch],
    *,
    now: datetime,
    owner_id: str = DEFAULT_OWNER,
    read_at: Mapping[str, datetime] | None = None,
    adds_only: bool = False,
    random: Random = _SYSTEM_RANDOM,
) -> list[SavedWatch]:
    """Add or update watches of an owner, of both kinds, in one transaction; return each with its id, in this order.

    A watch with an id updates the stored one with this id, which it may rename. A watch without an id updates the one
    of this name (if there is none, the one whose name differs only in case) or is added, with an id from `random`; with
    `adds_only`, it is only added. Raise InvalidArgument for an unknown owner or id, or for a name that another watch of
    the owner has, also one of the other kind. `read_at` has, by id, the time of the last change that the caller knows;
    raise WatchConflict if a watch was changed since.
    """
    with store.writing() as connection:
        lock_owner(connection, owner_id)
        rows = connection.execute(select(schema.watches).where(_watches.owner_id == owner_id)).mappings()
        stored = {row["id"]: dict(row) for row in rows}
        saving = _Saving(stored, owner_id, now, random, read_at or {}, adds_only=adds_only)
        saved = [saving.save(watch) for watch in watches]
        saving.write(connection)
    return saved


_UPDATED = ("name", "active", "definition", "changed_at")
_UPDATE = update(schema.watches).where(_watches.id == bindparam("row_id"))


class _Saving:
    """Watches that are being saved, next to the stored ones of the same owner, keyed by id."""

    def __init__(
        self,
        stored: dict[str, dict[str, Any]],
        owner_id: str,
        now: datetime,
        random: Random,
        read_at: Mapping[str, datetime],
        *,
        adds_only: bool,
    ) -> None:
        self._rows = stored
        self._read_at = read_at
        self._owner_id = owner_id
        self._now = now
        self._random = random
        self._adds_only = adds_only
        self._by_name = {row["name"]: row["id"] for row in stored.values()}
        self._by_folded = {name.casefold(): watch_id for name, watch_id in self._by_name.items()}
        self._added: dict[str, dict[str, Any]] = {}
        self._changed: dict[str, dict[str, Any]] = {}
        self._renamed: dict[str, str] = {}

    def save(self, watch: AnyWatch) -> SavedWatch:
        """Add or update a watch."""
        kind = WatchKind.AWARD if isinstance(watch, Watch) else WatchKind.PROMOTION
        values = {"name": watch.name, "active": watch.active, "definition": stored_definition(watch)}
        named = self._by_name.get(watch.name) or self._by_folded.get(watch.name.casefold())
        watch_id = watch.id or (None if self._adds_only else named)
        if watch_id is not None and watch_id not in self._rows:
            raise _removed(watch_id)
        if named not in (None, watch_id):
            raise InvalidArgument(f'another watch has the name "{self._rows[named]["name"]}"; choose another name')
        if watch_id is None:
            return self._add(watch, values | {"kind": kind})
        row = self._rows[watch_id]
        if row["kind"] != kind:
            raise InvalidArgument(f'"{row["name"]}" is a watch for {row["kind"]}s; choose another name, or remove it')
        changes = {name: value for name, value in values.items() if row[name] != value}
        if not changes:
            return SavedWatch(replace(watch, id=watch_id), SaveResult.UNCHANGED)
        if self._read_at.get(watch_id, row["changed_at"]) != row["changed_at"]:
            raise WatchConflict(f'"{row["name"]}" was changed by somebody else since it was read')
        if "name" in changes:
            self._by_name.pop(row["name"], None)
            self._by_folded.pop(row["name"].casefold(), None)
            self._renamed[watch_id] = watch.name
        row |= values | {"changed_at": self._now}
        self._remember(watch.name, watch_id)
        if watch_id not in self._added:
            self._changed[watch_id] = row
        return SavedWatch(replace(watch, id=watch_id), SaveResult.CHANGED)

    def write(self, connection: Connection) -> None:
        """Write the changes."""
        if self._added:
            connection.execute(insert(schema.watches), list(self._added.values()))
        if self._changed:
            rows = [
                {"row_id": watch_id} | {name: row[name] for name in _UPDATED} for watch_id, row in self._changed.items()
            ]
            connection.execute(_UPDATE, rows)
        for watch_id, name in self._renamed.items():
            rename_watch_in_messages(connection, watch_id, name)

    def _add(self, watch: AnyWatch, values: dict[str, Any]) -> SavedWatch:
        watch_id = f"{self._random.getrandbits(_ID_BITS):0{_ID_BITS // 4}x}"
        row = values | {"id": watch_id, "owner_id": self._owner_id, "created_at": self._now, "changed_at": self._now}
        self._rows[watch_id] = self._added[watch_id] = row
        self._remember(watch.name, watch_id)
        return SavedWatch(replace(watch, id=watch_id), SaveResult.ADDED)

    def _remember(self, name: str, watch_id: str) -> None:
        self._by_name[name] = self._by_folded[name.casefold()] = watch_id


def stored_definition(watch: AnyWatch) -> dict[str, object]:
    """Return a watch's fields as stored, without those that have a column of their own."""
    definition = watch.to_definition()
    del definition["name"]
    return definition


def set_active(store: Store, watch_id: str, active: bool, *, now: datetime) -> bool:
    """Resume or pause a watch; return False if it already was. Raise InvalidArgument for an unknown id."""
    with store.writing() as connection:
        _lock_owner_of(connection, watch_id)
        changed = _watches.active.is_not(active)
        values = {"active": active, "changed_at": now}
        statement = update(schema.watches).where(_watches.id == watch_id, changed).values(values)
        return bool(connection.execute(statement).rowcount)


def remove_watch(store: Store, watch_id: str, now: datetime) -> bool:
    """Remove a watch and its matches, and cancel its pending messages; return False if it was already removed.

    The offers that it matched are kept.
    """
    with store.writing() as connection:
        removed = connection.execute(delete(schema.watches).where(_watches.id == watch_id)).rowcount
        connection.execute(delete(schema.matches).where(schema.matches.c.watch_key == watch_id))
        delete_addresses_of_watch(connection, watch_id)
        cancel_watch(connection, watch_id, now)
        return bool(removed)


def _lock_owner_of(connection: Connection, watch_id: str) -> str:
    owner_id: str | None = connection.scalar(select(_watches.owner_id).where(_watches.id == watch_id))
    if owner_id is None:
        raise _removed(watch_id)
    lock_owner(connection, owner_id)
    return owner_id


def _removed(watch_id: str) -> InvalidArgument:
    return InvalidArgument(f"there is no watch with the id {watch_id}; it may have been removed")
