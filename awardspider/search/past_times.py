"""Times in the past, as a person writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from awardspider.outcomes import InvalidArgument

_FIRST_YEAR, _LAST_YEAR = 2000, 2200
_SPANS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def past_time(option: str, text: str | None, now: datetime) -> datetime | None:
    """Parse an age (`90m`, `24h`, `7d`, `2w`) or an ISO 8601 day or time (default: UTC) into an aware time."""
    if text is None:
        return None
    span = re.fullmatch(r"(\d{1,5})([mhdw])", text.strip().lower())
    if span:
        return now - timedelta(**{_SPANS[span[2]]: int(span[1])})
    try:
        given = check_year(datetime.fromisoformat(text.strip()))
    except ValueError:
        raise InvalidArgument(f"{option}: expected 24h, 7d, 2026-11-22 or 2026-11-22T10:00Z, got {text!r}") from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def check_year(time: datetime) -> datetime:
    """Return a time. Raise ValueError if it is so long ago or so far ahead that it cannot be meant."""
    if not _FIRST_YEAR <= time.year <= _LAST_YEAR:
        raise ValueError(f"the year is before {_FIRST_YEAR} or after {_LAST_YEAR}")
    return time
