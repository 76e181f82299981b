"""The routes that a source of several programs monitors."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from awardspider.items import MonitoredRoute, MonitoredRoutes
from awardspider.storage import schema
from awardspider.storage.store import Store


def monitored_routes(store: Store, source: str) -> Iterator[MonitoredRoutes]:
    """Yield the latest list of routes for each program of a source."""
    columns = schema.monitored_routes.c
    query = select(schema.monitored_routes).where(columns.source == source).order_by(columns.program)
    for row in store.stream(query):
        routes = tuple(MonitoredRoute(*route) for route in row["routes"])
        yield MonitoredRoutes(program=row["program"], source=source, routes=routes, seen_at=row["seen_at"])
