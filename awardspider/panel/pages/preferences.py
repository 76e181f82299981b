"""The choice of language and theme, kept in cookies."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from awardspider.delivery.messages.language import LANGUAGES
from awardspider.panel.access import Public
from awardspider.panel.preferences import LANGUAGE_COOKIE, THEME_COOKIE, Theme

router = APIRouter(include_in_schema=False)

_YEAR_SECONDS = 365 * 24 * 3600


@router.post("/preferences")
def save_preferences(
    visitor: Public,
    language: Annotated[str, Form()] = "",
    theme: Annotated[Theme, Form()] = Theme.AUTO,
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Save the choice and return to the page."""
    is_own_page = back.startswith("/") and not back.startswith(("//", "/\\"))
    response = RedirectResponse(back if is_own_page else "/", status_code=303)
    if language in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR_SECONDS, httponly=True, samesite="lax")
    response.set_cookie(THEME_COOKIE, theme, max_age=_YEAR_SECONDS, httponly=True, samesite="lax")
    return response
