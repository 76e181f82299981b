"""Checks of the database: reachable, writable and migrated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from awardspider.environment import expand_path
from awardspider.operations.doctor.findings import DoctorContext, Result, error, ok, warning
from awardspider.operations.texts import size_text
from awardspider.outcomes import InvalidSetting, StorageError
from awardspider.storage.engines import HEAD, display_url, open_engine, schema_version
from awardspider.storage.store import Store
from awardspider.values import capitalized

_MIGRATE = "Stop jobs of the old version, run scrapy backup, then any other command migrates it: scrapy status"


def check_database(context: DoctorContext) -> Iterator[Result]:
    """Check that the database can be written and has this version's tables; if so, set the context's store.

    Nothing is created or migrated.
    """
    url = str(context.settings.get("AWARD_DATABASE_URL") or "")
    missing = _missing_file(url, context.data_dir)
    if missing:
        yield warning(f"The database {missing} does not exist yet", "Run: scrapy setup")
        return
    try:
        engine = open_engine(url, context.data_dir)
    except (InvalidSetting, StorageError) as problem:
        yield error(capitalized(str(problem)), "Correct AWARD_DATABASE_URL or AWARD_DATA_DIR")
        return
    store = Store(engine)
    try:
        version = schema_version(engine)
    except StorageError as problem:
        store.close()
        yield error(capitalized(str(problem)), _connection_advice(url))
        return
    name = display_url(engine.url)
    if version == HEAD:
        context.store = store
        file = Path(engine.url.database or "") if engine.url.get_backend_name() == "sqlite" else None
        size = f", {size_text(file.stat().st_size)}" if file and file.exists() else ""
        yield ok(f"The database {name} can be written and has schema version {HEAD}{size}")
        return
    store.close()
    if version is None:
        yield warning(f"The database {name} has no tables yet", "Run: scrapy setup")
    elif version > HEAD:
        yield error(
            f"The database {name} has schema version {version}, from a newer awardspider; this code has {HEAD}",
            "Update the code: git pull && make setup",
        )
    else:
        yield warning(f"The database {name} has schema version {version}; this code needs {HEAD}", _MIGRATE)


def _missing_file(url: str, data_dir: Path) -> Path | None:
    """Return the file of an SQLite database that does not exist, which opening it would create; otherwise None."""
    prefix = "sqlite:///"
    if url and (not url.startswith(prefix) or "file:" in url):
        return None
    file = expand_path(url.removeprefix(prefix).partition("?")[0]) if url else expand_path(data_dir) / "awardspider.db"
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return file
    except OSError:
        pass  # opening it says why
    return None


def _connection_advice(url: str) -> str:
    if url and not url.startswith("sqlite"):
        return "Check that PostgreSQL runs, and the host, name and password in AWARD_DATABASE_URL"
    return "Check the file's owner and rights; if it is damaged: scrapy restore FILE"
