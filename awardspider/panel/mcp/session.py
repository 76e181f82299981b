"""The user of the tools: the owner of a token, or the person at this machine."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from awardspider.outcomes import InvalidArgument
from awardspider.panel.access import Visitor
from awardspider.panel.auth.identity import Via
from awardspider.panel.configuration import PanelConfig
from awardspider.storage.accounts import Role, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSession:
    """The configuration of the panel, and the person or program that calls a tool."""

    config: PanelConfig
    visitor: Visitor

    def require_write(self) -> None:
        """Raise InvalidArgument unless the visitor may change watches."""
        if Scope.WRITE not in self.visitor.scopes or not self.visitor.may(Role.MEMBER):
            raise InvalidArgument(
                "this only reads: a change needs scrapy mcp without --read-only"
                if self.visitor.via is Via.LOCAL
                else "a change needs a token with the scope write, of an account that is not a viewer"
            )


_session: ContextVar[ToolSession] = ContextVar("tool_session")


def set_session(session: ToolSession) -> None:
    """Set the session of the current request, or of the process."""
    _session.set(session)


def current_session() -> ToolSession:
    """Return the session in which a tool is called."""
    return _session.get()
