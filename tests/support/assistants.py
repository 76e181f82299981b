"""The panel on a real server, and assistants that call its tools with the official client."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import Thread
from typing import Any, TypeVar

import uvicorn
from fastapi import FastAPI
from mcp import ClientSession
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.types import CallToolResult

from awardspider.panel.server import server_configuration

T = TypeVar("T")

Call = Callable[..., dict[str, Any]]


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(server_configuration(app, timeout_keep_alive=1))
        thread = Thread(target=server.run, args=([listener],), name="panel in a test")
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@asynccontextmanager
async def connected(address: str, token: str, **headers: str) -> AsyncIterator[ClientSession]:
    """Connect an assistant with a token to the panel at an address."""
    if token:
        headers["authorization"] = f"Bearer {token}"
    async with (
        create_mcp_http_client(headers=headers) as client,
        streamable_http_client(f"{address}/mcp/", http_client=client) as (read, write),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


class Assistant:
    """An assistant that connects anew for each call."""

    def __init__(self, address: str, token: str) -> None:
        self.address, self.token = address, token

    def run(self, work: Callable[[ClientSession], Coroutine[Any, Any, T]]) -> T:
        """Return the result of work with a connected session."""

        async def connect() -> T:
            async with connected(self.address, self.token) as session:
                return await work(session)

        return asyncio.run(connect())

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Return the values of a tool's result."""
        return values(self.run(lambda session: session.call_tool(tool, arguments)))

    def error(self, tool: str, **arguments: Any) -> str:
        """Return the sentence of a tool that fails."""
        result = self.run(lambda session: session.call_tool(tool, arguments))
        assert isinstance(result, CallToolResult)
        assert result.is_error, result
        return text(result)


def values(result: Any) -> dict[str, Any]:
    """Return the values of a result that is no error."""
    assert isinstance(result, CallToolResult)
    assert not result.is_error, text(result)
    assert result.structured_content is not None
    return result.structured_content


def text(result: CallToolResult) -> str:
    """Return the text of a result."""
    return "".join(getattr(part, "text", "") for part in result.content)
