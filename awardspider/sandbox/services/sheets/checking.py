"""Validation of requests, before they are handled, against the table of messages.

Names may be in camel case or in snake case (`sheetId`, `sheet_id`); validation converts them to camel case.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from awardspider.sandbox.services.sheets.errors import TYPES, Json, bad_request
from awardspider.sandbox.services.sheets.masks import camel
from awardspider.sandbox.services.sheets.messages import ENUMS, MESSAGES, Field

# Parameters of every method. Each name may start with `$`.
SYSTEM_PARAMETERS = {
    *("access_token", "alt", "callback", "fields", "key", "oauth_token"),
    *("prettyPrint", "quotaUser", "uploadType", "upload_protocol", ".xgafv"),
}
UNKNOWN_NAME = "Invalid JSON payload received. Unknown name"

Path = tuple[str | int, ...]
# The path of an invalid field (empty for the request itself) and a description of the problem.
Violation = tuple[str, str]


def check_body(body: Json, message: str, *path: str) -> None:
    """Raise ApiError with all unknown names and invalid values in a body; `path` is the body's path in the request."""
    violations: list[Violation] = []
    _check_message(body, message, path, violations)
    _raise_violations(violations)


def checked_query(query: dict[str, list[str]], message: str) -> dict[str, list[str]]:
    """Return the parameters with camel-case names. Raise ApiError with all unknown parameters and invalid values."""
    fields = MESSAGES[message].fields
    checked: dict[str, list[str]] = {}
    violations: list[Violation] = []
    for name, values in query.items():
        if name.removeprefix("$") in SYSTEM_PARAMETERS:
            checked[name] = values
        elif field := fields.get(camel(name)):
            checked[camel(name)] = values
            if field.type in ENUMS:
                for value in filter(None, values):
                    _check_value(value, field, (name,), violations)
        else:
            reason = f"Cannot bind query parameter. Field '{name}' could not be found in request message."
            violations.append(("", f'{UNKNOWN_NAME} "{name}": {reason}'))
    _raise_violations(violations)
    return checked


def invalid_value(value: object, kind: str, path: str) -> str:
    """Return the error message for a value of the wrong type."""
    return f"Invalid value at '{path}' ({TYPES}{kind}), {orjson.dumps(value).decode()}"


def _check_message(body: Json, message: str, path: Path, violations: list[Violation]) -> None:
    """Collect the violations in a message and its nested messages, and convert names to camel case."""
    fields, unchecked = MESSAGES[message]
    if body.keys() <= unchecked:
        return
    if not body.keys() <= fields.keys():
        for name in [name for name in body if name not in fields and camel(name) in fields]:
            body[camel(name)] = body.pop(name)
    for name, value in body.items():
        if name in unchecked or value is None:
            continue
        field = fields.get(name)
        if field is None:
            violations.append(_unknown_name(name, path, "Cannot find field."))
        elif isinstance(value, list) and not field.repeated:
            violations.append(_unknown_name(name, path, "Proto field is not repeating, cannot start list."))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                _check_value(item, field, (*path, name, index), violations)
        elif field.is_map and isinstance(value, dict):
            for key, item in value.items():
                _check_value(item, field, (*path, name, key), violations)
        else:
            _check_value(value, field, (*path, name), violations)


def _check_value(value: Any, field: Field, path: Path, violations: list[Violation]) -> None:
    """Collect the violations in a value. An enum value may be given as its name or number."""
    if field.type in ENUMS:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if is_number or (isinstance(value, str) and value in ENUMS[field.type]):
            return
    elif value is None:
        return
    elif isinstance(value, dict):
        _check_message(value, field.type, path, violations)
        return
    violations.append((_path_text(path), invalid_value(value, field.type, _path_text(path))))


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
