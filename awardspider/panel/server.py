"""The server of the panel."""

from __future__ import annotations

import errno
import gc
import logging
import socket
from collections.abc import Callable
from threading import Thread
from typing import Any

import uvicorn
from fastapi import FastAPI

from awardspider.environment import is_loopback
from awardspider.operations.service import running_service
from awardspider.outcomes import AwardError, InvalidSetting
from awardspider.panel.application import create_app
from awardspider.panel.auth.access_log import mask_access_log
from awardspider.panel.configuration import PanelConfig
from awardspider.storage.accounts import any_account_has_password
from awardspider.storage.services import ServiceName

logger = logging.getLogger(__name__)

_STOP_SECONDS = 5
# New objects until the youngest generation is collected: a collection for every 700 took 3 to 8 % of a page's time.
_OBJECTS_PER_COLLECTION = 10_000


def serve(config: PanelConfig, announce: Callable[[], None]) -> None:
    """Serve the panel until SIGINT or SIGTERM, as a recorded service; call `announce` when it can be opened.

    Raise InvalidSetting if others could reach the panel without a password, and AwardError if the address is in use.
    """
    check_accounts(config)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    mask_access_log()
    with _listening_socket(config.host, config.port) as listener:
        server = uvicorn.Server(server_configuration(create_app(config)))
        _freeze_objects()
        # In a thread of its own, uvicorn leaves the signals to running_service.
        thread = Thread(target=server.run, args=([listener],), name="panel")
        with running_service(config.store, ServiceName.PANEL) as stop:
            thread.start()
            announce()
            while thread.is_alive() and not stop.wait(0.5):
                pass
            server.should_exit = True
            thread.join()


def _freeze_objects() -> None:
    """Exclude the objects of the imported modules from garbage collection, and collect new ones less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_PER_COLLECTION, *gc.get_threshold()[1:])


def server_configuration(app: FastAPI, **options: Any) -> uvicorn.Config:
    """Return uvicorn's configuration for the panel."""
    return uvicorn.Config(
        app,
        log_config=None,
        proxy_headers=False,  # panel.auth.proxies reads them, of trusted proxies only
        server_header=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
        **options,
    )


def check_accounts(config: PanelConfig) -> None:
    """Raise InvalidSetting if the panel would listen to others, and no account has a password.

    If a proxy passes requests of others on, log that nobody can sign in: the panel still serves the public pages.
    """
    if config.is_local or any_account_has_password(config.store):
        return
    if not is_loopback(config.host):
        raise InvalidSetting(
            f"others could open the panel at {config.host} without a password: add an account first, "
            f"with scrapy panel adduser NAME --role operator"
        )
    logger.warning(
        "Others can reach the panel through a proxy, so it needs an account, and only its public pages can be opened: "
        "add one with scrapy panel adduser NAME --role operator"
    )


def _listening_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise AwardError(f"port {port} of {host} {reason}: stop the other program, or set another --port") from None
