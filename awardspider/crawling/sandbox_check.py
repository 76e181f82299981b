"""Check that AWARD_SANDBOX_URL is valid and that a sandbox runs there."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from awardspider import __version__
from awardspider.outcomes import InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0
MOST_BYTES = 100_000


def check_sandbox_url(url: str) -> None:
    """Raise InvalidSetting unless the URL of the sandbox is empty or valid."""
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an invalid port or IPv6 address
        is_valid = False
    if url and not is_valid:
        raise InvalidSetting(f"AWARD_SANDBOX_URL is {url!r}, but must be a URL such as http://127.0.0.1:8800")


def live_notice(sites: Iterable[str]) -> str:
    """Return the sentence with which a crawl of live sites starts; `sites` are URLs."""
    hosts = [urlsplit(site).hostname or site for site in sites]
    subject = f"the live site {hosts[0]}" if len(hosts) == 1 else f"{len(hosts)} live sites"
    return (
        f"Searching {subject}, as far as robots.txt allows. To search the sandbox instead, run scrapy sandbox and set "
        "AWARD_SANDBOX_URL=http://127.0.0.1:8800."
    )


def require_sandbox(settings: BaseSettings) -> None:
    """Raise InvalidSetting if AWARD_SANDBOX_URL is set, but is invalid or no sandbox runs there."""
    url = settings["AWARD_SANDBOX_URL"]
    check_sandbox_url(url)
    if url and (problem := find_sandbox_problem(url)):
        raise InvalidSetting(problem)


def find_sandbox_problem(url: str) -> str | None:
    """Return a sentence if no server runs at a valid URL; otherwise None.

    A server other than a sandbox of this version only causes a warning, because you can simulate the sites yourself.
    """
    address = url.rstrip("/")
    health = None
    try:
        # Without proxies, which may be set for the live sites.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{address}/_health", timeout=TIMEOUT_SECONDS) as response:
            health = json.loads(response.read(MOST_BYTES))
    except urllib.error.HTTPError:
        pass
    except urllib.error.URLError:
        return f"no sandbox at {address}; start it with: scrapy sandbox --port {urlsplit(url).port or 80}"
    except (OSError, HTTPException, ValueError, RecursionError):
        pass
    if not isinstance(health, dict) or health.get("status") != "ok" or "seed" not in health:
        logger.warning("The server at %s is not a sandbox", address)
    elif health.get("version") != __version__:
        logger.warning("The sandbox at %s does not have version %s: restart it after an update", address, __version__)
    return None
