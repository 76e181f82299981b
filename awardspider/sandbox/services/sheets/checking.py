"""Whether Google knows what a request names, looked up in the table of messages ahead of any handling.

A name may be given in either spelling, `sheetId` or `sheet_id`; what is checked has the first one afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from awardspider.sandbox.services.sheets.errors import TYPES, ApiError, Json, bad_request
from awardspider.sandbox.services.sheets.masks import camel
from awardspider.sandbox.services.sheets.messages import ENUMS, MESSAGES, UNPLAYED, Field

# Parameters of every method, each also with a `$` ahead of it.
SYSTEM_PARAMETERS = frozenset(
    "access_token alt callback fields key oauth_token prettyPrint quotaUser uploadType upload_protocol .xgafv".split()
)
UNKNOWN = "Invalid JSON payload received. Unknown name"

Path = tuple[str | int, ...]
# Where a fault is, empty for the whole of a request, and the sentence on it.
Fault = tuple[str, str]


def check_body(body: Json, message: str, *path: str) -> None:
    """Raises ApiError with all unknown names and values of a body, which is a message at a path of the request."""
    _refuse(list(_faults(body, message, path)))


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
            for value in filter(None, values):
                faults.extend(_enum_faults(value, field, (name,)))
        else:
            reason = f"Cannot bind query parameter. Field '{name}' could not be found in request message."
            faults.append(("", f'{UNKNOWN} "{name}": {reason}'))
    _refuse(faults)
    return known


def wrong_value(value: object, kind: str, place: str) -> str:
    """The sentence on a value that is not of the kind due."""
    return f"Invalid value at '{place}' ({TYPES}{kind}), {orjson.dumps(value).decode()}"


def _faults(given: Json, message: str, path: Path) -> Iterator[Fault]:
    """What is wrong in a message and below it; puts names into their first spelling on the way."""
    fields, plain = MESSAGES[message]
    if given.keys() <= plain:
        return
    for name in [name for name in given if name not in fields and camel(name) in fields]:
        given[camel(name)] = given.pop(name)
    for name, value in given.items():
        if name in plain or value is None:
            continue
        field = fields.get(name)
        if field is None:
            yield _unknown(name, path, "Cannot find field.")
        elif field.many and isinstance(value, list):
            for index, one in enumerate(value):
                yield from _value_faults(one, field, (*path, name, index))
        elif isinstance(value, list):
            yield _unknown(name, path, "Proto field is not repeating, cannot start list.")
        elif field.keyed and isinstance(value, dict):
            for key, one in value.items():
                yield from _value_faults(one, field, (*path, name, key))
        else:
            yield from _value_faults(value, field, (*path, name))


def _value_faults(value: Any, field: Field, path: Path) -> Iterator[Fault]:
    if field.holds in ENUMS:
        yield from _enum_faults(value, field, path)
    elif isinstance(value, dict):
        yield from _faults(value, field.holds, path)
    elif value is not None:
        yield _place(path), wrong_value(value, field.holds, _place(path))


def _enum_faults(value: Any, field: Field, path: Path) -> Iterator[Fault]:
    """Nothing for a field that is no enum. A value of one may also be given by its number."""
    values = ENUMS.get(field.holds)
    number = isinstance(value, int) and not isinstance(value, bool)
    if values and not number and not (isinstance(value, str) and value in values):
        yield _place(path), wrong_value(value, field.holds, _place(path))


def _unknown(name: str, path: Path, reason: str) -> Fault:
    place = _place(path)
    return place, f'{UNKNOWN} "{name}"{f" at {place!r}" if place else ""}: {reason}'


def _place(path: Path) -> str:
    """`requests[0].add_sheet.properties`, as errors spell it."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{snake(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def _refuse(faults: list[Fault]) -> None:
    if faults:
        violations = [{"field": place, "description": text} if place else {"description": text} for place, text in faults]
        raise bad_request("\n".join(text for _, text in faults), violations)
