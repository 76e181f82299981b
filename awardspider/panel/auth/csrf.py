"""Tokens in forms that prove that a change was requested from a page of the panel."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from fastapi import Request

_KEY = secrets.token_bytes(32)


def csrf_token(request: Request) -> str:
    """Return the token for the forms of a page."""
    session = request.cookies.get("session", "")
    return hmac.new(_KEY, session.encode(), hashlib.sha256).hexdigest()
