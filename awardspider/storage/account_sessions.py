"""Sessions of the panel: the browsers in which somebody has signed in. Their ids are stored as hashes only."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, delete, insert, select, update

from awardspider.storage import schema
from awardspider.storage.accounts import Account, account_from_row, account_query
from awardspider.storage.store import Store

#: A session ends this long after the sign-in, and earlier if it is not used for IDLE_PERIOD.
LIFETIME = timedelta(days=30)
IDLE_PERIOD = timedelta(days=7)

#: The time of the last use is written at most this often, so that pages only read.
_USE_INTERVAL = timedelta(minutes=5)

_MAX_USER_AGENT = 300

_accounts = schema.accounts.c
_sessions = schema.account_sessions.c


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSession:
    """A browser in which somebody has signed in. `used_at` may be some minutes early."""

    id_hash: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    address: str
    user_agent: str


def hash_of(secret: str) -> str:
    """Return the form in which a random id or token is stored: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def start_session(store: Store, account_id: str, *, address: str, user_agent: str, now: datetime) -> str:
    """Record that somebody has signed in; return the id of the new session, which is stored nowhere."""
    session_id = secrets.token_urlsafe(32)
    row = {
        "id_hash": hash_of(session_id),
        "account_id": account_id,
        "created_at": now,
        "used_at": now,
        "expires_at": now + LIFETIME,
        "address": address,
        "user_agent": user_agent[:_MAX_USER_AGENT],
    }
    with store.writing() as connection:
        connection.execute(insert(schema.account_sessions).values(row))
        connection.execute(update(schema.accounts).where(_accounts.id == account_id).values(signed_in_at=now))
    return session_id


def find_session(store: Store, session_id: str, now: datetime) -> tuple[Account, AccountSession] | None:
    """Return a session that has not expired, with its account; None otherwise."""
    columns = [each.label(f"session_{each.name}") for each in schema.account_sessions.columns]
    query = (
        account_query()
        .add_columns(*columns)
        .join(schema.account_sessions, _sessions.account_id == _accounts.id)
        .where(_sessions.id_hash == hash_of(session_id), _is_active(now))
    )
    with store.reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else (account_from_row(row), _session_from_row(row, "session_"))


def record_use(store: Store, session: AccountSession, now: datetime) -> None:
    """Record that a session is used now, unless that was recorded some minutes ago."""
    if now - session.used_at >= _USE_INTERVAL:
        with store.writing() as connection:
            statement = update(schema.account_sessions).where(_sessions.id_hash == session.id_hash)
            connection.execute(statement.values(used_at=now))


def find_sessions(store: Store, account_id: str, now: datetime) -> list[AccountSession]:
    """Return the sessions of an account that have not expired, the last used one first."""
    query = (
        select(schema.account_sessions)
        .where(_sessions.account_id == account_id, _is_active(now))
        .order_by(_sessions.used_at.desc(), _sessions.id_hash)
    )
    with store.reading() as connection:
        return [_session_from_row(row) for row in connection.execute(query).mappings()]


def end_session(store: Store, account_id: str, id_hash: str) -> bool:
    """End a session of an account; return False if the account has no such session."""
    with store.writing() as connection:
        where = (_sessions.account_id == account_id, _sessions.id_hash == id_hash)
        return bool(connection.execute(delete(schema.account_sessions).where(*where)).rowcount)


def end_other_sessions(store: Store, account_id: str, kept: str) -> int:
    """End all sessions of an account except the one with the hash `kept`; return their number."""
    with store.writing() as connection:
        where = (_sessions.account_id == account_id, _sessions.id_hash != kept)
        return connection.execute(delete(schema.account_sessions).where(*where)).rowcount


def _is_active(now: datetime) -> ColumnElement[bool]:
    return and_(_sessions.expires_at > now, _sessions.used_at > now - IDLE_PERIOD)


def _session_from_row(row: RowMapping, prefix: str = "") -> AccountSession:
    values: dict[str, Any] = {name: row[prefix + name] for name in AccountSession.__slots__}
    return AccountSession(**values)
