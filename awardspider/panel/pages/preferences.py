"""The choice of language and theme: of an account, or else kept in cookies."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from awardspider.delivery.messages.language import LANGUAGES
from awardspider.panel.access import Public
from awardspider.panel.auth.identity import identity_of
from awardspider.panel.auth.sign_in import is_signed_in, own_page
from awardspider.panel.configuration import config_of
from awardspider.panel.preferences import LANGUAGE_COOKIE, THEME_COOKIE, Theme
from awardspider.storage.accounts import AccountPreferences, save_account_preferences

router = APIRouter()

_YEAR_SECONDS = 365 * 24 * 3600


@router.post("/preferences")
def save_preferences(
    request: Request,
    visitor: Public,
    language: Annotated[str, Form()] = "",
    theme: Annotated[Theme, Form()] = Theme.AUTO,
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Save the choice and return to the page."""
    response = RedirectResponse(own_page(back), status_code=303)
    account = identity_of(request).account
    if account and is_signed_in(request):
        chosen = AccountPreferences(
            language=language if language in LANGUAGES else account.language, theme=theme, timezone=account.timezone
        )
        save_account_preferences(config_of(request).store, account.id, chosen)
    if language in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR_SECONDS, httponly=True, samesite="lax")
    response.set_cookie(THEME_COOKIE, theme, max_age=_YEAR_SECONDS, httponly=True, samesite="lax")
    return response
