"""The page to sign in, and signing out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from awardspider.panel.access import Public
from awardspider.panel.auth.cookies import remove_session_cookie, set_session_cookie
from awardspider.panel.auth.identity import Via, identity_of
from awardspider.panel.auth.sign_in import is_signed_in, own_page, sign_in
from awardspider.panel.configuration import config_of
from awardspider.panel.rendering import render
from awardspider.storage.account_sessions import end_session
from awardspider.storage.accounts import any_account_has_password

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def sign_in_page(request: Request, visitor: Public, next: str = "/") -> Response:
    """Show the form, or how to add the first account."""
    if is_signed_in(request) or visitor.via is Via.LOCAL:
        return RedirectResponse(own_page(next), HTTPStatus.SEE_OTHER)
    has_accounts = any_account_has_password(config_of(request).store)
    return render(request, visitor, "sign_in.html", next=own_page(next), name="", error="", has_accounts=has_accounts)


@router.post("/sign-in")
def start_session(
    request: Request,
    visitor: Public,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Sign in and return to the page that was requested."""
    result = sign_in(config_of(request), request, name, password)
    if result.session_id:
        response: Response = RedirectResponse(own_page(next), HTTPStatus.SEE_OTHER)
        set_session_cookie(request, response, result.session_id)
        return response
    status = HTTPStatus.TOO_MANY_REQUESTS if result.paused_until else HTTPStatus.UNAUTHORIZED
    page = render(
        request,
        visitor,
        "sign_in.html",
        status=status,
        next=own_page(next),
        name=name[:100],
        error="paused" if result.paused_until else "wrong",
        paused_until=result.paused_until,
        has_accounts=True,
    )
    if result.paused_until:
        seconds = (result.paused_until - config_of(request).now()).total_seconds()
        page.headers["Retry-After"] = str(max(1, round(seconds)))
    return page


@router.post("/sign-out")
def end_this_session(request: Request, visitor: Public) -> Response:
    """End the session of this browser."""
    identity = identity_of(request)
    if identity.account and identity.session:
        end_session(config_of(request).store, identity.account.id, identity.session.id_hash)
    response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    remove_session_cookie(request, response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
