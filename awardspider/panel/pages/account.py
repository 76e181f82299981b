"""The page of the visitor's own account: preferences, password, sessions and tokens."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from awardspider.delivery.messages.language import LANGUAGES
from awardspider.outcomes import InvalidArgument
from awardspider.panel.access import AccessDenied, Viewer, Visitor
from awardspider.panel.auth.browsers import browser_name
from awardspider.panel.auth.identity import Via, identity_of
from awardspider.panel.auth.passwords import check_password, hash_password
from awardspider.panel.auth.sign_in import confirms_password, is_signed_in
from awardspider.panel.configuration import config_of
from awardspider.panel.preferences import Theme
from awardspider.panel.rendering import render
from awardspider.search.time_zones import parse_timezone
from awardspider.storage.account_sessions import AccountSession, end_other_sessions, end_session, find_sessions
from awardspider.storage.accounts import Account, AccountPreferences, Scope, change_password, save_account_preferences
from awardspider.storage.api_tokens import add_token, find_tokens, revoke_token

router = APIRouter(include_in_schema=False)

#: The choices for the expiry of a token, in days; 0 for never.
EXPIRY_DAYS = (30, 90, 365, 0)


@router.get("/account")
def account_page(request: Request, visitor: Viewer) -> Response:
    """Show the account, or how to add one."""
    if visitor.via is Via.LOCAL:
        return render(request, visitor, "account_none.html")
    return _page(request, visitor)


@router.post("/account/preferences")
def save_account(
    request: Request,
    visitor: Viewer,
    language: Annotated[str, Form()] = "",
    theme: Annotated[Theme, Form()] = Theme.AUTO,
    timezone: Annotated[str, Form()] = "",
) -> Response:
    """Save the language, theme and time zone."""
    account, _ = _own(request)
    try:
        chosen = AccountPreferences(
            language=language if language in LANGUAGES else None,
            theme=theme,
            timezone=parse_timezone(timezone) if timezone.strip() else None,
        )
    except InvalidArgument as error:
        return _page(request, visitor, errors={"timezone": str(error)}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    save_account_preferences(config_of(request).store, account.id, chosen)
    return _done("saved")


@router.post("/account/password")
def save_password(
    request: Request,
    visitor: Viewer,
    current: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    repeated: Annotated[str, Form()] = "",
    keep_tokens: Annotated[bool, Form()] = False,
) -> Response:
    """Change the password, which ends the other sessions and revokes the tokens, unless they are kept."""
    account, session = _own(request)
    config = config_of(request)
    errors: dict[str, str] = {}
    if not confirms_password(config, request, account.name, current):
        errors["current"] = "account.wrong_password"
    elif new != repeated:
        errors["repeated"] = "account.not_repeated"
    else:
        try:
            check_password(account.name, new)
        except InvalidArgument as error:
            errors["new"] = str(error)
    if errors:
        return _page(request, visitor, errors=errors, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    ended = change_password(
        config.store, account.id, hash_password(new), kept_session=session.id_hash, keeps_tokens=keep_tokens
    )
    return _done("password_changed_tokens" if ended.tokens else "password_changed")


@router.post("/account/sessions/end")
def end_sessions(request: Request, visitor: Viewer, session: Annotated[str, Form()] = "") -> Response:
    """End one other session, or all others if none is named."""
    account, own = _own(request)
    store = config_of(request).store
    if session:
        end_session(store, account.id, session)
    else:
        end_other_sessions(store, account.id, own.id_hash)
    return _done("session_ended")


@router.post("/account/tokens")
def create_token(
    request: Request,
    visitor: Viewer,
    name: Annotated[str, Form()] = "",
    scope: Annotated[Scope, Form()] = Scope.READ,
    days: Annotated[int, Form(ge=0, le=3650)] = EXPIRY_DAYS[1],
    password: Annotated[str, Form()] = "",
) -> Response:
    """Create a token and show it, once. It needs the password, because it outlives the session."""
    account, _ = _own(request)
    config = config_of(request)
    written = {"name": name, "scope": scope, "days": days}
    if not confirms_password(config, request, account.name, password):
        errors = {"token_password": "account.wrong_password"}
        return _page(request, visitor, errors=errors, token_form=written, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    now = config.now()
    expires_at = now + timedelta(days=days) if days else None
    try:
        _, text = add_token(config.store, account.id, name=name, scopes=[scope], expires_at=expires_at, now=now)
    except InvalidArgument as error:
        errors = {"token": str(error)}
        return _page(request, visitor, errors=errors, token_form=written, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _page(request, visitor, new_token=text)


@router.post("/account/tokens/revoke")
def revoke(request: Request, visitor: Viewer, token: Annotated[str, Form()] = "") -> Response:
    """Revoke a token."""
    account, _ = _own(request)
    revoke_token(config_of(request).store, account.id, token)
    return _done("token_revoked")


def _own(request: Request) -> tuple[Account, AccountSession]:
    """Return the account and session of a request. Raise AccessDenied for tokens, and without an account."""
    identity = identity_of(request)
    if not is_signed_in(request) or not identity.account or not identity.session:
        raise AccessDenied("Only a person who is signed in with a password can change an account.")
    return identity.account, identity.session


def _page(
    request: Request,
    visitor: Visitor,
    *,
    errors: dict[str, str] | None = None,
    token_form: dict[str, Any] | None = None,
    new_token: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    account, session = _own(request)
    config = config_of(request)
    context: dict[str, Any] = {
        "account": account,
        "session": session,
        "sessions": find_sessions(config.store, account.id, config.now()),
        "tokens": find_tokens(config.store, account.id),
        "now": config.now(),
        "errors": errors or {},
        "token_form": token_form or {"name": "", "scope": Scope.READ, "days": EXPIRY_DAYS[1]},
        "new_token": new_token,
        "expiry_days": EXPIRY_DAYS,
        "browser_name": browser_name,
    }
    return render(request, visitor, "account.html", status=status, **context)


def _done(notice: str) -> Response:
    return RedirectResponse(f"/account?notice={notice}", HTTPStatus.SEE_OTHER)
