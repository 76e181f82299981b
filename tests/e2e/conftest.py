"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support.sandbox_server import Sandbox, sandbox


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    """Run a sandbox whose clock is at the current minute."""
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as running:
        yield running
