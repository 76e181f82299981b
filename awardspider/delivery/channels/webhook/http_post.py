"""One POST to an address that strangers may have given: no redirects, no proxies, no private networks, no waiting.

The connection goes to the very address that was checked, and all of it, the answer's last byte included, is over when
its time is.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection

from awardspider.delivery.channels.addresses import Address, first_private, look_up, not_public

# urllib3 logs addresses: each request at DEBUG, which is Scrapy's level, and odd headers at WARNING. Ours are secret.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

# More than is noted, so that a secret at the end of the note is whole, and can be taken out.
READ_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the far side answered: the first READ_BYTES of its body, as text."""

    status: int
    reason: str
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """There was no answer, and why; `sent` says that the request, or a part of it, may have arrived."""

    why: str
    sent: bool


def post(address: Address, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer | NoAnswer:
    """Send one request; whatever happens, this returns within `seconds` (and a moment).

    Certificates are checked against the list that comes with requests, or against that of REQUESTS_CA_BUNDLE.
    """
    bundle = os.environ.get("REQUESTS_CA_BUNDLE", "")
    try:
        trust = _trust(bundle)
    except OSError as error:
        return NoAnswer(why=f"REQUESTS_CA_BUNDLE names no file of certificates: {error.strerror}", sent=False)
    line = _Line(address, seconds)
    with requests.Session() as session:
        session.trust_env = False  # a proxy would make the connection, to whatever address it likes
        session.mount("https://", _Adapter(line, trust))
        session.mount("http://", _Adapter(line, trust))
        prepared = requests.Request("POST", address.url, data=body, headers=dict(headers)).prepare()
        try:
            with session.send(prepared, stream=True, timeout=seconds, allow_redirects=False) as response:
                return Answer(
                    status=response.status_code,
                    reason=response.reason or "",
                    headers=response.headers,
                    text=_beginning(response),
                )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return NoAnswer(why=line.why or _why(error, line), sent=line.is_open)
        finally:
            line.close()


@cache
def _trust(bundle: str) -> ssl.SSLContext:
    """What certificates are checked with; read once, because reading the list takes a tenth of a second."""
    return ssl.create_default_context(cafile=bundle or DEFAULT_CA_BUNDLE_PATH)


class _Line:
    """The one connection of a request: `is_open` from when something of the request can have been sent."""

    def __init__(self, address: Address, seconds: float) -> None:
        self.address = address
        self.seconds = seconds
        self.is_open = False
        self.is_late = False
        self.why = ""
        self._ends = time.monotonic() + seconds
        self._twin: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def connect(self, host: str, port: int) -> socket.socket:
        """A socket that is connected to a checked address, and that is shut down at the end of its time."""
        try:
            found = look_up(host, port, self._left())
        except OSError as error:
            self.why = f"the name {host} cannot be looked up: {error.strerror or error}"
            raise
        bad = None if self.address.private_allowed else first_private(found)
        if bad:
            self.why = not_public(host, bad)
            raise OSError(self.why)
        connected = self._connect_first(found, port)
        # TLS takes the socket itself away; shutting down its twin ends whatever waits for the connection.
        self._twin = connected.dup()
        self._timer = threading.Timer(self._left(), self._cut)
        self._timer.daemon = True
        self._timer.start()
        return connected

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer.join()
        if self._twin:
            self._twin.close()

    def _connect_first(self, found: list[str], port: int) -> socket.socket:
        """A connection to the first of some addresses that takes one; raises the last one's error."""
        for number, host in enumerate(found, 1):
            try:
                connected = socket.create_connection((host, port), self._left())
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connected
            except OSError:
                if number == len(found):
                    raise
        raise OSError("the name has no address")

    def _left(self) -> float:
        return max(0.01, self._ends - time.monotonic())

    def _cut(self) -> None:
        self.is_late = True
        if self._twin:
            with contextlib.suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)


class _HttpConnection(HTTPConnection):
    def __init__(self, *args: Any, line: _Line, **known: Any) -> None:
        super().__init__(*args, **known)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return self._line.connect(self._dns_host.strip("[]"), self.port or 80)

    def connect(self) -> None:
        super().connect()
        self._line.is_open = True


class _HttpsConnection(HTTPSConnection):
    def __init__(self, *args: Any, line: _Line, **known: Any) -> None:
        super().__init__(*args, **known)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return self._line.connect(self._dns_host.strip("[]"), self.port or 443)

    def connect(self) -> None:
        super().connect()
        self._line.is_open = True


class _Adapter(HTTPAdapter):
    """The adapter of requests, with connections of ours."""

    def __init__(self, line: _Line, trust: ssl.SSLContext) -> None:
        super().__init__()
        self._line = line
        self._trust = trust

    def get_connection_with_tls_context(self, *args: Any, **known: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **known)
        if pool.scheme == "https":
            pool.ConnectionCls = partial(_HttpsConnection, line=self._line)
            pool.conn_kw["ssl_context"] = self._trust
        else:
            pool.ConnectionCls = partial(_HttpConnection, line=self._line)
        return pool

    def cert_verify(self, *args: Any, **known: Any) -> None:
        """Nothing: the context checks, and has its list already."""


def _beginning(response: requests.Response) -> str:
    """The first READ_BYTES of an answer's body, or what of them came before it broke off."""
    read = b""
    with contextlib.suppress(urllib3.exceptions.HTTPError, OSError):
        while len(read) < READ_BYTES:
            piece = response.raw.read1(READ_BYTES - len(read), decode_content=False)
            if not piece:
                break
            read += piece
    return read.decode("utf-8", errors="replace")


def _why(error: BaseException, line: _Line) -> str:
    """Why there was no answer, without the address, which the libraries like to tell."""
    causes = list(_causes(error))
    if line.is_late or any(isinstance(cause, TimeoutError | requests.Timeout) for cause in causes):
        return f"no answer within {line.seconds:g} seconds"
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate of the far side is not good: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"no secure connection: {cause.reason or 'the far side does not speak TLS'}"
        if isinstance(cause, OSError) and cause.strerror:
            return f"the connection failed: {cause.strerror}"
    if not line.is_open:
        return "the connection failed"
    return "the far side closed the connection without a whole answer"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__
