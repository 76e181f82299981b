"""Fixtures that every test module may use."""

from tests.databases import (
    bare_database_url,
    bare_postgresql_url,
    database_url,
    migrated_postgresql,
    migrated_sqlite,
    postgresql_server,
    postgresql_url,
    store,
)

__all__ = [
    "bare_database_url",
    "bare_postgresql_url",
    "database_url",
    "migrated_postgresql",
    "migrated_sqlite",
    "postgresql_server",
    "postgresql_url",
    "store",
]
