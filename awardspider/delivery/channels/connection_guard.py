"""A guard for libraries that connect by themselves: the threads that it covers cannot reach private networks.

It checks the IP address of every connection when the connection is made, whatever the library resolved, discovered or
was redirected to: Python raises an audit event for each.
"""

from __future__ import annotations

import errno
import sys
import threading
from typing import Any
from weakref import WeakKeyDictionary

from awardspider.delivery.channels.addresses import first_private, private_address_error, resolve_host

_RESOLVE_SECONDS = 5.0
_CONNECTIONS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})

_guards: WeakKeyDictionary[threading.Thread, ConnectionGuard] = WeakKeyDictionary()


class ConnectionGuard:
    """A guard for some threads."""

    def __init__(self, allowed_hosts: frozenset[str]) -> None:
        self._allowed_hosts = allowed_hosts
        #: The error message for the first connection that was refused, or None.
        self.refusal: str | None = None

    def cover(self, thread: threading.Thread) -> None:
        """Guard a thread."""
        _guards[thread] = self

    def check(self, address: object) -> None:
        """Raise PermissionError if the address of a connection is private and the operator does not allow it."""
        if address is None:  # the socket is already connected
            return
        if not isinstance(address, tuple) or not isinstance(address[0], str):  # a socket in the file system
            self._refuse("a socket of this machine is not a public address")
            return
        host, port = address[0], address[1]
        private = first_private(resolve_host(host, port, _RESOLVE_SECONDS))
        if private and not any(private in self._resolve(allowed, port) for allowed in self._allowed_hosts):
            self._refuse(private_address_error(host, private))

    def _refuse(self, message: str) -> None:
        self.refusal = self.refusal or message
        raise PermissionError(errno.EACCES, message)

    @staticmethod
    def _resolve(host: str, port: int) -> list[str]:
        try:
            return resolve_host(host, port, _RESOLVE_SECONDS)
        except OSError:
            return []


def _on_audit_event(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _CONNECTIONS and (guard := _guards.get(threading.current_thread())):
        guard.check(arguments[1])


sys.addaudithook(_on_audit_event)
