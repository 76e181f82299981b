"""Identification of the processes that own leases, and heartbeats by which those of other hosts are known to live."""

from __future__ import annotations

import functools
import os
import socket
from datetime import datetime, timedelta
from pathlib import Path

#: Times in the database can be this far in the future, because clocks differ, before they are wrong.
MAX_CLOCK_ERROR = timedelta(hours=1)


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


def has_expired(heartbeat_at: datetime, now: datetime, timeout: timedelta) -> bool:
    """Return True if a heartbeat is older than `timeout`, or was written with a clock that was far ahead."""
    return now - heartbeat_at > timeout or heartbeat_at - now > MAX_CLOCK_ERROR
