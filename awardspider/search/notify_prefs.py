"""The `notify` block of a watch: channels, priorities, quiet hours, digests and what is worth a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta

from awardspider.items import Priority
from awardspider.outcomes import InvalidArgument
from awardspider.search.clock_times import find_clock, parse_clock, split_period
from awardspider.search.field_values import parse_value, quoted
from awardspider.search.suggestions import unknown_name
from awardspider.search.time_zones import parse_timezone
from awardspider.search.watch_fields import Duration, parse_choice, parse_duration

MessagesPerDay = Annotated[int, Meta(ge=1, le=1000)]
DigestSize = Annotated[int, Meta(ge=1, le=10)]
MinDrop = Annotated[int, Meta(ge=0, le=90)]

MAX_PER_DAY = 5
DIGEST_SIZE = 5
DIGEST_AT = time(8)
#: A price that changes by a few miles every day is not news each time.
MIN_DROP = 5

_FIELDS = (
    "channels", "quiet_hours", "timezone", "max_per_day", "digest_at", "digest_size",
    "min_drop", "unconfirmed", "max_age", "gone_note",
)  # fmt: skip


class Unconfirmed(StrEnum):
    """Decisions about prices whose flights have not been seen."""

    HOLD = "hold"
    LABEL = "label"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyPrefs:
    """Preferences for the messages about a watch. All times are local to `timezone`; None means the owner's zone."""

    #: Channel names with message priorities. Empty means all channels, each with its configured priority.
    channels: tuple[tuple[str, Priority], ...] = ()
    #: Start and end of the period in which only urgent messages are sent.
    quiet_hours: tuple[time, time] | None = None
    timezone: str | None = None
    #: Maximum number of individual messages per day and channel; further messages go into the digest.
    max_per_day: int = MAX_PER_DAY
    digest_at: time = DIGEST_AT
    #: Maximum number of offers listed in a digest.
    digest_size: int = DIGEST_SIZE
    #: A lower price is sent if it is at least this many percent below the last one delivered; 0: any lower price.
    min_drop: int = MIN_DROP
    unconfirmed: Unconfirmed = Unconfirmed.HOLD
    #: Maximum age of an offer when its message is sent; None means that of the setting.
    max_age: Duration | None = None
    #: True to be notified when an offer is gone within a day of its message.
    gone_note: bool = False

    def to_record(self, owner_timezone: str = "UTC") -> dict[str, Any]:
        """Return the preferences as the plain values that outbox rows store."""
        return {
            "channels": {name: priority.value for name, priority in self.channels},
            "quiet_hours": [f"{end:%H:%M}" for end in self.quiet_hours] if self.quiet_hours else None,
            "timezone": self.timezone or owner_timezone,
            "max_per_day": self.max_per_day,
            "digest_at": f"{self.digest_at:%H:%M}",
            "digest_size": self.digest_size,
            "min_drop": self.min_drop,
            "unconfirmed": self.unconfirmed.value,
            "max_age": self.max_age.minutes * 60 if self.max_age else None,
            "gone_note": self.gone_note,
        }

    def to_definition(self) -> dict[str, object]:
        """Return the block as it is written in a watch file, without defaults."""
        defaults = NotifyPrefs().to_record()
        values = {name: value for name, value in self.to_record().items() if value != defaults[name]}
        if self.max_age:
            values["max_age"] = str(self.max_age)
        if self.timezone:
            values["timezone"] = self.timezone
        if self.quiet_hours:
            values["quiet_hours"] = "-".join(values["quiet_hours"])
        return values


