"""Protection against forged requests: pages of other sites cannot make a browser change something here.

Each form contains a token that depends on the session of its page, or on a signed cookie for someone without a session.
In addition, the browser says which site a request came from.
"""

from __future__ import annotations

import hmac
import secrets

from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from awardspider.outcomes import AwardError
from awardspider.panel.auth.cookies import forms_key, forms_key_for_page, session_cookie
from awardspider.panel.auth.hosts import own_origins
from awardspider.panel.auth.identity import SAFE_METHODS, Via, identity_of
from awardspider.panel.auth.signing import signature
from awardspider.panel.configuration import config_of

#: The field of a form, and the header of a request by a script, that contain the token.
FORM_FIELD, HEADER = "csrf_token", "x-csrf-token"

_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_OUTDATED = "The page was too old for this change, so nothing was changed. Open it again and repeat the change."
_FOREIGN = "The request came from a page of another site, so nothing was changed."


class ForgedRequest(AwardError):
    """A change that no page of the panel requested. Raised by `check_form_token`."""


class FormToken:
    """The token for the forms of a page. It is made when a template uses it: other pages need no cookie."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._text = ""

    def __str__(self) -> str:
        self._text = self._text or csrf_token(self._request)
        return self._text


def csrf_token(request: Request) -> str:
    """Return the token for the forms of a page. It differs for each page, so that its compressed size says nothing."""
    if identity_of(request).via is Via.SESSION:
        return _token(request, session_cookie(request), secrets.token_hex(16))
    return _token(request, forms_key_for_page(request), secrets.token_hex(16))


async def check_form_token(request: Request) -> None:
    """Raise ForgedRequest unless a request has the token of a page, as a form field or in the header X-CSRF-Token."""
    given = request.headers.get(HEADER, "")
    if not given and request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORM_TYPES:
        field = (await request.form()).get(FORM_FIELD)
        given = field if isinstance(field, str) else ""
    is_session = identity_of(request).via is Via.SESSION
    key = session_cookie(request) if is_session else forms_key(request)
    expected = _token(request, key, given.partition(".")[0])
    if not key or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ForgedRequest(_OUTDATED)


def _token(request: Request, key: str, nonce: str) -> str:
    return f"{nonce}.{signature(config_of(request).data_dir, 'form', f'{nonce}:{key}')}"


class OriginCheck:
    """A layer that refuses changes that were requested by pages of other sites, as far as the browser says so.

    A request with a token for programs is not from a form: only a script of the panel's own pages could add it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and _is_foreign(scope):
            await PlainTextResponse(f"{_FOREIGN}\n", 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_foreign(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    if headers.get("authorization", "").lower().startswith("bearer "):
        return False
    if site := headers.get("sec-fetch-site"):
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and origin.lower() not in own_origins(Request(scope))
