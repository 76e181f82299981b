"""The public pages of messages: each shows the offer, digest or promotion, without what concerns only its owner."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from awardspider.storage import schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.store import Store, in_batches

#: For how long a page can be opened.
SHARE_DURATION = timedelta(days=90)

_ID_BYTES = 16  # 128 bits
_shares = schema.shares.c


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShare:
    """A page to create. `key` is that of the message, which has at most one page; `body` is its public event."""

    key: str
    body: dict[str, Any]
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A public page. Nobody can guess its id."""

    id: str
    key: str
    body: dict[str, Any]
    locale: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Return whether the page can be opened: not revoked, and not expired."""
        return self.revoked_at is None and now < self.expires_at


def create_shares(store: Store, shares: Iterable[NewShare], now: datetime) -> dict[str, str]:
    """Create the pages that do not exist yet, and return the id of each page, keyed by message key."""
    values = {
        share.key: {
            "id": secrets.token_urlsafe(_ID_BYTES),
            "key": share.key,
            "body": share.body,
            "locale": share.locale,
            "created_at": now,
            "expires_at": now + SHARE_DURATION,
        }
        for share in shares
    }
    missing = [values[key] for key in values.keys() - find_share_ids(store, list(values)).keys()]
    if missing:
        with store.writing() as connection:
            insert = dialect_insert(connection.dialect, schema.shares)
            connection.execute(insert.on_conflict_do_nothing(index_elements=[_shares.key]), missing)
    return find_share_ids(store, list(values))


def find_share_ids(store: Store, keys: Sequence[str]) -> dict[str, str]:
    """Return the ids of the pages of messages, keyed by message key; messages without a page are left out."""
    found: dict[str, str] = {}
    with store.reading() as connection:
        for some in in_batches(keys):
            rows = connection.execute(select(_shares.key, _shares.id).where(_shares.key.in_(some)))
            found |= {row.key: row.id for row in rows}
    return found


def find_share(store: Store, share_id: str) -> Share | None:
    """Return the page with an id, also one that is revoked or has expired, or None."""
    with store.reading() as connection:
        row = connection.execute(select(schema.shares).where(_shares.id == share_id)).mappings().first()
    return Share(**row) if row else None


def revoke_share(store: Store, share_id: str, now: datetime) -> bool:
    """Close a page for good; return False if there is none, or it was revoked before."""
    statement = update(schema.shares).where(_shares.id == share_id, _shares.revoked_at.is_(None))
    with store.writing() as connection:
        return bool(connection.execute(statement.values(revoked_at=now)).rowcount)
