"""Signatures with a key of this installation, in the file `panel.key` of the data folder."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path

from awardspider.outcomes import StorageError

KEY_FILE = "panel.key"

_KEY_BYTES = 32


def signature(data_dir: Path, purpose: str, text: str) -> str:
    """Return the signature of a text for a purpose, in 64 hexadecimal digits."""
    return hmac.new(_key(data_dir), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


def signed(data_dir: Path, text: str) -> str:
    """Return a text with its signature."""
    return f"{text}.{signature(data_dir, 'text', text)}"


def is_signed(data_dir: Path, text: str) -> bool:
    """Return whether a text was returned by `signed`."""
    plain, _, given = text.rpartition(".")
    return bool(plain) and hmac.compare_digest(given.encode(), signature(data_dir, "text", plain).encode())


@lru_cache(maxsize=8)
def _key(data_dir: Path) -> bytes:
    """Return the key, created if there is none; processes that create it at once get the same one."""
    file = data_dir / KEY_FILE
    try:
        if not file.exists():
            _create(file)
        key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it contains no key; remove it"
        raise StorageError(f"the file {file} cannot be used: {reason}") from error
    if len(key) != _KEY_BYTES:
        raise StorageError(f"the file {file} contains no key; remove it")
    return key


def _create(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")  # readable by its owner only
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as new:
            new.write(f"{secrets.token_hex(_KEY_BYTES)}\n")
        os.link(name, file)  # unlike a rename, this keeps a file that another process has created
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
