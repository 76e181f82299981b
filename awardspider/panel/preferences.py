"""The language, theme and time zone in which a visitor sees pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from babel import negotiate_locale
from fastapi import Request

from awardspider.delivery.messages.language import LANGUAGES, Language, get_language, has_phrases
from awardspider.environment import default_locale
from awardspider.panel.auth.identity import identity_of
from awardspider.search.time_zones import zone_or_utc

#: Cookies that contain a choice of someone who has no account.
LANGUAGE_COOKIE, THEME_COOKIE = "language", "theme"
#: The cookie that contains the time zone of the browser.
ZONE_COOKIE = "zone"


class Theme(StrEnum):
    """Themes of the pages."""

    AUTO = "auto"  # that of the operating system
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """The language, theme and time zone of a visitor."""

    language: Language
    theme: Theme = Theme.AUTO
    zone: tzinfo = UTC


def preferences_of(request: Request, settings: Mapping[str, Any]) -> Preferences:
    """Return the preferences of a request.

    Those of an account come first, then cookies, the Accept-Language header and AWARD_LOCALE. An account without a time
    zone has that of its owner.
    """
    account = identity_of(request).account
    theme = (account and account.theme) or request.cookies.get(THEME_COOKIE, "")
    chosen = (account and account.language) or request.cookies.get(LANGUAGE_COOKIE, "")
    return Preferences(
        language=get_language(_locale(request, chosen, default_locale(settings))),
        theme=Theme(theme) if theme in list(Theme) else Theme.AUTO,
        zone=zone_or_utc(account.timezone or account.owner_timezone) if account else _browser_zone(request),
    )


def _browser_zone(request: Request) -> tzinfo:
    """Return the time zone of the browser, which base.js keeps in a cookie; UTC before it has."""
    return zone_or_utc(unquote(request.cookies.get(ZONE_COOKIE, "")))


def _locale(request: Request, chosen: str, default: str) -> str:
    if chosen in LANGUAGES:
        return chosen
    header = request.headers.get("accept-language", "")
    accepted = [part.split(";")[0].strip() for part in header.split(",")][:10]
    found = negotiate_locale([each for each in accepted if has_phrases(each)], list(LANGUAGES), sep="-")
    return found or default
