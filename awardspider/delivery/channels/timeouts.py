"""The option `timeout` of channels that wait for somebody."""

from __future__ import annotations

import re

from awardspider.delivery.channels.base import ChannelConfig
from awardspider.outcomes import InvalidArgument

MOST_SECONDS = 60.0


def timeout_of(config: ChannelConfig, default: float) -> float:
    """Seconds. Raises BadArgument for what is no number from 1 to MOST_SECONDS."""
    text = config.options.get("timeout", "")
    if not text:
        return default
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3})?", text) or not 1 <= float(text) <= MOST_SECONDS:
        raise InvalidArgument(f"timeout is {text!r}; write seconds from 1 to {MOST_SECONDS:g}")
    return float(text)
