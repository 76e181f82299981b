"""A prune of the database and the data folder, and its result."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from awardspider.operations.prune.deletion import Pruning
from awardspider.operations.prune.files import RemovedFiles, prune_files
from awardspider.operations.prune.rules import RULES
from awardspider.operations.prune.space import bytes_per_row, database_bytes, free_bytes, return_space
from awardspider.operations.retention import RetentionPeriods
from awardspider.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedRows:
    """The number of rows of a table that were or would be removed; their size is only estimated by a dry run."""

    table: str
    rows: int
    bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneReport:
    """The result of a prune. Sizes are in bytes; `free_bytes` is None for PostgreSQL.

    `returned_bytes` is what the database file shrank by, and `longest_lock` the longest transaction in seconds.
    """

    dry_run: bool
    tables: tuple[RemovedRows, ...]
    files: tuple[RemovedFiles, ...]
    database_bytes: int
    free_bytes: int | None
    returned_bytes: int
    longest_lock: float
    seconds: float


def prune(
    store: Store,
    folder: Path,
    settings: Mapping[str, Any],
    now: datetime,
    *,
    dry_run: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> PruneReport:
    """Remove rows of the database and files of the data folder that are older than the retention.

    Raise InvalidSetting for an invalid period, and StorageError.
    """
    started = time.monotonic()
    periods = RetentionPeriods.from_settings(settings)
    pruning = Pruning(store=store, periods=periods, now=now, dry_run=dry_run, sleep=sleep)
    for rule in RULES.values():
        rule(pruning)
    removed = {table: rows for table, rows in pruning.removed.items() if rows}
    sizes = bytes_per_row(store, removed) if dry_run else {}
    files = prune_files(folder, settings, now, periods.logs, dry_run=dry_run)
    returned = 0 if dry_run else return_space(store, sleep)
    return PruneReport(
        dry_run=dry_run,
        tables=tuple(
            RemovedRows(table=table, rows=rows, bytes=round(rows * sizes[table]) if table in sizes else None)
            for table, rows in sorted(removed.items())
        ),
        files=tuple(each for each in files if each.files),
        database_bytes=database_bytes(store),
        free_bytes=free_bytes(store),
        returned_bytes=returned,
        longest_lock=pruning.longest_lock,
        seconds=time.monotonic() - started,
    )
