"""The keys of states in the sandbox, which are apart from live ones: searches there do not count as live ones."""

from __future__ import annotations

#: End of the keys of states in the sandbox.
SANDBOX = "@sandbox"


def state_suffix(sandbox_url: object) -> str:
    """Return the end of the keys of states: SANDBOX with a sandbox, otherwise an empty text."""
    return SANDBOX if sandbox_url else ""
