"""Options for the fields of a watch, derived from the table of fields."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from awardspider.outcomes import InvalidArgument
from awardspider.search.dates import today_at
from awardspider.search.field_kinds import YES_OR_NO
from awardspider.search.suggestions import unknown_name
from awardspider.search.watch_building import FieldError
from awardspider.search.watch_checks import NEEDED_FIELDS
from awardspider.search.watch_table import (
    NOTIFY_FIELDS,
    WATCH_FIELDS,
    NotifyField,
    WatchField,
    plain_description,
)
from awardspider.search.watches import Watch, build

_GIVEN = "field_"  # prefix of the options' names in the namespace: `name` is also a positional argument
#: Names of all fields, with those of the `notify` block, as options set them.
FIELD_OPTIONS = (*(name for name in WATCH_FIELDS if name not in ("name", "notify")), *NOTIFY_FIELDS)


def add_field_options(action: argparse.ArgumentParser, *, with_name: bool = False) -> None:
    """Add an option for each field of a watch and of its `notify` block; `--name` only if `with_name` is True."""
    group = action.add_argument_group("Fields of a watch", "docs/watches.md explains them. Put spaces in quotes.")
    for name in (("name",) if with_name else ()) + FIELD_OPTIONS:
        field = WATCH_FIELDS.get(name) or NOTIFY_FIELDS[name]
        group.add_argument(option(name), dest=_GIVEN + name, help=_help(field), **_settings(field))


def option(name: str) -> str:
    """Return the option for a field, such as `--max-miles`."""
    return f"--{name.replace('_', '-')}"


def given_fields(opts: argparse.Namespace) -> dict[str, object]:
    """Return the fields that were given, keyed by name; those of the `notify` block are in a dict of their own."""
    values = {name: getattr(opts, _GIVEN + name, None) for name in ("name", *FIELD_OPTIONS)}
    given = {name: value for name, value in values.items() if value is not None}
    notify = {name: given.pop(name) for name in NOTIFY_FIELDS if name in given}
    return given | ({"notify": notify} if notify else {})


def changed_definition(watch: Watch, given: Mapping[str, object], cleared: Collection[str]) -> dict[str, object]:
    """Return the fields of a watch with some changed and some cleared.

    Raise InvalidArgument for an unknown field, and for one that is both changed and cleared.
    """
    definition = watch.to_definition() | {"active": watch.active}
    notify: dict[str, Any] = dict(watch.notify.to_definition()) if watch.notify else {}
    changes = dict(given)
    block = changes.pop("notify", {})
    block = block if isinstance(block, Mapping) else {}
    for name in (each.strip().lower().replace("-", "_") for each in cleared):
        if name not in (*FIELD_OPTIONS, "notify"):
            raise InvalidArgument(f"--clear: {unknown_name('field', name, FIELD_OPTIONS)}")
        if name in WATCH_FIELDS and WATCH_FIELDS[name].is_required:
            raise InvalidArgument(f"--clear: every watch needs {name}; give another one with {option(name)}")
        if name != "notify" and name in (*given, *block):
            raise InvalidArgument(f"--clear {name}: {option(name)} gives it a value: remove one of them")
        definition.pop(name, None)
        if name == "notify":
            notify = {}
        notify.pop(name, None)
    notify |= block
    definition.pop("notify", None)
    changed = definition | changes | ({"notify": notify} if notify else {})
    for name, needed in NEEDED_FIELDS.items():
        if name in changed and needed not in changed and name not in given:
            raise InvalidArgument(f"--clear {needed}: {name} needs it: write --clear {name} too")
    return changed


def build_watch(definition: Mapping[str, object], kept: Collection[str] = ()) -> Watch:
    """Build a watch. Raise InvalidArgument with the name of the option for the invalid field.

    `kept` are fields that no option gives, because the watch has them already.
    """
    try:
        return build(definition)
    except FieldError as error:
        field, separator, rest = str(error).partition(" " if error.field is None else ": ")
        if field == "notify":  # "notify: timezone: unknown time zone ..."
            field, separator, rest = rest.partition(": ")
            raise InvalidArgument(f"{option(field)}{separator}{rest}") from None
        if field in kept and field == error.field:
            raise InvalidArgument(f"{error} (the watch has {field}; --clear {field} removes it)") from None
        is_named = error.field in (None, field) and field != "name"
        raise InvalidArgument(f"{option(field)}{separator}{rest}" if is_named else str(error)) from None


def check_not_over(watch: Watch, given: Collection[str], now: datetime) -> None:
    """Raise InvalidArgument if the dates or the last day of a watch are given and have passed."""
    today = max(today_at(code, now) for code in watch.origins)
    if "dates" in given and watch.dates.is_over(today):
        raise InvalidArgument(f"--dates: {watch.dates} is in the past (today is {today})")
    if "expires" in given and watch.expires is not None and watch.expires < today:
        raise InvalidArgument(f"--expires: {watch.expires} is in the past (today is {today})")


def _settings(field: WatchField | NotifyField) -> dict[str, Any]:
    if isinstance(field, WatchField) and field.kind is YES_OR_NO:
        return {"nargs": "?", "const": "yes", "metavar": "yes|no"}
    if isinstance(field, WatchField) and field.kind.is_list:
        return {"action": "append", "metavar": "VALUES"}
    return {"metavar": "VALUE"}


def _help(field: WatchField | NotifyField) -> str:
    description, example = plain_description(field.description), field.example
    if isinstance(example, dict):
        example = ", ".join(f"{name}: {value}" for name, value in example.items())
    if _settings(field).get("nargs") or str(example) in description:
        return description.replace("%", "%%")
    return f"{description} (for example {example})".replace("%", "%%")
