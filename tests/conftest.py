"""Fixtures and options for all test modules."""

import os
from collections.abc import Iterator

import pytest

from tests.support.databases import (
    bare_database_url,
    bare_postgresql_url,
    database_url,
    migrated_postgresql,
    migrated_sqlite,
    postgresql_server,
    postgresql_url,
    reused_postgresql,
    sqlite_store,
    store,
)
from tests.support.panel import panel, panel_client
from tests.support.source_code import parse

__all__ = [
    "bare_database_url",
    "bare_postgresql_url",
    "database_url",
    "migrated_postgresql",
    "migrated_sqlite",
    "panel",
    "panel_client",
    "postgresql_server",
    "postgresql_url",
    "reused_postgresql",
    "sqlite_store",
    "store",
]

#: Fixtures that are parametrized over SQLite and PostgreSQL: the id of the parameter says which.
ON_EACH_ENGINE = {"database_url", "bare_database_url", "store"}
ON_POSTGRESQL = {"postgresql_server", "postgresql_url", "bare_postgresql_url", "migrated_postgresql"}

#: The fixture that starts the sandbox in a process of its own.
SANDBOX = "server"

# A terminal or test runner may set a width, which would narrow every table; tests that need one set it themselves.
os.environ.pop("COLUMNS", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that runs the heaviest tests at full size."""
    parser.addoption("--full", action="store_true", help="run the heaviest tests at full size, not the CI size")


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Return whether heavy tests should run at full size."""
    return bool(pytestconfig.getoption("--full"))


@pytest.fixture(scope="module", autouse=True)
def _forget_trees() -> Iterator[None]:
    """Free the syntax trees of a module's tests: millions of objects slow down each collection of garbage."""
    yield
    parse.cache_clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need PostgreSQL, and as slow the end-to-end tests and those that start the sandbox."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        engines = {parameters.get(name) for name in ON_EACH_ENGINE}
        if "postgresql" in engines or (fixtures & ON_POSTGRESQL and "sqlite" not in engines):
            item.add_marker(pytest.mark.postgres)
        if SANDBOX in fixtures or "e2e" in item.path.parts:
            item.add_marker(pytest.mark.slow)
