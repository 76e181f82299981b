"""Fixtures that every test module may use."""

from tests.databases import database_url, postgresql_server, postgresql_url, store

__all__ = ["database_url", "postgresql_server", "postgresql_url", "store"]
