"""The current time: the real one, or a simulated one while the sandbox is used."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from awardspider.outcomes import InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy.settings import BaseSettings

#: The setting, and the environment variable of the same name that `now` reads.
SETTING = "AWARD_SIMULATED_TIME"

#: An environment variable for child processes: a simulated time, and the real time at which it was that time.
STARTED = "_AWARD_SIMULATED_TIME_STARTED"


def now() -> datetime:
    """Return the current time, aware and in UTC.

    If the environment variable AWARD_SIMULATED_TIME is set, it is that time plus the real time since it was first read.
    A process passes the moment of the first reading on to its child processes, so that they all have the same clock.
    Raise InvalidSetting if the variable is not a time.
    """
    text = os.environ.get(SETTING, "").strip()
    offset = _offset(text) if text else timedelta()
    return real_now() + offset


def real_now() -> datetime:
    """Return the real time, aware and in UTC, for logs and versions of the code: they are not part of a simulation."""
    return datetime.now(UTC)


def simulate_time(settings: Mapping[str, Any] | BaseSettings) -> None:
    """Apply AWARD_SIMULATED_TIME. Raise InvalidSetting if it is invalid, or is set without AWARD_SANDBOX_URL."""
    text = str(settings[SETTING] or "").strip()
    if not text:
        os.environ.pop(SETTING, None)
        return
    _parse(text)
    if not settings["AWARD_SANDBOX_URL"]:
        raise InvalidSetting(f"{SETTING} is only for the sandbox: set AWARD_SANDBOX_URL too, or remove {SETTING}")
    os.environ[SETTING] = text


def _parse(text: str) -> datetime:
    """Parse a time, in UTC if it has no zone."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidSetting(f"{SETTING} is {text!r}, but must be a time such as 2026-10-01T12:00Z") from None


@lru_cache(maxsize=1)
def _offset(text: str) -> timedelta:
    """Return the difference between the simulated time and the real one."""
    moment = _parse(text)
    known, _, started = os.environ.get(STARTED, "").rpartition(" ")
    if known != text:
        started = real_now().isoformat()
        os.environ[STARTED] = f"{text} {started}"
    return moment - datetime.fromisoformat(started)
