"""Backups of both kinds of databases: written while a crawl writes, checked, restored and removed."""

from __future__ import annotations

import subprocess
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from awardspider.operations.backup.backups import backup, find_backups
from awardspider.operations.backup.restore import restore
from awardspider.outcomes import AwardError, InvalidArgument, StorageError
from awardspider.storage import schema
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.runs import end_run, start_run
from awardspider.storage.services import ServiceName, service_rows, start_service, stop_service
from awardspider.storage.store import Store, open_store
from tests.support.storage_examples import NOW, make_report


def settings(url: str, **fields: Any) -> dict[str, Any]:
    return {"AWARD_DATABASE_URL": url, "AWARD_BACKUPS": "2"} | fields


def add_search(store: Store, key: str) -> None:
    write_batch(store, Batch(reports=[make_report(key)]))


def searches(url: str, folder: Path) -> list[str]:
    store = open_store(url, folder)
    with store.reading() as connection:
        found = sorted(connection.scalars(select(schema.searches.c.id)))
    store.close()
    return found


def test_a_restored_backup_has_the_rows_of_its_time_and_the_replaced_database_is_kept(
    database_url: str, tmp_path: Path
) -> None:
    store = open_store(database_url, tmp_path)
    add_search(store, "before")
    written = backup(store, tmp_path, settings(database_url), NOW)
    assert written.file.parent == tmp_path / "backups"
    assert written.file.stat().st_mode & 0o077 == 0
    assert written.bytes == written.file.stat().st_size
    add_search(store, "after")
    store.close()
    restored = restore(written.file, tmp_path, settings(database_url), NOW)
    assert searches(database_url, tmp_path) == ["before"]
    assert restored.kept is not None
    restore(restored.kept, tmp_path, settings(database_url), NOW + timedelta(minutes=1))
    assert searches(database_url, tmp_path) == ["after", "before"]
    assert not list(tmp_path.rglob(".*"))


def test_services_that_ran_when_the_backup_was_made_are_stopped(database_url: str, tmp_path: Path) -> None:
    store = open_store(database_url, tmp_path)
    start_service(store, ServiceName.DISPATCHER, version="1", now=NOW)
    written = backup(store, tmp_path, settings(database_url), NOW)
    stop_service(store, ServiceName.DISPATCHER, NOW)
    store.close()
    restore(written.file, tmp_path, settings(database_url), NOW + timedelta(hours=1))
    store = open_store(database_url, tmp_path)
    assert [row.stopped_at for row in service_rows(store)] == [NOW + timedelta(hours=1)]
    store.close()


def test_only_the_newest_backups_are_kept(database_url: str, tmp_path: Path) -> None:
    store = open_store(database_url, tmp_path)
    for hours in range(4):
        written = backup(store, tmp_path, settings(database_url), NOW + timedelta(hours=hours))
    own = backup(store, tmp_path, settings(database_url), NOW, tmp_path / "own.db.zst")
    store.close()
    assert len(find_backups(tmp_path)) == 2
    assert written.file in find_backups(tmp_path)
    assert [path.name[:20] for path in written.removed] == ["awardspider-20261122"]
    assert own.file.exists()
    assert own.removed == ()


