"""Database engines for SQLite and PostgreSQL: connections, transactions, migrations and error messages."""

from __future__ import annotations

import errno
import logging
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, inspect, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.sql import FromClause, column, table

from awardspider.environment import expand_path
from awardspider.outcomes import InvalidSetting, StorageError
from awardspider.values import storable

logger = logging.getLogger(__name__)

_VERSIONS = files("awardspider.storage.migrations.versions")
# The newest revision: the highest file number. A database at this revision opens without importing Alembic (half a
# second).
HEAD = max(path.name[:4] for path in _VERSIONS.iterdir() if path.name[:4].isdigit())

# How long a statement waits while another process writes.
LOCK_TIMEOUT_SECONDS = 30

_MIGRATION_LOCK = 4_157_001  # an arbitrary number, the same in every process
#: The lock of transactions that write batches on PostgreSQL; also an arbitrary number.
WRITE_LOCK = 4_157_002
_alembic_lock = threading.Lock()  # Alembic keeps its context in a global

# A crawl writes rows with random keys, so the indexes should fit in memory; with rare checkpoints, each page is written
# once for many batches. Measured with 500,000 offers.
_SQLITE_PRAGMAS = (
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-32768",
    "PRAGMA wal_autocheckpoint=8000",
)

_JSON_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS

_SQLITE_ERRORS = {
    "SQLITE_BUSY": "is locked by another process; earlier data is safe",
    "SQLITE_LOCKED": "is locked by another process; earlier data is safe",
    "SQLITE_FULL": "cannot grow because the disk is full; earlier data is safe",
    "SQLITE_READONLY": "is read-only",
    "SQLITE_CANTOPEN": "cannot be opened; check that its folder exists and is writable",
    "SQLITE_NOTADB": "is not an SQLite database",
    "SQLITE_CORRUPT": "is damaged; restore it from a backup",
    "SQLITE_IOERR": "cannot be read or written: the disk reports an error",
}
_POSTGRESQL_ERRORS = {
    "53100": "cannot grow because its disk is full; earlier data is safe",
    "55P03": "is locked by another process; earlier data is safe",
    "25006": "is read-only",
    "53300": "has no free connection; raise max_connections or stop other clients",
}


# Most queries read few rows: JIT compilation and parallel workers take longer than the query. Streams of many rows and
# changes never have workers.
_OF_FEW_ROWS = "-c jit=off -c max_parallel_workers_per_gather=0"


def open_engine(url: str, data_dir: Path) -> Engine:
    """Return an engine for a URL; an empty URL means SQLite under `data_dir`. Raises InvalidSetting or StorageError."""
    parsed = _database_url(url, data_dir)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed,
            pool_pre_ping=True,
            hide_parameters=True,
            json_serializer=to_json,
            json_deserializer=orjson.loads,
            paramstyle="format",  # positional markers, because OfferWriter passes rows as tuples
            connect_args={
                "connect_timeout": 10,
                "application_name": "awardspider",
                "options": f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT_SECONDS}s {_OF_FEW_ROWS}",
            },
        )
    if not str(parsed.database).startswith("file:"):  # unless it is an SQLite URI, which specifies the file
        _make_folder(Path(str(parsed.database)).parent)
    if "timeout" not in parsed.query:
        parsed = parsed.update_query_dict({"timeout": str(LOCK_TIMEOUT_SECONDS)})
    engine = create_engine(parsed, hide_parameters=True, json_serializer=to_json, json_deserializer=orjson.loads)
    engine.dialect.statement_compiler = _HintedSQLiteCompiler
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def dialect_insert(dialect: Dialect, into: Table) -> Any:
    """Return a dialect-specific INSERT, which has `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return postgresql.insert(into) if dialect.name == "postgresql" else sqlite.insert(into)


def to_json(value: Any) -> str:
    """Return JSON text with sorted keys; values of other types are converted with `str`.

    Texts lose the characters that PostgreSQL rejects or cannot read back, and an integer of more than 64 bits becomes
    text.
    """
    try:
        text = orjson.dumps(value, default=str, option=_JSON_OPTIONS).decode()
    except TypeError:
        return orjson.dumps(_storable_tree(value), default=str, option=_JSON_OPTIONS).decode()
    if "\\u0000" in text:
        text = orjson.dumps(_storable_tree(value), default=str, option=_JSON_OPTIONS).decode()
    return text


def _storable_tree(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, int) and abs(value) >= 2**63:
        return str(value)
    if isinstance(value, dict):
        return {_storable_tree(key): _storable_tree(inner) for key, inner in value.items()}
    return [_storable_tree(inner) for inner in value] if isinstance(value, list | tuple) else value


def display_url(url: URL) -> str:
    """Return a URL for messages: without the password, and without options, which may also contain a password."""
    return url.set(drivername=url.get_backend_name(), query={}).render_as_string(hide_password=True)


@contextmanager
def storage_errors(url: URL) -> Iterator[None]:
    """Convert database and driver errors to a StorageError with a one-sentence message."""
    try:
        yield
    except DBAPIError as error:
        raise StorageError(f"the database {display_url(url)} {_explain(error, url)}") from error
    except SQLAlchemyError as error:
        raise StorageError(f"the database {display_url(url)} cannot be used: {_first_line(error, url)}") from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that writes. On SQLite, first take the write lock, because taking it later can fail."""
    with storage_errors(engine.url), _writing_engine(engine).begin() as connection:
        yield connection


