"""Backups of an SQLite database: copied while crawls write, checked, and compressed with zstd."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import zstandard

from awardspider.outcomes import StorageError

SUFFIX = ".db.zst"
_LEVEL = 3
_BUSY_SECONDS = 30


def write_backup(database: Path, target: Path) -> None:
    """Copy a database to a compressed file; the copy is the state of one moment.

    Raise StorageError if the copy is damaged. The copy and the file need as much space as the database together.
    """
    copy = target.with_name(f".{target.name}.copy")
    try:
        copy.touch(mode=0o600)
        with closing(_open(database)) as source, closing(_open(copy)) as destination:
            source.backup(destination)  # in one step, because each write of another process would begin it again
        require_intact(copy)
        _compress(copy, target)
    except sqlite3.Error as error:
        raise StorageError(f"the database {database} cannot be backed up: {error}") from error
    finally:
        _remove_database(copy)


def unpack(backup: Path, target: Path) -> None:
    """Write the database of a backup, compressed or not, to a file. Raise StorageError if the backup is damaged."""
    target.touch(mode=0o600)
    try:
        if backup.name.endswith(".zst"):
            with backup.open("rb") as source, target.open("wb") as destination:
                read, _ = zstandard.ZstdDecompressor().copy_stream(source, destination)
                if read < backup.stat().st_size:
                    raise StorageError(f"the backup {backup} is damaged: it has more than one part")
        else:
            with closing(_open(backup)) as source, closing(_open(target)) as destination:
                source.backup(destination)
        require_intact(target)
    except (zstandard.ZstdError, sqlite3.Error) as error:
        raise StorageError(f"the backup {backup} is damaged: {error}") from error


def require_intact(database: Path) -> None:
    """Raise StorageError unless every page and index of a database is consistent."""
    with closing(_open(database)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise StorageError(f"the database {database} is damaged: {found[0].splitlines()[-1]}")


def schema_version(database: Path) -> str | None:
    """Return the schema version of a database; None for one that is damaged or not ours."""
    with closing(_open(database)) as connection, suppress(sqlite3.DatabaseError):
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None
    return None


def replace_database(database: Path, new: Path, kept: Path) -> None:
    """Put a new database in the place of another one, which is kept as the file `kept`.

    Raise StorageError if a process uses the database. A damaged one is kept as it is, with its write-ahead log.
    """
    if database.exists():
        _close_log(database)
        database.rename(kept)
        for suffix in ("-wal", "-shm"):
            log = database.with_name(database.name + suffix)
            if log.exists():
                log.rename(kept.with_name(kept.name + suffix))
    new.replace(database)


def _close_log(database: Path) -> None:
    """Write the log into the database and remove it, which works only if no other process uses the database."""
    with closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError as error:
            raise StorageError(
                f"the database {database} is used by another process; stop everything first: scrapy down"
            ) from error
        except sqlite3.DatabaseError:  # damaged, which is why it is replaced
            return


def _open(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(database, timeout=_BUSY_SECONDS, isolation_level=None)


def _compress(source: Path, target: Path) -> None:
    unfinished = target.with_name(f".{target.name}")
    unfinished.touch(mode=0o600)
    try:
        compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        with source.open("rb") as read, unfinished.open("wb") as write:
            compressor.copy_stream(read, write, size=source.stat().st_size)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _remove_database(file: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
