"""Health checks: problems of the services, the database and the host, about which the operator is notified."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from awardspider.environment import data_dir
from awardspider.operations.incidents import update_incidents
from awardspider.storage.incidents import IncidentKind, Problem
from awardspider.storage.store import Store

#: The free space of the data folder below which the operator is notified, in bytes.
MIN_FREE_BYTES = 1_000_000_000


def run_health_checks(store: Store, settings: Mapping[str, Any], now: datetime) -> list[Problem]:
    """Check everything that can fail between two runs, update the incidents, and return the problems.

    The scheduler and the dispatcher call this once a minute. Raise StorageError.
    """
    found = {"disk": _disk_problem(settings)}
    for scope, problem in found.items():
        update_incidents(store, settings, [problem] if problem else [], scope=scope, now=now)
    return [problem for problem in found.values() if problem]


def _disk_problem(settings: Mapping[str, Any]) -> Problem | None:
    folder = data_dir(settings)
    free = shutil.disk_usage(folder).free if folder.exists() else MIN_FREE_BYTES
    if free >= MIN_FREE_BYTES:
        return None
    sentence = f"only {free / 1e6:,.0f} MB are free in {folder}; delete files, or lower the retention"
    return Problem(key="disk", kind=IncidentKind.DISK_FULL, subject="Disk", sentence=sentence)
