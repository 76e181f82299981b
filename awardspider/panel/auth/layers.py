"""The order of the layers that protect the panel."""

from __future__ import annotations

from fastapi import FastAPI

from awardspider.panel.auth.after_response import AfterResponse
from awardspider.panel.auth.csrf import OriginCheck
from awardspider.panel.auth.headers import SecurityHeaders
from awardspider.panel.auth.hosts import HostCheck
from awardspider.panel.auth.proxies import ProxyHeaders, trusted_proxies
from awardspider.panel.configuration import PanelConfig


def add_security(app: FastAPI, config: PanelConfig) -> None:
    """Add the layers around all others. Raise InvalidSetting for invalid trusted proxies."""
    # The last one added is the first to get a request.
    app.add_middleware(OriginCheck)
    app.add_middleware(HostCheck, config=config)
    app.add_middleware(ProxyHeaders, trusted=trusted_proxies(config.settings))
    app.add_middleware(AfterResponse)
    app.add_middleware(SecurityHeaders, config=config)
