"""Google's token endpoint for service accounts, and the bearer tokens that the endpoint issues.

The form of an assertion is checked, but not its signature: the sandbox does not have the account's public key.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson

from awardspider.sandbox.services.sheets.errors import api_response, scope_missing, unauthenticated
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# In seconds.
LIFETIME = 3600
CLOCK_SKEW = 300
SHEETS_SCOPES = frozenset(
    f"https://www.googleapis.com/auth/{name}"
    for name in ("spreadsheets", "spreadsheets.readonly", "drive", "drive.readonly", "drive.file")
)


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, with its expiration as a Unix time."""

    account: str
    scopes: frozenset[str]
    expires_at: float


@dataclass(slots=True)
class Accounts:
    """The valid tokens. The methods take the current Unix time."""

    tokens: dict[str, Token] = field(default_factory=dict)

    def token(self, request: SandboxRequest, now: float) -> SandboxResponse:
        """Handle `POST /token`."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode(errors="replace")).items()}
        if form.get("grant_type") != GRANT:
            return token_error(f"Invalid grant_type: {form.get('grant_type', '')}", "unsupported_grant_type")
        claims = _claims(form.get("assertion", ""))
        if claims is None:
            return token_error("Invalid JWT: Failed to decode the assertion.")
        if error := _claims_error(claims, now):
            return error
        value = f"ya29.c.{secrets.token_urlsafe(90)}"
        self.tokens[value] = Token(str(claims["iss"]), frozenset(str(claims["scope"]).split()), now + LIFETIME)
        return api_response({"access_token": value, "expires_in": LIFETIME - 1, "token_type": "Bearer"})

    def account(self, headers: Mapping[str, str], query: Mapping[str, str], now: float) -> str:
        """Return the account that a request's token belongs to. Raise ApiError if the token is missing or invalid."""
        kind, _, value = headers.get("Authorization", "").partition(" ")
        value = value.strip() if kind.lower() == "bearer" else query.get("access_token", "")
        if not value:
            raise unauthenticated(has_token=False)
        token = self.tokens.get(value)
        if token is None or token.expires_at <= now:
            raise unauthenticated(has_token=True)
        if not token.scopes & SHEETS_SCOPES:
            raise scope_missing()
        return token.account


def token_error(description: str, error: str = "invalid_grant") -> SandboxResponse:
    """Return an error response of the token endpoint."""
    return api_response({"error": error, "error_description": description}, 400)


def _claims(assertion: str) -> dict[str, Any] | None:
    """Return the claims of a JWT; None if it is malformed."""
    parts = assertion.split(".")
    if len(parts) != 3 or not parts[2]:
        return None
    try:
        header, claims = (orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except ValueError:
        return None
    valid = isinstance(header, dict) and isinstance(claims, dict) and header.get("alg") == "RS256"
    return claims if valid else None


def _claims_error(claims: Mapping[str, Any], now: float) -> SandboxResponse | None:
    """Return the error for invalid claims."""
    if "@" not in str(claims.get("iss", "")):
        return token_error("Invalid grant: account not found")
    if not str(claims.get("aud", "")).rstrip("/").endswith("/token"):
        return token_error("Invalid JWT: Failed audience check.")
    issued_at, expires_at = claims.get("iat"), claims.get("exp")
    numbers = isinstance(issued_at, int | float) and isinstance(expires_at, int | float)
    if not (numbers and _is_current(float(issued_at or 0), float(expires_at or 0), now)):
        return token_error(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
            "Check your iat and exp values in the JWT claim."
        )
    if not str(claims.get("scope", "")).strip():
        return token_error("Invalid OAuth scope or ID token audience provided.", "invalid_scope")
    return None


def _is_current(issued_at: float, expires_at: float, now: float) -> bool:
    return issued_at <= now + CLOCK_SKEW and now - CLOCK_SKEW <= expires_at <= issued_at + LIFETIME + CLOCK_SKEW