@lru_cache(maxsize=8)
def _writing_engine(engine: Engine) -> Engine:
    """Return the engine with the option of transactions that write; the two share their connections."""
    return engine.execution_options(award_writing=True)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection that only reads. On SQLite each statement sees the data as of the statement's start."""
    with storage_errors(engine.url), engine.connect() as connection:
        yield connection


def migrate(engine: Engine) -> None:
    """Migrate the database to `HEAD`; several processes may do so at once.

    Raises StorageError if the database is not writable or is newer than this code.
    """
    with writing(engine) as connection:
        version = _version(connection)
        if version:
            _require_writable(connection)
    if version != HEAD:
        run_alembic(engine, "upgrade", "head")
        logger.info("Migrated the database %s to version %s", display_url(engine.url), HEAD)


def schema_version(engine: Engine) -> str | None:
    """Return the database's schema version without migrating it; None without tables.

    Raises StorageError if the database is unreachable, locked or not writable.
    """
    with writing(engine) as connection:
        version = _version(connection)
        if version:
            _require_writable(connection)
    return version


def read_schema_version(engine: Engine) -> str | None:
    """Return the database's schema version without writing; None without tables. Raises StorageError."""
    with reading(engine) as connection:
        return _version(connection)


def run_alembic(engine: Engine, command: str, revision: str) -> None:
    """Run `upgrade` or `downgrade` in one transaction, one process at a time.

    Raises StorageError if the database has an unknown version.
    """
    # Imported here because Alembic takes half a second to import and is rarely needed.
    import alembic.command
    import alembic.config
    import alembic.util

    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _alembic_lock, _script_folder() as folder, writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config = alembic.config.Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            getattr(alembic.command, command)(config, revision)
        except alembic.util.CommandError as error:
            if "Can't locate revision" not in str(error):
                raise
            raise StorageError(
                f"the database {display_url(engine.url)} has schema version {_version(connection)}, from a newer "
                f"awardspider; this installation supports {HEAD}: update it"
            ) from None


def _database_url(url: str, data_dir: Path) -> URL:
    if not url:
        return URL.create("sqlite", database=str(expand_path(data_dir) / "awardspider.db"))
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise InvalidSetting(
            "AWARD_DATABASE_URL is not a database URL; write postgresql://USER:PASSWORD@HOST/NAME or sqlite:///FILE"
        ) from None
    backend = parsed.drivername.partition("+")[0]
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise InvalidSetting(f"AWARD_DATABASE_URL names {backend}; supported are postgresql and sqlite")
    if parsed.database in {None, "", ":memory:"}:
        raise InvalidSetting("AWARD_DATABASE_URL names no file; write sqlite:///FILE")
    file = str(parsed.database)
    if not file.startswith("file:"):
        file = str(expand_path(file))
    return parsed.set(drivername="sqlite", database=file)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"the folder {folder} cannot be created: {error.strerror}") from error


class _HintedSQLiteCompiler(SQLiteCompiler):
    """The compiler of statements for SQLite, with hints such as `INDEXED BY`."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        """Return the hint as it is."""
        return text


def _prepare_sqlite(connection: Any, record: object) -> None:
    # Otherwise the driver would begin transactions itself and request the lock too late to wait for it.
    connection.isolation_level = None
    # A new database can return free pages to the disk without being rewritten. The switch creates the file.
    connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    _switch_to_wal(connection)
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(pragma)


def _switch_to_wal(connection: Any) -> None:
    """Switch to the write-ahead log. SQLite fails without waiting if another process is switching too."""
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except connection.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("award_writing"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _require_writable(connection: Connection) -> None:
    """Change nothing, but fail if the database is read-only."""
    connection.execute(text("DELETE FROM alembic_version WHERE version_num IS NULL"))


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(select(column("version_num")).select_from(table("alembic_version")))


@contextmanager
def _script_folder() -> Iterator[Path]:
    """Yield the folder of migrations as real files, extracted if the package is a zipped egg, as on Scrapyd."""
    scripts = files("awardspider.storage.migrations")
    if isinstance(scripts, Path):
        yield scripts
        return
    with tempfile.TemporaryDirectory(prefix="awardspider-") as name:
        folder = Path(name)
        (folder / "versions").mkdir()
        for script in (*scripts.iterdir(), *scripts.joinpath("versions").iterdir()):
            if script.name.endswith((".py", ".mako")):
                target = folder / "versions" if script.name[0].isdigit() else folder
                target.joinpath(script.name).write_bytes(script.read_bytes())
        yield folder


def _explain(error: DBAPIError, url: URL) -> str:
    """Describe an error in words that complete a sentence starting with the database's name."""
    cause = error.orig
    name = getattr(cause, "sqlite_errorname", None)
    if name:
        # SQLITE_IOERR_WRITE and the like are subtypes of SQLITE_IOERR.
        basic = "_".join(name.split("_")[:2])
        return _SQLITE_ERRORS.get(basic, f"cannot be used: {_first_line(cause, url)}")
    state = getattr(cause, "sqlstate", None)
    if state in _POSTGRESQL_ERRORS:
        return _POSTGRESQL_ERRORS[state]
    if state is None and url.get_backend_name() == "postgresql":
        return f"cannot be reached: {_first_line(cause, url)}"
    return f"cannot be used: {_first_line(cause, url)}"


def _first_line(error: BaseException | None, url: URL) -> str:
    line = next(iter(str(error).splitlines()), "").strip().rstrip(".").removeprefix("connection failed: ")
    passwords = [url.password, *(value for key, value in url.query.items() if "pass" in key)]
    for password in passwords:
        if password:
            line = line.replace(str(password), "***")
    return line


def is_disk_full(error: OSError) -> bool:
    """Return True if a file system error means that the disk is full."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
