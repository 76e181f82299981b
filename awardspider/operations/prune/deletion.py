"""Deletion of rows in short transactions, so that a crawl never waits long for the write lock."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, bindparam, delete, func, select, true
from sqlalchemy import text as sql_text

from awardspider.operations.retention import RetentionPeriods
from awardspider.storage.engines import WRITE_LOCK
from awardspider.storage.store import Store

#: Rows of one transaction: the number follows from LOCK_SECONDS.
_FEWEST, _FIRST, _MOST = 50, 50, 5_000

#: The aim for the duration of a transaction.
LOCK_SECONDS = 0.05

#: Rows that are read at a time. Reading locks nothing.
ROWS_PER_READ = 5_000


class Window(NamedTuple):
    """A range of the values of a column, both included."""

    first: int
    last: int


@dataclass(slots=True, kw_only=True)
class Pruning:
    """One prune: what it may remove, and what it has removed. With `dry_run`, rows are only counted.

    `removed` has the number of rows by table, and `longest_lock` the longest transaction in seconds.
    """

    store: Store
    periods: RetentionPeriods
    now: datetime
    dry_run: bool = False
    sleep: Callable[[float], None] = time.sleep
    removed: Counter[str] = field(default_factory=Counter)
    longest_lock: float = 0.0
    _batch_rows: int = _FIRST

    def delete_where(self, table: Table, condition: ColumnElement[bool]) -> None:
        """Delete the rows that satisfy a condition."""
        if self.dry_run:
            with self.store.reading() as connection:
                self.removed[table.name] += connection.scalar(select(func.count()).where(condition)) or 0
            return
        query = select(*table.primary_key.columns).where(condition).limit(ROWS_PER_READ)
        while True:
            with self.store.reading() as connection:
                keys = [tuple(row) for row in connection.execute(query)]
            if not self.delete_keys(table, keys, condition) or len(keys) < ROWS_PER_READ:
                return

    def delete_keys(
        self, table: Table, keys: Sequence[tuple[Any, ...]], condition: ColumnElement[bool] | None = None
    ) -> int:
        """Delete the rows with these primary keys that still satisfy the condition; return their number."""
        columns = list(table.primary_key.columns)
        statement = delete(table).where(*(column == bindparam(f"key_{column.name}") for column in columns))
        if condition is not None:
            statement = statement.where(condition)

        def remove(connection: Connection, some: Sequence[tuple[Any, ...]]) -> Counter[str]:
            rows = [{f"key_{column.name}": value for column, value in zip(columns, key, strict=True)} for key in some]
            return Counter({table.name: max(connection.execute(statement, rows).rowcount, 0)})

        if self.dry_run:
            self.removed[table.name] += len(keys)
            return len(keys)
        return self.in_transactions(keys, remove)[table.name]

    def in_transactions(
        self, keys: Sequence[Any], remove: Callable[[Connection, Sequence[Any]], Counter[str]]
    ) -> Counter[str]:
        """Call `remove` with some of the keys at a time, each in a transaction of its own; return what it removed.

        After each transaction, pause for as long as it took, so that other processes get the lock.
        """
        total: Counter[str] = Counter()
        position = 0
        while position < len(keys):
            batch = keys[position : position + self._batch_rows]
            position += len(batch)
            with self.store.writing() as connection:
                started = time.monotonic()
                if connection.dialect.name == "postgresql":
                    # The lock of transactions that write batches: rows of both cannot cause a deadlock.
                    connection.execute(sql_text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITE_LOCK})
                    started = time.monotonic()
                total += remove(connection, batch)
            seconds = time.monotonic() - started
            self.longest_lock = max(self.longest_lock, seconds)
            fitting = int(len(batch) * LOCK_SECONDS / max(seconds, 0.001))
            self._batch_rows = min(max(fitting, _FEWEST, self._batch_rows // 4), _MOST, self._batch_rows * 2)
            self.sleep(max(seconds, 0.005))
        self.removed += total
        return total

    def windows(
        self, column: Column[Any], *, size: int, time_column: Column[Any] | None = None, until: datetime | None = None
    ) -> Iterator[Window]:
        """Yield ranges of an integer primary key with at most `size` rows, in order.

        With a time column, end after the first range whose times are all later than `until`: rows are inserted in the
        order of time, apart from a few hours.
        """
        timed = [] if time_column is None else [time_column]
        last: int | None = None
        while True:
            position = true() if last is None else column > last
            some = select(column, *timed).where(position).order_by(column).limit(size).subquery()
            times = [func.min(some.c[each.name], type_=each.type) for each in timed]
            key = some.c[column.name]
            with self.store.reading() as connection:
                first, last, *oldest = connection.execute(select(func.min(key), func.max(key), *times)).one()
            if first is None or last is None:
                return
            yield Window(first, last)
            if oldest and until is not None and oldest[0] > until:
                return

    def ids_in(self, window: Window, column: Column[Any], condition: ColumnElement[bool]) -> list[int]:
        """Return the values of a column in a window whose rows satisfy a condition, in order."""
        query = select(column).where(and_(column.between(window.first, window.last), condition)).order_by(column)
        with self.store.reading() as connection:
            return list(connection.scalars(query))
