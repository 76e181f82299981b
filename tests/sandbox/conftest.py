"""The sandbox of a test module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.sandbox_server import Sandbox, sandbox


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Run a sandbox whose clock is stopped at the module's CLOCK, by default at noon on 2026-11-22."""
    with sandbox(clock=getattr(request.module, "CLOCK", "2026-11-22T12:00Z")) as running:
        yield running


@pytest.fixture(autouse=True)
def _reset(request: pytest.FixtureRequest) -> None:
    """Reset faults, counts, cookies, spreadsheets and webhooks before each test that uses the sandbox."""
    if "server" in request.fixturenames:
        running: Sandbox = request.getfixturevalue("server")
        running.reset()
        running.reset_sheets()
        running.reset_hooks()
        running.client.cookies.clear()
