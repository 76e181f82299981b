"""The rights that a route needs: each route takes exactly one of Public, Viewer, Member and Operator.

The dependencies also check the scope of a token, and that a change was requested from a page of the panel.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from awardspider.outcomes import AwardError
from awardspider.panel.auth.csrf import check_form_token
from awardspider.panel.auth.identity import SAFE_METHODS, Identity, Via, identity_of, known_identity
from awardspider.storage.accounts import Role, Scope
from awardspider.storage.schema import DEFAULT_OWNER


class SignInRequired(AwardError):
    """A request without an account for a route that needs one. Raised by the dependencies of this module."""


class AccessDenied(AwardError):
    """A request that its account or token does not allow. Raised by the dependencies of this module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The person or program that sent a request.

    `role` is None for someone who is not signed in. `owner_id` is the owner whose watches and messages the visitor
    sees; None, for an operator, means those of all owners. Additions of the visitor belong to `adds_for`.
    """

    role: Role | None = None
    owner_id: str | None = None
    adds_for: str = DEFAULT_OWNER
    account_id: str | None = None
    name: str = ""
    scopes: frozenset[Scope] = frozenset()
    via: Via = Via.NOTHING

    @property
    def is_operator(self) -> bool:
        """Return whether the visitor sees and changes everything."""
        return self.role is Role.OPERATOR

    def may(self, role: Role) -> bool:
        """Return whether the visitor has the rights of a role."""
        return self.role is not None and self.role.rank >= role.rank


#: The person at the machine on which the panel runs, as long as there are no accounts.
LOCAL_OPERATOR = Visitor(role=Role.OPERATOR, scopes=frozenset(Scope), via=Via.LOCAL)

#: Someone who is not signed in. No owner has this id, so that a query by owner finds nothing.
ANONYMOUS = Visitor(owner_id="", adds_for="")


_CHANGES_NOTHING = "changes_nothing"

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def changes_nothing(endpoint: Endpoint) -> Endpoint:
    """Mark an endpoint that only reads although its method is POST: a token for reading is enough."""
    setattr(endpoint, _CHANGES_NOTHING, True)
    return endpoint


def current_visitor(request: Request) -> Visitor:
    """Return the visitor of a request. It reads the database once for each request."""
    return _visitor(identity_of(request))


def known_visitor(request: Request) -> Visitor | None:
    """Return the visitor of a request if it was recognized already, without reading the database."""
    identity = known_identity(request)
    return _visitor(identity) if identity else None


async def allowed_visitor(request: Request, role: Role | None) -> Visitor:
    """Return the visitor of a request, who must have the rights of a role; with None, anybody may.

    Raise SignInRequired, AccessDenied or ForgedRequest.
    """
    identity = await run_in_threadpool(identity_of, request)
    visitor = _visitor(identity)
    if identity.refusal:
        raise SignInRequired(identity.refusal)
    if role and visitor.role is None:
        raise SignInRequired("Sign in to open this page.")
    if role and not visitor.may(role):
        raise AccessDenied(f"This is for accounts with the role {role}; yours has the role {visitor.role}.")
    is_post = request.method not in SAFE_METHODS
    is_change = is_post and not hasattr(request.scope.get("endpoint"), _CHANGES_NOTHING)
    if visitor.via is Via.TOKEN and (Scope.WRITE if is_change else Scope.READ) not in visitor.scopes:
        raise AccessDenied("The token may only read. Create one with the scope write to make changes.")
    if is_post and visitor.via is not Via.TOKEN:
        await check_form_token(request)
    return visitor


def _visitor(identity: Identity) -> Visitor:
    account = identity.account
    if not account:
        return LOCAL_OPERATOR if identity.via is Via.LOCAL else ANONYMOUS
    return Visitor(
        role=account.role,
        owner_id=None if account.role is Role.OPERATOR else account.owner_id,
        adds_for=account.owner_id,
        account_id=account.id,
        name=account.name,
        scopes=identity.scopes,
        via=identity.via,
    )


def _requires(role: Role | None) -> Callable[[Request], Awaitable[Visitor]]:
    async def visitor(request: Request) -> Visitor:
        return await allowed_visitor(request, role)

    return visitor


Public = Annotated[Visitor, Depends(_requires(None))]
Viewer = Annotated[Visitor, Depends(_requires(Role.VIEWER))]
Member = Annotated[Visitor, Depends(_requires(Role.MEMBER))]
Operator = Annotated[Visitor, Depends(_requires(Role.OPERATOR))]
