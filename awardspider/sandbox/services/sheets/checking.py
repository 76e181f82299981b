"""Whether Google knows what a request names, looked up in the table of messages ahead of any handling.

A name may be given in either spelling, `sheetId` or `sheet_id`; what is checked has the first one afterwards.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from awardspider.sandbox.services.sheets.errors import TYPES, Json, bad_request
from awardspider.sandbox.services.sheets.masks import camel
from awardspider.sandbox.services.sheets.messages import ENUMS, MESSAGES, Field

# Parameters of every method, each also with a `$` ahead of it.
SYSTEM_PARAMETERS = {
    *("access_token", "alt", "callback", "fields", "key", "oauth_token"),
    *("prettyPrint", "quotaUser", "uploadType", "upload_protocol", ".xgafv"),
}
UNKNOWN = "Invalid JSON payload received. Unknown name"

Path = tuple[str | int, ...]
# Where a fault is, empty for the whole of a request, and the sentence on it.
Fault = tuple[str, str]


def check_body(body: Json, message: str, *path: str) -> None:
    """Raises ApiError with all unknown names and values of a body, which is a message at a path of the request."""
    faults: list[Fault] = []
    _look(body, message, path, faults)
    _refuse(faults)


def checked_query(given: dict[str, list[str]], message: str) -> dict[str, list[str]]:
    """The parameters in one spelling. Raises ApiError with all that a method does not have."""
    fields = MESSAGES[message].fields
    known: dict[str, list[str]] = {}
    faults: list[Fault] = []
    for name, values in given.items():
        if name.removeprefix("$") in SYSTEM_PARAMETERS:
            known[name] = values
        elif field := fields.get(camel(name)):
            known[camel(name)] = values
            if field.holds in ENUMS:
                for value in filter(None, values):
                    _look_at_value(value, field, (name,), faults)
        else:
            reason = f"Cannot bind query parameter. Field '{name}' could not be found in request message."
            faults.append(("", f'{UNKNOWN} "{name}": {reason}'))
    _refuse(faults)
    return known


def wrong_value(value: object, kind: str, place: str) -> str:
    """The sentence on a value that is not of the kind due."""
    return f"Invalid value at '{place}' ({TYPES}{kind}), {orjson.dumps(value).decode()}"


def _look(given: Json, message: str, path: Path, faults: list[Fault]) -> None:
    """Adds what is wrong in a message and below it; puts names into their first spelling on the way."""
    fields, plain = MESSAGES[message]
    if given.keys() <= plain:
        return
    if not given.keys() <= fields.keys():
        for name in [name for name in given if name not in fields and camel(name) in fields]:
            given[camel(name)] = given.pop(name)
    for name, value in given.items():
        if name in plain or value is None:
            continue
        field = fields.get(name)
        if field is None:
            faults.append(_unknown(name, path, "Cannot find field."))
        elif isinstance(value, list) and not field.many:
            faults.append(_unknown(name, path, "Proto field is not repeating, cannot start list."))
        elif isinstance(value, list):
            for index, one in enumerate(value):
                _look_at_value(one, field, (*path, name, index), faults)
        elif field.keyed and isinstance(value, dict):
            for key, one in value.items():
                _look_at_value(one, field, (*path, name, key), faults)
        else:
            _look_at_value(value, field, (*path, name), faults)


def _look_at_value(value: Any, field: Field, path: Path, faults: list[Fault]) -> None:
    """A value of an enum may also be given by its number."""
    if field.holds in ENUMS:
        number = isinstance(value, int) and not isinstance(value, bool)
        if number or (isinstance(value, str) and value in ENUMS[field.holds]):
            return
    elif value is None:
        return
    elif isinstance(value, dict):
        _look(value, field.holds, path, faults)
        return
    faults.append((_place(path), wrong_value(value, field.holds, _place(path))))


def _unknown(name: str, path: Path, reason: str) -> Fault:
    place = _place(path)
    where = f" at '{place}'" if place else ""
    return place, f'{UNKNOWN} "{name}"{where}: {reason}'


def _place(path: Path) -> str:
    """`requests[0].add_sheet.properties`, as errors spell it."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{snake(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def _refuse(faults: list[Fault]) -> None:
    if faults:
        violations = [
            {"field": place, "description": text} if place else {"description": text} for place, text in faults
        ]
        raise bad_request("\n".join(text for _, text in faults), violations)
