"""HEAD requests: the headers of what GET returns, for crawlers of link previews and for monitors."""

from __future__ import annotations

import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Paths on which a GET can wait for messages.
_WITHOUT_HEAD = ("/mcp",)


class _BodyNotNeeded(Exception):
    """The end of a response whose further body nobody needs, such as that of an export."""


class HeadRequests:
    """A layer that handles a HEAD request as a GET, and leaves out the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        is_head = scope["type"] == "http" and scope["method"] == "HEAD"
        if not is_head or scope["path"].startswith(_WITHOUT_HEAD):
            await self._app(scope, receive, send)
            return
        has_ended = False

        async def send_without_body(message: Message) -> None:
            nonlocal has_ended
            if has_ended:
                raise _BodyNotNeeded
            if message["type"] == "http.response.body":
                has_ended = True
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        with contextlib.suppress(_BodyNotNeeded):
            await self._app(dict(scope, method="GET"), receive, send_without_body)
