"""Access to simulated blogs and pages: the sign-in page, and clients that get a challenge."""

from __future__ import annotations

from awardspider.sandbox.block_pages import cloudflare
from awardspider.sandbox.sites import Handler, SandboxRequest, SandboxResponse, html_response, page

#: The start of the default User-Agent of libraries.
LIBRARIES = ("python-requests", "Scrapy")


def sign_in_page(name: str, status: int = 200) -> SandboxResponse:
    """Return the page on which members of a blog or program sign in."""
    return html_response(page("sign-in.html").replace("{airline}", name), status)


def members_only(handler: Handler, name: str, request: SandboxRequest) -> SandboxResponse:
    """Return the response, or the sign-in page if the fault `sign_in` is active."""
    if request.members_only:
        return sign_in_page(name, int(request.variant or 403))
    return handler(request)


def reject_libraries(handler: Handler, request: SandboxRequest) -> SandboxResponse:
    """Return the response, or a challenge with status 403 if the client sends the default User-Agent of a library."""
    if request.headers.get("User-Agent", "").startswith(LIBRARIES):
        return cloudflare(request.path, request.now)
    return handler(request)
