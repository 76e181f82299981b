"""Which process holds something, and whether it still runs."""

from __future__ import annotations

import functools
import os
import socket
from pathlib import Path


@functools.cache
def pid_space() -> str:
    """What tells apart the process numbers of two containers that share a host name."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def runs(pid: int) -> bool:
    """Whether a process of this host is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_here(host: str, space: str) -> bool:
    """Whether process numbers of that host and space are ours to look up."""
    return (host, space) == (socket.gethostname(), pid_space())
