"""Classify blocks, sign-in pages and errors by status, text and exception.

The parser classifies all other responses as found, empty or unexpected.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Collection, Mapping, Sequence
from email.utils import parsedate_to_datetime
from gzip import BadGzipFile
from types import MappingProxyType
from typing import Any

from scrapy.exceptions import (
    DownloadCancelledError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure
from zstandard import ZstdError

from awardspider import clock
from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers import MOST_VALUES, has_too_many_values

# A pattern for text in a page, body or redirect target, and the reason that a match indicates.
BlockPattern = tuple[re.Pattern[str], Reason]


class RefusedByRobots(IgnoreRequest):
    """Raised by the robots middleware if robots.txt disallows a request or could not be read."""


class HeadTooLarge(DownloadCancelledError):
    """Raised by the transports if the head of a response, or a line of it, is too large."""


class ProgramStopped(IgnoreRequest):
    """Raised instead of sending a request after the run has stopped sending requests to the program."""

    def __init__(self, error: SearchFailed) -> None:
        super().__init__(str(error))
        self.error = error


class RequestPostponed(IgnoreRequest):
    """Raised instead of sending a request while its search has to wait for a control search or a new token."""


def block_pattern(pattern: str, reason: Reason) -> BlockPattern:
    """Return a case-insensitive regular expression and the reason that a match indicates."""
    return re.compile(pattern, re.IGNORECASE), reason


# Text from bot managers and sign-in pages, common to many sites.
COMMON_BLOCK_PATTERNS: tuple[BlockPattern, ...] = (
    block_pattern(r"AuthenticationSkipped", Reason.SIGN_IN_NEEDED),
    block_pattern(r"<title>\s*access denied|don't have permission to access", Reason.BLOCKED),
    block_pattern(
        r"verify you are (a )?human|challenge validation|client challenge|just a moment\.\.\.", Reason.BLOCKED
    ),
    block_pattern(r"/cdn-cgi/challenge|_fs-ch-|captcha|px-captcha", Reason.BLOCKED),
    block_pattern(r"<title>[^<]*(sign[ -]?in|log[ -]?in)|type=.?password", Reason.SIGN_IN_NEEDED),
)

SIGN_IN_URL = re.compile(r"sign-?in|log-?in|/account/|/auth", re.IGNORECASE)

# Reasons by HTTP status, used if no block pattern matches.
STATUS_REASONS = {
    400: Reason.BAD_REQUEST,
    401: Reason.SIGN_IN_NEEDED,
    403: Reason.BLOCKED,
    406: Reason.BLOCKED,
    408: Reason.UNREACHABLE,
    422: Reason.BAD_REQUEST,
    428: Reason.BLOCKED,
    429: Reason.RATE_LIMITED,
    444: Reason.BLOCKED,
}

# Raised by Scrapy for a body with another encoding than its header says. Brotli, which is optional, has its own.
UNREADABLE_BODIES = (BadGzipFile, EOFError, zlib.error, ZstdError)

MAX_WAIT_SECONDS = 31 * 86_400.0  # a longer wait is probably a mistake
MAX_TEXT = 20_000  # bytes of a body that are searched for block patterns


def check(
    response: Response,
    block_patterns: Sequence[BlockPattern],
    *,
    page_marker: bytes | None = None,
    accepted_statuses: Collection[int] = (),
    readable_statuses: Collection[int] = (),
    status_reasons: Mapping[int, Reason] = MappingProxyType({}),
) -> None:
    """Raise SearchFailed unless a response should be parsed.

    A status in `accepted_statuses` passes unless it redirects to a sign-in or block page. Status 200 passes unless the
    body is empty or is an HTML page without `page_marker`. A status in `readable_statuses` passes if the body is not
    empty, is not an HTML page and matches no block pattern.
    """
    if response.status in accepted_statuses:
        if error := _redirect_error(response, block_patterns):
            raise error
        return
    if response.status == 200 and page_marker is not None and page_marker in response.body:
        return
    if response.status == 200 and not _is_page(response):
        if not response.body.strip():
            raise UnexpectedResponse("empty response")
        return
    if response.status in readable_statuses and response.body.strip() and not _is_page(response):
        text = response.body[:MAX_TEXT].decode("utf-8", "replace")
        if not any(pattern.search(text) for pattern, _ in (*block_patterns, *COMMON_BLOCK_PATTERNS)):
            return
    raise _classify(response, block_patterns, {**STATUS_REASONS, **status_reasons})


def find_block(response: Response) -> SearchFailed | None:
    """Return the error of a block or sign-in page by the text of its first bytes; None if there is no such text."""
    text = response.body[:MAX_TEXT].decode("utf-8", "replace")
    for pattern, reason in COMMON_BLOCK_PATTERNS:
        if found := pattern.search(text):
            return SearchFailed(reason, f"HTTP {response.status}: {_clean(found.group())}")
    return None


def _is_page(response: Response) -> bool:
    content_type = (response.headers.get("Content-Type") or b"").lower()
    start = response.body[:200].lstrip().lower()
    return b"html" in content_type or start.startswith((b"<!doctype", b"<html", b"<head"))


def _classify(
    response: Response, block_patterns: Sequence[BlockPattern], status_reasons: Mapping[int, Reason]
) -> SearchFailed:
    status = response.status
    if error := _redirect_error(response, block_patterns):
        return error
    if 300 <= status < 400:
        return UnexpectedResponse(f"HTTP {status} to {_without_query(_location(response)) or 'no address'}")
    if status == 429:
        return SearchFailed(Reason.RATE_LIMITED, "HTTP 429", wait_seconds=retry_after(response))
    if 500 <= status < 600:
        return SearchFailed(Reason.UNREACHABLE, f"HTTP {status}")
    text = response.body[:MAX_TEXT].decode("utf-8", "replace")
    for pattern, reason in (*block_patterns, *COMMON_BLOCK_PATTERNS):
        if found := pattern.search(text):
            return SearchFailed(reason, f"HTTP {status}: {_clean(found.group())}")
    if b"cf-ray" in {name.lower() for name in response.headers} and status == 403:
        return SearchFailed(Reason.BLOCKED, "HTTP 403 from the edge (cf-ray)")
    if status in status_reasons:
        return SearchFailed(status_reasons[status], f"HTTP {status}")
    return UnexpectedResponse("an HTML page instead of data" if status == 200 else f"HTTP {status}")


def _redirect_error(response: Response, block_patterns: Sequence[BlockPattern]) -> SearchFailed | None:
    """Return the error for a redirect to a block page or a sign-in page; None for any other response."""
    if not 300 <= response.status < 400:
        return None
    location = _location(response)
    for pattern, reason in block_patterns:
        if pattern.search(location):
            return SearchFailed(reason, f"HTTP {response.status} to {_without_query(location)}")
    if SIGN_IN_URL.search(location):
        return SearchFailed(Reason.SIGN_IN_NEEDED, f"redirected to {_without_query(location)}")
    return None


def _location(response: Response) -> str:
    return (response.headers.get("Location") or b"").decode("latin-1")


def redirect_target(response: Response) -> str:
    """Return the absolute URL of a Location header. Raise UnexpectedResponse if it is not a URL."""
    try:
        return response.urljoin(_location(response))
    except ValueError as error:
        raise UnexpectedResponse(f"redirected to an invalid URL: {_clean(str(error))}") from error


def retry_after(response: Response) -> float | None:
    """Return the seconds in a Retry-After header (a number or an HTTP date); None if it is missing or invalid."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    try:
        if value.isdecimal():
            return min(float(value), MAX_WAIT_SECONDS)
        return min(MAX_WAIT_SECONDS, max(0.0, (parsedate_to_datetime(value) - clock.now()).total_seconds()))
    except (ValueError, TypeError, OverflowError):
        return None


