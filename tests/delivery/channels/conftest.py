"""Fixtures that the tests of several kinds of channels share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from awardspider.storage.store import Store, open_store


@pytest.fixture(scope="session")
def idle_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Yield a store for channels that do not use it."""
    store = open_store("", tmp_path_factory.mktemp("store"))
    yield store
    store.close()
