"""Tokens with which programs use the panel's interfaces. They are stored as hashes, and shown once."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, insert, or_, select, update

from awardspider.outcomes import InvalidArgument
from awardspider.storage import schema
from awardspider.storage.account_sessions import hash_of
from awardspider.storage.accounts import Account, Scope, account_from_row, account_query
from awardspider.storage.store import Store

#: How each token begins, by which people and scanners of leaked secrets recognize it.
TOKEN_PREFIX = "asp_"

#: Characters of a token that are shown later, the prefix included.
_SHOWN = 10

_MAX_NAME = 100
_MAX_TOKENS = 50
_USE_INTERVAL = timedelta(minutes=5)

_accounts = schema.accounts.c
_tokens = schema.api_tokens.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token, without its text. `used_at` may be some minutes early."""

    id: str
    name: str
    #: The first characters of its text.
    prefix: str
    scopes: frozenset[Scope]
    created_at: datetime
    used_at: datetime | None
    #: None for a token that does not expire.
    expires_at: datetime | None

    def has_expired(self, now: datetime) -> bool:
        """Return whether the token is no longer accepted."""
        return self.expires_at is not None and self.expires_at <= now


def add_token(
    store: Store, account_id: str, *, name: str, scopes: Collection[Scope], expires_at: datetime | None, now: datetime
) -> tuple[ApiToken, str]:
    """Add a token; return it with its text, which is stored nowhere. Writing includes reading.

    Raise InvalidArgument for an invalid name, or if the account has too many tokens.
    """
    name = name.strip()
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        raise InvalidArgument(f"a token needs a name of at most {_MAX_NAME} characters, such as Zapier")
    if not scopes:
        raise InvalidArgument("a token needs a scope: read or write")
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row: dict[str, Any] = {
        "id": secrets.token_hex(6),
        "name": name,
        "prefix": text[:_SHOWN],
        "scopes": sorted({Scope.READ, *scopes}),
        "created_at": now,
        "used_at": None,
        "expires_at": expires_at,
    }
    with store.writing() as connection:
        # The lock of the account's row makes the limit exact.
        connection.execute(select(_accounts.id).where(_accounts.id == account_id).with_for_update())
        count = connection.scalar(select(func.count()).where(_tokens.account_id == account_id)) or 0
        if count >= _MAX_TOKENS:
            raise InvalidArgument(f"the account has {count} tokens; revoke one first")
        connection.execute(insert(schema.api_tokens).values(account_id=account_id, hash=hash_of(text), **row))
    return ApiToken(**row | {"scopes": frozenset(map(Scope, row["scopes"]))}), text


def find_token(store: Store, text: str, now: datetime) -> tuple[Account, ApiToken] | None:
    """Return a token that has not expired, with its account; None otherwise."""
    columns = [_tokens[name].label(f"token_{name}") for name in ApiToken.__slots__]
    query = (
        account_query()
        .add_columns(*columns)
        .join(schema.api_tokens, _tokens.account_id == _accounts.id)
        .where(_tokens.hash == hash_of(text), _is_active(now))
    )
    with store.reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else (account_from_row(row), _token_from_row(row, "token_"))


def record_token_use(store: Store, token: ApiToken, now: datetime) -> None:
    """Record that a token is used now, unless that was recorded some minutes ago."""
    if token.used_at is None or now - token.used_at >= _USE_INTERVAL:
        with store.writing() as connection:
            connection.execute(update(schema.api_tokens).where(_tokens.id == token.id).values(used_at=now))


def find_tokens(store: Store, account_id: str) -> list[ApiToken]:
    """Return the tokens of an account, the newest first, with those that have expired."""
    query = (
        select(schema.api_tokens)
        .where(_tokens.account_id == account_id)
        .order_by(_tokens.created_at.desc(), _tokens.id)
    )
    with store.reading() as connection:
        return [_token_from_row(row) for row in connection.execute(query).mappings()]


def revoke_token(store: Store, account_id: str, token_id: str) -> bool:
    """Remove a token of an account; return False if the account has no such token."""
    with store.writing() as connection:
        where = (_tokens.account_id == account_id, _tokens.id == token_id)
        return bool(connection.execute(delete(schema.api_tokens).where(*where)).rowcount)


def _is_active(now: datetime) -> ColumnElement[bool]:
    return and_(or_(_tokens.expires_at.is_(None), _tokens.expires_at > now))


def _token_from_row(row: RowMapping, prefix: str = "") -> ApiToken:
    values: dict[str, Any] = {name: row[prefix + name] for name in ApiToken.__slots__}
    return ApiToken(**values | {"scopes": frozenset(Scope(each) for each in values["scopes"] if each in tuple(Scope))})
