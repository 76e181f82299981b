"""The plans of queries, to find those that read a large table without an index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event, text

from awardspider.storage.store import Store

#: The tables that grow with time, of which no page may read everything.
LARGE_TABLES = (
    "offers", "price_points", "searches", "last_searches", "outbox", "attempts", "runs", "announcements",
    "month_prices", "price_samples", "alerts", "matches",
)  # fmt: skip
_ALIASES = re.compile(rf"\b({'|'.join(LARGE_TABLES)}) AS (\w+)")
_SQLITE_SCAN = re.compile(r"^SCAN (\w+)")

Query = tuple[str, Any]


@contextmanager
def recorded_queries(store: Store) -> Iterator[dict[str, Query]]:
    """Yield the distinct queries that are sent to a database in the block, with their last parameters."""
    queries: dict[str, Query] = {}

    def record(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, is_many: bool) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")) and not is_many:
            queries[re.sub(r"\s+", " ", statement)] = statement, parameters

    event.listen(store.engine, "before_cursor_execute", record)
    try:
        yield queries
    finally:
        event.remove(store.engine, "before_cursor_execute", record)


def full_scans(store: Store, query: Query) -> list[str]:
    """Return the large tables that a query reads completely.

    A query with a limit that reads a table in the order of an index, or of its key, ends after some rows.
    """
    with store.reading() as connection:
        if connection.dialect.name == "sqlite":
            return list(_sqlite_scans(connection, *query))
        return list(_postgresql_scans(connection, *query))


def _sqlite_scans(connection: Connection, statement: str, parameters: Any) -> Iterator[str]:
    names = {name: name for name in LARGE_TABLES} | {alias: name for name, alias in _ALIASES.findall(statement)}
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    sorted_parts = {parent for _, parent, _, line in plan if line.startswith("USE TEMP B-TREE FOR ORDER BY")}
    has_end = "ORDER BY" in statement and "LIMIT" in statement
    for _, parent, _, line in plan:
        found = _SQLITE_SCAN.match(line)
        if found and found[1] in names and (parent in sorted_parts or not has_end):
            yield names[found[1]]


def _postgresql_scans(connection: Connection, statement: str, parameters: Any) -> Iterator[str]:
    """Yield the tables of which the planner reads everything although it may not: it has no index."""
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    yield from _sequential(plan[0]["Plan"])


def _sequential(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE_TABLES:
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _sequential(child)
