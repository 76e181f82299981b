"""The session that `scrapy login` saved, and the settings of the browser transport."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from awardspider.environment import browser_proxy
from awardspider.outcomes import InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy.settings import BaseSettings

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def cookies(session_file: Path, site: str | None) -> list[dict[str, str]]:
    """Return a saved session's cookies, limited to those for `site` if given; empty if there is no session file."""
    if not session_file.exists():
        return []
    host = urlsplit(site).hostname or "" if site else ""
    return [
        {"name": cookie["name"], "value": cookie["value"], "path": cookie.get("path", "/")}
        for cookie in json.loads(session_file.read_text(encoding="utf-8")).get("cookies", [])
        if not host or f".{host}".endswith(f".{cookie['domain'].lstrip('.')}")
    ]


def launch_options(settings: Mapping[str, Any] | BaseSettings, *, headless: bool = True) -> dict[str, Any]:
    """Return launch options for AWARD_CHROMIUM, else the system's Chromium or Chrome, else Playwright's Chromium."""
    chosen = settings["AWARD_CHROMIUM"]
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
    if session_file.exists():
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
