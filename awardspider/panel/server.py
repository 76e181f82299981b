"""The server of the panel."""

from __future__ import annotations

import uvicorn

from awardspider.environment import is_loopback
from awardspider.outcomes import InvalidSetting
from awardspider.panel.application import create_app
from awardspider.panel.configuration import PanelConfig

_STOP_SECONDS = 5


def serve(config: PanelConfig) -> None:
    """Serve the panel until SIGINT or SIGTERM.

    Raise InvalidSetting if others could reach the panel without a password.
    """
    if not is_loopback(config.host):
        raise InvalidSetting(
            f"others could open the panel at {config.host} without a password: add an account first, "
            f"with scrapy panel adduser NAME --role operator"
        )
    uvicorn.run(
        create_app(config),
        host=config.host,
        port=config.port,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
