"""Checks of the data folder, the disk, the database and the clock."""

from __future__ import annotations

import os
import pwd
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from awardspider.operations.doctor import clocks, data_folder, database
from awardspider.operations.doctor.findings import Level
from awardspider.storage.engines import HEAD
from awardspider.storage.services import ServiceName, start_service
from awardspider.storage.store import Store, open_store
from tests.support.doctor import NOW, doctor_context, only_result, problems

NOBODY = 65534


@contextmanager
def without_rights() -> Iterator[None]:
    """Give up root's right to write every folder."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that a user without rights can enter, unlike that of pytest."""
    with tempfile.TemporaryDirectory(prefix="awardspider-doctor-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def test_a_data_folder_that_can_be_written_is_fine(tmp_path: Path) -> None:
    (tmp_path / "responses").mkdir()
    assert problems(data_folder.check_rights, doctor_context(tmp_path)) == []
    assert [path.name for path in tmp_path.iterdir()] == ["responses"]


def test_a_folder_without_rights_is_an_error(open_folder: Path) -> None:
    backups = open_folder / "backups"
    backups.mkdir(0o555)
    open_folder.chmod(0o555)
    with without_rights():
        found = problems(data_folder.check_rights, doctor_context(open_folder))
    assert [(level, sentence) for level, sentence, _ in found] == [
        (Level.ERROR, f"{folder} cannot be written: Permission denied") for folder in (open_folder, backups)
    ]
    assert found[0][2].startswith("Run as its owner (")
    assert f"{open_folder}; or set AWARD_DATA_DIR" in found[0][2]


def test_files_of_another_user_are_a_warning(open_folder: Path) -> None:
    """They appear if a command runs as root on a server whose services have a user of their own."""
    (open_folder / "awardspider.db").symlink_to("/etc/passwd")
    if os.geteuid() == 0:
        os.chown(open_folder, NOBODY, -1)
    result = only_result(data_folder.check_rights, doctor_context(open_folder))
    owner = pwd.getpwuid(open_folder.stat().st_uid).pw_name
    assert (result.level, result.sentence) == (
        Level.WARNING,
        f"{open_folder} belongs to {owner}, but not all in it: awardspider.db (root); services of {owner} may fail",
    )
    assert result.advice.startswith(f"Run: chown -R {owner} {open_folder}; run commands as {owner}")


def test_a_data_folder_that_cannot_be_created_is_an_error(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    folder = open_folder / "a" / "b"
    with without_rights():
        result = only_result(data_folder.check_rights, doctor_context(folder))
    assert (result.level, result.sentence) == (
        Level.ERROR,
        f"The data folder {folder} cannot be created in {open_folder}",
    )


def test_a_data_folder_that_does_not_exist_is_not_created(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    result = only_result(data_folder.check_rights, doctor_context(folder))
    assert (result.level, result.advice) == (Level.WARNING, "Run: scrapy setup")
    result = only_result(database.check_database, doctor_context(folder))
    assert (result.level, result.sentence) == (
        Level.WARNING,
        f"The database {folder / 'awardspider.db'} does not exist yet",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_data_folder_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("")
    result = only_result(data_folder.check_rights, doctor_context(file))
    assert (result.level, result.sentence) == (Level.ERROR, f"AWARD_DATA_DIR is {file}, which is not a folder")


def test_a_clock_that_no_service_sets_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "is_clock_unset", lambda: True)
    result = only_result(clocks.check_clock, doctor_context(tmp_path))
    assert (result.level, result.sentence) == (
        Level.WARNING,
        "No time service sets the clock of this machine, which says 2026-11-30 12:00 UTC",
    )
    assert result.advice.startswith("Run: apt-get install systemd-timesyncd")
    monkeypatch.setattr(clocks, "is_clock_unset", lambda: False)
    assert problems(clocks.check_clock, doctor_context(tmp_path)) == []


def test_the_kernel_says_whether_the_clock_is_set() -> None:
    assert clocks.is_clock_unset() in (True, False)


# ---- the database ------------------------------------------------------------------------------------------------


def test_a_migrated_database_is_fine(database_url: str, tmp_path: Path) -> None:
    context = doctor_context(tmp_path, AWARD_DATABASE_URL=database_url)
    result = only_result(database.check_database, context)
    assert result.level is Level.OK
    assert f"can be written and has schema version {HEAD}" in result.sentence
    assert context.store
    context.now = NOW.now(NOW.tzinfo)
    assert problems(clocks.check_database_clock, context) == []
    context.store.close()


@pytest.mark.parametrize(
    ("version", "level", "sentence", "advice"),
    [
        ("0000", Level.WARNING, f"schema version 0000; this code needs {HEAD}", "run scrapy backup"),
        ("9999", Level.ERROR, "schema version 9999, from a newer awardspider", "git pull && make setup"),
    ],
)
def test_another_schema_version_is_found_and_not_migrated(
    database_url: str, tmp_path: Path, version: str, level: Level, sentence: str, advice: str
) -> None:
    store = open_store(database_url, tmp_path)
    with store.writing() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")
    context = doctor_context(tmp_path, AWARD_DATABASE_URL=database_url)
    result = only_result(database.check_database, context)
    assert result.level is level
    assert sentence in result.sentence
    assert advice in result.advice
    assert context.store is None
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == version
    store.close()


def test_a_database_without_tables_is_a_warning(bare_database_url: str, tmp_path: Path) -> None:
    if bare_database_url.startswith("sqlite"):
        sqlite3.connect(tmp_path / "awardspider.db").close()
    context = doctor_context(tmp_path, AWARD_DATABASE_URL=bare_database_url)
    (tmp_path / "awardspider.db").touch()
    result = only_result(database.check_database, context)
    assert result.level is Level.WARNING
    assert "has no tables yet" in result.sentence
    assert result.advice == "Run: scrapy setup"


@pytest.mark.parametrize("content", [b"not a database" * 100])
def test_a_damaged_database_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "awardspider.db").write_bytes(content)
    result = only_result(database.check_database, doctor_context(tmp_path))
    assert result.level is Level.ERROR
    assert "is not an SQLite database" in result.sentence
    assert result.advice == "Check the file's owner and rights; if it is damaged: scrapy restore FILE"


def test_a_read_only_database_is_an_error(open_folder: Path) -> None:
    open_store("", open_folder).close()
    (open_folder / "awardspider.db").chmod(0o444)
    open_folder.chmod(0o555)
    with without_rights():
        result = only_result(database.check_database, doctor_context(open_folder))
    assert result.level is Level.ERROR
    assert result.sentence.startswith("The database sqlite:///")
    assert result.sentence.endswith(
        (" is read-only", " cannot be opened; check that its folder exists and is writable")
    )
    assert result.advice.startswith("Check the file's owner and rights")


def test_a_data_folder_that_cannot_be_entered_is_an_error(open_folder: Path) -> None:
    folder = open_folder / "data"
    folder.mkdir(0o700)
    open_store("", folder).close()
    with without_rights():
        rights = only_result(data_folder.check_rights, doctor_context(folder))
        found = only_result(database.check_database, doctor_context(folder))
    assert (rights.level, rights.sentence) == (Level.ERROR, f"{folder} cannot be written: Permission denied")
    assert (found.level, found.advice) == (
        Level.ERROR,
        "Check the file's owner and rights; if it is damaged: scrapy restore FILE",
    )


def test_a_wrong_password_is_an_error_that_does_not_show_it(postgresql_url: str, tmp_path: Path) -> None:
    url = postgresql_url.replace("open%40sesame%2F1", "hunter2-wrong")
    assert url != postgresql_url
    result = only_result(database.check_database, doctor_context(tmp_path, AWARD_DATABASE_URL=url))
    assert result.level is Level.ERROR
    assert "password authentication failed" in result.sentence
    assert "hunter2" not in result.sentence
    assert result.advice == "Check that PostgreSQL runs, and the host, name and password in AWARD_DATABASE_URL"


def test_a_server_that_does_not_run_is_an_error(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    context = doctor_context(tmp_path, AWARD_DATABASE_URL=f"postgresql://u:p@127.0.0.1:{port}/x")
    result = only_result(database.check_database, context)
    assert result.level is Level.ERROR
    assert "cannot be reached" in result.sentence


def test_an_invalid_url_is_an_error(tmp_path: Path) -> None:
    result = only_result(database.check_database, doctor_context(tmp_path, AWARD_DATABASE_URL="mysql://x/y"))
    assert (result.level, result.sentence) == (
        Level.ERROR,
        "AWARD_DATABASE_URL names mysql; supported are postgresql and sqlite",
    )


def test_clocks_that_differ_are_an_error(postgresql_url: str, tmp_path: Path) -> None:
    store: Store = open_store(postgresql_url, tmp_path)
    context = doctor_context(tmp_path, store)
    context.now = NOW.now(NOW.tzinfo) - timedelta(minutes=5, seconds=10)
    result = only_result(clocks.check_database_clock, context)
    assert result.level is Level.ERROR
    assert result.sentence == "The clock of this machine is 5 minutes behind that of the database"
    store.close()


def test_a_clock_behind_the_times_in_the_database_is_an_error(sqlite_store: Store, tmp_path: Path) -> None:
    start_service(sqlite_store, ServiceName.SCHEDULER, version="1", now=NOW + timedelta(hours=2))
    result = only_result(clocks.check_database_clock, doctor_context(tmp_path, sqlite_store))
    assert result.level is Level.ERROR
    assert result.sentence.startswith(
        "The clock of this machine is wrong: it shows 2026-11-30 12:00 UTC, but a service"
    )
    assert result.advice.startswith("Install a time service on every machine")
