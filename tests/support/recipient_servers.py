"""Real servers that play the far side of a channel over a plain socket, so that they can be as bad as real ones."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Received:
    """A request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class FarSide:
    """Where the server is, what it got, and how often somebody connected."""

    port: int
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Behavior = Callable[[socket.socket, FarSide], None]


@contextmanager
def far_side(behavior: Behavior, context: ssl.SSLContext | None = None) -> Iterator[FarSide]:
    """A server on the loopback address that treats each connection so."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        far = FarSide(listener.getsockname()[1])
        threads: list[threading.Thread] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                far.connections += 1
                threads.append(threading.Thread(target=_treat, args=(behavior, connection, far, context)))
                threads[-1].start()

        accepting = threading.Thread(target=serve)
        accepting.start()
        try:
            yield far
        finally:
            far.over.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


def _treat(behavior: Behavior, connection: socket.socket, far: FarSide, context: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError), connection:
        if context is None:
            behavior(connection, far)
            return
        with context.wrap_socket(connection, server_side=True) as secure:
            behavior(secure, far)


def read_request(connection: socket.socket, far: FarSide) -> Received:
    """The whole request, noted."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
    while len(body) < int(headers["content-length"]):
        body += _more(connection)
    far.received.append(Received(line, headers, body))
    return far.received[-1]


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError
    return data


def answers(status: str, body: str = "", **headers: str) -> Behavior:
    """Reads the request and answers it as a decent server does."""
    lines = {"Content-Length": str(len(body.encode()))} | {k.replace("_", "-"): v for k, v in headers.items()}
    text = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + f"\r\n{body}"

    def behave(connection: socket.socket, far: FarSide) -> None:
        read_request(connection, far)
        connection.sendall(text.encode())

    return behave


def says(data: bytes) -> Behavior:
    """Reads the request, sends these bytes and closes."""

    def behave(connection: socket.socket, far: FarSide) -> None:
        read_request(connection, far)
        connection.sendall(data)

    return behave


def drips(first: bytes, again: bytes) -> Behavior:
    """Reads the request, sends the first bytes, then others, one each 50 ms, until it is cut off."""

    def behave(connection: socket.socket, far: FarSide) -> None:
        read_request(connection, far)
        connection.sendall(first)
        while not far.over.wait(0.05):
            connection.sendall(again)

    return behave


def is_silent(connection: socket.socket, far: FarSide) -> None:
    """Reads the request and says nothing, until the other end hangs up."""
    read_request(connection, far)
    connection.recv(1)


def resets(connection: socket.socket, far: FarSide) -> None:
    """Reads the request and breaks the connection off."""
    read_request(connection, far)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def resets_midway(connection: socket.socket, far: FarSide) -> None:
    """Breaks the connection off after the first bytes of the request."""
    connection.recv(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
