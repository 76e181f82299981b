"""The airports between which anything was found or searched, without reading millions of rows."""

from __future__ import annotations

from collections.abc import Sequence

from awardspider.storage import schema
from awardspider.storage.route_pairs import all_origins, existing_routes
from awardspider.storage.store import Store

_TABLES = (schema.offers, schema.last_searches)


def stored_origins(store: Store) -> frozenset[str]:
    """Return the origins of stored offers and searches."""
    with store.reading() as connection:
        return frozenset(origin for table in _TABLES for origin in all_origins(connection, table))


def stored_destinations(store: Store, origins: Sequence[str]) -> frozenset[str]:
    """Return the destinations of stored offers and searches from some origins."""
    if not origins:
        return frozenset()
    with store.reading() as connection:
        return frozenset(
            destination for table in _TABLES for _, destination in existing_routes(connection, table, origins, ())
        )
