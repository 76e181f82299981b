"""Numbers in settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from awardspider.outcomes import InvalidSetting

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

#: The highest number of a setting that has no limit of its own.
MOST = 99_999


def parse_number(
    settings: Mapping[str, Any] | BaseSettings,
    name: str,
    default: int,
    *,
    lowest: int = 0,
    highest: int = MOST,
    expected: str = "",
) -> int:
    """Return an integer from a setting, or `default` if it is missing or blank.

    Raise InvalidSetting unless it is from `lowest` to `highest`; `expected` is what its message says that it must be.
    """
    value = settings.get(name)
    text = "" if value is None else str(value).strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and lowest <= int(text) <= highest):
        expected = expected or f"a number from {lowest:,} to {highest:,}"
        raise InvalidSetting(f"{name} is {text!r}, but must be {expected}")
    return int(text)
