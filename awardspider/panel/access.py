"""Who may use a route: each route takes exactly one of Public, Viewer, Member and Operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request

from awardspider.outcomes import AwardError


class Role(StrEnum):
    """The roles of accounts; each may do what those before it may."""

    VIEWER = "viewer"  # sees what its owner sees
    MEMBER = "member"  # changes the watches of its owner
    OPERATOR = "operator"  # sees and changes everything

    @property
    def rank(self) -> int:
        """Return the place of the role, 0 for the one with the fewest rights."""
        return list(Role).index(self)


class Scope(StrEnum):
    """What a token may do."""

    READ = "read"
    WRITE = "write"


class SignInRequired(AwardError):
    """A request without an account for a route that needs one. Raised by the dependencies of this module."""


class AccessDenied(AwardError):
    """A request of an account that may not use the route. Raised by the dependencies of this module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The person or program that sent a request.

    `role` is None for someone who is not signed in. `owner_id` is the owner whose watches and messages the visitor
    sees; None, for an operator, means those of all owners.
    """

    role: Role | None = None
    owner_id: str | None = None
    account_id: str | None = None
    name: str = ""
    scopes: frozenset[Scope] = frozenset()

    @property
    def is_operator(self) -> bool:
        """Return whether the visitor sees and changes everything."""
        return self.role is Role.OPERATOR

    def may(self, role: Role) -> bool:
        """Return whether the visitor has the rights of a role."""
        return self.role is not None and self.role.rank >= role.rank


#: The person at the machine on which the panel runs, as long as there are no accounts.
LOCAL_OPERATOR = Visitor(role=Role.OPERATOR, scopes=frozenset(Scope))


def current_visitor(request: Request) -> Visitor:
    """Return the visitor of a request."""
    return LOCAL_OPERATOR


def _requires(role: Role) -> Callable[[Request], Visitor]:
    def visitor(request: Request) -> Visitor:
        found = current_visitor(request)
        if found.role is None:
            raise SignInRequired("Sign in to open this page.")
        if not found.may(role):
            raise AccessDenied(f"This page is for accounts with the role {role}.")
        return found

    return visitor


Public = Annotated[Visitor, Depends(current_visitor)]
Viewer = Annotated[Visitor, Depends(_requires(Role.VIEWER))]
Member = Annotated[Visitor, Depends(_requires(Role.MEMBER))]
Operator = Annotated[Visitor, Depends(_requires(Role.OPERATOR))]
