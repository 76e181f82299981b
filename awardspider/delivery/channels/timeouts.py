"""The `timeout` option, shared by several kinds of channels."""

from __future__ import annotations

import re

from awardspider.delivery.channels.base import ChannelConfig
from awardspider.outcomes import InvalidArgument

MAX_SECONDS = 60.0


def parse_timeout(config: ChannelConfig, default: float) -> float:
    """Return the timeout in seconds, or `default` if unset. Raise InvalidArgument if it is invalid."""
    text = config.options.get("timeout", "")
    if not text:
        return default
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3})?", text) or not 1 <= float(text) <= MAX_SECONDS:
        raise InvalidArgument(f"invalid timeout {text!r}; use seconds from 1 to {MAX_SECONDS:g}")
    return float(text)
