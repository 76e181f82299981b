"""Cursors of lists: opaque texts that say after which row the next page begins."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

import orjson

from awardspider.outcomes import InvalidArgument

_VERSION = 1


def encode_cursor(order: str, position: Sequence[str | int | float]) -> str:
    """Return the cursor of a position in a list with this order."""
    return urlsafe_b64encode(orjson.dumps([_VERSION, order, *position])).decode().rstrip("=")


def decode_cursor(cursor: str, order: str, kinds: Sequence[type]) -> tuple[Any, ...]:
    """Return the position of a cursor, whose values have these types.

    Raises InvalidArgument for a cursor of another list, of another order or of another version.
    """
    try:
        values = orjson.loads(urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        values = None
    match values:
        case [version, found, *position] if (version, found) == (_VERSION, order) and len(position) == len(kinds):
            if all(_is_of(value, kind) for value, kind in zip(position, kinds, strict=True)):
                return tuple(position)
    raise invalid_cursor()


def invalid_cursor() -> InvalidArgument:
    """Return the error about a cursor that is not of the list."""
    return InvalidArgument("the position in the list is not valid any more; open the first page again")


def _is_of(value: object, kind: type) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float if kind is float else kind)
