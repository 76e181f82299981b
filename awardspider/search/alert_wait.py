"""The time for which the messages of a crawl wait, so that what it finds for a watch becomes one message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from awardspider.search.number_settings import parse_number

SETTING = "AWARD_ALERT_WAIT_MINUTES"
DEFAULT_MINUTES = 30
#: A message must be sent within the hour.
MOST_MINUTES = 60


def alert_wait(settings: Mapping[str, Any]) -> timedelta:
    """Return how long the messages of a crawl wait at most for its end. Raise InvalidSetting if it is invalid."""
    expected = f"a number of minutes from 0 to {MOST_MINUTES}"
    return timedelta(minutes=parse_number(settings, SETTING, DEFAULT_MINUTES, highest=MOST_MINUTES, expected=expected))
