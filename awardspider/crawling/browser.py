"""The session that `scrapy login` saved, and the settings of the browser transport."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from awardspider.environment import browser_proxy, expand_path
from awardspider.logs.masking import add_secret
from awardspider.outcomes import InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy.settings import BaseSettings

#: Shorter cookies, such as a language, are not secret.
MIN_COOKIE_LENGTH = 20

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class _Cookie(msgspec.Struct):
    name: str
    value: str
    domain: str
    path: str = "/"


class _Session(msgspec.Struct):
    """The parts of Playwright's storage state that are used here; Playwright also needs both lists."""

    cookies: list[_Cookie]
    origins: list[dict[str, Any]]


def session_error(session_file: Path) -> str:
    """Return why a session file is unusable, or an empty string if it is usable or does not exist."""
    try:
        _load_session(session_file)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"the session file {session_file} is unreadable: {error.strerror}"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # the text of an error may quote a cookie
        return f"the session file {session_file} is damaged"
    return ""


def cookies(session_file: Path, site: str | None) -> list[dict[str, str]]:
    """Return a saved session's cookies, limited to those for `site` if given; empty without a usable session file."""
    if not session_file.exists() or session_error(session_file):
        return []
    host = urlsplit(site).hostname or "" if site else ""
    for cookie in _load_session(session_file).cookies:
        if len(cookie.value) >= MIN_COOKIE_LENGTH:
            add_secret(cookie.value)
    return [
        {"name": cookie.name, "value": cookie.value, "path": cookie.path}
        for cookie in _load_session(session_file).cookies
        if not host or f".{host}".endswith(f".{cookie.domain.lstrip('.')}")
    ]


def _load_session(session_file: Path) -> _Session:
    return msgspec.json.decode(session_file.read_bytes(), type=_Session)


def launch_options(settings: Mapping[str, Any] | BaseSettings, *, headless: bool = True) -> dict[str, Any]:
    """Return launch options for AWARD_CHROMIUM, else the system's Chromium or Chrome, else Playwright's Chromium."""
    chosen = settings["AWARD_CHROMIUM"]
    if chosen and chosen.startswith("~"):
        chosen = str(expand_path(chosen))
    if chosen and not shutil.which(chosen):
        raise InvalidSetting(f"AWARD_CHROMIUM is {chosen!r}, which is not an executable program")
    found = shutil.which(chosen) if chosen else next(filter(None, map(shutil.which, BROWSERS)), None)
    options: dict[str, Any] = {"headless": headless}
    if found:
        options["executable_path"] = found
    if proxy := browser_proxy(settings.get("AWARD_SANDBOX_URL")):
        options["proxy"] = proxy
    else:
        options["args"] = ["--no-proxy-server"]  # otherwise Chromium reads the environment itself
    if os.geteuid() == 0:  # Chromium refuses to run its sandbox as root
        options["chromium_sandbox"] = False
    return options


def use_browser(settings: BaseSettings, session_file: Path) -> None:
    """Configure a crawl for the browser transport: one browser, a limited number of pages and the saved session."""
    context: dict[str, Any] = {"user_agent": settings["USER_AGENT"]}
    if session_file.exists() and not session_error(session_file):
        context["storage_state"] = str(session_file)
    for name, value in {
        # Only one scheme, because each handler starts a separate browser.
        "DOWNLOAD_HANDLERS": {"https": "awardspider.middlewares.transport.BrowserTransport"},
        "PLAYWRIGHT_LAUNCH_OPTIONS": launch_options(settings),
        "PLAYWRIGHT_CONTEXTS": {"default": context},
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": settings.getint("AWARD_BROWSER_PAGES"),
        "PLAYWRIGHT_ABORT_REQUEST": "awardspider.middlewares.transport.is_media_request",
    }.items():
        settings.set(name, value, priority="spider")
