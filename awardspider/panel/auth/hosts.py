"""Names of the panel in requests: the Host header, the origin of a page, and if the connection is encrypted.

A page of another site can have its name resolve to this machine (DNS rebinding) and then read what the panel shows to
the person at the machine. Its requests still have the site's name in the Host header, so that header is checked.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from awardspider.environment import is_loopback
from awardspider.panel.configuration import PanelConfig, config_of

_HOST = re.compile(r"(?P<name>[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?")
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_FORWARDED = "awardspider.forwarded"


def parse_host(header: str) -> tuple[str, str] | None:
    """Return the name and the port (empty for the default one) in a Host header, or None if it is invalid."""
    match = _HOST.fullmatch(header.strip().lower())
    return (match["name"], match["port"] or "") if match else None


def is_local_host(header: str) -> bool:
    """Return whether a Host header has a name that only this machine has for itself.

    The port is not compared: a tunnel (ssh -L) may use another one, and no other site can have such a name.
    """
    parsed = parse_host(header)
    return parsed is not None and parsed[0] in _LOCAL_NAMES


def is_public_host(config: PanelConfig, header: str) -> bool:
    """Return whether a Host header has the name and port of AWARD_PUBLIC_URL."""
    url = urlsplit(config.public_url)
    public, given = parse_host(url.netloc.rpartition("@")[2]), parse_host(header)
    if not public or not given or public[0] != given[0]:
        return False
    default = _DEFAULT_PORTS.get(url.scheme, "")
    return (public[1] or default) == (given[1] or default)


def is_secure(request: Request) -> bool:
    """Return whether the browser's connection is encrypted, directly or up to the proxy of AWARD_PUBLIC_URL."""
    config = config_of(request)
    is_public = config.public_url.startswith("https://") and is_public_host(config, request.headers.get("host", ""))
    return request.url.scheme == "https" or is_public


def own_origins(request: Request) -> set[str]:
    """Return the origins of the panel's pages, as a browser writes them in the Origin header."""
    config = config_of(request)
    host = request.headers.get("host", "").lower()
    origins = {_origin(request.url.scheme, host)}
    if is_public_host(config, host):
        origins.add(_origin(urlsplit(config.public_url).scheme, host))
    return origins


def mark_forwarded(scope: MutableMapping[str, Any]) -> None:
    """Mark a request that came through a proxy."""
    scope[_FORWARDED] = True


def was_forwarded(scope: MutableMapping[str, Any]) -> bool:
    """Return whether a request came through a proxy."""
    return bool(scope.get(_FORWARDED))


class HostCheck:
    """A layer that refuses requests for names that are not the panel's, as long as it listens on loopback only.

    On another address there are accounts, so a request without a session shows nothing; any valid name is accepted.
    """

    def __init__(self, app: ASGIApp, config: PanelConfig) -> None:
        self._app = app
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        refusal = self._refusal(Headers(scope=scope)) if scope["type"] in ("http", "websocket") else None
        if refusal:
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> Response | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not parse_host(hosts[0]):
            return PlainTextResponse("The request needs one valid Host header.\n", 400)
        if (
            is_loopback(self._config.host)
            and not is_local_host(hosts[0])
            and not is_public_host(self._config, hosts[0])
        ):
            sentence = (
                f"The panel is not at {hosts[0]}. Open http://127.0.0.1:{self._config.port}; "
                f"for another name, set AWARD_PUBLIC_URL to its address."
            )
            return PlainTextResponse(f"{sentence}\n", 421)
        return None


def _origin(scheme: str, host: str) -> str:
    parsed = parse_host(host)
    if not parsed:
        return ""
    name, port = parsed
    return f"{scheme}://{name}" if port in ("", _DEFAULT_PORTS.get(scheme)) else f"{scheme}://{name}:{port}"
