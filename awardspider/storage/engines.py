"""Engines for SQLite and PostgreSQL, the version of their schema, and their errors as sentences."""

from __future__ import annotations

import errno
import logging
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.sql import column, table

from awardspider.outcomes import InvalidSetting, StorageError

logger = logging.getLogger(__name__)

# The newest version in migrations/versions, so that opening a database that has it needs no Alembic (half a second).
HEAD = "0001"

# How long a statement waits for another process that writes.
WAIT_SECONDS = 30

_MIGRATION_LOCK = 4_157_001  # any number, the same in every process
_alembic = threading.Lock()  # Alembic keeps its context in a global

# SQLite's defaults are made for small machines: a crawl's random keys want the indices in memory, and checkpoints
# that write each page once for many batches. Measured on 500,000 offers.
_SQLITE_PRAGMAS = (
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-32768",
    "PRAGMA wal_autocheckpoint=8000",
)

_SQLITE_SENTENCES = {
    "SQLITE_BUSY": "is locked by another process; what was stored before is safe",
    "SQLITE_LOCKED": "is locked by another process; what was stored before is safe",
    "SQLITE_FULL": "cannot grow, the disk is full; what was stored before is safe",
    "SQLITE_READONLY": "is read-only",
    "SQLITE_CANTOPEN": "cannot be opened; check that its folder is there and may be written",
    "SQLITE_NOTADB": "is not an SQLite database",
    "SQLITE_CORRUPT": "is damaged; restore it from a copy",
    "SQLITE_IOERR": "cannot be read or written, the disk reports an error",
}
_POSTGRESQL_SENTENCES = {
    "53100": "cannot grow, its disk is full; what was stored before is safe",
    "55P03": "is locked by another process; what was stored before is safe",
    "25006": "is read-only",
    "53300": "has no connection left for us",
}


def open_engine(url: str, data_dir: Path) -> Engine:
    """An engine for a URL (empty: SQLite under `data_dir`); BadSetting or StorageError where there can be none."""
    parsed = _database_url(url, data_dir)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed,
            pool_pre_ping=True,
            hide_parameters=True,
            json_serializer=to_json,
            json_deserializer=orjson.loads,
            paramstyle="format",  # plain markers, so that rows may travel as tuples (see writing.py)
            connect_args={
                "connect_timeout": 10,
                "application_name": "awardspider",
                "options": f"-c timezone=UTC -c lock_timeout={WAIT_SECONDS}s",
            },
        )
    if not str(parsed.database).startswith("file:"):  # SQLite's own kind of URL, for who knows what he does
        _make_folder(Path(str(parsed.database)).parent)
    if "timeout" not in parsed.query:
        parsed = parsed.update_query_dict({"timeout": str(WAIT_SECONDS)})
    engine = create_engine(parsed, hide_parameters=True, json_serializer=to_json, json_deserializer=orjson.loads)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def to_json(value: Any) -> str:
    """JSON text of anything, keys sorted; what JSON has no form for becomes its text."""
    return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()


def shown(url: URL) -> str:
    """The database as a person may read it: without the password, and without the options, which may hold one."""
    return url.set(drivername=url.get_backend_name(), query={}).render_as_string(hide_password=True)


@contextmanager
def storage_errors(url: URL) -> Iterator[None]:
    """Turn whatever the database or its driver complains about into a StorageError with one sentence."""
    try:
        yield
    except DBAPIError as error:
        raise StorageError(f"the database {shown(url)} {_sentence(error, url)}") from error
    except SQLAlchemyError as error:
        raise StorageError(f"the database {shown(url)} cannot be used: {_first_line(error, url)}") from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes; on SQLite it takes the write lock at once, so that it never has to give up."""
    with storage_errors(engine.url), engine.execution_options(award_writing=True).begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that only reads; on SQLite each statement sees what is true when it begins."""
    with storage_errors(engine.url), engine.connect() as connection:
        yield connection


def migrate(engine: Engine) -> None:
    """Bring the database to `HEAD`; several processes may do so at once.

    Raises StorageError where it cannot be written now, or is newer than this code.
    """
    with writing(engine) as connection:
        found = _version(connection)
        if found:
            # A write that writes nothing, because a database that is read-only can still be read.
            connection.execute(text("DELETE FROM alembic_version WHERE version_num IS NULL"))
    if found != HEAD:
        run_alembic(engine, "upgrade", "head")
        logger.info("The database %s is at version %s", shown(engine.url), HEAD)


def run_alembic(engine: Engine, command: str, revision: str) -> None:
    """Run `upgrade` or `downgrade`, in one transaction, one process at a time.

    Raises StorageError where the database has a version that we do not know.
    """
    # Here, because they take half a second and are rarely needed.
    import alembic.command
    import alembic.config
    import alembic.util

    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _alembic, _script_folder() as folder, writing(engine) as connection:
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
                f"the database {shown(engine.url)} was set up by a newer awardspider "
                f"(version {_version(connection)}, this one knows {HEAD}); update this installation"
            ) from None


def _database_url(url: str, data_dir: Path) -> URL:
    if not url:
        return URL.create("sqlite", database=str(data_dir / "awardspider.db"))
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
        raise InvalidSetting(f"AWARD_DATABASE_URL names {backend}; we know postgresql and sqlite")
    if parsed.database in {None, "", ":memory:"}:
        raise InvalidSetting("AWARD_DATABASE_URL names no file; write sqlite:///FILE")
    return parsed.set(drivername="sqlite")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"the folder {folder} cannot be made: {error.strerror}") from error


def _prepare_sqlite(connection: Any, record: object) -> None:
    # The driver would begin transactions by itself, and take the lock when it is too late to wait for it.
    connection.isolation_level = None
    _switch_to_wal(connection)
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(pragma)


def _switch_to_wal(connection: Any) -> None:
    """Switch to the write-ahead log, which SQLite refuses without waiting while another process does the same."""
    deadline = time.monotonic() + WAIT_SECONDS
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


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(select(column("version_num")).select_from(table("alembic_version")))


@contextmanager
def _script_folder() -> Iterator[Path]:
    """The migrations as real files: copied out where the package is a zipped egg, as on Scrapyd."""
    scripts = files("awardspider.storage.migrations")
    if isinstance(scripts, Path):
        yield scripts
        return
    with tempfile.TemporaryDirectory(prefix="awardspider-") as name:
        folder = Path(name)
        (folder / "versions").mkdir()
        for script in (*scripts.iterdir(), *scripts.joinpath("versions").iterdir()):
            if script.name.endswith((".py", ".mako")):
                inside = folder / "versions" if script.name[0].isdigit() else folder
                inside.joinpath(script.name).write_bytes(script.read_bytes())
        yield folder


def _sentence(error: DBAPIError, url: URL) -> str:
    """What is wrong with the database, as the end of a sentence that begins with its name."""
    cause = error.orig
    name = getattr(cause, "sqlite_errorname", None)
    if name:
        # SQLITE_IOERR_WRITE and its like are kinds of SQLITE_IOERR.
        plain = "_".join(name.split("_")[:2])
        return _SQLITE_SENTENCES.get(plain, f"cannot be used: {_first_line(cause, url)}")
    state = getattr(cause, "sqlstate", None)
    if state in _POSTGRESQL_SENTENCES:
        return _POSTGRESQL_SENTENCES[state]
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


def disk_full(error: OSError) -> bool:
    """Whether an error of the file system says that there is no room."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
