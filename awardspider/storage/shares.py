"""The public pages of messages: each shows the offer, digest or promotion, without what concerns only its owner."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, select, update

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


def create_shares(
    store: Store, shares: Iterable[NewShare], now: datetime, *, replaces_revoked: bool = False
) -> dict[str, str]:
    """Create the pages that do not exist or have expired; return the ids of all that can be opened, keyed by key.

    A revoked page stays closed and is left out; with `replaces_revoked`, there is a new one in its place. A new page
    has a new address, and the old address still says that its page is closed.
    """
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
    found = find_shares(store, list(values))
    missing = [values[key] for key in values if key not in found or _is_replaced(found[key], now, replaces_revoked)]
    if missing:
        with store.writing() as connection:
            for share in found.values():
                if _is_replaced(share, now, replaces_revoked):
                    retired = update(schema.shares).where(_shares.id == share.id, _shares.key == share.key)
                    connection.execute(retired.values(key=f"{share.key}:{share.id}"))
            insert = dialect_insert(connection.dialect, schema.shares)
            connection.execute(insert.on_conflict_do_nothing(index_elements=[_shares.key]), missing)
        found = find_shares(store, list(values))
    return {key: share.id for key, share in found.items() if share.is_open(now)}


def _is_replaced(share: Share, now: datetime, replaces_revoked: bool) -> bool:
    """Return whether a new page takes the place of one."""
    return not share.is_open(now) and (share.revoked_at is None or replaces_revoked)


def find_shares(store: Store, keys: Sequence[str]) -> dict[str, Share]:
    """Return the pages of messages, also those that are closed, keyed by message key."""
    found: dict[str, Share] = {}
    with store.reading() as connection:
        for some in in_batches(keys):
            rows = connection.execute(select(schema.shares).where(_shares.key.in_(some))).mappings()
            found |= {row["key"]: Share(**row) for row in rows}
    return found


def find_share(store: Store, share_id: str) -> Share | None:
    """Return the page with an id, also one that is revoked or has expired, or None."""
    with store.reading() as connection:
        row = connection.execute(select(schema.shares).where(_shares.id == share_id)).mappings().first()
    return Share(**row) if row else None


def revoke_shares(store: Store, ids: Sequence[str], now: datetime) -> int:
    """Close pages for good; return the number of those that could be opened until then."""
    is_open = and_(_shares.revoked_at.is_(None), _shares.expires_at > now)
    closed = 0
    with store.writing() as connection:
        for some in in_batches(ids):
            statement = update(schema.shares).where(_shares.id.in_(some), is_open)
            closed += connection.execute(statement.values(revoked_at=now)).rowcount
    return closed
