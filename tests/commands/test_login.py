"""`scrapy login` in a real browser: crawls with the saved session see offers that need a signed-in member."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from awardspider.commands.login import save_session
from awardspider.crawling.browser import launch_options
from tests.support.crawls import Workspace
from tests.support.sandbox_server import Sandbox, sandbox

pytestmark = pytest.mark.browser

HOST = "www.united.com"
DAY = (datetime.now(UTC) + timedelta(days=70)).date()


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as running:
        running.fault(HOST, "sign_in")
        yield running


def sign_in(page: Page) -> None:
    page.get_by_label("MileagePlus number").fill("AB123456")
    page.get_by_label("Six-digit code").fill("123456")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


@pytest.mark.parametrize("transport", ["http", "browser"])
def test_a_saved_session_opens_the_award_view(server: Sandbox, tmp_path: Path, transport: str) -> None:
    workspace = Workspace(tmp_path / "data", server.url)
    arguments = {"origin": "LAX", "destination": "AUS", "dates": str(DAY), "detail": "itinerary"}
    workspace.crawl(**arguments, transport=transport)
    session = workspace.folder / "sessions" / "united.sandbox.json"
    address = f"{server.url}/{HOST}/en/us/account/signin"
    save_session(address, session, launch_options({"AWARD_CHROMIUM": ""}), sign_in)
    assert stat.S_IMODE(session.stat().st_mode) == 0o600
    assert stat.S_IMODE(session.parent.stat().st_mode) == 0o700
    result = workspace.crawl(**arguments, transport=transport)
    assert [search["reason"] for search in workspace.searches] == ["sign_in_needed", None]
    value = session.read_text().split('"value": "')[1].split('"')[0]
    assert value not in result.stdout + result.stderr
    assert all(value.encode() not in path.read_bytes() for path in workspace.folder.glob("awardspider.db*"))


def test_without_a_screen_login_is_one_sentence(server: Sandbox, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "data", server.url)
    workspace.settings = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    result = workspace.scrapy("login", "united")
    assert result.returncode == 2
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.stderr
    assert not list((workspace.folder / "sessions").glob("*.json"))
