"""Fixtures that the tests of several kinds of channels share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from awardspider.delivery.channels.sheets.layout import repair
from awardspider.storage.store import Store, open_store
from tests.support.sandbox_server import Sandbox
from tests.support.sheet_editors import SharedSheet


@pytest.fixture(scope="session")
def idle_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Yield a store for channels that do not use it."""
    store = open_store("", tmp_path_factory.mktemp("store"))
    yield store
    store.close()


@pytest.fixture
def sheet(server: Sandbox, sqlite_store: Store) -> SharedSheet:
    """Return a spreadsheet with the tabs and columns of the channel, in the sandbox of the test module."""
    server.reset()
    shared = SharedSheet(server, sqlite_store)
    repair(shared.client)
    return shared
