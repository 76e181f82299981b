"""Identification of the processes that own leases."""

from __future__ import annotations

import functools
import os
import socket
from pathlib import Path


@functools.cache
def pid_namespace() -> str:
    """Return this process's PID namespace: containers can share a host name but not process ids."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def has_ended(host: str, namespace: str, pid: int) -> bool:
    """Return True if a process is known to have ended; processes on other hosts or in other containers are unknown."""
    if (host, namespace) != (socket.gethostname(), pid_namespace()):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
