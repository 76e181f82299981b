"""The one table of the fields of a watch for promotions: kind of value, description, example and default of each.

The watch file, the options of `scrapy watches`, the published schema and the tables in docs/watches.md derive from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from awardspider.items import MAX_PROMOTION_PERCENT
from awardspider.outcomes import InvalidArgument
from awardspider.search import schema_patterns as patterns
from awardspider.search.field_kinds import (
    CENTS,
    PLACES,
    YES_OR_NO,
    FieldKind,
    integer_schema,
    list_schema,
    text_schema,
)
from awardspider.search.notify_prefs import NotifyPrefs, parse_notify_prefs
from awardspider.search.notify_table import NOTIFY_FIELDS, NotifyField, notify_schema
from awardspider.search.promotion_fields import (
    PROMOTION_KINDS,
    kind_names,
    parse_bonus_percent,
    parse_promotion_banks,
    parse_promotion_kinds,
    parse_promotion_programs,
)
from awardspider.search.watch_table import WATCH_FIELDS, WatchField

_AWARD_NOTIFY_FIELDS = ("min_drop", "unconfirmed", "max_age", "gone_note")

#: The fields of the `notify` block of a watch for promotions.
PROMOTION_NOTIFY_FIELDS: Mapping[str, NotifyField] = {
    name: field for name, field in NOTIFY_FIELDS.items() if name not in _AWARD_NOTIFY_FIELDS
}


def _parse_notify(value: object) -> NotifyPrefs:
    """Parse a `notify` block. Raise InvalidArgument as `parse_notify_prefs` does, also for a field about prices."""
    prefs = parse_notify_prefs(value)
    for name in value if isinstance(value, Mapping) else ():
        if name in _AWARD_NOTIFY_FIELDS:
            raise InvalidArgument(f"{name}: only watches for awards have this field: remove it")
    return prefs


_KINDS = FieldKind(
    is_list=True,
    parse=parse_promotion_kinds,
    schema=list_schema(
        {"enum": list(PROMOTION_KINDS)}, text_schema(patterns.listed(patterns.names_pattern(kind_names())))
    ),
)
# Only the parsers know all names of programs and banks.
_PROGRAMS = FieldKind(is_list=True, parse=parse_promotion_programs, schema=list_schema(text_schema()))
_BANKS = FieldKind(is_list=True, parse=parse_promotion_banks, schema=list_schema(text_schema()))
_PERCENT = FieldKind(parse=parse_bonus_percent, schema=integer_schema(1, MAX_PROMOTION_PERCENT, r"[0-9]{1,3}\s*%?"))
_NOTIFY = FieldKind(parse=_parse_notify, schema=notify_schema(PROMOTION_NOTIFY_FIELDS))

#: All fields in the order of a watch file, keyed by name.
PROMOTION_WATCH_FIELDS: Mapping[str, WatchField] = {
    field.name: field
    for field in (
        replace(WATCH_FIELDS["name"], example="Amex to Flying Blue"),
        replace(WATCH_FIELDS["active"], description="`no` stores the watch without sending its messages"),
        WatchField(
            name="kinds",
            kind=_KINDS,
            description=f"{', '.join(f'`{kind}`' for kind in PROMOTION_KINDS)}: one or several "
            "([what they are](#kinds-of-promotions))",
            example="transfer bonus, award sale",
            default="every kind",
        ),
        WatchField(
            name="programs",
            kind=_PROGRAMS,
            description="programs whose miles or points the promotion is about ([names](#programs-and-banks))",
            example="Flying Blue, Aeroplan",
            default="every program",
        ),
        WatchField(
            name="banks",
            kind=_BANKS,
            description="banks, or hotel programs, whose points are transferred ([names](#programs-and-banks))",
            example="amex, Ultimate Rewards",
            default="every bank",
        ),
        WatchField(
            name="min_percent",
            kind=_PERCENT,
            description=f"1 to {MAX_PROMOTION_PERCENT}: the least bonus or discount in percent; "
            'of "up to 40%", 40 counts',
            example="25%",
            default="any percentage",
        ),
        WatchField(
            name="max_cents",
            kind=CENTS,
            description="the most US cents for a mile that is bought",
            example="1.9",
            default="any price",
        ),
        WatchField(
            name="targeted",
            kind=YES_OR_NO,
            description="`yes`: also promotions only for invited members; without it, only those of the banks that "
            "[your profile](points.md) marks as targeted",
            example="yes",
            default="`no`",
        ),
        WatchField(
            name="origin",
            kind=PLACES,
            description="where a route of the promotion begins, in the forms of awards ([all forms](places.md))",
            example="Brazil",
            default="anywhere",
        ),
        WatchField(
            name="destination",
            kind=PLACES,
            description="where it leads, in the same forms",
            example="Europe",
            default="anywhere",
        ),
        replace(WATCH_FIELDS["notify"], kind=_NOTIFY),
        WATCH_FIELDS["expires"],
        replace(WATCH_FIELDS["note"], example="tell Ana before a transfer"),
    )
}
