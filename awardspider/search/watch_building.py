"""Steps that both kinds of watches share: parsing of written fields, and plain values of parsed ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from awardspider.items import Money
from awardspider.outcomes import InvalidArgument
from awardspider.search.dates import Dates
from awardspider.search.field_values import quoted, single_text
from awardspider.search.judgments import DealClass
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.places import Places
from awardspider.search.suggestions import unknown_name
from awardspider.search.watch_fields import Duration, Hours, Nights, UnknownSeats
from awardspider.search.watch_table import WatchField


class FieldError(Exception):
    """An invalid or missing field; `field` is None if the field is missing."""

    def __init__(self, field: str | None, message: str) -> None:
        super().__init__(message)
        self.field = field


_ID = re.compile(r"[0-9a-f]{8,64}")


def parse_fields(
    written: Mapping[str, object], table: Mapping[str, WatchField], others: Mapping[str, WatchField], kind: str
) -> dict[str, Any]:
    """Parse written values keyed by name; None and blank strings count as missing, and `id` is accepted too.

    `others` are the fields of the other kind of watch, and `kind` says what that one is for: `awards`. Raise FieldError
    for a field that is invalid, unknown or of the other kind, and for a required one that is missing.
    """
    values: dict[str, Any] = {}
    for name, value in written.items():
        if (parsed := _parse_field(name, value, table, others, kind)) is not None:
            values[name] = parsed
    for name, entry in table.items():
        if entry.is_required and not values.get(name):
            raise FieldError(None, _missing(entry))
    return values


def find_field_errors(
    written: Mapping[str, object], table: Mapping[str, WatchField], others: Mapping[str, WatchField], kind: str
) -> dict[str, str]:
    """Return what is wrong with each field that is invalid or missing, keyed by name, as `parse_fields` checks them."""
    errors: dict[str, str] = {}
    parsed: dict[str, Any] = {}
    for name, value in written.items():
        try:
            parsed[name] = _parse_field(name, value, table, others, kind)
        except FieldError as error:
            errors[name] = str(error).removeprefix(f"{name}: ")
    missing = (entry for name, entry in table.items() if entry.is_required and not parsed.get(name))
    return {entry.name: _missing(entry).removeprefix(f"{entry.name} is ") for entry in missing} | errors


def _missing(entry: WatchField) -> str:
    return f"{entry.name} is missing (for example {entry.example})"


def _parse_field(
    name: str, value: object, table: Mapping[str, WatchField], others: Mapping[str, WatchField], kind: str
) -> object:
    """Return the parsed value of a field; None if it is missing. Raise FieldError."""
    if name not in table and name != "id":
        if name in others:
            raise FieldError(name, f"{name}: only watches for {kind} have this field: remove it")
        hint = "docs/watches.md lists all fields"
        raise FieldError(name, unknown_name("field", name, table, hint=hint))
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return parse_watch_id(value) if name == "id" else table[name].kind.parse(value)
    except InvalidArgument as error:
        names_itself = str(error).startswith(f"unknown {name.removesuffix('s')} ")
        raise FieldError(name, str(error) if names_itself else f"{name}: {error}") from None


def parse_watch_id(value: object) -> str:
    """Parse the identity of a stored watch. Raise InvalidArgument for anything else."""
    text = single_text(value)
    if not _ID.fullmatch(text):
        raise InvalidArgument(f'"{quoted(text)}" is not the id of a watch: leave it out for a new one')
    return text


def to_plain(value: object) -> object:
    """Return the value of a field as it is written in a watch file."""
    if isinstance(value, NotifyPrefs):
        return value.to_definition()
    if isinstance(value, Duration | Hours | Money | Nights | Places | Dates | Decimal | date):
        return str(value)
    if isinstance(value, UnknownSeats | DealClass):
        return value.value
    return [str(item) for item in value] if isinstance(value, tuple) else value
