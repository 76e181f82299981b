"""References to secrets, stored in place of the secrets themselves.

`env:NAME` refers to an environment variable, `file:PATH` to the first line of a file; `encrypted:...` is text encrypted
with AWARD_SECRET_KEY (Fernet). Any other text is not a reference and is used unchanged.
"""

from __future__ import annotations

import os

from cryptography.fernet import Fernet, InvalidToken

from awardspider.environment import expand_path
from awardspider.logs.masking import add_secret
from awardspider.outcomes import InvalidSetting

_ENCRYPTED = "encrypted:"
_PREFIXES = ("env:", "file:", _ENCRYPTED)
#: The command that creates a key, quoted in error messages.
NEW_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


def is_reference(text: str) -> bool:
    """Return True if the text is a reference to a secret."""
    return text.startswith(_PREFIXES)


def is_encrypted(text: str) -> bool:
    """Return True if the text is an encrypted secret."""
    return text.startswith(_ENCRYPTED)


def resolve(text: str, secret_key: str) -> str:
    """Return the secret that a reference points to, or the text itself if it is not a reference.

    Logs mask the secret. Raise InvalidSetting if the reference cannot be resolved. The message contains no secrets.
    """
    if not is_reference(text):
        return text
    secret = _resolve_reference(text, secret_key)
    add_secret(secret)
    return secret


def encrypt(text: str, secret_key: str) -> str:
    """Return the text as an `encrypted:` reference. Raise InvalidSetting if AWARD_SECRET_KEY is missing or invalid."""
    return _ENCRYPTED + _fernet(secret_key).encrypt(text.encode()).decode()


def _resolve_reference(text: str, secret_key: str) -> str:
    prefix, _, rest = text.partition(":")
    if not rest.strip():
        raise InvalidSetting(f"the secret reference {text.strip()!r} is incomplete; write env:NAME or file:PATH")
    if prefix == "env":
        value = os.environ.get(rest, "").strip()
        if not value:
            raise InvalidSetting(f"environment variable {rest} is not set; it must contain a secret")
        return value
    if prefix == "file":
        try:
            line = expand_path(rest).read_text(encoding="utf-8").strip().partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise InvalidSetting(f"secret file {rest} is unreadable: {reason}") from None
        if not line:
            raise InvalidSetting(f"secret file {rest} is empty")
        return line
    try:
        return _fernet(secret_key).decrypt(rest.encode()).decode()
    except InvalidToken:
        raise InvalidSetting("a stored secret was encrypted with a different AWARD_SECRET_KEY") from None


def _fernet(secret_key: str) -> Fernet:
    if not secret_key:
        raise InvalidSetting(f"AWARD_SECRET_KEY is not set; create one with {NEW_KEY}")
    try:
        return Fernet(secret_key)
    except ValueError:
        raise InvalidSetting(f"AWARD_SECRET_KEY is invalid; create one with {NEW_KEY}") from None
