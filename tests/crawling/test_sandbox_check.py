"""The check for a sandbox at AWARD_SANDBOX_URL, against other servers and none at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from scrapy.settings import Settings

from awardspider import __version__
from awardspider.crawling.sandbox_check import find_sandbox_problem, live_notice, require_sandbox
from awardspider.outcomes import InvalidSetting
from tests.support.sandbox_server import sandbox


@contextmanager
def server(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}"
        finally:
            running.shutdown()
            thread.join()


def health(**fields: object) -> bytes:
    return json.dumps({"status": "ok", "seed": 7, "version": __version__} | fields).encode()


def test_a_running_sandbox_has_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with sandbox() as running:
        assert find_sandbox_problem(f"{running.url}/") is None


def test_no_server_is_no_sandbox() -> None:
    with server(200, health()) as url:
        assert find_sandbox_problem(url) is None
    port = url.rpartition(":")[2]
    assert find_sandbox_problem(url) == f"no sandbox at {url}; start it with: scrapy sandbox --port {port}"


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, b""), (500, health()), (200, b"<html>"), (200, b'"ok"'), (200, b'{"status": "ok"}'), (200, b"[" * 50_000)],
)
def test_another_server_is_a_warning(status: int, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with server(status, body) as url:
        assert find_sandbox_problem(url) is None
    assert caplog.messages == [f"The server at {url} is not a sandbox"]


@pytest.mark.parametrize("version", ["0.0.1", None])
def test_a_sandbox_of_another_version_is_a_warning(version: str | None, caplog: pytest.LogCaptureFixture) -> None:
    with server(200, health(version=version)) as url:
        assert find_sandbox_problem(url) is None
    assert caplog.messages == [f"The sandbox at {url} does not have version {__version__}: restart it after an update"]


@pytest.mark.parametrize("url", ["127.0.0.1:8800", "http://", "http://[::1", "http://127.0.0.1:x", "ftp://127.0.0.1"])
def test_an_invalid_url_is_a_setting_error(url: str) -> None:
    with pytest.raises(InvalidSetting, match="but must be a URL such as"):
        require_sandbox(Settings({"AWARD_SANDBOX_URL": url}))


@pytest.mark.parametrize(
    ("sites", "subject"),
    [
        (["https://www.united.com"], "the live site www.united.com"),
        (["https://a.com", "https://b.com"], "2 live sites"),
    ],
)
def test_a_crawl_names_the_live_sites_and_the_sandbox(sites: list[str], subject: str) -> None:
    notice = live_notice(sites)
    assert notice.startswith(f"Searching {subject}, as far as robots.txt allows.")
    assert "AWARD_SANDBOX_URL=" in notice
    assert "\n" not in notice


def test_no_url_means_the_live_sites() -> None:
    require_sandbox(Settings({"AWARD_SANDBOX_URL": ""}))
