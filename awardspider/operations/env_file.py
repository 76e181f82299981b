"""The file `.env`: change settings in it and keep its other lines."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import parse_stream

from awardspider.outcomes import InvalidArgument, InvalidSetting


def read_env_file(file: Path) -> dict[str, str]:
    """Return the settings in a `.env` file; empty without one. Raise InvalidSetting if it is unreadable."""
    return {
        each.key: each.value for each in parse_stream(io.StringIO(_text(file))) if each.key and each.value is not None
    }


def change_env_file(file: Path, values: Mapping[str, str]) -> list[str]:
    """Set settings in a `.env` file, which is created with mode 600 if needed; return the names that have changed.

    All other lines and comments stay, and so does the place of a setting. The file is replaced in one step. Raise
    InvalidSetting if it cannot be read or written.
    """
    known = read_env_file(file)
    changed = [name for name, value in values.items() if known.get(name) != value]
    text = updated_text(_text(file), {name: values[name] for name in changed})
    try:
        target = file.resolve()  # a link stays a link
        handle, unfinished = tempfile.mkstemp(dir=target.parent, prefix=".env-")  # created with mode 600
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        Path(unfinished).replace(target)
    except OSError as error:
        raise InvalidSetting(f"{file} cannot be written: {error.strerror}") from None
    return changed


def updated_text(text: str, values: Mapping[str, str]) -> str:
    """Return the text of a `.env` file with changed settings: in their places, or at the end if they are new."""
    written: set[str] = set()
    lines: list[str] = []
    for binding in parse_stream(io.StringIO(text)):
        original = binding.original.string
        if binding.key is None or binding.key not in values:
            lines.append(original)
        elif binding.key not in written:
            written.add(binding.key)
            blank = original[: len(original) - len(original.lstrip("\r\n"))]
            lines.append(f"{blank}{binding.key}={quoted_value(values[binding.key])}\n")
    new = [name for name in values if name not in written]
    if new and lines and not lines[-1].endswith("\n"):
        lines.append("\n")
    return "".join([*lines, *(f"{name}={quoted_value(values[name])}\n" for name in new)])


def quoted_value(value: str) -> str:
    """Return a value for a `.env` file, in quotes if needed. Raise InvalidArgument for one that it cannot contain."""
    if any(not letter.isprintable() for letter in value):
        raise InvalidArgument("a setting must be one line of printable characters")
    if "${" in value:
        raise InvalidArgument("a setting must not contain ${, which inserts another setting")
    if value and all(letter.isalnum() or letter in "-_./:@+=,%~?&" for letter in value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'" if value else ""


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text in UTF-8"
        raise InvalidSetting(f"{file} is unreadable: {reason}") from None
