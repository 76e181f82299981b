"""Block pages that bot managers send in place of an airline's response.

Akamai's page follows a recorded one; docs/sources/united.md describes it and lists the titles of challenge pages.
"""

from __future__ import annotations

from datetime import datetime

from awardspider.sandbox.places import draw
from awardspider.sandbox.sites import SandboxResponse, html_response


def access_denied(path: str, now: datetime, status: int = 403) -> SandboxResponse:
    """Return Akamai's page. The third of the four parts of its reference number is the Unix time."""
    unix_time = int(now.timestamp())
    random = draw("reference", path, unix_time)
    reference = f"18.{random & 0xFFFFFFF:x}.{unix_time}.{random >> 32:x}"
    text = (
        "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n \n"
        f"You don't have permission to access this server.<P>\nReference&#32;&#35;{reference.replace('.', '&#46;')}\n"
        f"<!-- Reference {reference} -->\n</BODY>\n</HTML>\n"
    )
    headers = (("Server", "AkamaiGHost"),)
    return SandboxResponse(body=text.encode(), status=status, content_type="text/html", headers=headers)


def cloudflare(path: str, now: datetime) -> SandboxResponse:
    """Return Cloudflare's page, which has a `cf-ray` header."""
    ray = f"{draw('ray', path, int(now.timestamp())):016x}-SEA"
    text = (
        "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body>"
        f"<h1>Sorry, you have been blocked</h1><p>Cloudflare Ray ID: {ray[:16]}</p></body></html>"
    )
    return html_response(text, 403, (("cf-ray", ray), ("Server", "cloudflare")))


def challenge() -> SandboxResponse:
    """Return a challenge page, which has status 200 and requires JavaScript."""
    return html_response(
        "<!DOCTYPE html><html><head><title>Challenge Validation</title></head><body>"
        "<noscript>Please turn JavaScript on and reload the page.</noscript><p>Checking your browser.</p></body></html>"
    )
