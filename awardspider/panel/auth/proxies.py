"""Reverse proxies: their headers X-Forwarded-For, -Proto and -Host count only if the operator trusts the proxy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from awardspider.outcomes import InvalidSetting
from awardspider.panel.auth.hosts import mark_forwarded, parse_host

SETTING = "AWARD_PANEL_TRUSTED_PROXIES"

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Headers that proxies add. A request with one of them is not from a person at this machine.
_PROXY_HEADERS = (
    "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix",
    "x-forwarded-scheme", "x-forwarded-ssl", "x-forwarded-server", "x-real-ip", "forwarded", "via",
)  # fmt: skip


def trusted_proxies(settings: Mapping[str, Any]) -> tuple[_Network, ...]:
    """Return the networks in AWARD_PANEL_TRUSTED_PROXIES. Raise InvalidSetting."""
    networks = []
    for text in re.split(r"[\s,]+", str(settings.get(SETTING) or "").strip()):
        if not text:
            continue
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            raise InvalidSetting(f"{SETTING} has {text!r}: write addresses or networks such as 10.0.0.0/24") from None
        if network.prefixlen == 0:
            raise InvalidSetting(f"{SETTING} has {text}, which is everybody: write the address of your proxy")
        networks.append(network)
    return tuple(networks)


class ProxyHeaders:
    """A layer that takes the address, scheme and host of a request from the headers of a trusted proxy.

    The headers of others are removed, and invalid ones of a trusted proxy end the request.
    """

    def __init__(self, app: ASGIApp, trusted: tuple[_Network, ...]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = [name for name in _PROXY_HEADERS if name in headers]
        if given:
            mark_forwarded(scope)
            peer = _address((scope.get("client") or ("",))[0])
            if self._is_trusted(peer):
                try:
                    self._apply(scope, headers)
                except ValueError as error:
                    await PlainTextResponse(f"The proxy sent an invalid header {error}.\n", 400)(scope, receive, send)
                    return
            mutable = MutableHeaders(scope=scope)
            for name in given:
                del mutable[name]
        await self._app(scope, receive, send)

    def _apply(self, scope: Scope, headers: Headers) -> None:
        """Change the scope of a request. Raise ValueError with the name of an invalid header."""
        if "x-forwarded-for" in headers:
            addresses = [_address(part) for part in ",".join(headers.getlist("x-forwarded-for")).split(",")]
            # Each proxy adds the address it was called from at the end. Those before the first untrusted address
            # can be forged.
            first = addresses[0]
            for address in reversed(addresses):
                if address is None:
                    raise ValueError("X-Forwarded-For")
                first = address
                if not self._is_trusted(address):
                    break
            scope["client"] = (str(first), 0)
        if "x-forwarded-proto" in headers:
            scheme = headers["x-forwarded-proto"].strip().lower()
            if scheme not in ("http", "https"):
                raise ValueError("X-Forwarded-Proto")
            scope["scheme"] = scheme
        if "x-forwarded-host" in headers:
            host = headers["x-forwarded-host"].strip()
            if not parse_host(host):
                raise ValueError("X-Forwarded-Host")
            MutableHeaders(scope=scope)["host"] = host

    def _is_trusted(self, address: _Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def _address(text: str) -> _Address | None:
    """Return the address in a text such as `203.0.113.9`, `203.0.113.9:4711` or `[2001:db8::1]:4711`, or None."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
