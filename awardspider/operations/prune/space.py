"""The space that a database takes, in total and by table, and its return to the file system."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from awardspider.operations.prune.deletion import LOCK_SECONDS
from awardspider.storage import schema
from awardspider.storage.store import Store

_FIRST_PAGES, _MOST_PAGES = 100, 5_000

_INCREMENTAL = 2


def database_bytes(store: Store) -> int:
    """Return the size of the database, without SQLite's write-ahead log."""
    with store.reading() as connection:
        if connection.dialect.name == "postgresql":
            return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
        return _pragma(connection, "page_count") * _pragma(connection, "page_size")


def free_bytes(store: Store) -> int | None:
    """Return the size of the pages that an SQLite database has left for new rows; None for PostgreSQL."""
    with store.reading() as connection:
        if connection.dialect.name == "postgresql":
            return None
        return _pragma(connection, "freelist_count") * _pragma(connection, "page_size")


def bytes_per_row(store: Store, tables: Iterable[str]) -> dict[str, float]:
    """Return the average size of a row of each table with its indexes; tables without rows are left out.

    SQLite reads every page of a table for it. An SQLite without this function (dbstat) gives no sizes.
    """
    found: dict[str, float] = {}
    with store.reading() as connection:
        for name in tables:
            table = schema.metadata.tables[name]
            rows = connection.scalar(select(func.count()).select_from(table)) or 0
            size = _table_bytes(connection, name)
            if rows and size:
                found[name] = size / rows
    return found


def _table_bytes(connection: Connection, table: str) -> int | None:
    if connection.dialect.name == "postgresql":
        query = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
        return int(connection.scalar(query, {"name": table}) or 0)
    names = text("SELECT name FROM sqlite_master WHERE tbl_name = :name AND rootpage > 0")
    try:
        return sum(
            connection.scalar(text("SELECT sum(pgsize) FROM dbstat WHERE name = :name"), {"name": name}) or 0
            for name in connection.scalars(names, {"name": table}).all()
        )
    except DBAPIError:  # built without dbstat
        return None


def return_space(store: Store, sleep: Callable[[float], None] = time.sleep) -> int:
    """Return free pages of SQLite to the file system, a few at a time; return the number of bytes.

    PostgreSQL's autovacuum does this by itself. A database that was created without incremental vacuum keeps its free
    pages for new rows.
    """
    if store.engine.dialect.name == "postgresql":
        return 0
    before = database_bytes(store)
    pages = _FIRST_PAGES
    with store.reading() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        if _pragma(connection, "auto_vacuum") != _INCREMENTAL:
            return 0
        while _pragma(connection, "freelist_count"):
            started = time.monotonic()
            # The driver frees one page for each row that it fetches, and SQLAlchemy fetches none without columns.
            driver: Any = connection.connection.driver_connection
            driver.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()
            seconds = time.monotonic() - started
            pages = min(max(int(pages * LOCK_SECONDS / max(seconds, 0.001)), _FIRST_PAGES), _MOST_PAGES, pages * 2)
            sleep(max(seconds, 0.005))
    return before - database_bytes(store)


def vacuum(store: Store) -> None:
    """Rewrite the database without free pages. Nothing else can write to it in the meantime."""
    with store.reading() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
