"""Signing in with a name and a password, and the redirect to the sign-in page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from awardspider.panel.auth.identity import Via, identity_of
from awardspider.panel.auth.passwords import (
    MAX_LENGTH,
    has_outdated_parameters,
    hash_password,
    is_right_password,
)
from awardspider.panel.auth.throttling import subjects_of
from awardspider.panel.configuration import PanelConfig
from awardspider.panel.htmx import is_htmx_request
from awardspider.storage.account_sessions import end_session, start_session
from awardspider.storage.accounts import password_of, replace_hash
from awardspider.storage.login_failures import begin_attempt, record_success

SIGN_IN_PATH = "/sign-in"

#: Paths of programs, which get a status instead of the page to sign in.
_PROGRAM_PATHS = ("/api/", "/export/", "/feeds/", "/mcp", "/metrics")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInResult:
    """The result of an attempt to sign in: the id of a new session, or until when no further attempt is possible."""

    session_id: str = ""
    paused_until: datetime | None = None


def sign_in(config: PanelConfig, request: Request, name: str, password: str) -> SignInResult:
    """Start a session if a name and password are right. Unknown names take as long as wrong passwords.

    A session that the browser had before ends.
    """
    now = config.now()
    address = client_address(request)
    subjects = subjects_of(config.data_dir, name, address)
    if paused_until := begin_attempt(config.store, subjects.limits, now):
        return SignInResult(paused_until=paused_until)
    found = password_of(config.store, name)
    account, password_hash = found or (None, None)
    if not is_right_password(password_hash, password[: MAX_LENGTH + 1]) or account is None or password_hash is None:
        return SignInResult()
    record_success(config.store, account=subjects.account, address=subjects.address)
    if has_outdated_parameters(password_hash):
        replace_hash(config.store, account.id, old=password_hash, new=hash_password(password))
    earlier = identity_of(request)
    if earlier.session and earlier.account:
        end_session(config.store, earlier.account.id, earlier.session.id_hash)
    user_agent = request.headers.get("user-agent", "")
    session_id = start_session(config.store, account.id, address=address, user_agent=user_agent, now=now)
    return SignInResult(session_id=session_id)


def client_address(request: Request) -> str:
    """Return the address that a request came from."""
    return request.client.host if request.client else ""


def own_page(address: str) -> str:
    """Return the address of a page of the panel, or the home page for any other address."""
    is_own = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_own else "/"


def sign_in_response(request: Request) -> Response | None:
    """Return the response that leads a person to the page to sign in; None for a program."""
    path = request.url.path
    if path.startswith(_PROGRAM_PATHS) or "authorization" in request.headers:
        return None
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    is_page = request.method == "GET" and back != "/"
    address = f"{SIGN_IN_PATH}?next={quote(back, safe='')}" if is_page else SIGN_IN_PATH
    if is_htmx_request(request):
        return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": SIGN_IN_PATH})
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def is_signed_in(request: Request) -> bool:
    """Return whether a request belongs to a session."""
    return identity_of(request).via is Via.SESSION


def confirms_password(config: PanelConfig, request: Request, name: str, password: str) -> bool:
    """Return whether a password is that of an account. Failures count as those of signing in do."""
    subjects = subjects_of(config.data_dir, name, client_address(request))
    if begin_attempt(config.store, subjects.limits, config.now()):
        return False
    found = password_of(config.store, name)
    if not is_right_password(found[1] if found else None, password[: MAX_LENGTH + 1]):
        return False
    record_success(config.store, account=subjects.account, address=subjects.address)
    return True
