"""Numbers, ages, sizes and names in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

_KB, _MB, _GB = 1_000, 1_000_000, 1_000_000_000


def number_of(count: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, such as `1 run` or `1,200 runs`; the plural is needed if it is not regular."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def age_text(age: timedelta) -> str:
    """Return an age such as `20 seconds`, `5 minutes`, `3 hours` or `4 days`."""
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("day", 86_400), ("hour", 3_600)):
        if seconds >= 2 * length:
            return number_of(seconds // length, unit)
    return number_of(seconds // 60, "minute") if seconds >= 60 else number_of(seconds, "second")


def first_of(names: Sequence[str], most: int = 5) -> str:
    """Return names separated by commas, at most `most` of them and the number of the others."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def size_text(size: int) -> str:
    """Return a number of bytes in a unit that fits it: `0 KB`, `42 KB`, `1.5 MB`, `2.3 GB`."""
    if size < _MB:
        return f"{-(-size // _KB)} KB"
    return f"{size / _MB:,.1f} MB" if size < _GB else f"{size / _GB:,.1f} GB"
