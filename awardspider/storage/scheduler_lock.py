"""The lock that only one scheduler of a database has; the operating system or PostgreSQL releases it with its process.

A lease with heartbeats would be wrong after the computer slept or its clock was set, and would keep the next
scheduler waiting after a crash.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from sqlalchemy import Connection, text

from awardspider.outcomes import StorageError
from awardspider.storage.engines import storage_errors
from awardspider.storage.store import Store

_LOCK = 4_157_003  # an arbitrary number, as those in `engines`


class SchedulerLock:
    """The lock of a database. On SQLite it is a lock of the file `scheduler.lock` beside the database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._file: int | None = None
        self._connection: Connection | None = None

    def acquire(self) -> bool:
        """Return True if this process has the lock, which it takes if no other process has it. Raise StorageError."""
        return self._lock_row() if self._store.engine.dialect.name == "postgresql" else self._lock_file()

    def release(self) -> None:
        """Release the lock."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._connection is not None:
            self._connection.invalidate()  # a lock of a session ends with its connection
            self._connection.close()
            self._connection = None

    def _lock_file(self) -> bool:
        if self._file is not None:
            return True
        with self._store.reading() as connection:
            names = connection.exec_driver_sql("PRAGMA database_list").all()  # one more with temporary tables
            database = next(each.file for each in names if each.name == "main")
        path = Path(database).with_name("scheduler.lock")
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageError(f"the file {path} cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def _lock_row(self) -> bool:
        """Take an advisory lock on a connection of its own. The lock ends with the connection."""
        with storage_errors(self._store.engine.url):
            try:
                if self._connection is not None:
                    self._connection.execute(text("SELECT 1"))
                    self._connection.commit()
                    return True
                connection = self._store.engine.connect()
                self._connection = connection
                has_lock: bool = connection.execute(
                    text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}
                ).scalar_one()
                connection.commit()
            except BaseException:
                self.release()
                raise
        if not has_lock:
            self.release()
        return has_lock
