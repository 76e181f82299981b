"""The identity behind a request: from a token, from the cookie of a session, or from the machine that it came from."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fastapi import Request

from awardspider.environment import is_loopback
from awardspider.panel.auth.after_response import after_response
from awardspider.panel.auth.cookies import session_cookie
from awardspider.panel.auth.hosts import is_local_host, was_forwarded
from awardspider.panel.configuration import PanelConfig, config_of
from awardspider.storage.account_sessions import AccountSession, find_session, record_use
from awardspider.storage.accounts import Account, Scope, any_account_has_password
from awardspider.storage.api_tokens import find_token, record_token_use

#: Methods of requests that change nothing.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_KEY = "awardspider.identity"

_INVALID_TOKEN = "The token is unknown, has expired or was revoked."


class Via(StrEnum):
    """Ways to recognize who sent a request."""

    NOTHING = "nothing"  # nobody is signed in
    LOCAL = "local"  # a person at the machine of a panel without accounts
    SESSION = "session"  # someone who has signed in with a password
    TOKEN = "token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The account and session behind a request. `refusal` says why credentials were refused."""

    via: Via
    account: Account | None = None
    session: AccountSession | None = None
    scopes: frozenset[Scope] = frozenset()
    refusal: str = ""


def identity_of(request: Request) -> Identity:
    """Return the identity behind a request, which is found once for each request. Raise StorageError."""
    found: Identity | None = request.scope.get(_KEY)
    if found is None:
        found = request.scope[_KEY] = _identify(request, config_of(request))
    return found


def known_identity(request: Request) -> Identity | None:
    """Return the identity behind a request if it was found already, without reading the database."""
    found: Identity | None = request.scope.get(_KEY)
    return found


def _identify(request: Request, config: PanelConfig) -> Identity:
    now = config.now()
    if "authorization" in request.headers:
        return _by_token(request, config, now)
    session_id = session_cookie(request)
    found = find_session(config.store, session_id, now) if session_id else None
    if found:
        account, session = found
        after_response(request.scope, _use_of_session(config, session, now))
        return Identity(via=Via.SESSION, account=account, session=session, scopes=frozenset(Scope))
    return Identity(via=Via.LOCAL if _is_open(request, config) else Via.NOTHING)


def _is_open(request: Request, config: PanelConfig) -> bool:
    """Return whether the request came from a person at this machine, and there is no account with a password.

    A request that came through a proxy or to a public name is not from a person at this machine. HTTP/1.0 is the
    version of many proxies, and of no browser.
    """
    is_here = config.is_local and is_loopback(request.client.host if request.client else None)
    if not is_here or request.scope.get("http_version") == "1.0":
        return False
    if was_forwarded(request.scope) or not is_local_host(request.headers.get("host", "")):
        return False
    return not any_account_has_password(config.store)


def _by_token(request: Request, config: PanelConfig, now: datetime) -> Identity:
    text, may_write = _credentials(request.headers["authorization"])
    found = find_token(config.store, text, now) if text else None
    if not found:
        return Identity(via=Via.NOTHING, refusal=_INVALID_TOKEN)
    account, token = found
    scopes = token.scopes if may_write else token.scopes & {Scope.READ}
    after_response(request.scope, lambda: record_token_use(config.store, token, now))
    return Identity(via=Via.TOKEN, account=account, scopes=scopes)


def _credentials(header: str) -> tuple[str, bool]:
    """Return the token in an Authorization header, and whether it may be used for changes.

    Programs that know only passwords send the token as the password, with any name. A browser repeats such credentials
    by itself, also for a form of another site, so they are good for reading only.
    """
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip(), True
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2], False
        except (binascii.Error, UnicodeDecodeError):
            pass
    return "", False


def _use_of_session(config: PanelConfig, session: AccountSession, now: datetime) -> Callable[[], None]:
    return lambda: record_use(config.store, session, now)
