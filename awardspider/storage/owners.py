"""Stored owners of watches. The default owner always exists, so that a single user never meets the others."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from awardspider.outcomes import InvalidArgument
from awardspider.search.owners import Locale, Owner
from awardspider.search.points_cost import Holdings
from awardspider.storage import schema
from awardspider.storage.feed_addresses import delete_addresses_of_owner
from awardspider.storage.outbox import cancel_watch
from awardspider.storage.schema import DEFAULT_OWNER
from awardspider.storage.store import Store

_owners = schema.owners.c
_accounts = schema.accounts.c
_watches = schema.watches.c
_subscribers = schema.subscribers.c


def default_owner(store: Store) -> Owner:
    """Return the owner of everything for which nobody chose an owner."""
    return find_owner(store, DEFAULT_OWNER)


def find_owner(store: Store, owner_id: str) -> Owner:
    """Return an owner. Raise InvalidArgument for an unknown id."""
    with store.reading() as connection:
        row = connection.execute(select(schema.owners).where(_owners.id == owner_id)).mappings().first()
    if row is None:
        raise _unknown(owner_id)
    return owner_from_row(row)


def find_owners(store: Store) -> list[Owner]:
    """Return all owners, the first one first."""
    with store.reading() as connection:
        rows = connection.execute(select(schema.owners).order_by(_owners.created_at, _owners.id)).mappings()
        return [owner_from_row(row) for row in rows]


def holdings_by_watch(store: Store) -> dict[str, Holdings]:
    """Return the points and the targeted banks of the owner of each stored watch, keyed by the watch's id."""
    with store.reading() as connection:
        return read_holdings(connection)


def read_holdings(connection: Connection) -> dict[str, Holdings]:
    """Return the same as `holdings_by_watch`."""
    query = select(_watches.id, _owners.points, _owners.targeted).join(schema.owners, _owners.id == _watches.owner_id)
    return {
        watch_id: Holdings(points=MappingProxyType(points), targeted=frozenset(targeted))
        for watch_id, points, targeted in connection.execute(query)
    }


def save_owner(store: Store, owner: Owner, *, now: datetime, new_id: str | None = None) -> Owner:
    """Update the owner with this id or, without an id, add it with the id `new_id`; return it as stored.

    Raise InvalidArgument for an unknown id.
    """
    values = {
        "name": owner.name,
        "locale": owner.locale.value,
        "timezone": owner.timezone,
        "home_airport": owner.home_airport,
        "points": dict(owner.points),
        "targeted": sorted(owner.targeted),
    }
    with store.writing() as connection:
        if not owner.id:
            added = replace(owner, id=new_id or secrets.token_hex(6), created_at=now)
            connection.execute(insert(schema.owners).values(id=added.id, created_at=now, **values))
            return added
        if not connection.execute(update(schema.owners).where(_owners.id == owner.id).values(values)).rowcount:
            raise _unknown(owner.id)
        created_at = connection.scalar(select(_owners.created_at).where(_owners.id == owner.id))
    return replace(owner, created_at=created_at)


def remove_owner(store: Store, owner_id: str, now: datetime) -> None:
    """Remove an owner and its watches, and cancel their pending messages; subscribers stay without an owner.

    Raise InvalidArgument for the default owner, an unknown id, or an owner with accounts.
    """
    if owner_id == DEFAULT_OWNER:
        raise InvalidArgument("the default owner cannot be removed; remove its watches instead")
    with store.writing() as connection:
        lock_owner(connection, owner_id)
        if names := connection.scalars(select(_accounts.name).where(_accounts.owner_id == owner_id)).all():
            raise InvalidArgument(f"the owner has accounts: {', '.join(sorted(names))}; remove them first")
        for watch_id in connection.scalars(select(_watches.id).where(_watches.owner_id == owner_id)).all():
            cancel_watch(connection, watch_id, now)
        connection.execute(delete(schema.watches).where(_watches.owner_id == owner_id))
        connection.execute(update(schema.subscribers).where(_subscribers.owner_id == owner_id).values(owner_id=None))
        delete_addresses_of_owner(connection, owner_id)
        connection.execute(delete(schema.owners).where(_owners.id == owner_id))


def lock_owner(connection: Connection, owner_id: str) -> None:
    """Lock an owner until the transaction ends, so that its watches change in one transaction at a time.

    Raise InvalidArgument for an unknown id.
    """
    if connection.execute(select(_owners.id).where(_owners.id == owner_id).with_for_update()).first() is None:
        raise _unknown(owner_id)


def owner_from_row(row: RowMapping) -> Owner:
    """Build an owner from a row of the table `owners`."""
    locale = row["locale"]
    return Owner(
        id=row["id"],
        name=row["name"],
        locale=Locale(locale) if locale in tuple(Locale) else Locale.EN,
        timezone=row["timezone"],
        home_airport=row["home_airport"],
        points=MappingProxyType(row["points"]),
        targeted=frozenset(row["targeted"]),
        created_at=row["created_at"],
    )


def _unknown(owner_id: str) -> InvalidArgument:
    return InvalidArgument(f"unknown owner {owner_id}")
