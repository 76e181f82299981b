"""A recipient that is an ordinary HTTP server: it returns prepared responses and records its requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Recipient:
    """Returns `responses` (status, headers, body) in turn and repeats the last one. Status 0 closes the connection."""

    def __init__(self) -> None:
        self.responses: list[tuple[int, dict[str, str], bytes]] = [(200, {}, b"{}")]
        self.paths: list[str] = []
        self.bodies: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.waits = False
        self.go_on = threading.Event()  # ends the wait before a response
        recipient = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                recipient.bodies.append(self.rfile.read(length).decode(errors="surrogateescape"))
                recipient.paths.append(self.path)
                recipient.headers.append({name.lower(): value for name, value in self.headers.items()})
                if recipient.waits:
                    recipient.go_on.wait(10)
                remaining = recipient.responses
                status, headers, body = remaining.pop(0) if len(remaining) > 1 else remaining[0]
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST  # noqa: N815  # the name that http.server calls

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def url(self, scheme: str, path: str = "secret-path/Zx81") -> str:
        return f"{scheme}://127.0.0.1:{self.port}/{path}"

    def close(self) -> None:
        self.go_on.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def recipient() -> Iterator[Recipient]:
    server = Recipient()
    yield server
    server.close()
