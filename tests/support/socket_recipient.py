"""Recipients on plain sockets, which can violate HTTP in every way that a test needs."""

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
    """A request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Recipient:
    """A server on the loopback address: its port, its requests and the number of connections."""

    port: int
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Behavior = Callable[[socket.socket, Recipient], None]


@contextmanager
def recipient_server(behavior: Behavior, context: ssl.SSLContext | None = None) -> Iterator[Recipient]:
    """Run a server that applies a behavior to each connection, with TLS if there is a context."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        recipient = Recipient(listener.getsockname()[1])
        threads: list[threading.Thread] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                recipient.connections += 1
                threads.append(threading.Thread(target=_handle, args=(behavior, connection, recipient, context)))
                threads[-1].start()

        accepting = threading.Thread(target=serve)
        accepting.start()
        try:
            yield recipient
        finally:
            recipient.over.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


def _handle(
    behavior: Behavior, connection: socket.socket, recipient: Recipient, context: ssl.SSLContext | None
) -> None:
    with contextlib.suppress(OSError), connection:
        if context is None:
            behavior(connection, recipient)
            return
        with context.wrap_socket(connection, server_side=True) as secure:
            behavior(secure, recipient)


def read_request(connection: socket.socket, recipient: Recipient) -> Received:
    """Read a complete request and record it."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _receive(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (header.partition(": ") for header in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += _receive(connection)
    recipient.received.append(Received(line, headers, body))
    return recipient.received[-1]


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError
    return data


def responds(status: str, body: str = "", **headers: str) -> Behavior:
    """Read the request and send a correct response."""
    lines = {"Content-Length": str(len(body.encode()))} | {k.replace("_", "-"): v for k, v in headers.items()}
    text = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + f"\r\n{body}"
    return sends_bytes(text.encode())


def sends_bytes(data: bytes) -> Behavior:
    """Read the request, send these bytes and close the connection."""

    def behave(connection: socket.socket, recipient: Recipient) -> None:
        read_request(connection, recipient)
        connection.sendall(data)

    return behave


def drips_bytes(first: bytes, repeated: bytes) -> Behavior:
    """Read the request, send the first bytes, then the repeated ones every 50 ms until the client closes."""

    def behave(connection: socket.socket, recipient: Recipient) -> None:
        read_request(connection, recipient)
        connection.sendall(first)
        while not recipient.over.wait(0.05):
            connection.sendall(repeated)

    return behave


def tunnels(behavior: Behavior, context: ssl.SSLContext) -> Behavior:
    """Accept a CONNECT request as a proxy does, then apply a behavior with TLS, acting as the host."""

    def behave(connection: socket.socket, recipient: Recipient) -> None:
        read_request(connection, recipient)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with context.wrap_socket(connection, server_side=True) as secure:
            behavior(secure, recipient)

    return behave


def never_responds(connection: socket.socket, recipient: Recipient) -> None:
    """Read the request and wait until the client closes the connection."""
    read_request(connection, recipient)
    connection.recv(1)


def resets_after_request(connection: socket.socket, recipient: Recipient) -> None:
    """Read the request and reset the connection."""
    read_request(connection, recipient)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def resets_midway(connection: socket.socket, recipient: Recipient) -> None:
    """Reset the connection after the first bytes of the request."""
    connection.recv(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
