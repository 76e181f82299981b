"""The lines of a file, or of standard input, that commands read JSON lines from."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from awardspider.environment import expand_path
from awardspider.outcomes import InvalidArgument


def input_lines(name: str) -> Iterator[bytes]:
    """Yield the lines of a file, or of standard input for `-`. Raise InvalidArgument if the file cannot be read."""
    if name == "-":
        yield from sys.stdin.buffer
        return
    try:
        with expand_path(name).open("rb") as file:
            yield from file
    except OSError as error:
        raise InvalidArgument(f"{name} cannot be read: {error.strerror}") from None
