"""The panel at the time of the messages in tests, at a public address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awardspider.storage.store import Store
from tests.support.panel import Panel
from tests.support.storage_examples import NOW

PUBLIC_URL = "https://deals.example.org"


@pytest.fixture
def panel(sqlite_store: Store, tmp_path: Path) -> Iterator[Panel]:
    """Yield a panel on an empty SQLite database."""
    with Panel(sqlite_store, tmp_path, now=NOW, AWARD_PUBLIC_URL=PUBLIC_URL) as opened:
        yield opened
