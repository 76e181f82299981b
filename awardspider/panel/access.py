"""Who may use a route: each route takes exactly one of Public, Viewer, Member and Operator.

The dependencies also check the scope of a token, and that a change was requested from a page of the panel.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from awardspider.panel.auth.csrf import check_form_token
from awardspider.panel.auth.identity import SAFE_METHODS, identity_of
from awardspider.panel.auth.visitor import (
    ANONYMOUS,
    LOCAL_OPERATOR,
    AccessDenied,
    ForgedRequest,
    SignInRequired,
    Via,
    Visitor,
)
from awardspider.storage.accounts import Role, Scope

__all__ = [
    "ANONYMOUS",
    "LOCAL_OPERATOR",
    "AccessDenied",
    "ForgedRequest",
    "Member",
    "Operator",
    "Public",
    "Role",
    "Scope",
    "SignInRequired",
    "Via",
    "Viewer",
    "Visitor",
    "allowed_visitor",
    "current_visitor",
]


def current_visitor(request: Request) -> Visitor:
    """Return the visitor of a request. It reads the database once for each request."""
    return identity_of(request).visitor


async def allowed_visitor(request: Request, role: Role | None) -> Visitor:
    """Return the visitor of a request, who must have the rights of a role; with None, anybody may.

    Raise SignInRequired, AccessDenied or ForgedRequest. Mounted applications call this, too.
    """
    identity = await run_in_threadpool(identity_of, request)
    visitor = identity.visitor
    if identity.refusal:
        raise SignInRequired(identity.refusal)
    if role and visitor.role is None:
        raise SignInRequired("Sign in to open this page.")
    if role and not visitor.may(role):
        raise AccessDenied(f"This is for accounts with the role {role}; yours has the role {visitor.role}.")
    is_change = request.method not in SAFE_METHODS
    if visitor.via is Via.TOKEN and (Scope.WRITE if is_change else Scope.READ) not in visitor.scopes:
        raise AccessDenied("The token may only read. Create one with the scope write to make changes.")
    if is_change and visitor.via is not Via.TOKEN:
        await check_form_token(request)
    return visitor


def _requires(role: Role | None) -> Callable[[Request], Awaitable[Visitor]]:
    async def visitor(request: Request) -> Visitor:
        return await allowed_visitor(request, role)

    return visitor


Public = Annotated[Visitor, Depends(_requires(None))]
Viewer = Annotated[Visitor, Depends(_requires(Role.VIEWER))]
Member = Annotated[Visitor, Depends(_requires(Role.MEMBER))]
Operator = Annotated[Visitor, Depends(_requires(Role.OPERATOR))]
