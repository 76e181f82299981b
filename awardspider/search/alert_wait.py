"""The time for which the messages of a crawl wait, so that what it finds for a watch becomes one message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from awardspider.outcomes import InvalidSetting

SETTING = "AWARD_ALERT_WAIT_MINUTES"
DEFAULT_MINUTES = 30
#: A message must be sent within the hour.
MOST_MINUTES = 60


def alert_wait(settings: Mapping[str, Any]) -> timedelta:
    """Return how long the messages of a crawl wait at most for its end. Raise InvalidSetting if it is invalid."""
    value = settings.get(SETTING)
    text = str(DEFAULT_MINUTES if value is None or value == "" else value).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and int(text) <= MOST_MINUTES):
        raise InvalidSetting(f"{SETTING} is {text!r}, but must be a number of minutes from 0 to {MOST_MINUTES}")
    return timedelta(minutes=int(text))
