"""Databases for tests: a fresh one for each test, on SQLite and on a private PostgreSQL server."""

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
    """A running server on the loopback address; its one role signs in with a password, as in real life."""

    port: int
    password: str

    def url(self, database: str, password: str | None = None) -> str:
        return f"postgresql://{_ROLE}:{quote(password or self.password, safe='')}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server of this session's own, which does not bother to survive a power cut."""
    programs = _programs()
    # Not pytest's own folder, which an unprivileged user may not enter.
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
    """The name of a database with our tables, to copy."""
    postgresql_server.execute("CREATE DATABASE migrated")
    open_store(postgresql_server.url("migrated"), Path()).close()
    return "migrated"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with our tables, to copy."""
    folder = tmp_path_factory.mktemp("migrated")
    open_store("", folder).close()
    return folder / "awardspider.db"


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer, migrated_postgresql: str) -> Iterator[str]:
    """The URL of a PostgreSQL database with our tables and nothing in them."""
    yield from _database(postgresql_server, migrated_postgresql)


@pytest.fixture
def bare_postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """The URL of a PostgreSQL database with nothing at all."""
    yield from _database(postgresql_server, "template1")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with our tables and nothing in them, once on each engine."""
    if request.param == "sqlite":
        file = tmp_path / "awardspider.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), file)
        return f"sqlite:///{file}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def own_store(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Store]:
    """An open store with nothing in it, on SQLite alone: for tests of what stands above storage."""
    shutil.copy(migrated_sqlite, tmp_path / "awardspider.db")
    opened = open_store("", tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with nothing at all, once on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'awardspider.db'}"
    url: str = request.getfixturevalue("bare_postgresql_url")
    return url


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """An open store with nothing in it, once on each engine."""
    opened = open_store(database_url, tmp_path)
    yield opened
    opened.close()


def _database(server: PostgresqlServer, template: str) -> Iterator[str]:
    name = f"test_{next(_NUMBERS)}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _programs() -> Path:
    """The folder of PostgreSQL's own programs; Debian keeps them off the path, by version."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if not folders:
        pytest.fail("PostgreSQL's programs are missing: install Debian's package postgresql.", pytrace=False)
    return folders[-1]


def _unprivileged_user() -> str | None:
    """Who runs the server: PostgreSQL refuses to run as root, and its package brings a user."""
    return "postgres" if os.geteuid() == 0 else None


def _run(programs: Path, user: str | None, program: str, *arguments: str | Path) -> None:
    done = subprocess.run(
        [programs / program, *arguments],
        user=user,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{program} failed: {done.stderr}", pytrace=False)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
