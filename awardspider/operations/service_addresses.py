"""The addresses that services listen on: they must be free before the start."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable

import psutil

from awardspider.operations.service_definitions import ServiceDefinition
from awardspider.outcomes import AwardError


def check_addresses(services: Iterable[ServiceDefinition]) -> None:
    """Raise AwardError if the address of a service is in use."""
    for service in services:
        if service.listens and (reason := _address_error(*service.listens)):
            host, port = service.listens
            raise AwardError(f"{service.name.value} does not start: port {port} of {host} {reason}, or {service.hint}")


def _address_error(host: str, port: int) -> str:
    """Return why nothing can listen on an address, and what to do, or an empty string."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen()
        except OSError as error:
            if isinstance(error, PermissionError):
                return "needs root's rights: choose a port above 1023"
            return (
                f"is in use{_user_of(port)}: stop that program"
                if error.errno == errno.EADDRINUSE
                else f"fails ({error.strerror})"
            )
    return ""


def _user_of(port: int) -> str:
    """Return the process that listens on a port, such as ` by scrapyd (process 12)`, or "" if it cannot be found."""
    try:
        for connection in psutil.net_connections("tcp"):
            address = connection.laddr
            if connection.status == psutil.CONN_LISTEN and address and address.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except (psutil.Error, OSError):
        pass
    return ""
