"""Validation and conversion of requests, before they are handled, by the table of messages.

Names may be in camel case or in snake case (`sheetId`, `sheet_id`); they are converted to camel case.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import orjson

from awardspider.sandbox.services.sheets.errors import TYPES, Json, bad_request
from awardspider.sandbox.services.sheets.masks import camel
from awardspider.sandbox.services.sheets.messages import ENUMS, MESSAGES, NOT_SIMULATED, SCALARS

# Parameters of every method. Each name may start with `$`.
SYSTEM_PARAMETERS = {
    *("access_token", "alt", "callback", "fields", "key", "oauth_token"),
    *("prettyPrint", "quotaUser", "uploadType", "upload_protocol", ".xgafv"),
}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
# Texts that Google accepts, in upper or lower case.
BOOLEANS = dict.fromkeys(("true", "t", "yes", "y", "1"), True) | dict.fromkeys(("false", "f", "no", "n", "0"), False)
UNKNOWN_NAME = "Invalid JSON payload received. Unknown name"

Path = tuple[str | int, ...]
# The path of an invalid field (empty for the request itself) and a description of the problem.
Violation = tuple[str, str]


def check_body(body: Json, message: str, *path: str) -> None:
    """Convert a body to camel-case names and the types of its fields, as the JSON mapping of Protocol Buffers does.

    Null means that a field is not set. Numbers may be given as text, and enum values as numbers. A list may contain
    lists, and a list of one value may be given as that value. Raise ApiError with all unknown names and invalid values;
    `path` is the body's path in the request.
    """
    violations: list[Violation] = []
    _convert_message(body, message, path, violations)
    _raise_violations(violations)


def checked_query(query: dict[str, list[str]], message: str) -> dict[str, list[str]]:
    """Return the parameters with camel-case names. Raise ApiError with all unknown parameters and invalid values."""
    fields = MESSAGES[message]
    checked: dict[str, list[str]] = {}
    violations: list[Violation] = []
    for name, values in query.items():
        if name.removeprefix("$") in SYSTEM_PARAMETERS:
            checked[name] = values
        elif field := fields.get(camel(name)):
            checked[camel(name)] = [
                str(_convert_value(value, field.type, (name,), violations)) if value and field.type else value
                for value in values
            ]
        else:
            reason = f"Cannot bind query parameter. Field '{name}' could not be found in request message."
            violations.append(("", f'{UNKNOWN_NAME} "{name}": {reason}'))
    _raise_violations(violations)
    return checked


def invalid_value(value: object, kind: str, path: str) -> str:
    """Return the error message for a value of the wrong type; `kind` is an enum, a message or a key of SCALARS."""
    return f"Invalid value at '{path}' ({SCALARS.get(kind) or TYPES + kind}), {orjson.dumps(value).decode()}"


def _convert_message(body: Json, message: str, path: Path, violations: list[Violation]) -> None:
    """Convert a message and its nested messages in place, and collect the violations in them."""
    fields = MESSAGES[message]
    for given, value in list(body.items()):
        name = given if given in fields else camel(given)
        if value is None or name != given:
            del body[given]
        field = fields.get(name)
        if field is None:
            violations.append(_unknown_name(given, path, "Cannot find field."))
        elif value is None:
            continue
        elif field.type == NOT_SIMULATED:
            body[name] = value
        elif isinstance(value, list) and not field.repeated:
            violations.append(_unknown_name(given, path, "Proto field is not repeating, cannot start list."))
        elif field.repeated:
            body[name] = [
                _convert_value(item, field.type, (*path, name, index), violations)
                for index, item in enumerate(_flattened(value))
            ]
        elif field.is_map and isinstance(value, dict):
            body[name] = {
                key: _convert_value(item, field.type, (*path, name, key), violations)
                for key, item in value.items()
                if item is not None
            }
        else:
            body[name] = _convert_value(value, field.type, (*path, name), violations)


def _flattened(value: Any) -> list[Any]:
    """Return the values of a list and of the lists in it, without null; for any other value, a list of that value."""
    if not isinstance(value, list):
        return [value]
    return [inner for item in value if item is not None for inner in _flattened(item)]


def _convert_value(value: Any, kind: str, path: Path, violations: list[Violation]) -> Any:
    """Return a value converted to its type. If that is impossible, collect the violation and return the value."""
    if kind in MESSAGES:
        if isinstance(value, dict):
            _convert_message(value, kind, path, violations)
            return value
        converted = None
    else:
        converted = _enum_value(value, ENUMS[kind]) if kind in ENUMS else CONVERTERS[kind](value)
    if converted is None:
        violations.append((_path_text(path), invalid_value(value, kind, _path_text(path))))
        return value
    return converted


def _enum_value(value: object, names: tuple[str, ...]) -> str | None:
    """Return the name of an enum value that is given as a name or as a number."""
    if isinstance(value, str) and value in names:
        return value
    number = _integer(value)
    return names[number] if number is not None and 0 <= number < len(names) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _integer(value: object) -> int | None:
    """Return a 32-bit integer that is given as a number or as text, such as 5, 5.0 or "5"."""
    number = _number(value)
    return int(number) if number is not None and number.is_integer() and -(2**31) <= number < 2**31 else None


def _number(value: object) -> float | None:
    """Return a finite number that is given as a number or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _exact_number(value: object) -> int | float | None:
    """Return a number; an integer stays one."""
    return value if type(value) is int else _number(value)


def _boolean(value: object) -> bool | None:
    """Return true or false, which Google also accepts as text."""
    if isinstance(value, str):
        return BOOLEANS.get(value.lower())
    return value if isinstance(value, bool) else None


CONVERTERS: dict[str, Callable[[object], Any]] = {
    "": _text,
    "int": _integer,
    "float": _exact_number,
    "bool": _boolean,
}


def _unknown_name(name: str, path: Path, reason: str) -> Violation:
    field = _path_text(path)
    location = f" at '{field}'" if field else ""
    return field, f'{UNKNOWN_NAME} "{name}"{location}: {reason}'


def _path_text(path: Path) -> str:
    """Format a path as errors do: `requests[0].add_sheet.properties`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{snake(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def snake(name: str) -> str:
    """Convert a name in camel case to snake case."""
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def _raise_violations(violations: list[Violation]) -> None:
    if violations:
        details = [{"field": path, "description": text} if path else {"description": text} for path, text in violations]
        raise bad_request("\n".join(text for _, text in violations), details)
