"""Outcomes of a search, and the exception tree.

AwardError                 base class; the text is a sentence for a person
├── InvalidArgument        commands and spiders, before the first request: an invalid argument
├── InvalidSetting         commands and spiders, before the first request: an invalid AWARD_ setting
├── InvalidWatch           search.watches: an invalid watch file, with line and field
├── StorageError           storage: database locked, full, unreachable or newer than this code
├── SheetsError            delivery.channels.sheets: a failed call to Google, and what to do about it
├── ProgramLocked          storage: another crawl has locked the program
└── SearchFailed           spiders and parsers: a search that ends without evidence, and the reason
    ├── UnexpectedResponse parsers: a response with an unknown structure
    └── AmbiguousResponse  parsers: a response that means either no availability or a block
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
    INTERNAL_ERROR = "internal_error"


# Reasons that would end the next search too: the spider stops.
STOP_REASONS = frozenset(
    {
        Reason.BLOCKED,
        Reason.RATE_LIMITED,
        Reason.SIGN_IN_NEEDED,
        Reason.REFUSED_BY_ROBOTS,
        Reason.TERMS_NOT_ACCEPTED,
    }
)

# Reasons that pause the program, for longer after each consecutive failure.
BACKOFF_REASONS = frozenset({Reason.BLOCKED, Reason.RATE_LIMITED})


class AwardError(Exception):
    """Base class of our errors; the text is a sentence for a person."""


class InvalidArgument(AwardError):
    """An invalid argument; raised by commands and spiders before the first request."""


class InvalidSetting(AwardError):
    """An invalid setting; raised before the first request."""


class InvalidWatch(AwardError):
    """An invalid watch; raised by `search.watches` with file, line and field."""


class StorageError(AwardError):
    """A database that is locked, full, unreachable or newer than this code; raised by `storage`."""


class ProgramLocked(AwardError):
    """A program that another crawl has locked; raised by `storage` when a run starts."""


class SearchFailed(AwardError):
    """A search that ends without evidence; raised by spiders and parsers with the reason.

    `wait_seconds` is the time that the program itself asks clients to wait, if it does.
    """

    def __init__(self, reason: Reason, note: str = "", *, wait_seconds: float | None = None) -> None:
        super().__init__(note or reason.value)
        self.reason = reason
        self.note = note
        self.wait_seconds = wait_seconds


class UnexpectedResponse(SearchFailed):
    """A response with an unknown structure; raised by parsers with the path of the deviation."""

    def __init__(self, note: str) -> None:
        super().__init__(Reason.UNEXPECTED_RESPONSE, note)


class AmbiguousResponse(SearchFailed):
    """A response that a program sends both for no availability and to clients that it blocks; raised by parsers.

    The search is empty only if a control search in the same run finds offers; otherwise it is blocked.
    """

    def __init__(self, note: str) -> None:
        super().__init__(Reason.BLOCKED, note)
