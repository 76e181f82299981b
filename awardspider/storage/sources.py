"""What is known of a source that tells of many programs: what it scans for each, and when it was asked for each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import func, select

from awardspider.items import MonitoredRoute, MonitoredRoutes
from awardspider.storage.store import Store
from awardspider.storage.tables import monitored_routes, searches


def monitored(store: Store, source: str) -> Iterator[MonitoredRoutes]:
    """What a source scans for each program, as far as it was ever told."""
    query = select(monitored_routes).where(monitored_routes.c.source == source).order_by(monitored_routes.c.program)
    with store.reading() as connection:
        for row in connection.execute(query).mappings():
            routes = tuple(MonitoredRoute(*route) for route in row["routes"])
            yield MonitoredRoutes(program=row["program"], source=source, routes=routes, seen_at=row["seen_at"])


def last_bulk_searches(store: Store, source: str) -> dict[tuple[str, str, str, date], datetime]:
    """When each (program, region, region, first day) was last asked in bulk, whatever became of it."""
    key = (searches.c.target_program, searches.c.origin, searches.c.destination, searches.c.first_day)
    query = (
        select(*key, func.max(searches.c.requested_at))
        .where(searches.c.program == source, searches.c.kind == "bulk", searches.c.seconds.is_not(None))
        .group_by(*key)
    )
    with store.reading() as connection:
        return {(row[0], row[1], row[2], row[3]): row[4] for row in connection.execute(query)}
