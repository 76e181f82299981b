"""Outcomes of a search, and the exception hierarchy.

AwardError                 base class; the text is a sentence to show to the user
├── InvalidArgument        commands and spiders, before the first request: an invalid argument
├── InvalidSetting         commands and spiders, before the first request: an invalid AWARD_ setting
├── InvalidWatch           search.watches: an invalid watch file, with line and field
├── WatchConflict          storage: a watch that somebody else changed since it was read
├── StorageError           storage: database locked, full, unreachable or newer than this code
├── ScrapydError           operations.scrapyd: a failed call to Scrapyd, and how to fix the problem
├── SheetsError            delivery.channels.sheets: a failed call to Google, and how to fix the problem
├── ProgramLocked          storage: another crawl has locked the program
└── SearchFailed           spiders and parsers: a search that ends without evidence, and the reason
    ├── UnexpectedResponse parsers: a response with an unknown structure
    ├── NotServed          parsers: the program says that it does not serve the route; the search ends as empty
    └── AmbiguousResponse  parsers: a response that means either no availability or a failure
"""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Outcomes of a search. Only FOUND and EMPTY are evidence; FAILED changes no stored offer."""

    FOUND = "found"
    EMPTY = "empty"
    FAILED = "failed"


class Reason(StrEnum):
    """Reasons of failed searches."""

    BLOCKED = "blocked"
    RATE_LIMITED = "rate_limited"
    SIGN_IN_NEEDED = "sign_in_needed"
    REFUSED_BY_ROBOTS = "refused_by_robots"
    TERMS_NOT_ACCEPTED = "terms_not_accepted"
    UNREACHABLE = "unreachable"
    UNEXPECTED_RESPONSE = "unexpected_response"
    BAD_REQUEST = "bad_request"
    OUT_OF_BUDGET = "out_of_budget"
    INTERRUPTED = "interrupted"  # the run was closed before the search ended
    INTERNAL_ERROR = "internal_error"


# Reasons that would also fail the next search, so the spider stops.
STOP_REASONS = frozenset(
    {
        Reason.BLOCKED,
        Reason.RATE_LIMITED,
        Reason.SIGN_IN_NEEDED,
        Reason.REFUSED_BY_ROBOTS,
        Reason.TERMS_NOT_ACCEPTED,
    }
)

# Reasons that pause the program; the pause grows with each consecutive failure.
BACKOFF_REASONS = frozenset({Reason.BLOCKED, Reason.RATE_LIMITED})


class AwardError(Exception):
    """Base class of the project's errors; the text is a sentence to show to the user."""


class InvalidArgument(AwardError):
    """An invalid argument; raised by commands and spiders before the first request."""


class InvalidSetting(AwardError):
    """An invalid AWARD_ setting; raised by commands and spiders before the first request."""


class InvalidWatch(AwardError):
    """An invalid watch; raised by `search.watches` with file, line and field."""


class WatchConflict(AwardError):
    """A watch that somebody else changed since it was read; raised by `storage.watches`."""


class StorageError(AwardError):
    """A database that is locked, full, unreachable or newer than this code; raised by `storage`."""


class ScrapydFailure(StrEnum):
    """Kinds of failed calls to Scrapyd."""

    UNREACHABLE = "unreachable"
    """There is no connection, so Scrapyd did not receive the call."""
    NO_RESPONSE = "no_response"
    """The connection ended before the response, so it is unknown if Scrapyd acted on the call."""
    REFUSED = "refused"
    """The user name or password is wrong."""
    ERROR = "error"
    """Scrapyd responded with an error, or something else than Scrapyd responded."""


class ScrapydError(AwardError):
    """A failed call to Scrapyd; raised by `operations.scrapyd`."""

    def __init__(self, message: str, failure: ScrapydFailure = ScrapydFailure.ERROR) -> None:
        super().__init__(message)
        self.failure = failure


class ProgramLocked(AwardError):
    """A program that another crawl has locked; raised by `storage`."""


class SearchFailed(AwardError):
    """A search that produced no evidence; raised by spiders and parsers with the reason.

    `wait_seconds` is the wait that the program requested, if any.
    """

    def __init__(self, reason: Reason, note: str = "", *, wait_seconds: float | None = None) -> None:
        super().__init__(note or reason.value)
        self.reason = reason
        self.note = note
        self.wait_seconds = wait_seconds


class UnexpectedResponse(SearchFailed):
    """A response with an unknown structure; raised by parsers with the path that was not as expected."""

    def __init__(self, note: str) -> None:
        super().__init__(Reason.UNEXPECTED_RESPONSE, note)


class NotServed(SearchFailed):
    """A statement of the program that it does not serve the route; raised by parsers and spiders.

    The search ends as empty, with the note `not served: ...`. Unless the statement is `conclusive`, stored offers for
    the route keep their state.
    """

    def __init__(self, note: str, *, conclusive: bool = True) -> None:
        super().__init__(Reason.BAD_REQUEST, not_served(note))
        self.conclusive = conclusive


class AmbiguousResponse(SearchFailed):
    """A response that can mean either no availability or a failure; raised by parsers.

    The search counts as empty, with `empty_note`, only if a control search in the same run finds offers; otherwise it
    failed with `reason`.
    """

    def __init__(self, note: str, *, reason: Reason = Reason.BLOCKED, empty_note: str = "") -> None:
        super().__init__(reason, note)
        self.empty_note = empty_note


def not_served(note: str) -> str:
    """Return the note of an empty search for a route that the program does not serve."""
    return f"not served: {note}"
