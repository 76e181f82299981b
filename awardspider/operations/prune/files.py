"""Old files in the data folder: archived responses, logs, and logs and items of Scrapyd's jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from stat import S_ISREG
from typing import Any

from awardspider.operations.retention import earliest
from awardspider.outcomes import StorageError
from awardspider.storage.responses import ResponseArchive

#: Files that are removed by age, by folder in the data folder. The supervisor's current logs have no number.
_PATTERNS = {
    "logs": ("logs/*.log.*",),
    "scrapyd logs": ("scrapyd/logs/*/*/*.log",),
    "scrapyd items": ("scrapyd/items/*/*/*",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedFiles:
    """The number of files of one kind that were or would be removed, and their size."""

    kind: str
    files: int
    bytes: int


def prune_files(
    folder: Path, settings: Mapping[str, Any], now: datetime, max_age: timedelta, *, dry_run: bool
) -> list[RemovedFiles]:
    """Remove old files under the data folder. Raise StorageError if one cannot be removed."""
    removed = []
    archive = ResponseArchive.from_setting(folder / "responses", str(settings["AWARD_RESPONSE_RETENTION"]))
    if archive:
        expired = archive.expired(now)
        if not dry_run:
            archive.prune(now)
        removed.append(RemovedFiles(kind="responses", files=len(expired), bytes=sum(size for size, _ in expired)))
    before = earliest(now, max_age).timestamp()
    for kind, patterns in _PATTERNS.items():
        found = [each for pattern in patterns for each in _old_files(folder, pattern, before)]
        if not dry_run:
            for _, path in found:
                _remove(path)
        removed.append(RemovedFiles(kind=kind, files=len(found), bytes=sum(size for size, _ in found)))
    return removed


def _old_files(folder: Path, pattern: str, before: float) -> Iterator[tuple[int, Path]]:
    """Yield the size and path of each file that was last changed before a time."""
    for path in folder.glob(pattern):
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StorageError(f"the file {path} cannot be read: {error.strerror}") from error
        if S_ISREG(status.st_mode) and status.st_mtime < before:
            yield status.st_size, path


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"the file {path} cannot be removed: {error.strerror}") from error
