"""Who sent a request: an account, through a session or a token, or the person at the panel's machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from awardspider.outcomes import AwardError
from awardspider.storage.accounts import Role, Scope
from awardspider.storage.schema import DEFAULT_OWNER


class Via(StrEnum):
    """How a visitor was recognized."""

    NOTHING = "nothing"  # is not signed in
    LOCAL = "local"  # sits at the machine of a panel without accounts
    SESSION = "session"  # signed in with a password
    TOKEN = "token"


class SignInRequired(AwardError):
    """A request without an account for a route that needs one. Raised by the dependencies of `panel.access`."""


class AccessDenied(AwardError):
    """A request that its account or token does not allow. Raised by the dependencies of `panel.access`."""


class ForgedRequest(AwardError):
    """A change that no page of the panel requested. Raised by `panel.auth.csrf`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The person or program that sent a request.

    `role` is None for someone who is not signed in. `owner_id` is the owner whose watches and messages the visitor
    sees; None, for an operator, means those of all owners. What the visitor adds belongs to `adds_for`.
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
