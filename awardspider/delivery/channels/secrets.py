"""Secrets as references: what is stored of them, and what they stand for when they are needed.

`env:NAME` is an environment variable, `file:PATH` the first line of a file, `sealed:...` text encrypted with
AWARD_SECRET_KEY (Fernet). Anything else is no reference and means itself.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from awardspider.outcomes import InvalidSetting

_KINDS = ("env:", "file:", "sealed:")
NEW_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'  # for sentences


def is_reference(text: str) -> bool:
    """Whether the text stands for a secret instead of being one."""
    return text.startswith(_KINDS)


def resolve(text: str, secret_key: str) -> str:
    """What a reference stands for; a text that is none comes back as it is.

    Raises BadSetting, without any secret in its sentence, where the variable, the file or the right key is missing.
    """
    kind, _, rest = text.partition(":")
    if not is_reference(text):
        return text
    if not rest.strip():
        raise InvalidSetting("a reference to a secret names nothing; write env:NAME or file:PATH")
    if kind == "env":
        value = os.environ.get(rest, "").strip()
        if not value:
            raise InvalidSetting(f"the environment variable {rest}, which holds a secret, is not set")
        return value
    if kind == "file":
        try:
            line = Path(rest).read_text(encoding="utf-8").strip().partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise InvalidSetting(f"the file {rest}, which holds a secret, cannot be read: {why}") from None
        if not line:
            raise InvalidSetting(f"the file {rest}, which holds a secret, is empty")
        return line
    try:
        return _fernet(secret_key).decrypt(rest.encode()).decode()
    except InvalidToken:
        raise InvalidSetting("a secret in the database was encrypted with another AWARD_SECRET_KEY") from None


def seal(text: str, secret_key: str) -> str:
    """The text as a `sealed:` reference. Raises BadSetting where AWARD_SECRET_KEY is missing or is no key."""
    return f"sealed:{_fernet(secret_key).encrypt(text.encode()).decode()}"


def shown(text: str) -> str:
    """What may be shown of a text that is or holds a secret."""
    if text.startswith("sealed:"):
        return "sealed"
    return text if is_reference(text) else "***"


def _fernet(secret_key: str) -> Fernet:
    if not secret_key:
        raise InvalidSetting(f"AWARD_SECRET_KEY is not set; make one with {NEW_KEY}")
    try:
        return Fernet(secret_key)
    except ValueError:
        raise InvalidSetting(f"AWARD_SECRET_KEY is not a key; make one with {NEW_KEY}") from None
