"""Fixtures of the tests that use the panel in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from awardspider.storage.store import open_store
from tests.support.demo_panel import RunningPanel, chromium, demo_data, running_panel
from tests.support.panel_examples import (
    PUBLIC_URL,
    add_accounts,
    add_post,
    add_public_pages,
    add_rejected_message,
)
from tests.support.panel_pages import FIXED, VIEWS, example_pages
from tests.support.sandbox_server import Sandbox


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data of `make demo`, which all processes of a test run share."""
    return demo_data(tmp_path_factory.getbasetemp().parent / "panel-demo")


@pytest.fixture(scope="module")
def data_folder(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the data of `make demo`, with which a module may do as it likes."""
    folder = tmp_path_factory.mktemp("panel")
    shutil.copytree(demo_folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("responses"))
    return folder


@pytest.fixture(scope="module")
def demo_panel(data_folder: Path, server: Sandbox) -> Iterator[RunningPanel]:
    """Serve a copy of the data of `make demo`, with a sandbox; everybody at this machine is the operator."""
    with running_panel(data_folder, AWARD_SANDBOX_URL=server.url, AWARD_PUBLIC_URL=PUBLIC_URL) as panel:
        yield panel


@pytest.fixture(scope="module")
def demo_pages(data_folder: Path) -> dict[str, str]:
    """Return the address of an example of each page of the demo, and of those that the demo has none of."""
    now = datetime.now(UTC)
    with closing(open_store("", data_folder)) as store:
        add_post(store, now)
        rejected = {"delivery-rejected": f"/deliveries/{add_rejected_message(store, now)}"}
        return example_pages(store) | VIEWS | rejected | add_public_pages(store, now)


@pytest.fixture(scope="module")
def empty_panel(tmp_path_factory: pytest.TempPathFactory, server: Sandbox) -> Iterator[RunningPanel]:
    """Serve an empty database with accounts, so that everybody signs in."""
    folder = tmp_path_factory.mktemp("empty")
    with closing(open_store("", folder)) as store:
        add_accounts(store, datetime.now(UTC))
    with running_panel(folder, AWARD_SANDBOX_URL=server.url) as panel:
        yield panel


@pytest.fixture(scope="module")
def empty_pages() -> dict[str, str]:
    """Return the addresses that show something without data."""
    return FIXED | {"account": "/account"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a Chromium."""
    with chromium() as running:
        yield running
