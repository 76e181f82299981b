"""Headers of every response, those of errors and static files included, that limit what a browser does with it."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from awardspider.panel.auth.cookies import new_cookies
from awardspider.panel.auth.hosts import is_secure
from awardspider.panel.configuration import CONFIG_KEY, PanelConfig

#: Nothing from other sites, no script or style in pages, no embedding of the panel.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Addresses of the panel can contain secrets (feeds, public pages), so other sites do not see them.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-write=(self)"
    ),
}
#: A route may set these itself.
_UNLESS_SET = {"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store"}

_HSTS = "max-age=31536000"


class SecurityHeaders:
    """The layer that adds the headers, and the cookies that a page needs, and provides the configuration."""

    def __init__(self, app: ASGIApp, config: PanelConfig) -> None:
        self._app = app
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[CONFIG_KEY] = self._config

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers[name] = value
                for name, value in _UNLESS_SET.items():
                    headers.setdefault(name, value)
                if is_secure(Request(scope)):
                    headers["Strict-Transport-Security"] = _HSTS
                for cookie in new_cookies(scope):
                    message["headers"].append(cookie)
            await send(message)

        await self._app(scope, receive, send_with_headers)
