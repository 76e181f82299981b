"""The MCP server with all tools, and how the panel serves it."""

from __future__ import annotations

import functools
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from awardspider import __version__
from awardspider.outcomes import AwardError
from awardspider.panel.access import current_visitor
from awardspider.panel.auth.identity import Via
from awardspider.panel.configuration import config_of
from awardspider.panel.mcp import calendar_tool, offer_tools, other_tools, watch_tools
from awardspider.panel.mcp.session import ToolSession, current_session, set_session
from awardspider.panel.server_errors import visible_sentence

logger = logging.getLogger(__name__)

_MOST_ERRORS = 3

_INSTRUCTIONS = (
    "awardspider stores award flights (flights priced in miles) and promotions with miles. Prices are per traveler, "
    "one way, unless stated otherwise. Every result has `as_of`, and every price the time at which it was seen and its "
    "source: say the age when you quote a price, and tell people to check it before they transfer points. A day that "
    "was not searched, or whose search failed, is not a day without seats. Start with search_offers; get_calendar for "
    "flexible dates; explain_deal for one offer; preview_watch before create_watch. Nothing here books or transfers."
)

_READING = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_CHANGING = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
_REMOVING = ToolAnnotations(read_only_hint=False, destructive_hint=True, open_world_hint=False)

_TOOLS: tuple[tuple[Callable[..., dict[str, Any]], ToolAnnotations], ...] = (
    (offer_tools.search_offers, _READING),
    (calendar_tool.get_calendar, _READING),
    (offer_tools.get_price_history, _READING),
    (offer_tools.explain_deal, _READING),
    (other_tools.list_promotions, _READING),
    (other_tools.list_programs, _READING),
    (watch_tools.list_watches, _READING),
    (watch_tools.preview_watch, _READING),
    (watch_tools.create_watch, _CHANGING),
    (watch_tools.set_watch_active, _CHANGING),
    (watch_tools.delete_watch, _REMOVING),
)


class ToolServer(MCPServer[Any]):
    """A server whose errors are sentences."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool. Raise ToolError with a sentence for a person."""
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(_invalid_arguments(error.__cause__)) from error.__cause__
            if isinstance(error.__cause__, ToolError):
                raise error.__cause__ from None
            raise


def _invalid_arguments(error: ValidationError) -> str:
    sentences = (f"{'.'.join(map(str, each['loc']))}: {each['msg'].lower()}" for each in error.errors()[:_MOST_ERRORS])
    return f"Invalid arguments: {'; '.join(sentences)}."


def create_server() -> MCPServer[Any]:
    """Return the server. Its tools use the session that `set_session` has set."""
    server = ToolServer("awardspider", version=__version__, instructions=_INSTRUCTIONS, log_level="WARNING")
    for tool, hints in _TOOLS:
        server.add_tool(_in_thread(tool), annotations=hints)
    return server


def _in_thread(tool: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """Return a tool that does not block the server, whose errors are sentences."""

    @functools.wraps(tool)
    async def run(**arguments: Any) -> dict[str, Any]:
        try:
            return await run_in_threadpool(tool, **arguments)
        except AwardError as error:
            raise ToolError(visible_sentence(error, current_session().visitor)) from None
        except Exception as error:
            logger.error("The tool %s failed", tool.__name__, exc_info=error)
            sentence = "The tool failed because of an error that the log of awardspider describes. Try other arguments."
            raise ToolError(sentence) from None

    return run


class MountedServer:
    """The server at /mcp of the panel: for tokens, and for the person at a machine without accounts."""

    def __init__(self, server: MCPServer[Any]) -> None:
        self.server = server
        # The panel checks the host itself, for all of its routes.
        self._app: ASGIApp = server.streamable_http_app(
            streamable_http_path="/",
            json_response=True,
            stateless_http=True,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )

    @asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        """Run the server's sessions as long as the panel runs."""
        async with self.server.session_manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request of an assistant."""
        request = Request(scope, receive)
        visitor = await run_in_threadpool(current_visitor, request)
        is_local = visitor.via is Via.LOCAL and "origin" not in request.headers
        if visitor.via is not Via.TOKEN and not is_local:
            sentence = "Assistants need a token of an account: create one on the page Account."
            response = JSONResponse({"error": sentence}, 401, {"WWW-Authenticate": "Bearer"})
            await response(scope, receive, send)
            return
        set_session(ToolSession(config=config_of(request), visitor=visitor))
        await self._app(scope, receive, send)
