"""Options for the fields of a watch of either kind, derived from the tables of fields."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from awardspider.outcomes import InvalidArgument
from awardspider.search.field_kinds import YES_OR_NO
from awardspider.search.notify_table import NOTIFY_FIELDS, NotifyField
from awardspider.search.past_fields import past_fields
from awardspider.search.promotion_watch_table import PROMOTION_NOTIFY_FIELDS, PROMOTION_WATCH_FIELDS
from awardspider.search.promotion_watches import PromotionWatch, build_promotion_watch
from awardspider.search.suggestions import unknown_name
from awardspider.search.watch_building import FieldError
from awardspider.search.watch_checks import NEEDED_FIELDS
from awardspider.search.watch_table import WATCH_FIELDS, WatchField, plain_description
from awardspider.search.watches import Watch, build

_GIVEN = "field_"  # prefix of the options' names in the namespace: `name` is also a positional argument

AnyWatch = Watch | PromotionWatch
_Watch = TypeVar("_Watch", bound=AnyWatch)


class Form(NamedTuple):
    """The fields of one kind of watch; `subject` is what such a watch is for."""

    subject: str
    fields: Mapping[str, WatchField]
    notify_fields: Mapping[str, NotifyField]

    @property
    def options(self) -> tuple[str, ...]:
        """Return the names of all fields, with those of the `notify` block, as options set them."""
        return (*(name for name in self.fields if name not in ("name", "notify")), *self.notify_fields)


AWARDS = Form("awards", WATCH_FIELDS, NOTIFY_FIELDS)
PROMOTIONS = Form("promotions", PROMOTION_WATCH_FIELDS, PROMOTION_NOTIFY_FIELDS)
_ONLY_PROMOTIONS = tuple(name for name in PROMOTIONS.options if name not in AWARDS.options)
_OPTIONS = (*AWARDS.options, *_ONLY_PROMOTIONS)


def form_of(watch: AnyWatch) -> Form:
    """Return the fields that a watch can have."""
    return AWARDS if isinstance(watch, Watch) else PROMOTIONS


def add_field_options(action: argparse.ArgumentParser, *, with_name: bool = False) -> None:
    """Add an option for each field of both kinds of watches and of their `notify` block; `--name` if `with_name`."""
    group = action.add_argument_group("Fields of a watch", "docs/watches.md explains them. Put spaces in quotes.")
    for name in (("name",) if with_name else ()) + AWARDS.options:
        _add_field(group, name, WATCH_FIELDS.get(name) or NOTIFY_FIELDS[name])
    shared = ", ".join(option(name) for name in PROMOTIONS.options if name in AWARDS.options)
    group = action.add_argument_group("Fields of a watch for promotions", f"It also has {shared}.")
    for name in _ONLY_PROMOTIONS:
        _add_field(group, name, PROMOTION_WATCH_FIELDS[name])


def _add_field(group: argparse._ArgumentGroup, name: str, field: WatchField | NotifyField) -> None:
    group.add_argument(option(name), dest=_GIVEN + name, help=_help(field), **_settings(field))


def option(name: str) -> str:
    """Return the option for a field, such as `--max-miles`."""
    return f"--{name.replace('_', '-')}"


def given_fields(opts: argparse.Namespace) -> dict[str, object]:
    """Return the fields that were given, keyed by name; those of the `notify` block are in a dict of their own."""
    values = {name: getattr(opts, _GIVEN + name, None) for name in ("name", *_OPTIONS)}
    given = {name: value for name, value in values.items() if value is not None}
    notify = {name: given.pop(name) for name in NOTIFY_FIELDS if name in given}
    return given | ({"notify": notify} if notify else {})


def check_fields(given: Mapping[str, object], form: Form, hint: str = "remove it") -> None:
    """Raise InvalidArgument for a given field that only the other kind of watch has; `hint` says what to do."""
    block = given.get("notify")
    for name in (*given, *(block if isinstance(block, Mapping) else ())):
        if name not in (*form.options, "name", "notify"):
            other = PROMOTIONS if form is AWARDS else AWARDS
            raise InvalidArgument(f"{option(name)}: only watches for {other.subject} have this field: {hint}")


def changed_definition(watch: AnyWatch, given: Mapping[str, object], cleared: Collection[str]) -> dict[str, object]:
    """Return the fields of a watch with some changed and some cleared.

    Raise InvalidArgument for an unknown field, and for one that is both changed and cleared.
    """
    form = form_of(watch)
    definition = watch.to_definition() | {"active": watch.active}
    notify: dict[str, Any] = dict(watch.notify.to_definition()) if watch.notify else {}
    changes = dict(given)
    block = changes.pop("notify", {})
    block = block if isinstance(block, Mapping) else {}
    for name in (each.strip().lower().replace("-", "_") for each in cleared):
        if name not in (*form.options, "notify"):
            raise InvalidArgument(f"--clear: {unknown_name('field', name, form.options)}")
        if name in form.fields and form.fields[name].is_required:
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
    """Build a watch for awards. Raise InvalidArgument with the name of the option for the invalid field.

    `kept` are fields that no option gives, because the watch has them already.
    """
    return _built(build, definition, kept)


def build_either(form: Form, definition: Mapping[str, object], kept: Collection[str] = ()) -> AnyWatch:
    """Build a watch of one kind or the other, as `build_watch` does."""
    if form is AWARDS:
        return build_watch(definition, kept)
    return _built(build_promotion_watch, definition, kept)


def _built(
    build: Callable[[Mapping[str, object]], _Watch], definition: Mapping[str, object], kept: Collection[str]
) -> _Watch:
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


def check_not_over(watch: AnyWatch, given: Collection[str], now: datetime) -> None:
    """Raise InvalidArgument if the dates or the last day of a watch are given and have passed."""
    for past in past_fields(watch, now):
        if past.field in given:
            raise InvalidArgument(f"{option(past.field)}: {past.message}")


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
