"""seats.aero's ids: 27 letters and digits, of which those of a row hold what it is about, so that nothing is stored."""

from __future__ import annotations

import functools
from datetime import date
from hashlib import blake2b

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 27
PAYLOAD_BITS = 128
FACTOR = 0x9E3779B97F4A7C15F39CC0605CEDC835  # odd, so that it can be divided by again
INVERSE = pow(FACTOR, -1, 1 << PAYLOAD_BITS)
BORN = 290_000_000  # seconds since the ids began: what a real id of 2023 starts with


def opaque(*key: object) -> str:
    """An id that leads nowhere."""
    digest = blake2b("|".join(map(str, key)).encode(), digest_size=16).digest()
    return _written(int.from_bytes(digest), digest[0] << 16)


@functools.lru_cache(maxsize=1 << 16)
def row_id(source: int, origin: str, destination: str, ordinal: int) -> str:
    """The id of a row: the program's number, a route and the ordinal of a day."""
    told = bytes([source]) + origin.encode() + destination.encode() + ordinal.to_bytes(3)
    payload = int.from_bytes(told + _seal(told))
    return _written(payload * FACTOR % (1 << PAYLOAD_BITS), ordinal)


def row_of(name: str) -> tuple[int, str, str, date] | None:
    """What a row's id holds, or None where it is no such id."""
    if len(name) != LENGTH or any(letter not in ALPHABET for letter in name):
        return None
    number = 0
    for letter in name:
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    payload = number % (1 << PAYLOAD_BITS) * INVERSE % (1 << PAYLOAD_BITS)
    told = payload.to_bytes(16)
    told, seal = told[:10], told[10:]
    if seal != _seal(told):
        return None
    return told[0], told[1:4].decode(), told[4:7].decode(), date.fromordinal(int.from_bytes(told[7:]))


def _seal(told: bytes) -> bytes:
    return blake2b(told, digest_size=6).digest()


def _written(payload: int, moment: int) -> str:
    number = (BORN + moment) << PAYLOAD_BITS | payload
    letters = []
    for _ in range(LENGTH):
        number, index = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[index])
    return "".join(reversed(letters))
