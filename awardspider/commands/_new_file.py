"""Text files that an export creates."""

from __future__ import annotations

from pathlib import Path

from awardspider.outcomes import InvalidArgument


def write_new_file(file: Path, text: str) -> None:
    """Write a text to a file that does not exist yet. Raise InvalidArgument if it exists or cannot be written."""
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise InvalidArgument(f"{file} exists; remove it, or choose another name") from None
    except OSError as error:
        raise InvalidArgument(f"{file}: {error.strerror}") from None
