"""Free ports for servers that tests start."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Return a port of the loopback address that no server uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
