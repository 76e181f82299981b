"""The backups of a database in the data folder: writing, listing and removing them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from awardspider.operations.backup import postgresql, sqlite
from awardspider.operations.prune.space import database_bytes
from awardspider.outcomes import InvalidArgument, StorageError
from awardspider.search.number_settings import parse_number
from awardspider.storage.engines import is_disk_full
from awardspider.storage.store import Store

SETTING = "AWARD_BACKUPS"
DEFAULT_BACKUPS = 7

FOLDER = "backups"
_NAME = "awardspider-"
_SUFFIXES = (sqlite.SUFFIX, postgresql.SUFFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was written; `removed` are the older ones that were removed, oldest first."""

    file: Path
    bytes: int
    removed: tuple[Path, ...] = ()


def backup(
    store: Store, data_dir: Path, settings: Mapping[str, Any], now: datetime, target: Path | None = None
) -> Backup:
    """Write a backup of the database, and remove the oldest ones beyond AWARD_BACKUPS.

    With a target, the backup is that file, and no other one is removed. Raise InvalidArgument if the target exists,
    StorageError if the database cannot be read or the disk is full.
    """
    keep = parse_number(settings, SETTING, DEFAULT_BACKUPS, lowest=1, expected="a number, 1 or more")
    is_sqlite = store.engine.dialect.name == "sqlite"
    suffix = sqlite.SUFFIX if is_sqlite else postgresql.SUFFIX
    file = target or data_dir / FOLDER / f"{_NAME}{now:%Y%m%d-%H%M%S}{suffix}"
    with file_errors(file):
        if file.exists():
            raise InvalidArgument(f"{file} exists already; choose another name")
        file.parent.mkdir(parents=True, exist_ok=True)
        if is_sqlite:
            _require_space(file.parent, database_bytes(store))
            sqlite.write_backup(database_file(store), file)
        else:
            postgresql.write_backup(store.engine.url, file)
        removed = [] if target else find_backups(data_dir)[:-keep]
        for path in removed:
            path.unlink(missing_ok=True)
        return Backup(file=file, bytes=file.stat().st_size, removed=tuple(removed))


def find_backups(data_dir: Path) -> list[Path]:
    """Return the backups in the data folder, oldest first."""
    return sorted(path for path in (data_dir / FOLDER).glob(f"{_NAME}*") if path.name.endswith(_SUFFIXES))


def database_file(store: Store) -> Path:
    """Return the file of an SQLite database. Raise StorageError for one that is named by a URI."""
    name = str(store.engine.url.database)
    if name.startswith("file:"):
        raise StorageError(f"the database {store} is named by a URI; write sqlite:///FILE in AWARD_DATABASE_URL")
    return Path(name)


@contextmanager
def file_errors(file: Path) -> Iterator[None]:
    """Convert errors of the file system to a StorageError."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise StorageError(f"the disk is full: {file} was not written") from error
        raise StorageError(f"{error.filename or file} cannot be used: {error.strerror}") from error


def _require_space(folder: Path, size: int) -> None:
    """Raise StorageError unless a copy of the database fits, and half as much for the compressed file."""
    free = shutil.disk_usage(folder).free
    if free < size * 1.5:
        raise StorageError(
            f"the disk of {folder} has {free / 1e6:,.0f} MB left, but the backup needs {size * 1.5 / 1e6:,.0f} MB"
        )
