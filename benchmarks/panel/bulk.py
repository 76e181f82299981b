"""Bulk loading: COPY on PostgreSQL, prepared statements on SQLite, and indexes that are built at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import JSON, Connection, Index, Table, text
from sqlalchemy.schema import CreateIndex, DropIndex

from awardspider.storage.column_types import column_converter
from awardspider.storage.store import Store

_ROWS = 10_000


class BulkLoader:
    """A loader of tables through one connection. Values are Python's, except JSON, which is text."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._dialect = store.engine.dialect

    def load(self, table: Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> int:
        """Insert rows and return their number."""
        converters = [
            list if isinstance(table.c[name].type, JSON) else column_converter(table.c[name], self._dialect)
            for name in columns
        ]
        remaining, count = iter(rows), 0
        while some := list(islice(remaining, _ROWS)):
            values = [convert(column) for convert, column in zip(converters, zip(*some, strict=True), strict=True)]
            self.load_converted(table, columns, list(zip(*values, strict=True)))
            count += len(some)
        return count

    def load_converted(self, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows whose values are as the driver expects them."""
        names = ", ".join(columns)
        with self._store.writing() as connection:
            driver: Any = connection.connection.driver_connection
            if self._dialect.name == "sqlite":
                marks = ", ".join("?" * len(columns))
                driver.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)
                return
            with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


@contextmanager
def without_indexes(store: Store, tables: Sequence[Table]) -> Iterator[None]:
    """Drop the indexes of tables, and create them again when the tables are filled."""
    indexes = sorted((index for table in tables for index in table.indexes), key=lambda index: str(index.name))
    with store.writing() as connection:
        _tune(connection)
        for index in indexes:
            connection.execute(DropIndex(index, if_exists=True))
    yield
    for index in indexes:
        create_index(store, index)


def create_index(store: Store, index: Index) -> None:
    """Create an index if it does not exist."""
    with store.writing() as connection:
        _tune(connection)
        connection.execute(CreateIndex(index, if_not_exists=True))


def analyze(store: Store) -> None:
    """Update the statistics of the planner, as PostgreSQL does by itself after a while; truncate SQLite's log.

    On PostgreSQL, the numbers of new rows continue after those that were loaded.
    """
    if store.engine.dialect.name == "postgresql":
        with store.writing() as connection:
            for table, column in (("offers", "number"), ("outbox", "id")):
                sequence = f"pg_get_serial_sequence('{table}', '{column}')"
                connection.execute(text(f"SELECT setval({sequence}, (SELECT max({column}) FROM {table}))"))
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    else:
        with store.reading() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _tune(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size=-1000000")
    else:
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
