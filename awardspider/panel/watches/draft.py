"""A watch that is being edited: its fields as written, their conversion from and to a form, and their errors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from awardspider.delivery.channels.configuration import ChannelNames
from awardspider.outcomes import InvalidArgument, InvalidWatch
from awardspider.panel.watches.fields import (
    CHANNEL_PREFIX,
    FORMS,
    NOTIFY_PREFIX,
    AnyWatch,
    Control,
    FormField,
    WatchForm,
)
from awardspider.search.notify_prefs import parse_notify_prefs
from awardspider.search.owners import Owner
from awardspider.search.past_fields import past_fields
from awardspider.search.watch_building import FieldError, to_plain
from awardspider.search.watch_file import channel_error, dump_watches, dump_written, written_watches
from awardspider.search.watches import Watch
from awardspider.storage.watches import WatchKind

#: The name of the YAML text in errors, which begin with it and the line.
YAML_NAME = Path("yaml")
_YES, _NO = "yes", "no"
_CHANNELS = "notify.channels"


class FormItems(Protocol):
    """The values of a submitted form, such as those of Starlette."""

    def getlist(self, key: Any, /) -> list[Any]:
        """Return the values of a control."""

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the names of the controls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The fields of a watch as written, which may be invalid or incomplete; `notify` is a block of its own."""

    kind: WatchKind = WatchKind.AWARD
    written: Mapping[str, object]

    @property
    def form(self) -> WatchForm:
        """Return the form of this kind of watch."""
        return FORMS[self.kind]

    @property
    def name(self) -> str:
        """Return the name as written."""
        return str(self.written.get("name") or "")

    @property
    def notify(self) -> Mapping[str, object]:
        """Return the `notify` block; empty if there is none or it is no block."""
        block = self.written.get("notify")
        return block if isinstance(block, Mapping) else {}

    def to_json(self) -> str:
        """Return the draft as JSON, from which `draft_from_json` makes it again."""
        return json.dumps({"kind": self.kind, "written": dict(self.written)}, default=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDraft:
    """The watch of a draft, or the sentences about its invalid fields, keyed by the name of the control."""

    watch: AnyWatch | None
    errors: Mapping[str, str]


def draft_of(watch: AnyWatch) -> Draft:
    """Return the draft of a watch."""
    kind = WatchKind.AWARD if isinstance(watch, Watch) else WatchKind.PROMOTION
    return Draft(kind=kind, written=watch.to_definition() | ({} if watch.active else {"active": False}))


def draft_from_json(text: str) -> Draft:
    """Return the draft of `to_json`; an empty one if the text is not such a draft."""
    try:
        values = json.loads(text)
        return Draft(kind=WatchKind(values["kind"]), written=dict(values["written"]))
    except (ValueError, KeyError, TypeError):
        return Draft(written={})


# ---- YAML ------------------------------------------------------------------------------------------------------------


def draft_from_yaml(text: str, kind: WatchKind | None = None) -> Draft:
    """Return the draft of the one watch in a YAML text; with `kind`, of this kind only. Its fields may be invalid.

    Raise InvalidWatch, with the line, for a text of another structure.
    """
    found = written_watches(text, YAML_NAME)
    if len(found) != 1:
        raise InvalidWatch(f"{YAML_NAME}:1: write one watch here; scrapy watches import adds all watches of a file")
    section, written = found[0]
    form = next(form for form in FORMS.values() if form.section == section)
    if kind not in (None, form.kind):
        raise InvalidWatch(f'{YAML_NAME}:1: this watch belongs below "{FORMS[form.kind].section}:"')
    return Draft(kind=form.kind, written={name: value for name, value in written.items() if name != "id"})


def yaml_of(draft: Draft) -> str:
    """Return the YAML text of a draft: as `scrapy watches export` writes it if it is valid, else as it is written."""
    try:
        watch = draft.form.build(draft.written)
    except FieldError:
        return dump_written(draft.form.section, draft.written)
    return dump_watches([watch]) if isinstance(watch, Watch) else dump_watches([], [watch])


# ---- form ------------------------------------------------------------------------------------------------------------


def draft_from_form(kind: WatchKind, items: FormItems) -> Draft:
    """Return the draft of a submitted form."""
    written: dict[str, object] = {}
    block: dict[str, object] = {}
    for name, field in FORMS[kind].fields.items():
        value = _channels(items) if field.control is Control.CHANNELS else _submitted(field, items)
        if value in ("", None, {}):
            continue
        if name.startswith(NOTIFY_PREFIX):
            block[name.removeprefix(NOTIFY_PREFIX)] = value
        else:
            written[name] = value
    return Draft(kind=kind, written=written | ({"notify": block} if block else {}))


def _submitted(field: FormField, items: FormItems) -> str | None:
    values = [str(value).replace("\r\n", "\n") for value in items.getlist(field.name)]
    if field.control is Control.CHECKBOX:
        is_checked = _YES in values
        return None if is_checked == field.is_checked else _YES if is_checked else _NO
    given = [value for value in values if value.strip()]
    if field.control is Control.SELECT:
        return next((value for value in given if value != field.default), None)
    return ", ".join(given) if field.control is Control.CHOICES else next(iter(given), None)


def _channels(items: FormItems) -> dict[str, object]:
    names = [str(key).removeprefix(CHANNEL_PREFIX) for key in items if str(key).startswith(CHANNEL_PREFIX)]
    chosen = {name: str(next(iter(items.getlist(CHANNEL_PREFIX + name)), "")) for name in dict.fromkeys(names)}
    return {name: priority for name, priority in chosen.items() if priority}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormValue:
    """The text and the chosen options in the control of a field; a checkbox has the option `yes`.

    `options` are all options, with a value that is none of them. Channels have their priorities instead.
    """

    text: str = ""
    chosen: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    priorities: Mapping[str, str] | None = None


def form_values(draft: Draft, channels: Sequence[str] = ()) -> dict[str, FormValue]:
    """Return what the controls of a draft's form show, keyed by name. `channels` are those that exist."""
    values: dict[str, FormValue] = {}
    for name, field in draft.form.fields.items():
        if name.startswith(NOTIFY_PREFIX):
            value = draft.notify.get(name.removeprefix(NOTIFY_PREFIX))
        else:
            value = draft.written.get(name)
        values[name] = _form_value(field, value, channels)
    return values


def _form_value(field: FormField, value: object, channels: Sequence[str]) -> FormValue:
    match field.control:
        case Control.CHANNELS:
            return FormValue(priorities=_priorities(value, channels))
        case Control.CHECKBOX:
            is_checked = field.is_checked if value is None else _text(value).strip().lower() in (_YES, "true", "on")
            return FormValue(chosen=(_YES,) if is_checked else ())
        case Control.SELECT:
            text = _text(_canonical(field, value)) or (field.default if field.default in field.options else "")
            extra = () if text in ("", *field.options) else (text,)
            return FormValue(text=text, options=(*field.options, *extra))
        case Control.CHOICES:
            listed = _canonical(field, value)
            parts = [str(part) for part in listed] if isinstance(listed, list | tuple) else [_text(listed)]
            chosen = tuple(part for part in parts if part in field.options)
            others = [part for part in parts if part not in field.options]
            return FormValue(text=", ".join(filter(None, others)), chosen=chosen, options=field.options)
    return FormValue(text=_text(value))


def _canonical(field: FormField, value: object) -> object:
    """Return a value as the options are written, or as it is written if it is invalid."""
    if value is None:
        return None
    if field.parse is None:
        return _text(value).strip().lower()
    try:
        return to_plain(field.parse(value))
    except InvalidArgument:
        return value


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return _YES if value else _NO
        case list() | tuple():
            return ", ".join(map(_text, value))
        case Mapping():
            return ", ".join(f"{key}: {_text(each)}" for key, each in value.items())
    return str(value)


def _priorities(value: object, channels: Sequence[str]) -> dict[str, str]:
    """Return the priority of each channel: first those of the watch, in its order; empty for the others."""
    try:
        chosen = {name: str(priority) for name, priority in parse_notify_prefs({"channels": value or {}}).channels}
    except InvalidArgument:
        chosen = {name: str(priority) for name, priority in value.items()} if isinstance(value, Mapping) else {}
    return chosen | {name: "" for name in channels if name not in chosen}


# ---- checks ----------------------------------------------------------------------------------------------------------


def check_draft(draft: Draft, *, owner: Owner, channels: ChannelNames, now: datetime, before: Draft) -> CheckedDraft:
    """Return the watch of a draft with what its owner determines, or all its errors.

    `before` is the draft that is stored: dates that have passed are errors only if they were changed.
    """
    errors = _field_errors(draft)
    if errors:
        return CheckedDraft(watch=None, errors=errors)
    try:
        watch = _of_owner(draft.form.build(draft.written), owner)
    except FieldError as error:
        field = error.field or "name"
        return CheckedDraft(watch=None, errors={field: str(error).removeprefix(f"{field}: ")})
    for past in past_fields(watch, now):
        if draft.written.get(past.field) != before.written.get(past.field):
            errors[past.field] = past.message
    for name, _ in watch.notify.channels if watch.notify else ():
        if message := channel_error(name, channels.messages, channels.spreadsheets):
            errors[_CHANNELS] = message
    return CheckedDraft(watch=None if errors else watch, errors=errors)


def _field_errors(draft: Draft) -> dict[str, str]:
    errors = draft.form.find_errors(draft.written)
    if message := errors.pop("notify", None):
        errors |= _notify_errors(draft) or {_CHANNELS: message}
    return errors


def _notify_errors(draft: Draft) -> dict[str, str]:
    """Return the error of each field of the `notify` block, keyed by the name of its control."""
    errors = {}
    for name, value in draft.notify.items():
        try:
            parse_notify_prefs({name: value})
        except InvalidArgument as error:
            control = NOTIFY_PREFIX + name
            errors[control if control in draft.form.fields else _CHANNELS] = str(error).removeprefix(f"{name}: ")
    return errors


def _of_owner(watch: AnyWatch, owner: Owner) -> AnyWatch:
    if isinstance(watch, Watch):
        return replace(watch, reachable=owner.reachable, owner_timezone=owner.timezone)
    return replace(watch, targeted_banks=owner.targeted, owner_timezone=owner.timezone)


#: The priorities that a watch can give to a channel.
