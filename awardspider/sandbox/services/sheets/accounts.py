"""Google's token endpoint for service accounts, and the bearer tokens it gave.

The assertion's signature is not checked: nobody here has the public half of a throw-away key. Its form is.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson

from awardspider.sandbox.services.sheets.errors import api_response, scope_missing, unauthenticated
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFETIME = 3600
SKEW = 300
SHEETS_SCOPES = frozenset(
    f"https://www.googleapis.com/auth/{name}"
    for name in ("spreadsheets", "spreadsheets.readonly", "drive", "drive.readonly", "drive.file")
)


@dataclass(frozen=True, slots=True)
class Token:
    account: str
    scopes: frozenset[str]
    ends: float


@dataclass(slots=True)
class Accounts:
    """The tokens that are good. Times are Unix seconds, by `now` of the one who asks."""

    tokens: dict[str, Token] = field(default_factory=dict)

    def token(self, request: SandboxRequest, now: float) -> SandboxResponse:
        """`POST /token`."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode(errors="replace")).items()}
        if form.get("grant_type") != GRANT:
            return _refusal("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        claims = _claims(form.get("assertion", ""))
        if claims is None:
            return _refusal("invalid_grant", "Invalid JWT: Failed to decode the assertion.")
        wrong = _wrong_claims(claims, now)
        if wrong:
            return _refusal(*wrong)
        value = f"ya29.c.{secrets.token_urlsafe(90)}"
        self.tokens[value] = Token(str(claims["iss"]), frozenset(str(claims["scope"]).split()), now + LIFETIME)
        return api_response({"access_token": value, "expires_in": LIFETIME - 1, "token_type": "Bearer"})

    def account(self, headers: Mapping[str, str], query: Mapping[str, str], now: float) -> str:
        """Whose token came with a request. Raises ApiError."""
        kind, _, value = headers.get("Authorization", "").partition(" ")
        value = value.strip() if kind.lower() == "bearer" else query.get("access_token", "")
        if not value:
            raise unauthenticated(given=False)
        token = self.tokens.get(value)
        if token is None or token.ends <= now:
            raise unauthenticated(given=True)
        if not token.scopes & SHEETS_SCOPES:
            raise scope_missing()
        return token.account


def no_such_account(_: SandboxRequest) -> SandboxResponse:
    return _refusal("invalid_grant", "Invalid grant: account not found")


def bad_signature(_: SandboxRequest) -> SandboxResponse:
    return _refusal("invalid_grant", "Invalid JWT Signature.")


def _refusal(error: str, description: str) -> SandboxResponse:
    return api_response({"error": error, "error_description": description}, 400)


def _claims(assertion: str) -> dict[str, Any] | None:
    """What a JWT of three parts claims, None where it is no such thing."""
    parts = assertion.split(".")
    if len(parts) != 3 or not parts[2]:
        return None
    try:
        header, claims = (orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except (binascii.Error, ValueError):
        return None
    good = isinstance(header, dict) and isinstance(claims, dict) and header.get("alg") == "RS256"
    return claims if good else None


def _wrong_claims(claims: Mapping[str, Any], now: float) -> tuple[str, str] | None:
    """Error and description for claims that the endpoint does not take."""
    if "@" not in str(claims.get("iss", "")):
        return "invalid_grant", "Invalid grant: account not found"
    if not str(claims.get("aud", "")).rstrip("/").endswith("/token"):
        return "invalid_grant", "Invalid JWT: Failed audience check."
    begins, ends = claims.get("iat"), claims.get("exp")
    numbers = isinstance(begins, int | float) and isinstance(ends, int | float)
    if not (numbers and _in_time(float(begins or 0), float(ends or 0), now)):
        return "invalid_grant", (
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
            "Check your iat and exp values in the JWT claim."
        )
    if not str(claims.get("scope", "")).strip():
        return "invalid_scope", "Invalid OAuth scope or ID token audience provided."
    return None


def _in_time(begins: float, ends: float, now: float) -> bool:
    return begins <= now + SKEW and now - SKEW <= ends <= begins + LIFETIME + SKEW
