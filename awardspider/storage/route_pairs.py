"""The pairs of airports that a table contains, each found with one step in an index that begins with them."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from sqlalchemy import Connection, Table, TextClause, bindparam, text

#: The number of pairs of airports that are all tried; of more, the routes that exist are read first.
FEW_PAIRS = 60
_FEW_ORIGINS = 10

_ORIGINS = """
    WITH RECURSIVE origins (origin) AS (
        SELECT (SELECT min(origin) FROM {table})
        UNION ALL
        SELECT (SELECT min(origin) FROM {table} WHERE origin > origins.origin) FROM origins WHERE origin IS NOT NULL
    )
"""
_ROUTES = (
    _ORIGINS
    + """,
    pairs (origin, destination) AS (
        SELECT origin, (SELECT min(destination) FROM {table} WHERE origin = origins.origin) FROM origins
        WHERE origin IS NOT NULL {of_origins}
        UNION ALL
        SELECT
            origin,
            (SELECT min(destination) FROM {table} WHERE origin = pairs.origin AND destination > pairs.destination)
        FROM pairs WHERE destination IS NOT NULL
    )
    SELECT origin, destination FROM pairs WHERE destination IS NOT NULL
"""
)


def existing_origins(connection: Connection, table: Table, origins: Sequence[str]) -> list[str]:
    """Return the origins that a table contains. Up to _FEW_ORIGINS are returned as they are."""
    if len(origins) <= _FEW_ORIGINS:
        return list(origins)
    of_origins = frozenset(origins)
    return [origin for origin in connection.scalars(_origins_query(table.name)).all() if origin in of_origins]


def existing_routes(
    connection: Connection, table: Table, origins: Sequence[str], destinations: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the routes between airports that a table can contain; empty `origins` or `destinations` are all of them.

    A few pairs are returned as they are, whether the table contains them or not.
    """
    if origins and destinations and len(origins) * len(destinations) <= FEW_PAIRS:
        return [(origin, destination) for origin in origins for destination in destinations]
    of_destinations = frozenset(destinations)
    parameters = {"origins": list(origins)} if origins else {}
    return [
        (origin, destination)
        for origin, destination in connection.execute(_query(table.name, bool(origins)), parameters)
        if not destinations or destination in of_destinations
    ]


@functools.cache
def _origins_query(table: str) -> TextClause:
    return text(f"{_ORIGINS.format(table=table)} SELECT origin FROM origins WHERE origin IS NOT NULL")


@functools.cache
def _query(table: str, has_origins: bool) -> TextClause:
    if not has_origins:
        return text(_ROUTES.format(table=table, of_origins=""))
    query = text(_ROUTES.format(table=table, of_origins="AND origin IN :origins"))
    return query.bindparams(bindparam("origins", expanding=True))
