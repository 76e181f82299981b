"""Fixtures that every test module may use."""

import os

from tests.support.databases import (
    bare_database_url,
    bare_postgresql_url,
    database_url,
    migrated_postgresql,
    migrated_sqlite,
    own_store,
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
    "own_store",
    "postgresql_server",
    "postgresql_url",
    "store",
]

# A width that a terminal or a runner of tests has left behind would narrow every table; tests that want one set it.
os.environ.pop("COLUMNS", None)