def test_a_backup_is_one_moment_of_a_database_that_is_written(sqlite_store: Store, tmp_path: Path) -> None:
    stop, began = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            write_batch(sqlite_store, Batch(reports=[make_report(f"{number}-{half}") for half in "ab"]))
            began.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert began.wait(60)
        files = [backup(sqlite_store, tmp_path, settings(""), NOW + timedelta(hours=n)).file for n in range(2)]
    finally:
        stop.set()
        thread.join()
    for number, file in enumerate(files):
        folder = tmp_path / str(number)
        restore(file, folder, settings(""), NOW)
        found = searches("", folder)
        assert found == sorted(f"{each}-{half}" for each in range(1, len(found) // 2 + 1) for half in "ab")
        assert found


def test_a_database_that_is_used_is_not_replaced(database_url: str, tmp_path: Path) -> None:
    store = open_store(database_url, tmp_path)
    written = backup(store, tmp_path, settings(database_url), NOW)
    start_service(store, ServiceName.SCHEDULER, version="1", now=NOW)
    refused(written.file, tmp_path, database_url, r"used by scheduler on .*: scrapy down")
    stop_service(store, ServiceName.SCHEDULER, NOW)
    run_id = start_run(store, program="united", spider="united", job=None, arguments={}, now=NOW)
    refused(written.file, tmp_path, database_url, "used by the crawl of united on ")
    end_run(store, run_id, finish_reason="finished", stats={}, now=NOW)
    store.close()
    restore(written.file, tmp_path, settings(database_url), NOW)


def test_an_open_sqlite_file_is_not_replaced(sqlite_store: Store, tmp_path: Path) -> None:
    written = backup(sqlite_store, tmp_path, settings(""), NOW)
    with sqlite_store.reading() as connection:
        connection.scalar(select(func.count()).select_from(schema.searches))
        refused(written.file, tmp_path, "", "used by another process")
    sqlite_store.close()
    restore(written.file, tmp_path, settings(""), NOW)


def refused(file: Path, folder: Path, url: str, message: str) -> None:
    with pytest.raises(StorageError, match=message):
        restore(file, folder, settings(url), NOW)


def test_a_file_that_the_file_system_refuses_is_reported(sqlite_store: Store, tmp_path: Path) -> None:
    file = tmp_path / ("a" * 300)
    refused(file, tmp_path, "", "cannot be used: File name too long")
    with pytest.raises(StorageError, match="cannot be used: File name too long"):
        backup(sqlite_store, tmp_path, settings(""), NOW, file)


@pytest.mark.parametrize("position", [20, 2_000, -8])
def test_a_damaged_backup_is_refused(database_url: str, tmp_path: Path, position: int) -> None:
    store = open_store(database_url, tmp_path)
    add_search(store, "kept")
    file = backup(store, tmp_path, settings(database_url), NOW).file
    store.close()
    content = bytearray(file.read_bytes())
    content[position:] = bytes(byte ^ 0xFF for byte in content[position:])
    file.write_bytes(bytes(content))
    with pytest.raises(StorageError):
        restore(file, tmp_path, settings(database_url), NOW)
    assert searches(database_url, tmp_path) == ["kept"]


def test_a_backup_of_a_newer_version_is_refused(database_url: str, tmp_path: Path) -> None:
    store = open_store(database_url, tmp_path)
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9000'"))
    file = backup(store, tmp_path, settings(database_url), NOW).file
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    store.close()
    refused(file, tmp_path, database_url, "has schema version 9000, from a newer awardspider")


def test_a_damaged_database_is_replaced_and_kept(sqlite_store: Store, tmp_path: Path) -> None:
    add_search(sqlite_store, "kept")
    file = backup(sqlite_store, tmp_path, settings(""), NOW).file
    sqlite_store.close()
    (tmp_path / "awardspider.db").write_bytes(b"x" * 10_000)
    restored = restore(file, tmp_path, settings(""), NOW)
    assert searches("", tmp_path) == ["kept"]
    assert restored.kept
    assert restored.kept.read_bytes() == b"x" * 10_000


def test_a_damaged_database_is_not_backed_up(sqlite_store: Store, tmp_path: Path) -> None:
    write_batch(sqlite_store, Batch(reports=[make_report(f"{number}") for number in range(2_000)]))
    sqlite_store.close()  # this writes the log into the database
    database = tmp_path / "awardspider.db"
    content = bytearray(database.read_bytes())
    content[-8_000:] = b"x" * 8_000
    database.write_bytes(bytes(content))
    with pytest.raises(StorageError, match=r"damaged|cannot be backed up"):
        backup(sqlite_store, tmp_path, settings(""), NOW)
    assert find_backups(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.db.zst", None, "is not a file"),
        ("other.dump", b"PGDMP", "is not a backup of the kind"),
        ("text.db.zst", b"text", "is damaged"),
        ("text.db", b"text" * 1_000, "is damaged"),
        ("empty.db", b"", "is not a backup of awardspider's database"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(AwardError, match=message):
        restore(tmp_path / name, tmp_path, settings(""), NOW)


def test_an_existing_file_is_not_overwritten(sqlite_store: Store, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("text")
    with pytest.raises(InvalidArgument, match="exists already"):
        backup(sqlite_store, tmp_path, settings(""), NOW, tmp_path / "mine")


def test_the_password_is_no_argument_of_a_process(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []
    run = subprocess.run

    def recorded(arguments: list[str], **options: Any) -> Any:
        calls.append(arguments)
        return run(arguments, **options)

    monkeypatch.setattr(subprocess, "run", recorded)
    store = open_store(postgresql_url, tmp_path)
    file = backup(store, tmp_path, settings(postgresql_url), NOW).file
    password = str(store.engine.url.password)
    store.close()
    restore(file, tmp_path, settings(postgresql_url), NOW)
    assert len(calls) >= 4
    assert not [call for call in calls if any(password in argument for argument in call)]
    wrong = postgresql_url.replace("open%40sesame%2F1", "wrong%40word")
    with pytest.raises(StorageError) as error:
        restore(file, tmp_path, settings(wrong), NOW)
    assert "wrong" not in str(error.value)
    assert "sesame" not in str(error.value)
