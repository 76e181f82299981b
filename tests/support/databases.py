"""Databases for tests: a new one for each test, on SQLite and on a private PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
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
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off -c full_page_writes=off"
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


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer, migrated_postgresql: str) -> Iterator[str]:
    """Yield the URL of a migrated, empty PostgreSQL database."""
    yield from _database(postgresql_server, migrated_postgresql)


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
