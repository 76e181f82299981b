"""What can become of a search, as a closed list, and the one tree of errors.

AwardError                 anything awardspider refuses or cannot do, with a sentence for a person
├── BadArgument            commands and spiders, ahead of the first request: an argument that cannot be
├── BadSetting             settings: a value of AWARD_… that cannot be
├── BadWatch               search.watches: a watch file that cannot be read, with its line and field
├── StorageError           storage: locked, full, unreachable, or newer than this code
├── Trouble                delivery.sheets: Google did not do it, and what to do about it
├── Busy                   storage: another crawl holds the program
└── CouldNotLook           spiders and readers: a search that ends without evidence, and why
    ├── Changed            readers: an answer of a shape we do not know
    └── Ambiguous          readers: an answer that is given for "none" and for "go away" alike
"""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How a search ended. Only FOUND and NONE are evidence; COULD_NOT_LOOK changes nothing we know."""

    FOUND = "found"
    EMPTY = "empty"
    FAILED = "failed"


class Reason(StrEnum):
    """Why a search could not look."""

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


# After one of these the program will not answer the next search either: the spider stops asking it.
STOP_REASONS = frozenset(
    {
        Reason.BLOCKED,
        Reason.RATE_LIMITED,
        Reason.SIGN_IN_NEEDED,
        Reason.REFUSED_BY_ROBOTS,
        Reason.TERMS_NOT_ACCEPTED,
    }
)

# After one of these the program must be left alone for a while, longer each time in a row.
BACKOFF_REASONS = frozenset({Reason.BLOCKED, Reason.RATE_LIMITED})


class AwardError(Exception):
    """Anything awardspider refuses or cannot do; its text is a sentence for a person."""


class InvalidArgument(AwardError):
    """An argument that cannot be: raised by commands and spiders ahead of the first request."""


class InvalidSetting(AwardError):
    """A setting that cannot be: raised while settings are read."""


class InvalidWatch(AwardError):
    """A watch that cannot be: raised by `search.watches`, naming file, line and field."""


class StorageError(AwardError):
    """The database is locked, full, unreachable or newer than this code: raised by `storage`."""


class ProgramLocked(AwardError):
    """Another crawl holds the program: raised by `storage` when a run starts."""


class SearchFailed(AwardError):
    """A search that ends without evidence: raised by spiders and readers with the reason.

    `wait_seconds` is how long the program itself asked to be left alone, where it said so.
    """

    def __init__(self, reason: Reason, note: str = "", *, wait_seconds: float | None = None) -> None:
        super().__init__(note or reason.value)
        self.reason = reason
        self.note = note
        self.wait_seconds = wait_seconds


class UnexpectedResponse(SearchFailed):
    """An answer of a shape we do not know: raised by readers, naming the path that is odd."""

    def __init__(self, note: str) -> None:
        super().__init__(Reason.UNEXPECTED_RESPONSE, note)


class AmbiguousResponse(SearchFailed):
    """An answer that a program gives both for "none" and to those it will not serve: raised by readers.

    It counts as none only where the program tells of offers on another route in the same run; otherwise as blocked.
    """

    def __init__(self, note: str) -> None:
        super().__init__(Reason.BLOCKED, note)
