"""Access to mounted applications for programs, which have no dependencies of routes."""

from __future__ import annotations

from fastapi import Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from awardspider.panel.access import Visitor, program_visitor
from awardspider.storage.accounts import Role

_VISITOR = "awardspider.visitor"


class ProgramAccess:
    """A layer around a mounted application that lets in programs with a token, and no browsers."""

    def __init__(self, app: ASGIApp, role: Role = Role.VIEWER) -> None:
        self._app = app
        self._role = role

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Handle a request. Errors are those of `program_visitor`, for which the panel has responses."""
        if scope["type"] == "http":
            scope[_VISITOR] = await program_visitor(Request(scope, receive), self._role)
        await self._app(scope, receive, send)


def visitor_of_program(scope: AsgiScope) -> Visitor:
    """Return the visitor of a request that came through ProgramAccess."""
    visitor: Visitor = scope[_VISITOR]
    return visitor
