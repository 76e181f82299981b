"""Restoration of a backup: the database that it replaces is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, select

from awardspider.operations.backup import postgresql, sqlite
from awardspider.operations.backup.backups import FOLDER, database_file, file_errors
from awardspider.outcomes import InvalidArgument, StorageError
from awardspider.storage import processes, schema
from awardspider.storage.engines import HEAD, open_engine
from awardspider.storage.runs import LEASE_DURATION
from awardspider.storage.services import is_running, service_rows, stop_all_services
from awardspider.storage.store import Store, open_store

_programs = schema.programs.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A backup that was restored; `kept` is the database that it has replaced, or None if there was none."""

    file: Path
    kept: Path | None


def restore(file: Path, data_dir: Path, settings: Mapping[str, Any], now: datetime) -> Restored:
    """Replace the database with a backup, and migrate it.

    Raise InvalidArgument for a file that is no backup of such a database, and StorageError if the backup is damaged or
    newer than this code, or if a service or crawl uses the database.
    """
    with file_errors(file):
        if not file.is_file():
            raise InvalidArgument(f"{file} is not a file; the backups are in {data_dir / FOLDER}")
    url = str(settings["AWARD_DATABASE_URL"])
    engine = open_engine(url, data_dir)
    store = Store(engine)
    try:
        is_sqlite = engine.dialect.name == "sqlite"
        if file.name.endswith(postgresql.SUFFIX) is is_sqlite:
            raise InvalidArgument(f"{file} is not a backup of the kind of {store}")
        kept = data_dir / FOLDER / f"replaced-{now:%Y%m%d-%H%M%S}{'.db' if is_sqlite else postgresql.SUFFIX}"
        with file_errors(kept):
            kept.parent.mkdir(parents=True, exist_ok=True)
            if is_sqlite:
                replaced = _restore_sqlite(store, file, kept, now)
            else:
                replaced = _restore_postgresql(store, file, kept, now)
    finally:
        store.close()
    restored = open_store(url, data_dir)
    # The backup has the services that ran when it was made.
    stop_all_services(restored, now)
    restored.close()
    return Restored(file=file, kept=kept if replaced else None)


def _restore_sqlite(store: Store, file: Path, kept: Path, now: datetime) -> bool:
    database = database_file(store)
    new = database.with_name(f".{database.name}.restored")
    new.unlink(missing_ok=True)
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        sqlite.unpack(file, new)
        _require_known(file, sqlite.schema_version(new))
        exists = database.exists()
        if exists and sqlite.schema_version(database) is not None:
            _require_unused(store, now)
        store.close()
        sqlite.replace_database(database, new, kept)
        return exists
    finally:
        new.unlink(missing_ok=True)


def _restore_postgresql(store: Store, file: Path, kept: Path, now: datetime) -> bool:
    url: URL = store.engine.url
    postgresql.require_intact(file, url)
    _require_known(file, postgresql.schema_version(file, url))
    _require_unused(store, now)
    store.close()
    postgresql.write_backup(url, kept)
    postgresql.restore(url, file)
    return True


def _require_known(file: Path, version: str | None) -> None:
    if version is None:
        raise InvalidArgument(f"{file} is not a backup of awardspider's database")
    if version > HEAD:
        raise StorageError(
            f"the backup {file} has schema version {version}, from a newer awardspider; this installation supports "
            f"{HEAD}: update it"
        )


def _require_unused(store: Store, now: datetime) -> None:
    """Raise StorageError if a service or a crawl is running."""
    running = [f"{row.name} on {row.host}" for row in service_rows(store) if is_running(row, now)]
    query = select(schema.programs).where(_programs.run_id.is_not(None))
    with store.reading() as connection:
        leases = connection.execute(query).mappings().all()
    running += [
        f"the crawl of {lease['program']} on {lease['host']}"
        for lease in leases
        if not processes.has_expired(lease["heartbeat_at"], now, LEASE_DURATION)
        and not processes.has_ended(lease["host"], lease["pid_namespace"], lease["pid"])
    ]
    if running:
        raise StorageError(f"the database is used by {', '.join(running)}; stop everything first: scrapy down")
