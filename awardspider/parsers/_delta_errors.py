"""Classify the `errors` of Delta's GraphQL responses.

Facts and sources: docs/sources/delta.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse

# Only a plain "no flights" counts as empty. The code comes from Delta's older service.
EMPTY_CODE = "ITA404Error3Award"
EMPTY_TEXT = re.compile(
    r"\bno ((scheduled|available|matching|award|eligible|delta(/partner)?) )*"
    r"(flights?|itinerar(y|ies)|offers|results)\b",
    re.IGNORECASE,
)
FAILURE_TEXT = re.compile(
    r"try again|unable|unavailable|time[d -]?out|internal|exception|fail|system|service|denied|upstream|unauthori"
    r"|forbidden|\berror (\d{3}|occurred)",
    re.IGNORECASE,
)
BAD_REQUEST_TEXT = re.compile(r"inputErrors|invalid|validation|bad[ _]?(request|user)", re.IGNORECASE)


def check_empty(errors: object) -> None:
    """Raise SearchFailed unless the errors plainly mean that there are no flights."""
    if _mean_empty(errors):
        return
    text = joined_texts(errors)
    if BAD_REQUEST_TEXT.search(text):
        raise SearchFailed(Reason.BAD_REQUEST, text)
    if FAILURE_TEXT.search(text):
        raise SearchFailed(Reason.UNREACHABLE, text)
    raise UnexpectedResponse(f"errors: {text}")


def joined_texts(errors: object) -> str:
    """Return the text of the errors, shortened for a note."""
    return "; ".join(_texts(errors))[:300]


def _mean_empty(errors: object) -> bool:
    """Return True if every error plainly means that there are no flights, and none mentions a failure."""
    for error in errors if isinstance(errors, list) else [errors]:
        texts = list(_texts(error))
        message = error.get("message") if isinstance(error, dict) else error
        is_empty = any(EMPTY_CODE in text for text in texts) or (
            isinstance(message, str) and EMPTY_TEXT.search(message)
        )
        if not is_empty or any(FAILURE_TEXT.search(text) or BAD_REQUEST_TEXT.search(text) for text in texts):
            return False
    return True


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    """Yield every string inside a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict) and depth < 8:
        for inside in value.values() if isinstance(value, dict) else value:
            yield from _texts(inside, depth + 1)
