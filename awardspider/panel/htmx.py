"""Requests of htmx, the script that replaces parts of a page."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

#: The header that says if a part of the page is replaced, or all of it.
_TYPE_HEADER = "HX-Request-Type"


def is_htmx_request(request: Request) -> bool:
    """Return whether the script sent a request."""
    return request.headers.get("HX-Request") == "true"


def requests_part(request: Request) -> bool:
    """Return whether the script requested a part of a page."""
    return request.headers.get(_TYPE_HEADER) == "partial"


def varied(response: Response) -> Response:
    """Return a response whose address also has a part of the page, so that browsers store the two apart."""
    response.headers["Vary"] = _TYPE_HEADER
    return response
