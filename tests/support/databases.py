"""Databases for tests, on SQLite and on a private PostgreSQL server: each test starts with an empty one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from awardspider.storage.store import Store, open_store

_ROLE = "award"
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class PostgresqlServer:
    """A running server on the loopback address; its role signs in with a password, as in production."""

    port: int
    password: str

    def url(self, database: str, password: str | None = None) -> str:
        return f"postgresql://{_ROLE}:{quote(password or self.password, safe='')}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


class ReusedDatabase:
    """A copy of a template database that is emptied again and again; if a test changed its tables, it is replaced."""

    def __init__(self, server: PostgresqlServer, template: str) -> None:
        self._server = server
        self._template = template
        self._create()

    def empty(self) -> None:
        """Restore the rows and sequences of the template, or replace the database."""
        try:
            while self._connection.execute(_END_OTHER_CONNECTIONS).fetchone():
                time.sleep(0.002)
            is_unchanged = self._connection.execute(_STATE).fetchone() == self._state
            if is_unchanged:
                self._connection.execute(_RESTORE_ROWS)
        except psycopg.OperationalError:  # the test ended all connections, or a lock is still held
            is_unchanged = False
        if not is_unchanged:
            self.close()
            self._create()

    def close(self) -> None:
        """Drop the database."""
        self._connection.close()
        self._server.execute(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")

    def _create(self) -> None:
        self._name = f"test_{next(_NUMBERS)}"
        self._server.execute(f"CREATE DATABASE {self._name} TEMPLATE {self._template}")
        self.url = self._server.url(self._name)
        options = "-c lock_timeout=2s -c session_replication_role=replica"  # no foreign keys, for any order of deletion
        self._connection = psycopg.connect(self.url, autocommit=True, options=options)
        self._connection.execute(_KEEP_ROWS)
        self._state = self._connection.execute(_STATE).fetchone()


_END_OTHER_CONNECTIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# The columns and indexes, the settings of the database, and the statistics of ANALYZE.
_STATE = """
    SELECT (SELECT (count(*), max(xmin::text::bigint)) FROM pg_attribute)::text,
        (SELECT count(*) FROM pg_db_role_setting),
        (SELECT count(*) FROM pg_statistic JOIN pg_class ON starelid = pg_class.oid
            WHERE relnamespace = 'public'::regnamespace)
"""
# The rows that the migration adds.
_KEEP_ROWS = """
    DO $$
    DECLARE
        name text;
    BEGIN
        CREATE SCHEMA initial;
        FOR name IN SELECT relname FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
        LOOP
            EXECUTE format('CREATE TABLE initial.%1$I AS SELECT * FROM public.%1$I', name);
        END LOOP;
    END $$
"""
# TRUNCATE also resets the size of a table, which the planner uses.
_RESTORE_ROWS = """
    DO $$
    DECLARE
        filled text[];
        kept text[];
        name text;
    BEGIN
        SELECT array_agg(relname) INTO kept FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'initial'::regnamespace;
        SELECT array_agg(quote_ident(relname)) INTO filled FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
            AND relname <> ALL (kept);
        IF filled IS NOT NULL THEN
            EXECUTE format('TRUNCATE %s CASCADE', array_to_string(filled, ', '));
        END IF;
        FOREACH name IN ARRAY kept
        LOOP
            EXECUTE format('DELETE FROM public.%1$I; INSERT INTO public.%1$I SELECT * FROM initial.%1$I', name);
        END LOOP;
        FOR name IN SELECT seqrelid::regclass FROM pg_sequence
        LOOP
            EXECUTE format('ALTER SEQUENCE %s RESTART', name);
        END LOOP;
    END $$
"""


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """Run a PostgreSQL server for this session, without durable writes."""
    programs = _programs()
    # An unprivileged user cannot enter pytest's folder.
    folder = Path(tempfile.mkdtemp(prefix="awardspider-postgresql-"))
    password_file = folder / "password"
    password_file.write_text("open@sesame/1")
    user = _unprivileged_user()
    if user:
        shutil.chown(folder, user)
        shutil.chown(password_file, user)
    data = folder / "data"
    port = _free_port()
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off -c full_page_writes=off -c autovacuum=off"
    )
    run = partial(_run, programs, user)
    try:
        run("initdb", "-D", data, "-U", _ROLE, "-A", "scram-sha-256", "--pwfile", password_file, "-E", "UTF8", "-N")
        run("pg_ctl", "start", "-w", "-D", data, "-l", folder / "log", "-o", options)
        yield PostgresqlServer(port, password_file.read_text())
    finally:
        if (data / "postmaster.pid").exists():
            run("pg_ctl", "stop", "-w", "-D", data, "-m", "immediate")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: PostgresqlServer) -> str:
    """Return the name of a migrated database, as a template."""
    postgresql_server.execute("CREATE DATABASE migrated")
    open_store(postgresql_server.url("migrated"), Path()).close()
    return "migrated"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a migrated database, as a template."""
    folder = tmp_path_factory.mktemp("migrated")
    open_store("", folder).close()
    return folder / "awardspider.db"


@pytest.fixture(scope="session")
def reused_postgresql(postgresql_server: PostgresqlServer, migrated_postgresql: str) -> Iterator[ReusedDatabase]:
    """Yield a migrated database that is emptied after each test: that is faster than a new one."""
    database = ReusedDatabase(postgresql_server, migrated_postgresql)
    yield database
    database.close()


@pytest.fixture
def postgresql_url(reused_postgresql: ReusedDatabase) -> Iterator[str]:
    """Yield the URL of a migrated, empty PostgreSQL database."""
    yield reused_postgresql.url
    reused_postgresql.empty()


@pytest.fixture
def bare_postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """Yield the URL of a PostgreSQL database without tables."""
    yield from _database(postgresql_server, "template1")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a migrated, empty database, once for each engine."""
    if request.param == "sqlite":
        file = tmp_path / "awardspider.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), file)
        return f"sqlite:///{file}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def sqlite_store(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Store]:
    """Yield an empty store on SQLite, for tests of other packages."""
    shutil.copy(migrated_sqlite, tmp_path / "awardspider.db")
    opened = open_store("", tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without tables, once for each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'awardspider.db'}"
    url: str = request.getfixturevalue("bare_postgresql_url")
    return url


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """Yield an empty store, once for each engine."""
    opened = open_store(database_url, tmp_path)
    yield opened
    opened.close()


def _database(server: PostgresqlServer, template: str) -> Iterator[str]:
    name = f"test_{next(_NUMBERS)}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs; Debian has one for each version, outside the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if not folders:
        pytest.fail("PostgreSQL is missing: install Debian's package postgresql", pytrace=False)
    return folders[-1]


def _unprivileged_user() -> str | None:
    """Return the user that runs the server instead of root: PostgreSQL does not run as root."""
    return "postgres" if os.geteuid() == 0 else None


def _run(programs: Path, user: str | None, program: str, *arguments: str | Path) -> None:
    result = subprocess.run(
        [programs / program, *arguments],
        user=user,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        text=True,
        check=False,
    )
    if result.returncode:
        pytest.fail(f"{program} failed: {result.stderr}", pytrace=False)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
