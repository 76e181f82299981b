"""Counts of rows up to a limit, because counting millions of rows takes too long for a page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, select

#: The highest number of rows that is counted. A page says "more than" this number.
MAX_COUNT = 1_000


def capped_count(connection: Connection, query: Select[*tuple[Any, ...]]) -> tuple[int, bool]:
    """Return the number of rows of a query, at most MAX_COUNT, and True if there are more."""
    found = count_beyond_cap(connection, query)
    return min(found, MAX_COUNT), found > MAX_COUNT


def count_beyond_cap(connection: Connection, query: Select[*tuple[Any, ...]]) -> int:
    """Return the number of rows of a query, at most MAX_COUNT + 1, so that several counts can be added up."""
    some = query.limit(MAX_COUNT + 1).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0
