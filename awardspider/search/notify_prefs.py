"""The `tell` block of a watch: which channels, how urgently, and when not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from awardspider.items import Priority
from awardspider.outcomes import InvalidArgument

_HOURS = re.compile(r"([0-9]{1,2}:[0-9]{2})\s*(?:-|–|to)\s*([0-9]{1,2}:[0-9]{2})")
_FIELDS = ("channels", "quiet_hours", "zone", "at_most_a_day", "digest_at", "best")
BEST = 5  # offers that a digest shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """How a watch is told. No `channels` means all of them, each at its own level.

    `quiet` are the local times between which only urgent messages go, `at_most` bounds single messages a day and
    channel (what is more goes into the digest), `digest_at` is when that is sent, with the `best` few. All times are
    of `zone`.
    """

    channels: tuple[tuple[str, Priority], ...] = ()
    quiet: tuple[time, time] | None = None
    zone: str = "UTC"
    at_most: int | None = None
    digest_at: time = time(8)
    best: int = BEST

    def terms(self) -> dict[str, Any]:
        """The block as plain values, as outbox rows keep it."""
        return {
            "channels": {name: level.value for name, level in self.channels},
            "quiet": [f"{each:%H:%M}" for each in self.quiet] if self.quiet else None,
            "zone": self.zone,
            "at_most": self.at_most,
            "digest_at": f"{self.digest_at:%H:%M}",
            "best": self.best,
        }

    def to_definition(self) -> dict[str, object]:
        """The block by the names of the watch file, without what is left to default."""
        written: dict[str, object] = {
            "channels": {name: level.value for name, level in self.channels},
            "quiet_hours": "-".join(f"{each:%H:%M}" for each in self.quiet) if self.quiet else None,
            "zone": self.zone if self.zone != "UTC" else None,
            "at_most_a_day": self.at_most,
            "digest_at": f"{self.digest_at:%H:%M}" if self.digest_at != time(8) else None,
            "best": self.best if self.best != BEST else None,
        }
        return {name: value for name, value in written.items() if value not in (None, {})}


def read_tell(value: object) -> Tell:
    """The block as written. Raises BadArgument with a sentence that names the field inside."""
    if not isinstance(value, Mapping):
        raise InvalidArgument("it is a group of fields, such as channels: {phone: urgent}")
    for name in value:
        if name not in _FIELDS:
            raise InvalidArgument(f"it has no field {str(name)[:40]!r}; write {', '.join(_FIELDS)}")
    written = {name: each for name, each in value.items() if each is not None}
    zone = _zone(written.get("zone", "UTC"))
    return Tell(
        channels=_channels(written.get("channels", {})),
        quiet=_quiet(written["quiet_hours"]) if "quiet_hours" in written else None,
        zone=zone,
        at_most=_whole("at_most_a_day", written["at_most_a_day"], 1, 1000) if "at_most_a_day" in written else None,
        digest_at=_clock("digest_at", written.get("digest_at", "08:00")),
        best=_whole("best", written.get("best", str(BEST)), 1, 10),
    )


def _channels(value: object) -> tuple[tuple[str, Priority], ...]:
    if isinstance(value, str):
        value = [part for part in re.split(r"[,\s]+", value) if part]
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):  # names alone
        value = dict.fromkeys(value, Priority.NORMAL.value)
    if not isinstance(value, Mapping):
        raise InvalidArgument("channels are names with a level each, such as {phone: urgent, team: digest}")
    found = []
    for name, level in value.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise InvalidArgument(f"channels: {str(name)[:40]!r} is not the name of a channel")
        if level not in tuple(Priority):
            raise InvalidArgument(f"channels: {name} has the level {str(level)[:40]!r}; write {', '.join(Priority)}")
        found.append((name, Priority(level)))
    return tuple(found)


def _quiet(value: object) -> tuple[time, time]:
    hours = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if not hours:
        raise InvalidArgument(f"quiet_hours is {str(value)[:40]!r}; write two times such as 22:00-07:00")
    start, end = _clock("quiet_hours", hours[1]), _clock("quiet_hours", hours[2])
    if start == end:
        raise InvalidArgument("quiet_hours begin when they end; use the level digest to be told once a day")
    return start, end


def _clock(field: str, value: object) -> time:
    text = value.strip() if isinstance(value, str) else ""
    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise InvalidArgument(f"{field} is {str(value)[:40]!r}; write a time such as 08:00")
    return time(int(found[1]), int(found[2]))


def _zone(value: object) -> str:
    name = value.strip() if isinstance(value, str) else ""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidArgument(f"zone is {str(value)[:40]!r}; write one such as America/Sao_Paulo") from None
    return name


def _whole(field: str, value: object, least: int, most: int) -> int:
    text = str(value).strip()
    if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
        raise InvalidArgument(f"{field} is {text[:40]!r}; write a whole number from {least} to {most}")
    return int(text)
