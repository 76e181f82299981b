"""Parsing of local times and periods of a day, such as `22:00-07:00` or `6am to 10pm`."""

from __future__ import annotations

import re
from datetime import time

from awardspider.outcomes import InvalidArgument
from awardspider.search.field_values import quoted

_CLOCK = re.compile(r"(2[0-3]|[01]?[0-9])(?:[:h]([0-5][0-9])|h)")
_HALF_DAY_CLOCK = re.compile(r"(1[0-2]|0?[1-9])(?::([0-5][0-9]))?\s*([ap])\.?m\.?")
_PERIOD = re.compile(r"(?:from\s+|between\s+)?([^-–]+?)\s*(?:-|–|\bto\b|\band\b|\buntil\b)\s*([^-–]+)")
_NAMED = {"noon": time(12), "midday": time(12), "midnight": time(0)}


def find_clock(text: str) -> time | None:
    """Return the time in a text such as `8:00`, `18h30`, `6pm` or `noon`; None for any other text.

    A number alone is not a time: `8` may be meant as eight hours.
    """
    folded = text.strip().lower()
    if found := _CLOCK.fullmatch(folded):
        return time(int(found[1]), int(found[2] or 0))
    if found := _HALF_DAY_CLOCK.fullmatch(folded):
        return time(int(found[1]) % 12 + (12 if found[3] == "p" else 0), int(found[2] or 0))
    return _NAMED.get(folded)


def parse_clock(value: object) -> time:
    """Parse a local time. Raise InvalidArgument for anything else."""
    clock = find_clock(value) if isinstance(value, str) else None
    if clock is None:
        raise InvalidArgument(f'must be a time such as 08:00, not "{quoted(value)}"')
    return clock


def split_period(text: str) -> tuple[str, str] | None:
    """Return the two ends of a period as written, such as those of `6am to 10pm`; None if there are not two."""
    found = _PERIOD.fullmatch(text.strip().lower())
    return (found[1], found[2]) if found else None
