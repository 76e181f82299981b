"""The one place that says what became of an answer that is not a program's own: status, texts, failures.

What a program's own answer says (found, none, changed) is its reader's to tell.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType

from scrapy.exceptions import (
    DownloadCancelledError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import Response
from twisted.python.failure import Failure

from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse

# A page or body text, and what it means.
BlockPattern = tuple[re.Pattern[str], Reason]


class RefusedByRobots(IgnoreRequest):
    """Raised by the robots middleware: robots.txt says no, or could not be read."""


class Stopped(IgnoreRequest):
    """Raised by the gate: the program is not asked any more in this run."""

    def __init__(self, cause: SearchFailed) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Postponed(IgnoreRequest):
    """Raised by the gate: the look waits until it is clear whether the program serves us."""


def block_pattern(pattern: str, reason: Reason) -> BlockPattern:
    """A text, as a regular expression without regard to case, and what it means."""
    return re.compile(pattern, re.IGNORECASE), reason


# Texts of the bot managers and sign-in pages that many sites share.
COMMON_BLOCK_PATTERNS: tuple[BlockPattern, ...] = (
    block_pattern(r"AuthenticationSkipped", Reason.SIGN_IN_NEEDED),
    block_pattern(r"<title>\s*access denied|don't have permission to access", Reason.BLOCKED),
    block_pattern(
        r"verify you are (a )?human|challenge validation|client challenge|just a moment\.\.\.", Reason.BLOCKED
    ),
    block_pattern(r"/cdn-cgi/challenge|_fs-ch-|captcha|px-captcha", Reason.BLOCKED),
    block_pattern(r"<title>[^<]*(sign[ -]?in|log[ -]?in)|type=.?password", Reason.SIGN_IN_NEEDED),
)

SIGN_IN_ADDRESS = re.compile(r"sign-?in|log-?in|/account/|/auth", re.IGNORECASE)

# What a status means where the body says nothing more exact.
STATUSES = {
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

LONGEST_WAIT = 31 * 86_400.0  # seconds; what asks for more has made a mistake
TEXT_READ = 20_000  # characters of a page that are searched for signs


def check(
    response: Response,
    block_patterns: Sequence[BlockPattern],
    *,
    mark: bytes | None = None,
    accepts: Collection[int] = (),
    readable_statuses: Collection[int] = (),
    status_reasons: Mapping[int, Reason] = MappingProxyType({}),
) -> None:
    """Raise CouldNotLook unless the response is one that should be read.

    `mark` is the text by which a page is known to hold the answer, `accepts` are statuses besides 200 that are fine
    (though not a redirect to a page that wants us to sign in), and `answers_with` those that are where the body is no
    page and shows no sign.
    """
    if response.status in accepts:
        if sent_away := _sent_away(response, block_patterns):
            raise sent_away
        return
    if response.status == 200 and mark is not None and mark in response.body:
        return
    if response.status == 200 and not _is_page(response):
        if not response.body.strip():
            raise UnexpectedResponse("an empty answer")
        return
    if response.status in readable_statuses and response.body.strip() and not _is_page(response):
        text = response.body[:TEXT_READ].decode("utf-8", "replace")
        if not any(pattern.search(text) for pattern, _ in (*block_patterns, *COMMON_BLOCK_PATTERNS)):
            return
    raise _cause(response, block_patterns, {**STATUSES, **status_reasons})


def _is_page(response: Response) -> bool:
    kind = (response.headers.get("Content-Type") or b"").lower()
    return b"html" in kind or response.body[:200].lstrip().lower().startswith((b"<!doctype", b"<html", b"<head"))


def _cause(
    response: Response, block_patterns: Sequence[BlockPattern], status_reasons: Mapping[int, Reason]
) -> SearchFailed:
    status = response.status
    if sent_away := _sent_away(response, block_patterns):
        return sent_away
    if 300 <= status < 400:
        return UnexpectedResponse(f"HTTP {status} to {_without_query(_location(response))}")
    if status == 429:
        return SearchFailed(Reason.RATE_LIMITED, "HTTP 429", wait_seconds=retry_after(response))
    if status >= 500:
        return SearchFailed(Reason.UNREACHABLE, f"HTTP {status}")
    text = response.body[:TEXT_READ].decode("utf-8", "replace")
    for pattern, reason in (*block_patterns, *COMMON_BLOCK_PATTERNS):
        if found := pattern.search(text):
            return SearchFailed(reason, f"HTTP {status}: {_clean(found.group())}")
    if b"cf-ray" in {name.lower() for name in response.headers} and status == 403:
        return SearchFailed(Reason.BLOCKED, "HTTP 403 from the edge (cf-ray)")
    if status in status_reasons:
        return SearchFailed(status_reasons[status], f"HTTP {status}")
    return UnexpectedResponse("a page where data is due" if status == 200 else f"HTTP {status}")


def _sent_away(response: Response, block_patterns: Sequence[BlockPattern]) -> SearchFailed | None:
    """Where a redirect leads to a page that refuses us or wants us to sign in: what that means."""
    if not 300 <= response.status < 400:
        return None
    location = _location(response)
    for pattern, reason in block_patterns:
        if pattern.search(location):
            return SearchFailed(reason, f"HTTP {response.status} to {_without_query(location)}")
    if SIGN_IN_ADDRESS.search(location):
        return SearchFailed(Reason.SIGN_IN_NEEDED, f"sent to {_without_query(location)}")
    return None


def _location(response: Response) -> str:
    return (response.headers.get("Location") or b"").decode("latin-1")


def retry_after(response: Response) -> float | None:
    """Seconds of a Retry-After header, which may be a number or an HTTP date; None where there is none."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    try:
        if value.isdecimal():
            return min(float(value), LONGEST_WAIT)
        return min(LONGEST_WAIT, max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()))
    except (ValueError, TypeError, OverflowError):
        return None


def cause_of(failure: Failure) -> SearchFailed:
    """Why a request brought no answer."""
    error = failure.value
    if isinstance(error, Stopped):
        return error.cause
    if isinstance(error, RefusedByRobots):
        return SearchFailed(Reason.REFUSED_BY_ROBOTS, str(error))
    if isinstance(error, SearchFailed):
        return error
    if isinstance(error, DownloadCancelledError):
        return UnexpectedResponse(f"the answer was cut off: {error}")
    if isinstance(error, DownloadTimeoutError | TimeoutError):
        return SearchFailed(Reason.UNREACHABLE, "timed out")
    return SearchFailed(Reason.UNREACHABLE, f"{type(error).__name__}: {_clean(str(error))}")


def _without_query(address: str) -> str:
    return address.partition("?")[0]


def _clean(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>?", " ", text).split())[:200]
