"""Send one HTTP POST to an untrusted address: no redirects, no private networks, a strict deadline.

This module resolves and checks the host name, then connects to the IP address that it checked; TLS verifies the host
name. Behind a proxy (HTTPS_PROXY, NO_PROXY), the host is checked in the same way, but the proxy resolves the name again
and connects, so only the proxy can protect against DNS rebinding. Hosts in AWARD_ALLOW_PRIVATE_HOSTS are contacted
directly.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import unquote, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util import make_headers

from awardspider.delivery.channels.addresses import (
    Address,
    check_public,
    first_private,
    private_address_error,
    resolve_host,
)
from awardspider.environment import expand_path, proxy_for
from awardspider.outcomes import AwardError

# More than a note contains, so that a secret is redacted before the text is cut to the length of a note.
_READ_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response. `text` is the beginning of the body."""

    status: int
    reason: str
    retry_after: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoResponse:
    """A failure to get a response. `sent` is True if part of the request may have arrived."""

    reason: str
    sent: bool


def post(address: Address, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Response | NoResponse:
    """Send one request and return within about `seconds`, whatever the recipient does.

    Certificates are checked against the CA bundle of `requests`, or the file that REQUESTS_CA_BUNDLE names.
    """
    exchange = _Exchange(address, seconds)
    try:
        return exchange.run(body, headers)
    except _NotConnected as error:
        return NoResponse(reason=str(error), sent=False)
    except (OSError, HTTPException) as error:
        return NoResponse(reason=exchange.failure_reason(error), sent=exchange.is_connected)
    finally:
        exchange.close()


class _NotConnected(Exception):
    """A failure to connect. The message states the reason."""


class _Exchange:
    """One request and its response, over a new connection."""

    def __init__(self, address: Address, seconds: float) -> None:
        #: True once part of the request may have been sent.
        self.is_connected = False
        self._address = address
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._is_late = False
        self._socket: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def run(self, body: bytes, headers: Mapping[str, str]) -> Response:
        """Connect, send the request and read the beginning of the response."""
        tls = _tls_context() if self._address.url.startswith("https:") else None
        self._socket = self._connect()
        self._timer = threading.Timer(self._time_left(), self._abort)
        self._timer.daemon = True
        self._timer.start()
        if tls:
            self._socket.settimeout(self._time_left())
            self._socket = tls.wrap_socket(self._socket, server_hostname=self._address.host)
        if self._is_late:  # the timer fired during the handshake, when there was no socket to shut down
            raise TimeoutError
        self.is_connected = True
        connection = HTTPConnection(self._address.host, self._address.port)
        connection.sock = self._socket
        url = urlsplit(self._address.url)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", target, body, {"Host": url.netloc, **headers})
        with connection.getresponse() as response:
            return Response(
                status=response.status,
                reason=response.reason,
                retry_after=response.getheader("Retry-After", ""),
                text=_read_beginning(response),
            )

    def close(self) -> None:
        """Close the connection."""
        if self._timer:
            self._timer.cancel()
            self._timer.join()
        if self._socket:
            self._socket.close()

    def failure_reason(self, error: Exception) -> str:
        """Describe an error without quoting it, because its text may contain the address."""
        if self._is_late or isinstance(error, TimeoutError):
            return f"no response within {self._seconds:g} seconds"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the certificate of the recipient is invalid: {error.verify_message}"
        if isinstance(error, ssl.SSLError) and not self.is_connected:
            return f"the TLS handshake failed: {error.reason or 'the recipient does not use TLS'}"
        if isinstance(error, OSError) and error.strerror:
            return f"the connection failed: {error.strerror}"
        return "the recipient closed the connection without a complete response"

    def _connect(self) -> socket.socket:
        """Connect to a checked IP address, or to the host through a proxy, and return the socket."""
        address = self._address
        try:
            proxy = None if address.private_allowed else proxy_for(address.url)
            if proxy:
                check_public(address)
        except AwardError as error:
            raise _NotConnected(str(error)) from None
        if proxy:
            return self._connect_through(proxy)
        found = self._resolve(address.host, address.port)
        if not address.private_allowed and (private := first_private(found)):
            raise _NotConnected(private_address_error(address.host, private))
        return self._connect_to_first(found, address.port)

    def _connect_through(self, proxy: str) -> socket.socket:
        url = urlsplit(proxy)
        host, port = url.hostname or "", url.port or 80
        login = f"{unquote(url.username)}:{unquote(url.password or '')}" if url.username else None
        try:
            return self._connect_to_first(self._resolve(host, port), port, make_headers(proxy_basic_auth=login))
        except TimeoutError:
            raise
        except (OSError, HTTPException) as error:  # includes a proxy that refuses CONNECT
            raise _NotConnected(f"the proxy {host} failed: {getattr(error, 'strerror', None) or error}") from None

    def _connect_to_first(
        self, hosts: Sequence[str], port: int, tunnel_headers: Mapping[str, str] | None = None
    ) -> socket.socket:
        """Connect to the first of `hosts` that accepts, and return the socket. If none does, raise the last error."""
        for number, host in enumerate(hosts, 1):
            connection = HTTPConnection(host, port, timeout=self._time_left())
            if tunnel_headers is not None:
                connection.set_tunnel(self._address.host, self._address.port, dict(tunnel_headers))
            try:
                connection.connect()
            except OSError:
                if number == len(hosts):
                    raise
            else:
                connected: socket.socket = connection.sock
                return connected
        raise _NotConnected("the host has no IP address")

    def _resolve(self, host: str, port: int) -> list[str]:
        try:
            return resolve_host(host, port, self._time_left())
        except OSError as error:
            raise _NotConnected(f"host {host} cannot be resolved: {error.strerror or error}") from None

    def _time_left(self) -> float:
        return max(0.01, self._deadline - time.monotonic())

    def _abort(self) -> None:
        """Interrupt any call that is waiting on the connection."""
        self._is_late = True
        if self._socket:
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown: a waiting call would then continue in plain text.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _tls_context() -> ssl.SSLContext:
    try:
        return _load_certificates(str(expand_path(os.environ.get("REQUESTS_CA_BUNDLE", "") or DEFAULT_CA_BUNDLE_PATH)))
    except OSError as error:
        raise _NotConnected(f"REQUESTS_CA_BUNDLE is not a file of certificates: {error.strerror}") from None


@cache
def _load_certificates(file: str) -> ssl.SSLContext:
    """Return a context that trusts the certificates in a file. Cached, because loading takes a tenth of a second."""
    return ssl.create_default_context(cafile=file)


def _read_beginning(response: HTTPResponse) -> str:
    """Read up to _READ_BYTES of a body; return what arrived if the connection breaks."""
    read = b""
    with contextlib.suppress(HTTPException, OSError, ValueError):
        while len(read) < _READ_BYTES and (chunk := response.read1(_READ_BYTES - len(read))):
            read += chunk
    return read.decode("utf-8", errors="replace")
