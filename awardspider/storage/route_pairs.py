"""The pairs of airports that a table contains, each found with one step in an index that begins with them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, Column, ColumnElement, Connection, ScalarSelect, Select, Table, bindparam, func, select

#: The number of pairs of airports that are all tried; of more, the routes that exist are read first.
FEW_PAIRS = 60
_FEW_ORIGINS = 10


def all_origins(connection: Connection, table: Table) -> Sequence[str]:
    """Return the origins that a table contains."""
    return connection.scalars(_origins_query(table)).all()


def existing_origins(connection: Connection, table: Table, origins: Sequence[str]) -> list[str]:
    """Return the origins that a table contains. Up to _FEW_ORIGINS are returned as they are."""
    if len(origins) <= _FEW_ORIGINS:
        return list(origins)
    of_origins = frozenset(origins)
    return [origin for origin in all_origins(connection, table) if origin in of_origins]


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
        for origin, destination in connection.execute(_routes_query(table, bool(origins)), parameters)
        if not destinations or destination in of_destinations
    ]


@functools.cache
def _origins_query(table: Table) -> Select[str]:
    origins = _origins(table)
    return select(origins.c.origin).where(origins.c.origin.is_not(None))


@functools.cache
def _routes_query(table: Table, has_origins: bool) -> Select[str, str]:
    origin, destination = table.c.origin, table.c.destination
    origins = _origins(table)
    first = select(origins.c.origin, _lowest(destination, origin == origins.c.origin).label("destination"))
    first = first.where(origins.c.origin.is_not(None))
    if has_origins:
        first = first.where(origins.c.origin.in_(bindparam("origins", expanding=True)))
    pairs = first.cte("pairs", recursive=True)
    following = _lowest(destination, origin == pairs.c.origin, destination > pairs.c.destination)
    pairs = pairs.union_all(select(pairs.c.origin, following).where(pairs.c.destination.is_not(None)))
    return select(pairs.c.origin, pairs.c.destination).where(pairs.c.destination.is_not(None))


def _origins(table: Table) -> CTE:
    """Return the origins in their order, and None after the last one."""
    origin = table.c.origin
    origins = select(_lowest(origin).label("origin")).cte("origins", recursive=True)
    following = _lowest(origin, origin > origins.c.origin)
    return origins.union_all(select(following).where(origins.c.origin.is_not(None)))


def _lowest(column: Column[Any], *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(func.min(column)).where(*conditions).scalar_subquery()
