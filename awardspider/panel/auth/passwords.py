"""Passwords: which ones are accepted, and their Argon2 hashes."""

from __future__ import annotations

import unicodedata
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from awardspider.outcomes import InvalidArgument
from awardspider.storage.accounts import normalized_name

MIN_LENGTH = 10
MAX_LENGTH = 1000

#: Each computation takes 64 MB, so only a few run at once.
_computations = BoundedSemaphore(2)


def check_password(name: str, password: str) -> None:
    """Raise InvalidArgument for a password that is too short or long, or easy to guess from the account's name."""
    if len(password) < MIN_LENGTH:
        raise InvalidArgument(f"the password is too short: use at least {MIN_LENGTH} characters")
    if len(password) > MAX_LENGTH:
        raise InvalidArgument(f"the password is too long: use at most {MAX_LENGTH} characters")
    if not normalized_name(password).replace(normalized_name(name), ""):
        raise InvalidArgument("the password is the account's name: use another one")
    if len(set(password)) < 4:
        raise InvalidArgument("the password repeats a few characters: use another one")


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password, with its own salt and parameters."""
    with _computations:
        return _hasher().hash(_normalized(password))


def is_right_password(password_hash: str | None, password: str) -> bool:
    """Return whether a password has a hash. Without a hash, it takes as long as with one, and returns False."""
    with _computations:
        try:
            _hasher().verify(password_hash or _dummy_hash(), _normalized(password))
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def has_outdated_parameters(password_hash: str) -> bool:
    """Return whether a hash was made with other parameters than those of today."""
    return _hasher().check_needs_rehash(password_hash)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # Argon2id with the parameters of RFC 9106 for little memory: 64 MiB, 3 passes, 4 lanes


@cache
def _dummy_hash() -> str:
    return _hasher().hash("")


def _normalized(password: str) -> str:
    """Return a password in the form that does not depend on how a keyboard composes accents."""
    return unicodedata.normalize("NFC", password)