def number_header(response: Response, name: str) -> float | None:
    """Return the number in a header, or None if it is missing or not finite."""
    try:
        number = float((response.headers.get(name) or b"").decode("latin-1"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def json_object(response: Response) -> dict[str, Any]:
    """Parse a token or intermediate response. Raise UnexpectedResponse if its body is not a JSON object."""
    if has_too_many_values(response.body):
        raise UnexpectedResponse(f"the response has more than {MOST_VALUES:,} values")
    try:
        found = json.loads(response.body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(f"{_without_query(response.url)}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise UnexpectedResponse(f"{_without_query(response.url)}: not a JSON object")
    return found


def failed_request_error(failure: Failure) -> SearchFailed:
    """Return the error for a search whose request got no usable response."""
    error = failure.value
    if isinstance(error, ProgramStopped):
        return error.error
    if isinstance(error, RefusedByRobots):
        return SearchFailed(Reason.REFUSED_BY_ROBOTS, str(error))
    if isinstance(error, SearchFailed):
        return error
    if isinstance(error, HeadTooLarge):
        return UnexpectedResponse(str(error))
    if isinstance(error, HttpError):  # raised by Scrapy for a redirect that it cannot follow
        return _classify(error.response, (), STATUS_REASONS)
    if isinstance(error, UNREADABLE_BODIES) or type(error).__module__ == "brotli":
        return UnexpectedResponse("the response cannot be decompressed")
    if isinstance(error, ValueError):
        return UnexpectedResponse(f"redirected to an invalid URL: {_clean(str(error))}")
    if isinstance(error, IgnoreRequest) and "redirections" in str(error):
        return UnexpectedResponse("too many redirects")
    if isinstance(error, DownloadCancelledError | IgnoreRequest):  # as received, or when decompressed
        return UnexpectedResponse("the response is too large")
    return SearchFailed(Reason.UNREACHABLE, _network_error(error))


def _network_error(error: BaseException | None) -> str:
    if isinstance(error, DownloadTimeoutError | TimeoutError):
        return "timed out"
    if isinstance(error, DownloadFailedError | ResponseDataLossError):  # their texts name classes of Twisted
        return "the connection ended before the response was complete"
    return f"{type(error).__name__}: {_clean(str(error))}"


def _without_query(url: str) -> str:
    return url.partition("?")[0]


def _clean(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>?", " ", text).split())[:200]
