"""Results of tools: plain values, with the time of the result and the age of each fact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from awardspider.delivery.messages.language import get_language

#: The times of facts, for which the age is added.
_SEEN = ("seen_at", "cash_fare_seen_at", "searched_at", "requested_at", "last_seen_at", "last_success_at")


def tool_result(now: datetime, **values: Any) -> dict[str, Any]:
    """Return the result of a tool as JSON values; `as_of` is the time at which the database was read."""
    result: dict[str, Any] = msgspec.to_builtins({"as_of": now} | values, order="deterministic")
    return result


def with_age(values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return values, nested ones too, with an age in words after each time at which something was seen."""
    result: dict[str, Any] = {}
    for key, value in values.items():
        result[key] = with_age(value, now) if isinstance(value, Mapping) else value
        if key in _SEEN and value is not None:
            seen_at = datetime.fromisoformat(value) if isinstance(value, str) else value
            result[key.replace("_at", "_age")] = get_language("en").ago(seen_at, now)
    return result
