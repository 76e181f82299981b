"""Conditional requests: ETag and Last-Modified of simulated feeds and pages, and the response 304."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b

from awardspider.sandbox.sites import SandboxRequest, SandboxResponse


def conditional(request: SandboxRequest, body: bytes, changed: datetime, content_type: str) -> SandboxResponse:
    """Return a body that last changed at a time, or 304 if the client has it.

    As in HTTP, If-Modified-Since counts only without If-None-Match.
    """
    etag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    changed = changed.replace(microsecond=0)
    headers = (("ETag", etag), ("Last-Modified", http_date(changed)))
    if known := request.headers.get("If-None-Match"):
        is_known = known.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in known.split(","))
    else:
        since = _parse_date(request.headers.get("If-Modified-Since", ""))
        is_known = since is not None and since >= changed
    if is_known:
        return SandboxResponse(status=304, content_type=content_type, headers=headers)
    return SandboxResponse(body=body, content_type=content_type, headers=headers)


def http_date(moment: datetime) -> str:
    """Write a time as HTTP headers do."""
    return format_datetime(moment, usegmt=True)


def _parse_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
