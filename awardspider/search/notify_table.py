"""The one table of the fields of a watch's `notify` block: schema, description, example and default of each.

The watch file, the options of `scrapy watches`, the published schema and the tables in docs/watches.md derive from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from awardspider.items import Priority
from awardspider.search import schema_patterns as patterns
from awardspider.search.field_kinds import YES_OR_NO, FieldKind, Schema, integer_schema, one_of, text_schema
from awardspider.search.notify_prefs import DIGEST_SIZE, MAX_PER_DAY, MIN_DROP, Unconfirmed, parse_notify_prefs


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyField:
    """A field of the `notify` block. `description` is Markdown, `example` a value as written."""

    name: str
    schema: Schema
    description: str
    example: object
    default: str


NOTIFY_FIELDS: Mapping[str, NotifyField] = {
    field.name: field
    for field in (
        NotifyField(
            name="channels",
            schema={
                "anyOf": [
                    {"type": "object", "additionalProperties": {"enum": list(Priority)}},
                    {"type": "array", "items": text_schema()},
                    {"type": "string"},
                ]
            },
            description="channels, each with its priority; names without a priority are `normal`",
            example={"phone": "urgent", "newsletter": "digest"},
            default="every channel, with its own priority",
        ),
        NotifyField(
            name="quiet_hours",
            schema=text_schema(patterns.PERIOD),
            description="start and end, as local times in `timezone`; `normal` messages wait until the end",
            example="22:00-07:00",
            default="none",
        ),
        NotifyField(
            name="timezone",
            schema=text_schema(patterns.TIMEZONE),
            description="an IANA time zone, for these times and for those in the messages",
            example="America/Sao_Paulo",
            default="the owner's time zone; in messages, that of the channel",
        ),
        NotifyField(
            name="max_per_day",
            schema=integer_schema(1, 1000),
            description="1 to 1000: messages about the watch per day and channel, including urgent ones; a summary is "
            "one message; what is found after the last one goes into the next digest",
            example=10,
            default=str(MAX_PER_DAY),
        ),
        NotifyField(
            name="digest_at",
            schema=text_schema(patterns.CLOCK),
            description="local time of the digest",
            example="09:30",
            default="08:00",
        ),
        NotifyField(
            name="digest_size",
            schema=integer_schema(1, 10),
            description="1 to 10: number of offers, and of promotions, in a digest, which also says how many more "
            "there are",
            example=8,
            default=str(DIGEST_SIZE),
        ),
        NotifyField(
            name="min_drop",
            schema=integer_schema(0, 90, r"[0-9]{1,2}\s*%?"),
            description="0 to 90: a lower price of the same flights is sent if it is at least that many percent below "
            "the last one sent, or a new record low; 0: any lower price",
            example="10%",
            default=f"{MIN_DROP}",
        ),
        NotifyField(
            name="unconfirmed",
            schema=one_of(Unconfirmed),
            description="a price of a day whose flights have not been seen: `hold` waits for the flights, `label` "
            "sends it with a label",
            example="label",
            default="`hold`",
        ),
        NotifyField(
            name="max_age",
            schema=text_schema(patterns.DURATION),
            description="an offer that was last seen longer ago is not sent; at most what [AWARD_MAX_AGE_HOURS]"
            "(settings.md) says",
            example="6h",
            default="48h, or the setting",
        ),
        NotifyField(
            name="gone_note",
            schema=YES_OR_NO.schema,
            description="`yes`: a note if an offer that a message showed is gone within a day of it; "
            "quiet hours hold it",
            example="yes",
            default="`no`",
        ),
    )
}


def notify_schema(fields: Mapping[str, NotifyField]) -> Schema:
    """Return the schema of a `notify` block with these fields."""
    return {
        "type": "object",
        "properties": {
            field.name: {
                "description": field.description,
                "examples": [field.example],
                "anyOf": [field.schema, {"type": "null"}],
            }
            for field in fields.values()
        },
        "additionalProperties": False,
    }


NOTIFY = FieldKind(parse=parse_notify_prefs, schema=notify_schema(NOTIFY_FIELDS))
