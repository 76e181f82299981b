"""seats.aero's ids of 27 letters and digits. A row's id encodes its program, route and day, so none is stored."""

from __future__ import annotations

import functools
from datetime import date
from hashlib import blake2b

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 27
PAYLOAD_BITS = 128
FACTOR = 0x9E3779B97F4A7C15F39CC0605CEDC835  # coprime to 2**128, so that it has an inverse
INVERSE = pow(FACTOR, -1, 1 << PAYLOAD_BITS)
EPOCH_SECONDS = 290_000_000  # seconds since the epoch that ids use, as in a real id of 2023


def opaque_id(*key: object) -> str:
    """Return an id that depends only on the key and cannot be decoded."""
    digest = blake2b("|".join(map(str, key)).encode(), digest_size=16).digest()
    return _encode(int.from_bytes(digest), digest[0] << 16)


@functools.lru_cache(maxsize=1 << 16)
def row_id(source: int, origin: str, destination: str, ordinal: int) -> str:
    """Build a row's id from the program's number, the route and the day's ordinal."""
    contents = bytes([source]) + origin.encode() + destination.encode() + ordinal.to_bytes(3)
    payload = int.from_bytes(contents + _checksum(contents))
    return _encode(payload * FACTOR % (1 << PAYLOAD_BITS), ordinal)


def parse_row_id(text: str) -> tuple[int, str, str, date] | None:
    """Parse a row's id into the program's number, the route and the day; return None if the id is invalid."""
    if len(text) != LENGTH or any(letter not in ALPHABET for letter in text):
        return None
    number = 0
    for letter in text:
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    payload = number % (1 << PAYLOAD_BITS) * INVERSE % (1 << PAYLOAD_BITS)
    data = payload.to_bytes(16)
    contents, checksum = data[:10], data[10:]
    if checksum != _checksum(contents):
        return None
    day = date.fromordinal(int.from_bytes(contents[7:]))
    return contents[0], contents[1:4].decode(), contents[4:7].decode(), day


def _checksum(contents: bytes) -> bytes:
    return blake2b(contents, digest_size=6).digest()


def _encode(payload: int, seconds: int) -> str:
    number = (EPOCH_SECONDS + seconds) << PAYLOAD_BITS | payload
    letters = []
    for _ in range(LENGTH):
        number, index = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[index])
    return "".join(reversed(letters))
