"""Errors of a database: each is one sentence without the password, and committed data stays."""

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
from tests.support.storage_examples import DAY, make_batch, make_offer, make_report


@pytest.fixture
def offer_store(tmp_path: Path) -> Iterator[Store]:
    """Yield a store on SQLite with one offer and a short lock timeout."""
    store = open_store(f"sqlite:///{tmp_path / 'a.db'}?timeout=0.05", tmp_path)
    write_batch(store, make_batch(make_offer()))
    yield store
    store.close()


def stored_miles(store: Store) -> list[int | None]:
    return [row.miles for row in find_offers(store, OfferFilter())]


def test_the_default_database_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    with closing(open_store("", tmp_path / "new" / "data")) as store:
        assert str(store) == f"sqlite:///{tmp_path}/new/data/awardspider.db"
    assert (tmp_path / "new/data/awardspider.db").exists()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("united.db", "AWARD_DATABASE_URL is not a database URL; write postgresql:.* or sqlite:///FILE"),
        ("postgresql://me:s3same@here:port/x", "AWARD_DATABASE_URL is not a database URL"),
        ("mysql://me:s3same@here/x", "AWARD_DATABASE_URL names mysql; supported are postgresql and sqlite"),
        ("sqlite://", "AWARD_DATABASE_URL names no file"),
        ("sqlite:///:memory:", "AWARD_DATABASE_URL names no file"),
    ],
)
def test_an_invalid_url_is_an_invalid_setting(url: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=message) as caught:
        open_store(url, tmp_path)
    assert "s3same" not in str(caught.value)


def test_a_folder_that_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"the folder .*/file/data cannot be created: Not a directory"):
        open_store("", tmp_path / "file" / "data")


def test_a_file_that_is_not_a_database(tmp_path: Path) -> None:
    (tmp_path / "awardspider.db").write_text("some text" * 100)
    with pytest.raises(StorageError, match=r"the database sqlite:///.*/awardspider.db is not an SQLite database"):
        open_store("", tmp_path)


def test_a_locked_sqlite_database(offer_store: Store, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="is locked by another process; earlier data is safe"):
            write_batch(offer_store, make_batch(make_offer(miles=1)))
        with pytest.raises(StorageError, match="is locked by another process"):
            open_store(f"sqlite:///{tmp_path / 'a.db'}?timeout=0.05", tmp_path)
        assert stored_miles(offer_store) == [12_500]
    write_batch(offer_store, make_batch(make_offer(miles=1)))
    assert stored_miles(offer_store) == [1]


def test_a_full_disk(offer_store: Store) -> None:
    with offer_store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 5}")
    many = [make_offer(departure_date=DAY + timedelta(days=n)) for n in range(1, 2_000)]
    with pytest.raises(StorageError, match="cannot grow because the disk is full; earlier data is safe"):
        write_batch(offer_store, make_batch(*many))
    assert stored_miles(offer_store) == [12_500]
    write_batch(offer_store, make_batch(make_offer(miles=1)))
    assert stored_miles(offer_store) == [1]


def test_a_read_only_sqlite_database(offer_store: Store, tmp_path: Path) -> None:
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
        with pytest.raises(StorageError, match="is locked by another process; earlier data is safe"):
            write_batch(store, make_batch(make_offer()))
        other.rollback()
        write_batch(store, make_batch(make_offer()))
        assert stored_miles(store) == [12_500]


def test_a_terminated_connection_fails_one_write(postgresql_server: PostgresqlServer, postgresql_url: str) -> None:
    def terminate(connection: Connection, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("INSERT INTO searches") and not terminated:
            terminated.append(True)
            pid = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
            postgresql_server.execute(f"SELECT pg_terminate_backend({pid})")

    terminated: list[bool] = []
    with closing(open_store(postgresql_url, Path())) as store:
        write_batch(store, make_batch(make_offer()))
        event.listen(store.engine, "before_cursor_execute", terminate)
        batch = make_batch(make_offer(miles=1), reports=[make_report("1")])
        with pytest.raises(StorageError, match=r"postgresql://award:\*\*\*@.* cannot be used: terminating"):
            write_batch(store, batch)
        assert stored_miles(store) == [12_500]
        write_batch(store, batch)
        assert stored_miles(store) == [1]


def test_connection_errors_do_not_show_the_password(postgresql_server: PostgresqlServer) -> None:
    cases = [
        (f"postgresql://award:s3same@127.0.0.1:{_unused_port()}/x?password=s3same", "cannot be reached: .*refused"),
        (postgresql_server.url("postgres", "s3same"), 'cannot be reached: .*password authentication failed for "?user'),
        (postgresql_server.url("nowhere"), 'cannot be reached: .*database "nowhere" does not exist'),
    ]
    for url, message in cases:
        with pytest.raises(StorageError, match=message) as caught:
            open_store(url, Path())
        error = caught.value
        texts = f"{error} {error.__cause__} {error.__context__}"
        assert "s3same" not in texts
        assert postgresql_server.password not in texts
        assert os.linesep not in str(error)


def _unused_port() -> int:
    return 1  # reserved
