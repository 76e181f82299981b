"""Accounts: the people and programs that use the panel, each with a role, and linked to an owner of watches."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from awardspider.outcomes import InvalidArgument
from awardspider.search.field_values import quoted
from awardspider.storage import schema
from awardspider.storage.store import Store
from awardspider.values import storable

_accounts = schema.accounts.c
_owners = schema.owners.c
_NAME = re.compile(r"[\w.@+-]{1,64}")


class Role(StrEnum):
    """The roles of accounts; each may do what those before it may."""

    VIEWER = "viewer"  # sees what its owner sees
    MEMBER = "member"  # changes the watches of its owner
    OPERATOR = "operator"  # sees and changes everything

    @property
    def rank(self) -> int:
        """Return the place of the role, 0 for the one with the fewest rights."""
        return list(Role).index(self)


class Scope(StrEnum):
    """Rights of tokens. Writing includes reading."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account. `language`, `theme` and `timezone` are None if not set."""

    id: str
    name: str
    role: Role
    owner_id: str
    owner_name: str
    #: Those of the owner.
    owner_locale: str
    owner_timezone: str
    has_password: bool
    language: str | None
    theme: str | None
    timezone: str | None
    created_at: datetime
    signed_in_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPreferences:
    """Choices of an account's person for the panel; None for no choice."""

    language: str | None = None
    theme: str | None = None
    timezone: str | None = None


def account_name(text: str) -> str:
    """Return an account's name in its stored form, without differences of case. Raise InvalidArgument for others."""
    name = normalized_name(text)
    if not _NAME.fullmatch(name):
        raise InvalidArgument(
            f'invalid account name "{quoted(text)}": write up to 64 letters, digits, or any of . _ @ + -'
        )
    return name


def normalized_name(text: str) -> str:
    """Return a text as the name of an account would be stored, without characters that the database drops."""
    return unicodedata.normalize("NFKC", storable(text).strip()).casefold()


def add_account(
    store: Store, *, name: str, role: Role, owner_id: str, password_hash: str | None, now: datetime
) -> Account:
    """Add an account. Raise InvalidArgument for an invalid or used name, or an unknown owner."""
    name, account_id = account_name(name), secrets.token_hex(6)
    values = {
        "id": account_id,
        "name": name,
        "role": role.value,
        "owner_id": owner_id,
        "password_hash": password_hash,
        "created_at": now,
    }
    with store.writing() as connection:
        if connection.scalar(select(_owners.id).where(_owners.id == owner_id)) is None:
            raise InvalidArgument(f"unknown owner {owner_id}")
        try:
            with connection.begin_nested():
                connection.execute(insert(schema.accounts).values(values))
        except IntegrityError:
            raise InvalidArgument(f"there is an account {name} already") from None
        return _account_by_id(connection, account_id)


def find_accounts(store: Store) -> list[Account]:
    """Return all accounts, by name."""
    with store.reading() as connection:
        return [
            account_from_row(row) for row in connection.execute(account_query().order_by(_accounts.name)).mappings()
        ]


def find_account(store: Store, name: str) -> Account:
    """Return the account with a name. Raise InvalidArgument for an unknown one."""
    row = _row_of_name(store, name)
    if row is None:
        raise InvalidArgument(f'unknown account "{quoted(name)}"; scrapy panel users lists them')
    return account_from_row(row)


def password_of(store: Store, name: str) -> tuple[Account, str | None] | None:
    """Return the account with a name, and the hash of its password if it has one; None for an unknown account."""
    row = _row_of_name(store, name)
    return None if row is None else (account_from_row(row), row["password_hash"])


def any_account_has_password(store: Store) -> bool:
    """Return whether people can sign in."""
    with store.reading() as connection:
        return bool(connection.scalar(select(exists().where(_accounts.password_hash.is_not(None)))))


def replace_hash(store: Store, account_id: str, *, old: str, new: str) -> None:
    """Replace the hash of a password by one of the same password, unless the password was changed meanwhile."""
    with store.writing() as connection:
        where = (_accounts.id == account_id, _accounts.password_hash == old)
        connection.execute(update(schema.accounts).where(*where).values(password_hash=new))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedAccess:
    """The numbers of sessions that ended and of tokens that were revoked with a new password."""

    sessions: int
    tokens: int


def change_password(
    store: Store, account_id: str, password_hash: str, *, kept_session: str = "", keeps_tokens: bool = False
) -> EndedAccess:
    """Change a password, end the sessions of the account, except one, and revoke its tokens unless they are kept.

    Somebody who has used the account can have created a token.
    """
    sessions, tokens = schema.account_sessions.c, schema.api_tokens.c
    with store.writing() as connection:
        connection.execute(
            update(schema.accounts).where(_accounts.id == account_id).values(password_hash=password_hash)
        )
        others = (sessions.account_id == account_id, sessions.id_hash != kept_session)
        ended = connection.execute(delete(schema.account_sessions).where(*others)).rowcount
        of_account = delete(schema.api_tokens).where(tokens.account_id == account_id)
        revoked = 0 if keeps_tokens else connection.execute(of_account).rowcount
    return EndedAccess(sessions=ended, tokens=revoked)


def save_account_preferences(store: Store, account_id: str, preferences: AccountPreferences) -> None:
    """Save what an account's person chose for the panel."""
    values = {
        "language": preferences.language,
        "theme": preferences.theme,
        "timezone": preferences.timezone,
    }
    with store.writing() as connection:
        connection.execute(update(schema.accounts).where(_accounts.id == account_id).values(values))


def remove_account(store: Store, account_id: str) -> None:
    """Remove an account with its sessions and tokens; its owner and the owner's watches stay."""
    with store.writing() as connection:
        for table in (schema.account_sessions, schema.api_tokens):
            connection.execute(delete(table).where(table.c.account_id == account_id))
        connection.execute(delete(schema.accounts).where(_accounts.id == account_id))


def account_query() -> Select[*tuple[Any, ...]]:
    """Return the query of accounts with their owners, whose rows `account_from_row` reads."""
    return select(
        schema.accounts,
        _owners.name.label("owner_name"),
        _owners.locale.label("owner_locale"),
        _owners.timezone.label("owner_timezone"),
    ).join(schema.owners, _owners.id == _accounts.owner_id)


def account_from_row(row: RowMapping) -> Account:
    """Build an account from a row of `account_query`. A role that is no longer known has the fewest rights."""
    role = row["role"]
    return Account(
        id=row["id"],
        name=row["name"],
        role=Role(role) if role in tuple(Role) else Role.VIEWER,
        owner_id=row["owner_id"],
        owner_name=row["owner_name"],
        owner_locale=row["owner_locale"],
        owner_timezone=row["owner_timezone"],
        has_password=row["password_hash"] is not None,
        language=row["language"],
        theme=row["theme"],
        timezone=row["timezone"],
        created_at=row["created_at"],
        signed_in_at=row["signed_in_at"],
    )


def _row_of_name(store: Store, name: str) -> RowMapping | None:
    normalized = normalized_name(name)
    if not _NAME.fullmatch(normalized):
        return None
    with store.reading() as connection:
        return connection.execute(account_query().where(_accounts.name == normalized)).mappings().first()


def _account_by_id(connection: Connection, account_id: str) -> Account:
    return account_from_row(connection.execute(account_query().where(_accounts.id == account_id)).mappings().one())
