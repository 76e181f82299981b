"""Failures of calls to Scrapyd that a real one does not show on request: proxies, timeouts, cut connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from scrapy.settings import Settings

from awardspider.operations.scrapyd import ScrapydClient, scrapyd_client
from awardspider.outcomes import ScrapydError, ScrapydFailure

STATUS = b'{"status": "ok", "node_name": "host", "pending": 1, "running": 2, "finished": 3}'

Respond = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """A server in this process whose response to every request a test chooses."""

    respond: Respond
    paths: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.paths.append(self.path)
        self.server.respond(self)

    do_POST = do_GET  # noqa: N815  # the name that http.server calls

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    server.paths = []
    server.respond = respond_with(STATUS)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def respond_with(body: bytes, status: int = 200, **headers: str) -> Respond:
    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return respond


@pytest.mark.parametrize("path", ["", "/", "/scrapyd", "/scrapyd/"])
def test_an_address_may_have_a_path_and_a_slash(server: Server, path: str) -> None:
    client = ScrapydClient(server.url + path)
    assert client.status().running == 2
    assert server.paths == [f"{path.rstrip('/')}/daemonstatus.json"]


def test_the_settings_have_the_address_and_access(server: Server) -> None:
    seen: list[str | None] = []

    def respond(request: BaseHTTPRequestHandler) -> None:
        seen.append(request.headers["Authorization"])
        respond_with(STATUS)(request)

    server.respond = respond
    names = {"AWARD_SCRAPYD_URL": server.url, "SCRAPYD_USERNAME": "a", "SCRAPYD_PASSWORD": "b"}
    scrapyd_client(Settings(names)).status()
    scrapyd_client(Settings(names | {"SCRAPYD_USERNAME": "", "SCRAPYD_PASSWORD": ""})).status()
    ScrapydClient(server.url.replace("//", "//a:b@")).status()
    assert seen == ["Basic YTpi", None, "Basic YTpi"]


def test_a_proxy_of_the_environment_is_not_used_on_this_machine(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert ScrapydClient(server.url).status().finished == 3


@pytest.mark.parametrize(
    "respond",
    [
        respond_with(b"<html>a start page</html>"),
        respond_with(b'{"status": "ok"}'),
        respond_with(b"[]"),
        respond_with(b"", 302, Location="https://example.org/"),
        respond_with(b"<html>Bad Gateway</html>", 502),
    ],
)
def test_other_servers_are_recognized(server: Server, respond: Respond) -> None:
    server.respond = respond
    with pytest.raises(ScrapydError, match="not as Scrapyd does: check the address") as failed:
        ScrapydClient(server.url).status()
    assert failed.value.failure is ScrapydFailure.ERROR


def test_the_last_line_of_a_traceback_is_the_reason(server: Server) -> None:
    message = r"RunnerError: Traceback (most recent call last):\n  File \"a.py\"\nImportError: no b\n"
    server.respond = respond_with(f'{{"status": "error", "message": "{message}"}}'.encode())
    with pytest.raises(ScrapydError, match=r"^Scrapyd responded: ImportError: no b$") as failed:
        ScrapydClient(server.url).versions()
    assert failed.value.failure is ScrapydFailure.ERROR


def test_after_a_cut_connection_it_is_unknown_if_a_job_was_scheduled(server: Server) -> None:
    server.respond = lambda request: None
    with pytest.raises(ScrapydError, match="closed the connection without a response") as failed:
        ScrapydClient(server.url).schedule("united", {})
    assert failed.value.failure is ScrapydFailure.NO_RESPONSE


def test_after_a_timeout_it_is_unknown_if_a_job_was_scheduled(server: Server) -> None:
    closed: list[bytes] = []
    # It reads until the client closes the connection, and never responds.
    server.respond = lambda request: closed.append(request.rfile.read())
    with pytest.raises(ScrapydError, match=r"did not respond within 0\.2 seconds") as failed:
        ScrapydClient(server.url, timeout=0.2).schedule("united", {})
    assert failed.value.failure is ScrapydFailure.NO_RESPONSE
