"""Cookies of a saved session, and the choice of the browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from awardspider.crawling.browser import cookies, launch_options
from awardspider.outcomes import InvalidSetting

COOKIES = [
    {"name": "session", "value": "s", "domain": ".united.com", "path": "/"},
    {"name": "host", "value": "h", "domain": "www.united.com", "path": "/"},
    {"name": "other", "value": "o", "domain": ".example.com", "path": "/"},
    {"name": "similar", "value": "a", "domain": "notunited.com", "path": "/"},
]


@pytest.fixture
def session(tmp_path: Path) -> Path:
    file = tmp_path / "united.json"
    file.write_text(json.dumps({"cookies": COOKIES, "origins": []}))
    return file


def test_cookies_of_other_sites_are_left_out(session: Path) -> None:
    assert [cookie["name"] for cookie in cookies(session, "https://www.united.com")] == ["session", "host"]


def test_without_a_session_there_are_no_cookies(tmp_path: Path) -> None:
    assert cookies(tmp_path / "missing.json", "https://www.united.com") == []


def test_a_missing_browser_is_reported() -> None:
    with pytest.raises(InvalidSetting, match="AWARD_CHROMIUM is 'netscape'"):
        launch_options({"AWARD_CHROMIUM": "netscape"})


def test_the_browser_of_the_setting_is_used(tmp_path: Path) -> None:
    browser = tmp_path / "my-chromium"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    options = launch_options({"AWARD_CHROMIUM": str(browser)}, headless=False)
    assert options["executable_path"] == str(browser)
    assert options["headless"] is False
