"""Health checks of the host: its disk and its clock."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from awardspider import clock
from awardspider.environment import data_dir
from awardspider.operations.thresholds import MonitorThresholds
from awardspider.storage.incidents import IncidentKind, Problem
from awardspider.storage.services import service_rows
from awardspider.storage.store import Store

#: A heartbeat that is further in the future was written with another clock, or before the clock was set back.
MAX_CLOCK_ERROR = timedelta(minutes=5)


def disk_problems(settings: Mapping[str, Any], thresholds: MonitorThresholds) -> list[Problem]:
    """Return the problem of a data folder on a disk that is almost full."""
    folder = data_dir(settings).absolute()
    while not folder.exists():  # created by the first command that stores anything
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1_000_000
    if free >= thresholds.free_mb:
        return []
    sentence = f"only {free:,.0f} MB are free in {folder}; run scrapy prune, or delete files"
    return [Problem(key="disk", kind=IncidentKind.DISK_FULL, subject="Disk", sentence=sentence)]


def clock_problems(store: Store, now: datetime) -> list[Problem]:
    """Return the problem of a clock that is behind the heartbeats in the database."""
    if os.environ.get(clock.SETTING):
        return []
    latest = max((row.heartbeat_at for row in service_rows(store)), default=now)
    if latest - now <= MAX_CLOCK_ERROR:
        return []
    sentence = (
        f"it shows {now:%Y-%m-%d %H:%M} UTC, but a service wrote at {latest:%Y-%m-%d %H:%M} UTC; "
        "run timedatectl, and correct the clock"
    )
    return [Problem(key="clock", kind=IncidentKind.CLOCK_WRONG, subject="Clock", sentence=sentence)]
