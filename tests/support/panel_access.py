"""The access matrix of the panel: the role that each route needs. A test fails for a route without an entry.

Add a line for each new route, keyed by method and path as the route declares it. If the placeholder `x` is not a valid
value of a path parameter, add an example to EXAMPLES.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import FastAPI
from starlette.routing import Mount

from awardspider.storage.accounts import Role


class Access(StrEnum):
    """The role that a route needs."""

    PUBLIC = "public"  # anybody; the address itself can be secret
    VIEWER = "viewer"
    MEMBER = "member"
    OPERATOR = "operator"
    SESSION = "session"  # any role, but only people who have signed in with a password
    PROGRAM = "program"  # any role, but only with a token

    @property
    def role(self) -> Role | None:
        """Return the role with the fewest rights that may use the route; None for anybody."""
        if self is Access.PUBLIC:
            return None
        return Role.VIEWER if self in (Access.SESSION, Access.PROGRAM) else Role(self.value)


#: Routes that only read although their method is POST.
READING_POSTS = frozenset({"POST /api/v1/watches/preview"})

PUBLIC, VIEWER, MEMBER, OPERATOR, SESSION, PROGRAM = Access

ACCESS: dict[str, Access] = {
    # pages
    "GET /": VIEWER,
    "GET /deals.csv": VIEWER,
    "POST /offers/{offer_id}/share": MEMBER,
    "POST /offers/{offer_id}/revoke": MEMBER,
    "GET /places": VIEWER,
    "GET /programs": VIEWER,
    "GET /programs/{program}": VIEWER,
    "GET /programs/{program}/probe": OPERATOR,
    "POST /programs/{program}/probe": OPERATOR,
    "GET /promotions": VIEWER,
    "GET /promotions/{promotion_id}": VIEWER,
    "GET /searches": VIEWER,
    "GET /searches.csv": VIEWER,
    "GET /deliveries": VIEWER,
    "GET /deliveries/{row_id}": VIEWER,
    "GET /deliveries/{row_id}/card.png": VIEWER,
    "POST /deliveries/{row_id}/retry": MEMBER,
    "POST /deliveries/{row_id}/cancel": MEMBER,
    "POST /deliveries/{row_id}/revoke": MEMBER,
    "GET /offers/{offer_id}": VIEWER,
    "GET /posts": VIEWER,
    "GET /posts/{row_id}/card.png": VIEWER,
    "POST /posts/{row_id}/posted": MEMBER,
    "POST /posts/{row_id}/skip": MEMBER,
    "POST /posts/{row_id}/undo": MEMBER,
    "GET /routes/{route}": VIEWER,
    "GET /runs": OPERATOR,
    "GET /runs/start": OPERATOR,
    "POST /runs/start": OPERATOR,
    "POST /runs/start-needed": OPERATOR,
    "GET /runs/{run_id}": OPERATOR,
    "GET /runs/{run_id}/log": OPERATOR,
    "GET /runs/{run_id}/log.txt": OPERATOR,
    "GET /runs/{run_id}/cancel": OPERATOR,
    "POST /runs/{run_id}/cancel": OPERATOR,
    "GET /watches/new": MEMBER,
    "POST /watches/new": MEMBER,
    "GET /watches/{watch_id}/edit": MEMBER,
    "POST /watches/{watch_id}/edit": MEMBER,
    "GET /watches": VIEWER,
    "GET /watches/{watch_id}": VIEWER,
    "POST /watches/{watch_id}/pause": MEMBER,
    "POST /watches/{watch_id}/resume": MEMBER,
    "GET /watches/{watch_id}/remove": MEMBER,
    "POST /watches/{watch_id}/remove": MEMBER,
    "GET /calendar": VIEWER,
    "GET /channels": OPERATOR,
    "GET /channels/new": OPERATOR,
    "POST /channels/new": OPERATOR,
    "POST /channels/{name}/test": OPERATOR,
    "POST /channels/{name}/pause": OPERATOR,
    "POST /channels/{name}/resume": OPERATOR,
    "POST /channels/{name}/remove": OPERATOR,
    "GET /s/{share_id}": PUBLIC,
    "GET /s/{share_id}/card.png": PUBLIC,
    "GET /schedule": OPERATOR,
    "POST /schedule/import": OPERATOR,
    "GET /schedule/preview": OPERATOR,
    "GET /schedule/add": OPERATOR,
    "POST /schedule/add": OPERATOR,
    "GET /schedule/{name}/edit": OPERATOR,
    "POST /schedule/{name}/edit": OPERATOR,
    "POST /schedule/{name}/pause": OPERATOR,
    "POST /schedule/{name}/resume": OPERATOR,
    "POST /schedule/{name}/remove": OPERATOR,
    "POST /schedule/{name}/run": OPERATOR,
    "GET /settings": OPERATOR,
    "GET /settings/doctor": OPERATOR,
    "POST /settings/doctor": OPERATOR,
    "GET /feeds": MEMBER,
    "POST /feeds": MEMBER,
    "POST /feeds/{address_id}/revoke": MEMBER,
    # interfaces for programs
    "GET /feeds/{secret}/{name}.{feed_format}": PUBLIC,
    "GET /api/v1/openapi.json": PUBLIC,
    "GET /api/v1/channels": OPERATOR,
    "POST /api/v1/channels": OPERATOR,
    "GET /api/v1/channels/{name}": OPERATOR,
    "POST /api/v1/channels/{name}/test": OPERATOR,
    "POST /api/v1/channels/{name}/pause": OPERATOR,
    "POST /api/v1/channels/{name}/resume": OPERATOR,
    "DELETE /api/v1/channels/{name}": OPERATOR,
    "GET /api/v1/deliveries": VIEWER,
    "GET /api/v1/deliveries/{row_id}": VIEWER,
    "POST /api/v1/deliveries/{row_id}/retry": MEMBER,
    "GET /api/v1/me": VIEWER,
    "POST /api/v1/hooks": OPERATOR,
    "DELETE /api/v1/hooks/{hook_id}": OPERATOR,
    "GET /api/v1/events/{event}": OPERATOR,
    "GET /api/v1/events/{event}/samples": OPERATOR,
    "GET /api/v1/schemas/events.json": PUBLIC,
    "GET /api/v1/offers": VIEWER,
    "GET /api/v1/offers/{offer_id}": VIEWER,
    "GET /api/v1/offers/{offer_id}/history": VIEWER,
    "GET /api/v1/calendar": VIEWER,
    "GET /api/v1/programs": VIEWER,
    "GET /api/v1/programs/{program}": VIEWER,
    "GET /api/v1/promotions": VIEWER,
    "GET /api/v1/promotions/{promotion_id}": VIEWER,
    "GET /api/v1/runs": OPERATOR,
    "GET /api/v1/runs/{run_id}": OPERATOR,
    "GET /api/v1/searches": VIEWER,
    "GET /api/v1/watches": VIEWER,
    "POST /api/v1/watches": MEMBER,
    "POST /api/v1/watches/preview": VIEWER,
    "GET /api/v1/watches/{watch_id}": VIEWER,
    "GET /api/v1/watches/{watch_id}/matches": VIEWER,
    "PUT /api/v1/watches/{watch_id}": MEMBER,
    "POST /api/v1/watches/{watch_id}/pause": MEMBER,
    "POST /api/v1/watches/{watch_id}/resume": MEMBER,
    "DELETE /api/v1/watches/{watch_id}": MEMBER,
    "GET /export/{table}.{file_format}": VIEWER,
    "GET /healthz": PUBLIC,
    "GET /metrics": VIEWER,
    "GET /readyz": PUBLIC,
    # the visitor's own account
    "GET /sign-in": PUBLIC,
    "POST /sign-in": PUBLIC,
    "POST /sign-out": PUBLIC,
    "POST /preferences": PUBLIC,
    "GET /account": SESSION,
    "POST /account/preferences": SESSION,
    "POST /account/password": SESSION,
    "POST /account/sessions/end": SESSION,
    "POST /account/tokens": SESSION,
    "POST /account/tokens/revoke": SESSION,
    # files and descriptions
    "MOUNT /mcp": PROGRAM,
    "MOUNT /static": PUBLIC,
}

#: Addresses to request instead of the path of a route with `x` for each parameter.
EXAMPLES: dict[str, str] = {
    "MOUNT /mcp": "/mcp/",
    "MOUNT /static": "/static/css/base.css",
}


@dataclass(frozen=True, slots=True)
class PanelRoute:
    """A method and path of the application."""

    method: str
    path: str

    @property
    def key(self) -> str:
        """Return the key of the route in ACCESS."""
        return f"{self.method} {self.path}"


def panel_routes(app: FastAPI) -> list[PanelRoute]:
    """Return every route of the application, with one entry for each mounted application."""
    return sorted(set(_routes(app.routes)), key=lambda route: (route.path, route.method))


def _routes(routes: Any) -> Iterator[PanelRoute]:
    for route in routes:
        if isinstance(route, Mount):
            yield PanelRoute("MOUNT", route.path)
        elif hasattr(route, "effective_candidates"):  # an included router
            yield from _routes(route.effective_candidates())
        else:
            for method in route.methods or ("ANY",):
                if method != "HEAD":
                    yield PanelRoute(method, route.path)
