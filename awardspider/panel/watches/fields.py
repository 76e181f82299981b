"""The form of a watch, derived from the tables of fields: the control of each field, and the groups of the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from awardspider.search.notify_table import NOTIFY_FIELDS, NotifyField
from awardspider.search.promotion_watch_table import PROMOTION_NOTIFY_FIELDS, PROMOTION_WATCH_FIELDS
from awardspider.search.promotion_watches import PromotionWatch, build_promotion_watch
from awardspider.search.watch_building import find_field_errors
from awardspider.search.watch_table import WATCH_FIELDS, WatchField, plain_description
from awardspider.search.watches import Watch, build
from awardspider.storage.watches import WatchKind

AnyWatch = Watch | PromotionWatch

#: The prefix of the controls of the `notify` block.
NOTIFY_PREFIX = "notify."
#: The control with the priorities of channels; the name of a channel follows.
CHANNEL_PREFIX = "notify.channels."

_MOST_NUMBERS = 10
_LONG_TEXT = 500
#: Defaults that are values; the others are descriptions such as "any price".
_VALUE = re.compile(r"yes|no|accept|hold|[0-9:]+")


class Control(StrEnum):
    """Kinds of controls."""

    TEXT = "text"
    AREA = "area"
    CHECKBOX = "checkbox"
    SELECT = "select"
    CHOICES = "choices"  # checkboxes, and a text for values that have none
    CHANNELS = "channels"  # a priority for each channel


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A field of the form. `name` is that of its control, such as `max_miles` or `notify.max_per_day`."""

    name: str
    control: Control
    options: tuple[str, ...] = ()
    example: str = ""
    is_required: bool = False
    #: The value of a field that the watch does not have, as written; empty if it is none.
    default: str = ""
    parse: Callable[[object], object] | None = None

    @property
    def is_checked(self) -> bool:
        """Return the state of a checkbox if the watch does not say it."""
        return self.default == "yes"

    @property
    def placeholder(self) -> str:
        """Return the default of a text, or an example."""
        return self.default or self.example

    @property
    def text_key(self) -> str:
        """Return the end of the keys of its texts, such as `max_miles` or `notify_max_per_day`."""
        return self.name.replace(".", "_")


class Group(NamedTuple):
    """A group of fields; those of `more` are rarely needed."""

    key: str
    fields: tuple[str, ...]
    more: tuple[str, ...] = ()


_NOTIFY_GROUP = Group(
    "notify",
    ("notify.channels", "notify.quiet_hours", "notify.max_per_day"),
    (
        "notify.timezone", "notify.digest_at", "notify.digest_size", "notify.min_drop", "notify.unconfirmed",
        "notify.max_age", "notify.gone_note",
    ),
)  # fmt: skip
_AWARD_GROUPS = (
    Group("name", ("name", "active"), ("expires", "note")),
    Group("where", ("origin", "destination"), ("via", "not_via")),
    Group("when", ("dates", "nights"), ("departure_hours", "arrival_hours")),
    Group(
        "what",
        ("cabins", "travelers", "max_stops"),
        (
            "min_seats", "unknown_seats", "max_duration", "min_cabin_share", "allow_mixed_cabin", "carriers",
            "not_carriers", "operated_by", "not_operated_by", "aircraft", "flights",
        ),
    ),
    Group(
        "price",
        ("max_miles", "max_taxes", "deal"),
        ("max_trip_miles", "max_trip_taxes", "max_points", "min_cpp", "sale_only", "saver_only"),
    ),
    Group("programs", (), ("programs", "alliances", "reachable_only")),
    _NOTIFY_GROUP,
)  # fmt: skip
_PROMOTION_GROUPS = (
    Group("name", ("name", "active"), ("expires", "note")),
    Group("promotions", ("kinds", "programs", "banks"), ("origin", "destination", "targeted")),
    Group("price", ("min_percent", "max_cents")),
    Group(
        "notify", _NOTIFY_GROUP.fields,
        tuple(name for name in _NOTIFY_GROUP.more if name.removeprefix(NOTIFY_PREFIX) in PROMOTION_NOTIFY_FIELDS),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchForm:
    """The form of one kind of watch. `section` is the list of a watch file that has this kind."""

    kind: WatchKind
    section: str
    fields: Mapping[str, FormField]
    groups: tuple[Group, ...]
    build: Callable[[Mapping[str, object]], AnyWatch]
    find_errors: Callable[[Mapping[str, object]], dict[str, str]]


def _form_fields(fields: Mapping[str, WatchField], notify: Mapping[str, NotifyField]) -> dict[str, FormField]:
    own = {
        name: _form_field(name, field.kind.schema, field, field.kind.is_list, field.kind.parse)
        for name, field in fields.items()
        if name != "notify"
    }
    block = {
        NOTIFY_PREFIX + name: _form_field(NOTIFY_PREFIX + name, field.schema, field, False, None)
        for name, field in notify.items()
    }
    return own | block


def _form_field(
    name: str,
    schema: Mapping[str, Any],
    field: WatchField | NotifyField,
    is_list: bool,
    parse: Callable[[object], object] | None,
) -> FormField:
    control, options = _control(name, schema, is_list)
    return FormField(
        name=name,
        control=control,
        options=options,
        example="" if isinstance(field.example, dict) else str(field.example),
        is_required=isinstance(field, WatchField) and field.is_required,
        default=default if _VALUE.fullmatch(default := plain_description(field.default)) else "",
        parse=parse,
    )


def _control(name: str, schema: Mapping[str, Any], is_list: bool) -> tuple[Control, tuple[str, ...]]:
    """Return the control for a schema of `field_kinds`, and its options."""
    if name == "notify.channels":
        return Control.CHANNELS, ()
    if schema.get("maxLength") == _LONG_TEXT:
        return Control.AREA, ()
    first = next(iter(schema.get("anyOf", ())), schema)
    if first.get("type") == "boolean":
        return Control.CHECKBOX, ()
    if "enum" in first:
        # A program of a source, such as seatsaero/united, is written as text.
        options = tuple(str(value) for value in first["enum"] if "/" not in str(value))
        return Control.CHOICES if is_list else Control.SELECT, options
    if first.get("type") == "integer" and not is_list and first["maximum"] - first["minimum"] < _MOST_NUMBERS:
        return Control.SELECT, tuple(map(str, range(first["minimum"], first["maximum"] + 1)))
    return Control.TEXT, ()


AWARD_FORM = WatchForm(
    kind=WatchKind.AWARD,
    section="watches",
    fields=_form_fields(WATCH_FIELDS, NOTIFY_FIELDS),
    groups=_AWARD_GROUPS,
    build=build,
    find_errors=lambda written: find_field_errors(written, WATCH_FIELDS, PROMOTION_WATCH_FIELDS, "promotions"),
)
PROMOTION_FORM = WatchForm(
    kind=WatchKind.PROMOTION,
    section="promotions",
    fields=_form_fields(PROMOTION_WATCH_FIELDS, PROMOTION_NOTIFY_FIELDS),
    groups=_PROMOTION_GROUPS,
    build=build_promotion_watch,
    find_errors=lambda written: find_field_errors(written, PROMOTION_WATCH_FIELDS, WATCH_FIELDS, "awards"),
)
FORMS: Mapping[WatchKind, WatchForm] = {form.kind: form for form in (AWARD_FORM, PROMOTION_FORM)}
