"""Cookies of a saved session, and the choice of the browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scrapy.settings import Settings

from awardspider.crawling.browser import cookies, launch_options, session_error, use_browser
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


BROKEN_SESSIONS = {
    "not JSON": b"cookies",
    "empty": b"",
    "binary": bytes(range(256)),
    "UTF-16": json.dumps({"cookies": COOKIES, "origins": []}).encode("utf-16"),
    "not UTF-8": b'{"cookies": [{"name": "a", "value": "\xe9", "domain": "b"}], "origins": []}',
    "a list": b"[]",
    "null": b"null",
    "another shape": b'{"session": {}}',
    "cookies of another type": b'{"cookies": {"a": "b"}, "origins": []}',
    "a cookie without a value": b'{"cookies": [{"name": "a", "domain": "b"}], "origins": []}',
    "a cookie that is text": b'{"cookies": ["a=b"], "origins": []}',
    "origins of another type": b'{"cookies": [], "origins": "x"}',
    "cut off": json.dumps({"cookies": COOKIES, "origins": []}).encode()[:-20],
    "nested deeply": b'{"cookies": [], "origins": [' + b"[" * 100_000,
}


@pytest.mark.parametrize("content", BROKEN_SESSIONS.values(), ids=BROKEN_SESSIONS)
def test_a_broken_session_is_described_and_not_used(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "united.json"
    file.write_bytes(content)
    assert session_error(file) == f"the session file {file} is damaged"
    assert cookies(file, "https://www.united.com") == []
    settings = Settings({"AWARD_CHROMIUM": "", "AWARD_BROWSER_PAGES": "2", "USER_AGENT": "x", "AWARD_SANDBOX_URL": ""})
    use_browser(settings, file)
    assert "storage_state" not in settings["PLAYWRIGHT_CONTEXTS"]["default"]


def test_a_session_that_is_a_folder_is_described(tmp_path: Path) -> None:
    assert session_error(tmp_path) == f"the session file {tmp_path} is unreadable: Is a directory"
    assert cookies(tmp_path, None) == []


def test_a_session_is_usable(session: Path, tmp_path: Path) -> None:
    assert session_error(session) == session_error(tmp_path / "missing.json") == ""


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
