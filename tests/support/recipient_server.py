"""A far side of our own: an HTTP server on this machine that answers as told, and keeps what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class FarSide:
    """Answers in turn with `answers` (status, headers, body), the last of them from there on; status 0 hangs up."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = [(200, {}, b"{}")]
        self.paths: list[str] = []
        self.bodies: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.go_on = threading.Event()  # an answer waits for it where `waits`
        self.waits = False
        far = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                far.bodies.append(self.rfile.read(length).decode())
                far.paths.append(self.path)
                far.headers.append({name.lower(): value for name, value in self.headers.items()})
                if far.waits:
                    far.go_on.wait(10)
                status, headers, body = far.answers.pop(0) if len(far.answers) > 1 else far.answers[0]
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

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
def far_side() -> Iterator[FarSide]:
    far = FarSide()
    yield far
    far.close()
