"""Time zones by their IANA names, as people write them and as they are stored."""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from awardspider.outcomes import InvalidArgument
from awardspider.search.field_values import quoted


@functools.lru_cache(maxsize=1024)
def zone_or_utc(name: str) -> tzinfo:
    """Return the time zone with a name that was valid when it was stored; UTC if it is no longer known."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def parse_timezone(value: object) -> str:
    """Parse the IANA name of a time zone, such as America/Sao_Paulo. Raise InvalidArgument for an unknown one."""
    name = value.strip() if isinstance(value, str) else ""
    name = name if name in _timezones().values() else _timezones().get(_folded_zone(name), name)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = f"did you mean {similar}?" if (similar := _similar_zone(name)) else "write one such as America/Sao_Paulo"
        raise InvalidArgument(f'timezone: unknown time zone "{quoted(value)}" ({hint})') from None
    return name


@functools.cache
def _timezones() -> dict[str, str]:
    """Return the names of all time zones, keyed by folded name."""
    return {_folded_zone(name): name for name in sorted(available_timezones())}


def _similar_zone(name: str) -> str | None:
    """Return the time zone of a city, such as New York, or one with a similar name."""
    folded = _folded_zone(name)
    city = next((known for key, known in _timezones().items() if folded and key.rpartition("/")[2] == folded), None)
    similar = difflib.get_close_matches(folded, _timezones(), n=1, cutoff=0.8)
    return city or (_timezones()[similar[0]] if similar else None)


def _folded_zone(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[\s_]+", "_", "".join(letter for letter in plain if not unicodedata.combining(letter)))