def parse_notify_prefs(value: object) -> NotifyPrefs:
    """Parse a `notify` block. Raise InvalidArgument with the name of the invalid field."""
    if not isinstance(value, Mapping):
        raise InvalidArgument("expected a group of fields, such as {channels: {phone: urgent}}")
    for name in value:
        if name not in _FIELDS:
            raise InvalidArgument(unknown_name("field", str(name), _FIELDS))
    written = {name: field for name, field in value.items() if field is not None}
    return NotifyPrefs(
        channels=_parse_channels(written.get("channels", {})),
        quiet_hours=_parse_quiet_hours(written["quiet_hours"]) if "quiet_hours" in written else None,
        timezone=parse_timezone(written["timezone"]) if "timezone" in written else None,
        max_per_day=_parse_scalar(written, "max_per_day", MessagesPerDay, MAX_PER_DAY),
        digest_at=_parse_clock("digest_at", written["digest_at"]) if "digest_at" in written else DIGEST_AT,
        digest_size=_parse_scalar(written, "digest_size", DigestSize, DIGEST_SIZE),
        min_drop=_parse_scalar(_without_percent(written, "min_drop"), "min_drop", MinDrop, MIN_DROP),
        unconfirmed=_parse_unconfirmed(written["unconfirmed"]) if "unconfirmed" in written else Unconfirmed.HOLD,
        max_age=_parse_max_age(written["max_age"]) if "max_age" in written else None,
        gone_note=_parse_scalar(written, "gone_note", bool, False),
    )


def _parse_scalar(written: Mapping[str, object], name: str, value_type: Any, default: int) -> Any:
    if name not in written:
        return default
    try:
        return parse_value(written[name], value_type)
    except InvalidArgument as error:
        raise InvalidArgument(f"{name}: {error}") from None


def _parse_channels(value: object) -> tuple[tuple[str, Priority], ...]:
    if isinstance(value, str):
        value = _split_channels(value)
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):  # names without priorities
        value = dict.fromkeys(value, Priority.NORMAL.value)
    if not isinstance(value, Mapping):
        raise InvalidArgument("channels: expected names and priorities, such as {phone: urgent, team: digest}")
    channels = []
    for name, priority in value.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise InvalidArgument(f'channels: "{quoted(name)}" is not a channel name')
        key = priority.strip().lower() if isinstance(priority, str) else priority
        if key not in tuple(Priority):
            raise InvalidArgument(f"channels: {name}: {unknown_name('priority', quoted(priority), Priority)}")
        channels.append((name, Priority(key)))
    return tuple(channels)


def _split_channels(text: str) -> dict[str, str] | list[str]:
    """Return the names in a text, with their priorities if it has any, such as `phone: urgent, team=digest`."""
    if not re.search("[:=]", text):
        return [part for part in re.split(r"[,\s]+", text) if part]
    pairs = (re.split(r"\s*[:=]\s*", part.strip(), maxsplit=1) for part in text.split(",") if part.strip())
    return {name: rest[0] if rest else Priority.NORMAL.value for name, *rest in pairs}


def _parse_quiet_hours(value: object) -> tuple[time, time]:
    ends = split_period(value) if isinstance(value, str) else None
    clocks = [find_clock(end) for end in ends or ()]
    if not any(clock is not None for clock in clocks):
        raise InvalidArgument(f'quiet_hours: must be two times such as 22:00-07:00, not "{quoted(value)}"')
    start, end = (_parse_clock("quiet_hours", each) for each in ends or ())
    if start == end:
        raise InvalidArgument("quiet_hours: start and end are the same (for one message a day, use priority digest)")
    return start, end


def _parse_unconfirmed(value: object) -> Unconfirmed:
    try:
        return parse_choice(Unconfirmed)(value)
    except InvalidArgument as error:
        raise InvalidArgument(f"unconfirmed: {error}") from None


def _parse_max_age(value: object) -> Duration:
    try:
        return parse_duration(value)
    except InvalidArgument:
        raise InvalidArgument(f'max_age: must be a time such as 6h, at most 7 days, not "{quoted(value)}"') from None


def _without_percent(written: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return the fields with a percent sign removed from one of them."""
    value = written.get(name)
    return {**written, name: value.strip().removesuffix("%")} if isinstance(value, str) else written


def _parse_clock(field: str, value: object) -> time:
    try:
        return parse_clock(value)
    except InvalidArgument as error:
        raise InvalidArgument(f"{field}: {error}") from None
