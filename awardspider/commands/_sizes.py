"""Sizes of files and tables as text."""

from __future__ import annotations

_KB, _MB, _GB = 1_000, 1_000_000, 1_000_000_000


def size_text(size: int) -> str:
    """Return a number of bytes in a unit that fits it: `0 KB`, `42 KB`, `1.5 MB`, `2.3 GB`."""
    if size < _MB:
        return f"{-(-size // _KB)} KB"
    return f"{size / _MB:,.1f} MB" if size < _GB else f"{size / _GB:,.1f} GB"
