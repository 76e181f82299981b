"""Secret addresses of feeds: of one watch, or of all watches of an owner. They are stored as hashes, and shown once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from awardspider.outcomes import InvalidArgument
from awardspider.storage import schema
from awardspider.storage.account_sessions import hash_of
from awardspider.storage.store import Store

_SECRET_BYTES = 32  # 256 bits
_MAX_ADDRESSES = 100
_USE_INTERVAL = timedelta(minutes=5)

_addresses = schema.feed_addresses.c
_watches = schema.watches.c


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAddress:
    """An address, without its secret. `used_at` may be some minutes early."""

    id: str
    owner_id: str
    #: None for all watches of the owner.
    watch_id: str | None
    created_at: datetime
    used_at: datetime | None


def add_feed_address(store: Store, owner_id: str, watch_id: str | None, now: datetime) -> str:
    """Add an address and return its secret, which is stored nowhere.

    Raise InvalidArgument if the owner has too many addresses.
    """
    secret = secrets.token_hex(_SECRET_BYTES)  # digits and letters, by which the log of requests recognizes a secret
    values = {
        "id": secrets.token_hex(8),
        "hash": hash_of(secret),
        "owner_id": owner_id,
        "watch_id": watch_id,
        "created_at": now,
    }
    with store.writing() as connection:
        number = connection.scalar(select(func.count()).where(_addresses.owner_id == owner_id))
        if number is not None and number >= _MAX_ADDRESSES:
            raise InvalidArgument(f"there are {_MAX_ADDRESSES} addresses of feeds already; revoke one first")
        connection.execute(insert(schema.feed_addresses).values(values))
    return secret


def find_feed_address(store: Store, secret: str) -> FeedAddress | None:
    """Return the address with a secret; None if there is none, or its watch is gone."""
    is_open = or_(_addresses.watch_id.is_(None), _addresses.watch_id.in_(select(_watches.id)))
    columns = [_addresses[name] for name in FeedAddress.__slots__]
    with store.reading() as connection:
        row = connection.execute(select(*columns).where(_addresses.hash == hash_of(secret), is_open)).mappings().first()
    return FeedAddress(**row) if row else None


def find_feed_addresses(store: Store, owner_id: str) -> list[FeedAddress]:
    """Return the addresses of an owner, the newest first."""
    columns = [_addresses[name] for name in FeedAddress.__slots__]
    query = select(*columns).where(_addresses.owner_id == owner_id)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(_addresses.created_at.desc(), _addresses.id)).mappings()
        return [FeedAddress(**row) for row in rows]


def record_feed_use(store: Store, address: FeedAddress, now: datetime) -> None:
    """Record that an address is used now, unless that was recorded some minutes ago."""
    if address.used_at is None or now - address.used_at >= _USE_INTERVAL:
        with store.writing() as connection:
            statement = update(schema.feed_addresses).where(_addresses.id == address.id)
            connection.execute(statement.values(used_at=now))


def revoke_feed_address(store: Store, owner_id: str, address_id: str) -> bool:
    """Remove an address of an owner; return False if the owner has no such address."""
    with store.writing() as connection:
        where = (_addresses.owner_id == owner_id, _addresses.id == address_id)
        return bool(connection.execute(delete(schema.feed_addresses).where(*where)).rowcount)


def delete_addresses_of_watch(connection: Connection, watch_id: str) -> None:
    """Remove the addresses of a watch."""
    connection.execute(delete(schema.feed_addresses).where(_addresses.watch_id == watch_id))


def delete_addresses_of_owner(connection: Connection, owner_id: str) -> None:
    """Remove the addresses of an owner."""
    connection.execute(delete(schema.feed_addresses).where(_addresses.owner_id == owner_id))
