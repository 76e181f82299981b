"""Parsing of watch field values, from text in a file or an argument or from stored values, into the field's type."""

from __future__ import annotations

import functools
import re
from typing import Any

import msgspec
from msgspec.inspect import BoolType, IntType, StrType, UnionType, type_info

from awardspider.outcomes import InvalidArgument

_INTEGER = re.compile(r"[0-9]{1,9}|[0-9]{1,3}([,_][0-9]{3}){1,2}")  # 80000, 80,000 or 80_000
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
# In capitals, OR can be the code of an airline.
_SEPARATOR = re.compile(r"[,;]|(?<=\s)(?:or|and|&)(?=\s)")
_MAX_SHOWN = 40


def parse_value(value: object, value_type: Any) -> Any:
    """Convert a single value to `value_type`: an int, bool or str, with the constraints of its msgspec.Meta.

    Raise InvalidArgument with a message that lists the allowed values but does not name the field.
    """
    found: object = value
    if not isinstance(value, int):
        text = single_text(value)
        found = text
        if isinstance(_scalar(value_type), IntType) and _INTEGER.fullmatch(text):
            found = int(re.sub("[,_]", "", text))
        elif isinstance(_scalar(value_type), BoolType):
            found = _BOOLEANS.get(text.lower(), text)
    try:
        return msgspec.convert(found, value_type)
    except msgspec.ValidationError:
        raise InvalidArgument(f'must be {_expected(value_type)}, not "{quoted(value)}"') from None


def single_text(value: object) -> str:
    """Return text without surrounding whitespace. Raise InvalidArgument for a value that is not text."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list | tuple | dict):
        kind = "a group" if isinstance(value, dict) else "a list"
        raise InvalidArgument(f"expected a single value, got {kind}")
    raise InvalidArgument(f'must be text, not "{quoted(value)}"')


def joined_text(value: object) -> str:
    """Return stripped text, or a list of strings joined by semicolons. Raise InvalidArgument for anything else.

    A comma would not keep the strings apart: `Tokyo, Japan` is one place.
    """
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return "; ".join(item.strip() for item in value if item.strip())
    return single_text(value)


def split_list(value: object) -> list[str]:
    """Return the parts of a text or a list, separated by commas, semicolons, `or` or `and`, without blank ones.

    Raise InvalidArgument as `joined_text` does.
    """
    return [part.strip() for part in _SEPARATOR.split(joined_text(value)) if part.strip()]


def letters_only(text: str) -> str:
    """Return the letters and digits of a text in lower case, by which names are compared."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def quoted(value: object) -> str:
    """Return a value as one line, shortened for an error message."""
    text = " ".join(str(value).split())
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


@functools.cache
def _scalar(value_type: Any) -> Any:
    """Return msgspec's description of a type; for a union, describe its first member."""
    info = type_info(value_type)
    return info.types[0] if isinstance(info, UnionType) else info


def _expected(value_type: Any) -> str:
    match _scalar(value_type):
        case IntType(ge=least, le=most):
            return f"an integer from {least} to {most:,}"
        case StrType(max_length=longest):
            return f"one line of at most {longest} characters"
        case _:
            return "yes or no"
