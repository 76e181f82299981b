"""What goes wrong with a database ends as one sentence, and what was committed stays."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import Connection, event

from awardspider.outcomes import InvalidSetting, StorageError
from awardspider.storage import engines
from awardspider.storage.batches import write_batch
from awardspider.storage.offers import OfferFilter, find_offers
from awardspider.storage.store import Store, open_store
from tests.support.databases import PostgresqlServer
from tests.support.storage_examples import DAY, a_report, an_offer, batch_of


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A store on SQLite that waits only a moment for a lock, with one offer in it."""
    store = open_store(f"sqlite:///{tmp_path / 'a.db'}?timeout=0.05", tmp_path)
    write_batch(store, batch_of(an_offer()))
    yield store
    store.close()


def miles_of(store: Store) -> list[int | None]:
    return [row.miles for row in find_offers(store, OfferFilter())]


def test_the_default_is_a_file_in_the_data_folder_which_is_made(tmp_path: Path) -> None:
    with closing(open_store("", tmp_path / "new" / "data")) as store:
        assert str(store) == f"sqlite:///{tmp_path}/new/data/awardspider.db"
    assert (tmp_path / "new/data/awardspider.db").exists()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("united.db", "AWARD_DATABASE_URL is not a database URL; write postgresql:.* or sqlite:///FILE"),
        ("postgresql://me:s3same@here:port/x", "AWARD_DATABASE_URL is not a database URL"),
        ("mysql://me:s3same@here/x", "AWARD_DATABASE_URL names mysql; we know postgresql and sqlite"),
        ("sqlite://", "AWARD_DATABASE_URL names no file"),
        ("sqlite:///:memory:", "AWARD_DATABASE_URL names no file"),
    ],
)
def test_a_url_that_cannot_be_is_a_bad_setting(url: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=sentence) as caught:
        open_store(url, tmp_path)
    assert "s3same" not in str(caught.value)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"the folder .*/file/data cannot be made: Not a directory"):
        open_store("", tmp_path / "file" / "data")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "awardspider.db").write_text("what is this" * 100)
    with pytest.raises(StorageError, match=r"the database sqlite:///.*/awardspider.db is not an SQLite database"):
        open_store("", tmp_path)


def test_a_locked_sqlite_database(sqlite_store: Store, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="is locked by another process; what was stored before is safe"):
            write_batch(sqlite_store, batch_of(an_offer(miles=1)))
        with pytest.raises(StorageError, match="is locked by another process"):
            open_store(f"sqlite:///{tmp_path / 'a.db'}?timeout=0.05", tmp_path)
        assert miles_of(sqlite_store) == [12_500]
    write_batch(sqlite_store, batch_of(an_offer(miles=1)))
    assert miles_of(sqlite_store) == [1]


def test_a_full_disk(sqlite_store: Store) -> None:
    with sqlite_store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 5}")
    many = [an_offer(departure_date=DAY + timedelta(days=n)) for n in range(1, 2_000)]
    with pytest.raises(StorageError, match="cannot grow, the disk is full; what was stored before is safe"):
        write_batch(sqlite_store, batch_of(*many))
    assert miles_of(sqlite_store) == [12_500]
    write_batch(sqlite_store, batch_of(an_offer(miles=1)))
    assert miles_of(sqlite_store) == [1]


def test_a_read_only_sqlite_database(sqlite_store: Store, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is read-only"):
        open_store(f"sqlite:///file:{tmp_path / 'a.db'}?mode=ro&uri=true", tmp_path)


def test_a_read_only_postgresql_database(postgresql_server: PostgresqlServer, postgresql_url: str) -> None:
    name = urlsplit(postgresql_url).path[1:]
    postgresql_server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(StorageError, match="is read-only"):
        open_store(postgresql_url, Path())


def test_a_locked_postgresql_database(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "LOCK_TIMEOUT_SECONDS", 1)
    with closing(open_store(postgresql_url, Path())) as store, psycopg.connect(postgresql_url) as other:
        other.execute("LOCK TABLE offers")
        with pytest.raises(StorageError, match="is locked by another process; what was stored before is safe"):
            write_batch(store, batch_of(an_offer()))
        other.rollback()
        write_batch(store, batch_of(an_offer()))
        assert miles_of(store) == [12_500]


def test_a_lost_connection_costs_one_write(postgresql_server: PostgresqlServer, postgresql_url: str) -> None:
    def lose(connection: Connection, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("INSERT INTO searches") and not lost:
            lost.append(True)
            mine = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
            postgresql_server.execute(f"SELECT pg_terminate_backend({mine})")

    lost: list[bool] = []
    with closing(open_store(postgresql_url, Path())) as store:
        write_batch(store, batch_of(an_offer()))
        event.listen(store.engine, "before_cursor_execute", lose)
        batch = batch_of(an_offer(miles=1), reports=[a_report("1")])
        with pytest.raises(StorageError, match=r"postgresql://award:\*\*\*@.* cannot be used: terminating"):
            write_batch(store, batch)
        assert miles_of(store) == [12_500]
        write_batch(store, batch)
        assert miles_of(store) == [1]


def test_no_server_a_wrong_password_no_such_database(postgresql_server: PostgresqlServer) -> None:
    cases = [
        (f"postgresql://award:s3same@127.0.0.1:{_unused_port()}/x?password=s3same", "cannot be reached: .*refused"),
        (postgresql_server.url("postgres", "s3same"), 'cannot be reached: .*password authentication failed for "?user'),
        (postgresql_server.url("nowhere"), 'cannot be reached: .*database "nowhere" does not exist'),
    ]
    for url, sentence in cases:
        with pytest.raises(StorageError, match=sentence) as caught:
            open_store(url, Path())
        error = caught.value
        shown = f"{error} {error.__cause__} {error.__context__}"
        assert "s3same" not in shown
        assert postgresql_server.password not in shown
        assert os.linesep not in str(error)


def _unused_port() -> int:
    return 1  # reserved, and nothing listens there
