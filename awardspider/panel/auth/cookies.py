"""The cookies of the panel: the session, and the key of the forms of someone without a session."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import Request
from starlette.responses import Response

from awardspider.panel.auth.hosts import is_secure
from awardspider.panel.auth.signing import is_signed, signed
from awardspider.panel.configuration import config_of
from awardspider.storage.account_sessions import LIFETIME

_SESSION, _FORMS = "awardspider_session", "awardspider_forms"
_NEW_FORMS_KEY = "awardspider.new_forms_key"


def session_cookie(request: Request) -> str:
    """Return the id of the session in a request, or an empty string."""
    return request.cookies.get(_cookie_name(request, _SESSION), "")


def set_session_cookie(request: Request, response: Response, session_id: str) -> None:
    """Let the browser send the id of a session."""
    _set(request, response, _SESSION, session_id, max_age=int(LIFETIME.total_seconds()))


def remove_session_cookie(request: Request, response: Response) -> None:
    """Delete the cookie of the session."""
    _set(request, response, _SESSION, "", max_age=0)


def forms_key(request: Request) -> str:
    """Return the key of the forms in a request without a session; an empty string unless the panel has signed it."""
    key = request.cookies.get(_cookie_name(request, _FORMS), "")
    return key if is_signed(config_of(request).data_dir, key) else ""


def forms_key_for_page(request: Request) -> str:
    """Return the key for the forms of a page; a new one is sent with the response."""
    key = forms_key(request) or request.scope.get(_NEW_FORMS_KEY, "")
    if not key:
        key = request.scope[_NEW_FORMS_KEY] = signed(config_of(request).data_dir, secrets.token_urlsafe(32))
    return key


def new_cookies(scope: Any) -> list[tuple[bytes, bytes]]:
    """Return the headers of cookies that a page needs and the request did not have."""
    key = scope.get(_NEW_FORMS_KEY)
    if not key:
        return []
    response = Response()
    _set(Request(scope), response, _FORMS, key, max_age=None)
    return [header for header in response.raw_headers if header[0] == b"set-cookie"]


def _set(request: Request, response: Response, name: str, value: str, *, max_age: int | None) -> None:
    secure = is_secure(request)
    response.set_cookie(
        _cookie_name(request, name), value, max_age=max_age, path="/", httponly=True, samesite="lax", secure=secure
    )


def _cookie_name(request: Request, name: str) -> str:
    """Return the name of a cookie. A browser accepts one with `__Host-` only over https and from the host itself."""
    return f"__Host-{name}" if is_secure(request) else name
