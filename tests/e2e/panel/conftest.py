"""Fixtures of the tests that use the panel in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.demo_panel import RunningPanel, chromium, demo_data, running_panel
from tests.support.sandbox_server import Sandbox


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data of `make demo`, which all processes of a test run share."""
    return demo_data(tmp_path_factory.getbasetemp().parent / "panel-demo")


@pytest.fixture(scope="module")
def demo_panel(demo_folder: Path, server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPanel]:
    """Serve a copy of the data of `make demo`, with a sandbox."""
    folder = tmp_path_factory.mktemp("panel")
    shutil.copytree(demo_folder, folder, dirs_exist_ok=True)
    with running_panel(folder, AWARD_SANDBOX_URL=server.url) as panel:
        yield panel


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a Chromium."""
    with chromium() as running:
        yield running
