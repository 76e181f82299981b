"""The limits beyond which a run or a service is a problem; docs/monitors.md describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from awardspider.search.number_settings import parse_number

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

#: Seconds between two runs of the health checks.
CHECK_SECONDS = 60.0

_MAX = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorThresholds:
    """Limits; a monitor or check whose limit is 0 never fails.

    `failed_percent` and `invalid_percent` are the largest shares of failed searches and of invalid offers,
    `offers_percent` the smallest share of the usual number of offers. `free_mb` is in megabytes of 1,000,000 bytes, as
    is `memory_mb`.
    """

    failed_percent: int = 50
    offers_percent: int = 20
    invalid_percent: int = 10
    run_hours: int = 6
    memory_mb: int = 1500
    no_success_hours: int = 48
    outbox_minutes: int = 60
    free_mb: int = 1000

    @property
    def max_run_time(self) -> timedelta:
        """The longest time that a run may take."""
        return timedelta(hours=self.run_hours)


#: Names and highest values of the settings, by field.
SETTINGS = {
    "failed_percent": ("AWARD_MONITOR_FAILED_PERCENT", 100),
    "offers_percent": ("AWARD_MONITOR_OFFERS_PERCENT", 100),
    "invalid_percent": ("AWARD_MONITOR_INVALID_PERCENT", 100),
    "run_hours": ("AWARD_MONITOR_RUN_HOURS", 1000),
    "memory_mb": ("AWARD_MONITOR_MEMORY_MB", _MAX),
    "no_success_hours": ("AWARD_MONITOR_NO_SUCCESS_HOURS", 10_000),
    "outbox_minutes": ("AWARD_MONITOR_OUTBOX_MINUTES", 100_000),
    "free_mb": ("AWARD_MONITOR_FREE_MB", _MAX),
}


def monitor_thresholds(settings: Mapping[str, Any] | BaseSettings) -> MonitorThresholds:
    """Return the thresholds of the settings; raise InvalidSetting for an invalid one."""
    defaults = MonitorThresholds()
    return MonitorThresholds(
        **{
            field: parse_number(settings, name, getattr(defaults, field), highest=highest)
            for field, (name, highest) in SETTINGS.items()
        }
    )
