"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.crawls import Workspace
from tests.support.sandbox_server import Sandbox, sandbox


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    """Run a sandbox whose clock is at the current minute."""
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as running:
        yield running


@pytest.fixture
def workspace(server: Sandbox, tmp_path: Path) -> Iterator[Workspace]:
    """Return a workspace without a database, and reset the sandbox before and after the test."""
    server.reset()
    yield Workspace(tmp_path / "data", server.url)
    server.reset()
