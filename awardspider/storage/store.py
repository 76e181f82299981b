"""The database handle passed to the functions of this package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, RowMapping, Select

from awardspider.storage import engines

# Rows fetched at a time, which bounds the memory of a long result.
ROWS_PER_FETCH = 1000

# Values in one list of a query, far below both engines' limits.
IDS_PER_QUERY = 1000

_T = TypeVar("_T")


class Store:
    """One database. Its transactions raise StorageError if the database cannot complete them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def __str__(self) -> str:
        return engines.display_url(self.engine.url)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a connection for queries."""
        return engines.reading(self.engine)

    def writing(self) -> AbstractContextManager[Connection]:
        """Open a transaction that writes; it is committed unless an exception is raised."""
        return engines.writing(self.engine)

    def stream(self, query: Select[*tuple[Any, ...]]) -> Iterator[RowMapping]:
        """Yield the rows of a query, fetched ROWS_PER_FETCH at a time."""
        with (
            self.reading() as connection,
            connection.execution_options(yield_per=ROWS_PER_FETCH).execute(query) as rows,
        ):
            yield from rows.mappings()


def open_store(url: str, data_dir: Path) -> Store:
    """Open a database, created and migrated if needed; an empty URL means `awardspider.db` under `data_dir`.

    Raises InvalidSetting for an invalid URL, and StorageError if the database is unreachable, locked, read-only or
    newer than this code.
    """
    engine = engines.open_engine(url, data_dir)
    try:
        engines.migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)


def in_batches(values: Sequence[_T], size: int = IDS_PER_QUERY) -> Iterator[Sequence[_T]]:
    """Yield slices of at most `size` values."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
