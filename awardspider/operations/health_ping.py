"""The request to AWARD_HEALTH_URL, whose service notifies the operator when the requests stop."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from awardspider.environment import is_loopback, proxy_for
from awardspider.storage import processes
from awardspider.storage.services import ServiceName, service_rows
from awardspider.storage.store import Store

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 5.0


def ping(store: Store, settings: Mapping[str, Any], now: datetime) -> bool:
    """Request the address, if this process is a scheduler; return whether it responded with success.

    The dispatcher runs the same checks, but only the scheduler sends the request, so that there is one each minute. In
    the sandbox, only an address on this machine is requested. The address is a secret, so it is not logged.
    """
    url, sandbox_url = str(settings["AWARD_HEALTH_URL"] or ""), str(settings["AWARD_SANDBOX_URL"] or "")
    if not url or not _is_scheduler(store) or (sandbox_url and not _is_local(url)):
        return False
    try:
        proxy = proxy_for(url, sandbox_url)
        with requests.Session() as session:
            session.trust_env = False
            response = session.get(
                url,
                timeout=TIMEOUT_SECONDS,
                headers={"User-Agent": str(settings["USER_AGENT"])},
                proxies={"http": proxy, "https": proxy} if proxy else {},
                allow_redirects=False,
            )
    except (requests.RequestException, ValueError) as error:
        logger.warning("AWARD_HEALTH_URL could not be requested: %s", type(error).__name__)
        return False
    if not response.ok:
        logger.warning("AWARD_HEALTH_URL responded with HTTP %s", response.status_code)
    return response.ok


def _is_scheduler(store: Store) -> bool:
    """Return whether this process is recorded as a scheduler."""
    this = (socket.gethostname(), processes.pid_namespace(), os.getpid())
    return any(
        row.name is ServiceName.SCHEDULER and (row.host, row.pid_namespace, row.pid) == this
        for row in service_rows(store)
    )


def _is_local(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname)
    except ValueError:
        return False
