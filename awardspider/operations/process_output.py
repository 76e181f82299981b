"""The output of other programs."""

from __future__ import annotations


def last_line(output: str) -> str:
    """Return the last line that is not blank, or an empty text; the last line of a traceback is the error."""
    return next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "")
