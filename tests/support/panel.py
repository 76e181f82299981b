"""The panel in a test: its application, and clients that are signed in with a role or use a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from awardspider import settings as project_settings
from awardspider.panel.application import create_app
from awardspider.panel.auth.passwords import hash_password
from awardspider.panel.configuration import PanelConfig
from awardspider.search.owners import Owner, build_owner
from awardspider.storage.account_sessions import start_session
from awardspider.storage.accounts import Account, Role, Scope, add_account
from awardspider.storage.api_tokens import add_token
from awardspider.storage.owners import save_owner
from awardspider.storage.schema import DEFAULT_OWNER
from awardspider.storage.store import Store

NOW = datetime(2030, 11, 22, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"

#: The hash of no password, for accounts whose password is not used in a test: computing one takes a tenth of a second.
_NO_PASSWORD = "!"


def default_settings() -> dict[str, Any]:
    """Return the settings of the project, with those of ours that the environment would change at their defaults."""
    values = {name: getattr(project_settings, name) for name in dir(project_settings) if name.isupper()}
    return values | {"AWARD_LOCALE": "en", "AWARD_PUBLIC_URL": "", "AWARD_SANDBOX_URL": "", "AWARD_DATABASE_URL": ""}


class Panel:
    """The application on a store, with a clock that a test sets. Use it in a `with` block, or the fixture `panel`."""

    def __init__(self, store: Store, data_dir: Path, *, now: datetime = NOW, host: str = "127.0.0.1", **settings: Any):
        self.now = now
        self.store = store
        self.config = PanelConfig(
            store=store, settings=default_settings() | settings, data_dir=data_dir, host=host, now=lambda: self.now
        )
        self.app: FastAPI = create_app(self.config)
        self._stack = ExitStack()
        self._first: TestClient | None = None
        self._accounts: dict[str, Account] = {}

    def __enter__(self) -> Panel:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def anonymous(self, **options: Any) -> TestClient:
        """Return a client at this machine. Without an account that has a password, it is the operator."""
        values = {"base_url": "http://127.0.0.1:8787", "client": ("127.0.0.1", 50000), "follow_redirects": False}
        client = TestClient(self.app, **(values | {"raise_server_exceptions": True} | options))
        client.headers["accept-language"] = "en"
        # The application starts once, with the first client, in whose event loop the others run too.
        if self._first is None:
            self._first = self._stack.enter_context(client)
        else:
            client.portal = self._first.portal
        return client

    def owner(self, name: str) -> Owner:
        """Add an owner, whose id is the name in lower case."""
        return save_owner(self.store, build_owner(name=name), now=NOW, new_id=name.lower())

    def account(self, name: str, role: Role, *, owner_id: str = DEFAULT_OWNER, password: str = "") -> Account:
        """Add an account, or return the one with this name."""
        if name not in self._accounts:
            password_hash = hash_password(password) if password else _NO_PASSWORD
            self._accounts[name] = add_account(
                self.store, name=name, role=role, owner_id=owner_id, password_hash=password_hash, now=self.now
            )
        return self._accounts[name]

    def signed_in(self, role: Role, *, name: str = "", owner_id: str = DEFAULT_OWNER, **options: Any) -> TestClient:
        """Return a client with a session of a role, of an account that is added if there is none with the name.

        The token of forms is sent with each request; to test a form without it, remove the header X-CSRF-Token.
        """
        account = self.account(name or str(role), role, owner_id=owner_id)
        session_id = start_session(self.store, account.id, address="127.0.0.1", user_agent="test", now=self.now)
        client = self.anonymous(**options)
        client.cookies.set("awardspider_session", session_id)
        return with_form_token(client)

    def with_token(
        self, role: Role, scopes: Sequence[Scope], *, owner_id: str = DEFAULT_OWNER, **options: Any
    ) -> TestClient:
        """Return a client that sends a token of an account with a role."""
        account = self.account(str(role), role, owner_id=owner_id)
        expires_at = self.now + timedelta(days=30)
        _, text = add_token(self.store, account.id, name="test", scopes=scopes, expires_at=expires_at, now=self.now)
        client = self.anonymous(**options)
        client.headers["authorization"] = f"Bearer {text}"
        return client

    def client(self, role: Role | None = Role.OPERATOR, **options: Any) -> TestClient:
        """Return a client with a role, or without one."""
        return self.anonymous(**options) if role is None else self.signed_in(role, **options)


def with_form_token(client: TestClient) -> TestClient:
    """Let a client send the token of a page with each request, as a script of a page does."""
    page = client.get("/account").text
    client.headers["x-csrf-token"] = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    return client


PanelClient = Callable[..., TestClient]


@pytest.fixture
def panel(sqlite_store: Store, tmp_path: Path) -> Iterator[Panel]:
    """Yield the panel on an empty SQLite database."""
    with Panel(sqlite_store, tmp_path) as opened:
        yield opened


@pytest.fixture
def panel_client(panel: Panel) -> PanelClient:
    """Return the function that returns a client: `panel_client(role=Role.MEMBER, owner_id="ana")`."""
    return panel.client
