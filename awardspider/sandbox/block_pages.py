"""What stands before the airlines' sites and answers in their place: bot managers and their pages.

Bodies after a recorded Akamai page (docs/sources/united.md) and the titles it names for challenge pages.
"""

from __future__ import annotations

from datetime import datetime

from awardspider.sandbox.places import draw
from awardspider.sandbox.sites import SandboxResponse, html_response


def access_denied(path: str, now: datetime, status: int = 403) -> SandboxResponse:
    """Akamai's page. The reference has four parts, of which the third is the Unix time."""
    moment = int(now.timestamp())
    chance = draw("reference", path, moment)
    reference = f"18.{chance & 0xFFFFFFF:x}.{moment}.{chance >> 32:x}"
    text = (
        "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n \n"
        f"You don't have permission to access this server.<P>\nReference&#32;&#35;{reference.replace('.', '&#46;')}\n"
        f"<!-- Reference {reference} -->\n</BODY>\n</HTML>\n"
    )
    return SandboxResponse(body=text.encode(), status=status, content_type="text/html", headers=(("Server", "AkamaiGHost"),))


def cloudflare(path: str, now: datetime) -> SandboxResponse:
    """Cloudflare's page, told by its `cf-ray` header."""
    ray = f"{draw('ray', path, int(now.timestamp())):016x}-SEA"
    text = (
        "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body>"
        f"<h1>Sorry, you have been blocked</h1><p>Cloudflare Ray ID: {ray[:16]}</p></body></html>"
    )
    return html_response(text, 403, (("cf-ray", ray), ("Server", "cloudflare")))


def challenge() -> SandboxResponse:
    """A page with status 200 that wants the browser to prove itself."""
    return html_response(
        "<!DOCTYPE html><html><head><title>Challenge Validation</title></head><body>"
        "<noscript>Please turn JavaScript on and reload the page.</noscript><p>Checking your browser.</p></body></html>"
    )
