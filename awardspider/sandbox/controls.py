"""Validation shared by the sandbox's control endpoints: `/_control`, `/_truth`, `/_hooks` and `/_sheets`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson


class ControlError(ValueError):
    """An invalid request to a control endpoint; the response has status 400 and the exception's message."""


def parse_options(body: bytes, allowed: Collection[str] | None = None) -> dict[str, Any]:
    """Parse a JSON object of options. Raise ControlError if it is invalid or has an option that is not allowed."""
    try:
        options = orjson.loads(body)
    except orjson.JSONDecodeError:
        options = None
    if not isinstance(options, dict):
        raise ControlError("the body must be a JSON object")
    if allowed is not None and (unknown := sorted(options.keys() - set(allowed))):
        raise ControlError(f"unknown option {', '.join(unknown)}; expected {', '.join(sorted(allowed))}")
    return options
