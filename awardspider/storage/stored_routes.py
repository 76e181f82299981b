"""The airports between which anything was found or searched, without reading millions of rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, func, select, true

from awardspider.storage import schema
from awardspider.storage.store import Store

_TABLES = (schema.offers, schema.last_searches)


def stored_origins(store: Store) -> frozenset[str]:
    """Return the origins of stored offers and searches."""
    with store.reading() as connection:
        return frozenset(origin for table in _TABLES for origin in _distinct(connection, table.c.origin))


def stored_destinations(store: Store, origins: Iterable[str]) -> frozenset[str]:
    """Return the destinations of stored offers and searches from some origins."""
    with store.reading() as connection:
        return frozenset(
            destination
            for table in _TABLES
            for origin in origins
            for destination in _distinct(connection, table.c.destination, table.c.origin == origin)
        )


def _distinct(connection: Connection, column: Column[Any], condition: ColumnElement[bool] | None = None) -> list[str]:
    """Return the values of a column of an index; each step is one access to the index."""
    condition = true() if condition is None else condition
    first = select(func.min(column).label("value")).where(condition).cte(recursive=True)
    following = select(func.min(column)).where(condition, column > first.c.value).scalar_subquery()
    values = first.union_all(select(following).where(first.c.value.is_not(None)))
    return list(connection.scalars(select(values.c.value).where(values.c.value.is_not(None))))
