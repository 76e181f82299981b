"""The actions of `scrapy panel` that manage accounts and tokens."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from awardspider.commands._listing import add_format_options, age, chosen_format, print_records, print_table
from awardspider.commands._options import choice, integer
from awardspider.commands._table import Column, FittedTable
from awardspider.operations.texts import number_of
from awardspider.outcomes import InvalidArgument
from awardspider.search.owners import build_owner
from awardspider.storage.accounts import (
    Account,
    Role,
    Scope,
    account_name,
    add_account,
    any_account_has_password,
    change_password,
    find_account,
    find_accounts,
    remove_account,
)
from awardspider.storage.api_tokens import ApiToken, add_token, find_tokens, revoke_token
from awardspider.storage.login_failures import forget_failures
from awardspider.storage.owners import find_owners, save_owner
from awardspider.storage.schema import DEFAULT_OWNER
from awardspider.storage.store import Store

_ACCOUNT_FIELDS = ("name", "role", "owner", "owner_id", "password", "created_at", "signed_in_at")
_TOKEN_FIELDS = ("id", "label", "prefix", "scopes", "created_at", "used_at", "expires_at")
_DEFAULT_DAYS = 90
_MAX_DAYS = 3650

AddAction = Callable[[str, str, Callable[[argparse.Namespace], None]], argparse.ArgumentParser]


class PanelAccounts:
    """The actions for accounts. `open_store` is called when an action runs."""

    def __init__(
        self, open_store: Callable[[], Store], now: Callable[[], datetime], data_dir: Callable[[], Path]
    ) -> None:
        self._open_store = open_store
        self._now = now
        self._data_dir = data_dir

    def add_actions(self, add_action: AddAction) -> None:
        """Add the actions to a command."""
        action = add_action("adduser", "Add an account; the password is typed without echo", self._add_user)
        _add_name(action)
        action.add_argument("--role", metavar="ROLE", default="member", help="viewer, member (default) or operator")
        action.add_argument("--owner", metavar="NAME", help="owner whose watches the account sees, by name or id")
        _add_password_options(action)
        action.add_argument("--no-password", action="store_true", help="an account for tokens only")
        action = add_action("users", "List the accounts", self._list_users)
        add_format_options(action.add_argument)
        action = add_action(
            "passwd", "Set a password, end the sessions and revoke the tokens of an account", self._set_password
        )
        _add_name(action)
        _add_password_options(action)
        action.add_argument("--keep-tokens", action="store_true", help="do not revoke the tokens of the account")
        _add_name(add_action("removeuser", "Remove an account, its sessions and its tokens", self._remove_user))
        action = add_action("addtoken", "Create a token for a program and print it, once", self._add_token)
        _add_name(action)
        action.add_argument("--label", metavar="TEXT", default="", help="name of the program that uses it")
        action.add_argument("--scope", metavar="SCOPE", default="read", help="read (default) or write")
        action.add_argument(
            "--days", metavar="N", help=f"days until it expires, 0 for never (default: {_DEFAULT_DAYS})"
        )
        action = add_action("tokens", "List the tokens of an account", self._list_tokens)
        _add_name(action)
        add_format_options(action.add_argument)
        action = add_action("revoketoken", "Revoke a token of an account", self._revoke_token)
        _add_name(action)
        action.add_argument("id", help="id, which the action tokens lists")

    # ---- accounts ----------------------------------------------------------------------------------------------------

    def _add_user(self, opts: argparse.Namespace) -> None:
        role = Role(choice("--role", opts.role, list(Role)))
        name = account_name(opts.name)
        if opts.no_password and opts.password_stdin:
            raise InvalidArgument("--no-password and --password-stdin exclude each other")
        store = self._open_store()
        if any(account.name == name for account in find_accounts(store)):
            raise InvalidArgument(f"there is an account {name} already; scrapy panel passwd sets its password")
        password_hash = None if opts.no_password else _new_password_hash(name, from_stdin=opts.password_stdin)
        is_first = not any_account_has_password(store)
        owner_id = self._owner_id(store, opts.owner or (name if role is Role.MEMBER else DEFAULT_OWNER))
        account = add_account(
            store, name=name, role=role, owner_id=owner_id, password_hash=password_hash, now=self._now()
        )
        article = "an" if role is Role.OPERATOR else "a"
        print(f"Added {name}, {article} {role} for the owner {account.owner_name}.")
        if is_first and password_hash:
            print("From now on, everybody signs in to the panel, at this machine too.")
            if role is not Role.OPERATOR:
                print("No account is an operator yet: add one with scrapy panel adduser NAME --role operator")

    def _owner_id(self, store: Store, name: str) -> str:
        """Return the id of the owner with an id or name; add an owner if there is none."""
        owners = find_owners(store)
        for owner in owners:
            if name in (owner.id, owner.name):
                return owner.id
        found = [owner for owner in owners if owner.name.casefold() == name.casefold()]
        return (found[0] if found else save_owner(store, build_owner(name=name), now=self._now())).id

    def _list_users(self, opts: argparse.Namespace) -> None:
        output_format, now = chosen_format(opts), self._now()
        accounts = find_accounts(self._open_store())
        if output_format == "table":
            print_table(_accounts_table(accounts, now))
        else:
            print_records(map(_account_record, accounts), _ACCOUNT_FIELDS, output_format)

    def _set_password(self, opts: argparse.Namespace) -> None:
        # Imported here because every command is imported for the list of commands.
        from awardspider.panel.auth.throttling import account_subject

        store = self._open_store()
        account = find_account(store, opts.name)
        password_hash = _new_password_hash(account.name, from_stdin=opts.password_stdin)
        ended = change_password(store, account.id, password_hash, keeps_tokens=opts.keep_tokens)
        forget_failures(store, account_subject(self._data_dir(), account.name))
        sessions, tokens = number_of(ended.sessions, "session"), number_of(ended.tokens, "token")
        print(f"Changed the password of {account.name}, ended {sessions} and revoked {tokens}.")
        if opts.keep_tokens and (kept := find_tokens(store, account.id)):
            print(f"{number_of(len(kept), 'token')} can still be used: scrapy panel tokens {account.name} lists them.")

    def _remove_user(self, opts: argparse.Namespace) -> None:
        store = self._open_store()
        account = find_account(store, opts.name)
        remove_account(store, account.id)
        print(f"Removed {account.name}. The owner {account.owner_name} and its watches stay.")
        if account.has_password and not any_account_has_password(store):
            print("No account has a password now: everybody at this machine is the operator, and nobody else gets in.")
            print("With AWARD_PUBLIC_URL or AWARD_PANEL_TRUSTED_PROXIES, nobody gets in at all.")

    # ---- tokens ------------------------------------------------------------------------------------------------------

    def _add_token(self, opts: argparse.Namespace) -> None:
        scope = Scope(choice("--scope", opts.scope, list(Scope)))
        days = integer("--days", opts.days)
        days = _DEFAULT_DAYS if days is None else days
        if days > _MAX_DAYS:
            raise InvalidArgument(f"--days is {days}; use at most {_MAX_DAYS}, or 0 for a token that does not expire")
        store, now = self._open_store(), self._now()
        account = find_account(store, opts.name)
        expires_at = now + timedelta(days=days) if days else None
        _, text = add_token(store, account.id, name=opts.label, scopes=[scope], expires_at=expires_at, now=now)
        print(text)
        print("Copy the token now: it is not stored, and not shown again.", file=sys.stderr)

    def _list_tokens(self, opts: argparse.Namespace) -> None:
        output_format, now = chosen_format(opts), self._now()
        store = self._open_store()
        tokens = find_tokens(store, find_account(store, opts.name).id)
        if output_format == "table":
            print_table(_tokens_table(tokens, now))
        else:
            print_records(map(_token_record, tokens), _TOKEN_FIELDS, output_format)

    def _revoke_token(self, opts: argparse.Namespace) -> None:
        store = self._open_store()
        account = find_account(store, opts.name)
        if not revoke_token(store, account.id, opts.id):
            raise InvalidArgument(
                f"{account.name} has no token {opts.id}; scrapy panel tokens {account.name} lists them"
            )
        print("Revoked the token.")


def _new_password_hash(name: str, *, from_stdin: bool) -> str:
    # Imported here because every command is imported for the list of commands.
    from awardspider.panel.auth.passwords import check_password, hash_password

    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = getpass.getpass("password: ")
        check_password(name, password)
        if getpass.getpass("password again: ") != password:
            raise InvalidArgument("the two passwords differ")
    else:
        raise InvalidArgument("the password is typed at a terminal; without one, use --password-stdin")
    check_password(name, password)
    return hash_password(password)


def _add_name(action: argparse.ArgumentParser) -> None:
    action.add_argument("name", help="name of the account")


def _add_password_options(action: argparse.ArgumentParser) -> None:
    action.add_argument("--password-stdin", action="store_true", help="read the password from standard input")


def _account_record(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role.value,
        "owner": account.owner_name,
        "owner_id": account.owner_id,
        "password": account.has_password,
        "created_at": account.created_at.isoformat(),
        "signed_in_at": account.signed_in_at and account.signed_in_at.isoformat(),
    }


def _accounts_table(accounts: list[Account], now: datetime) -> FittedTable[Account]:
    columns: list[Column[Account]] = [
        Column(title="name", rank=0, text=lambda account: account.name),
        Column(title="role", rank=1, text=lambda account: account.role.value),
        Column(title="owner", rank=2, text=lambda account: account.owner_name),
        Column(title="password", rank=3, text=lambda account: "yes" if account.has_password else "no"),
        Column(title="created", rank=5, text=lambda account: age(account.created_at, now)),
        Column(title="signed in", rank=4, text=lambda account: _age_or_never(account.signed_in_at, now)),
    ]
    notes = ["there are no accounts: everybody at this machine is the operator"] if not accounts else []
    return FittedTable(accounts, columns, notes)


def _token_record(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "label": token.name,
        "prefix": token.prefix,
        "scopes": sorted(token.scopes),
        "created_at": token.created_at.isoformat(),
        "used_at": token.used_at and token.used_at.isoformat(),
        "expires_at": token.expires_at and token.expires_at.isoformat(),
    }


def _tokens_table(tokens: list[ApiToken], now: datetime) -> FittedTable[ApiToken]:
    def expiry(token: ApiToken) -> str:
        if token.expires_at is None:
            return "never"
        return "expired" if token.has_expired(now) else f"{token.expires_at:%Y-%m-%d}"

    columns: list[Column[ApiToken]] = [
        Column(title="id", rank=0, text=lambda token: token.id),
        Column(title="label", rank=1, text=lambda token: token.name),
        Column(title="begins with", rank=2, text=lambda token: token.prefix),
        Column(title="scope", rank=3, text=lambda token: Scope.WRITE if Scope.WRITE in token.scopes else Scope.READ),
        Column(title="created", rank=5, text=lambda token: age(token.created_at, now)),
        Column(title="last use", rank=4, text=lambda token: _age_or_never(token.used_at, now)),
        Column(title="expires", rank=6, text=expiry),
    ]
    return FittedTable(tokens, columns, ["there are no tokens"] if not tokens else [])


def _age_or_never(moment: datetime | None, now: datetime) -> str:
    return age(moment, now) if moment else "never"
