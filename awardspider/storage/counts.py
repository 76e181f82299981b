"""Counts of rows up to a limit, because counting millions of rows takes too long for a page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, select

#: The highest number of rows that is counted. A page says "more than" this number.
MAX_COUNT = 1_000


def capped_count(connection: Connection, query: Select[*tuple[Any, ...]]) -> tuple[int, bool]:
    """Return the number of rows of a query, at most MAX_COUNT, and True if there are more."""
    some = query.order_by(None).limit(MAX_COUNT + 1).subquery()
    found = connection.scalar(select(func.count()).select_from(some)) or 0
    return min(found, MAX_COUNT), found > MAX_COUNT
