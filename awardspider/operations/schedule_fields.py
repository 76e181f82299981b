"""The fields of an entry of the schedule, as people write them in a file or as options."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from awardspider.operations.due_times import parse_cron
from awardspider.outcomes import InvalidArgument
from awardspider.search.field_values import parse_value, quoted, single_text
from awardspider.search.suggestions import unknown_name
from awardspider.search.time_zones import parse_timezone
from awardspider.storage.schedule import ScheduledTask, ScheduleEntry

FIELDS = ("name", "spider", "task", "every", "cron", "timezone", "jitter", "max_run_time", "arguments", "active")

#: The maximum run time of an entry that has none, in seconds.
DEFAULT_MAX_SECONDS = 2 * 3600

_MINUTE = 60
_LONGEST = 366 * 86400
_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_UNIT_NAMES = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
}
_SPAN = re.compile(r"([0-9]{1,6})\s*([a-z]+)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class FieldError(InvalidArgument):
    """An invalid or missing field of an entry; `field` is None if the field is missing."""

    def __init__(self, field: str | None, message: str) -> None:
        super().__init__(message)
        self.field = field


def build_entry(written: Mapping[str, object], spiders: Collection[str]) -> ScheduleEntry:
    """Return an entry from written fields, keyed by name; None and blank strings count as missing.

    `spiders` are the names of all spiders. Raise FieldError.
    """
    values: dict[str, Any] = {}
    parsers = _parsers(spiders)
    for field, value in written.items():
        if field not in parsers:
            raise FieldError(field, unknown_name("field", field, FIELDS))
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        try:
            values[field] = parsers[field](value)
        except InvalidArgument as error:
            names_itself = str(error).startswith((f"unknown {field} ", f"{field}: "))
            raise FieldError(field, str(error) if names_itself else f"{field}: {error}") from None
    _check_pairs(values)
    subject = values.get("spider") or values["task"]
    return ScheduleEntry(
        name=values.get("name", str(subject)),
        spider=values.get("spider"),
        task=values.get("task"),
        cron=values.get("cron"),
        every_seconds=values.get("every"),
        jitter_seconds=values.get("jitter", 0),
        timezone=values.get("timezone", "UTC"),
        arguments=values.get("arguments", {}),
        max_seconds=values.get("max_run_time", DEFAULT_MAX_SECONDS),
        active=values.get("active", True),
    )


def entry_fields(entry: ScheduleEntry) -> dict[str, object]:
    """Return the fields of an entry from which `build_entry` returns the same entry, without defaults."""
    fields: dict[str, object] = {
        "name": entry.name,
        "spider": entry.spider,
        "task": entry.task.value if entry.task else None,
        "every": format_span(entry.every_seconds) if entry.every_seconds else None,
        "cron": entry.cron,
        "timezone": entry.timezone if entry.timezone != "UTC" else None,
        "jitter": format_span(entry.jitter_seconds) if entry.jitter_seconds else None,
        "max_run_time": format_span(entry.max_seconds),
        "arguments": dict(entry.arguments) or None,
        "active": None if entry.active else False,
    }
    return {name: value for name, value in fields.items() if value is not None}


def describe_times(entry: ScheduleEntry) -> str:
    """Return when an entry starts: `every 6 h` or `30 3 * * * Europe/Berlin`."""
    if entry.every_seconds:
        return f"every {format_span(entry.every_seconds)}"
    return f"{entry.cron} {entry.timezone}"


def parse_span(value: object, *, least: int, longest: int = _LONGEST) -> int:
    """Parse a duration such as `6 h`, `90 min` or `1 day` into seconds. Raise InvalidArgument."""
    text = single_text(value).lower()
    found = _SPAN.fullmatch(text)
    unit = _UNIT_NAMES.get(found[2]) if found else None
    if found is None or unit is None:
        raise InvalidArgument(f'must be a duration such as 6 h or 90 min, not "{quoted(value)}"')
    seconds = int(found[1]) * unit
    if not least <= seconds <= longest:
        raise InvalidArgument(f"must be from {format_span(least)} to {format_span(longest)}, not {text}")
    return seconds


def format_span(seconds: int) -> str:
    """Return a duration in its largest unit without a fraction: `6 h`, `90 min`."""
    unit = next((unit for unit, length in reversed(_UNITS.items()) if seconds % length == 0 and seconds), "s")
    return f"{seconds // _UNITS[unit]} {unit}"


def _parsers(spiders: Collection[str]) -> dict[str, Callable[[object], Any]]:
    return {
        "name": _parse_name,
        "spider": lambda value: _parse_spider(value, spiders),
        "task": _parse_task,
        "every": lambda value: parse_span(value, least=_MINUTE),
        "cron": lambda value: parse_cron(single_text(value)),
        "timezone": parse_timezone,
        "jitter": lambda value: parse_span(value, least=0, longest=86400),
        "max_run_time": lambda value: parse_span(value, least=_MINUTE, longest=7 * 86400),
        "arguments": _parse_arguments,
        "active": lambda value: parse_value(value, bool),
    }


def _check_pairs(values: Mapping[str, Any]) -> None:
    for first, second, example in (("spider", "task", "spider: united"), ("every", "cron", "every: 6 h")):
        if first in values and second in values:
            raise FieldError(second, f"{second}: remove it, or {first}: an entry has one of them")
        if first not in values and second not in values:
            raise FieldError(None, f"{first} or {second} is missing (for example {example})")
    if "timezone" in values and "cron" not in values:
        raise FieldError("timezone", "timezone: remove it: only an entry with cron has a time zone")
    if "arguments" in values and "spider" not in values:
        raise FieldError("arguments", "arguments: remove them: only a spider has arguments")
    if values.get("jitter", 0) > values.get("every", values.get("jitter", 0)):
        raise FieldError("jitter", "jitter: must not be longer than every")


def _parse_name(value: object) -> str:
    text = single_text(value)
    if not _NAME.fullmatch(text):
        raise InvalidArgument(f'use up to 64 letters, digits, ".", "-" and "_", not "{quoted(value)}"')
    return text


def _parse_spider(value: object, spiders: Collection[str]) -> str:
    text = single_text(value)
    if text not in spiders:
        raise InvalidArgument(unknown_name("spider", text, spiders))
    return text


def _parse_task(value: object) -> ScheduledTask:
    text = single_text(value)
    if text not in list(ScheduledTask):
        raise InvalidArgument(unknown_name("task", text, [task.value for task in ScheduledTask]))
    return ScheduledTask(text)


def _parse_arguments(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidArgument("must be a group of names and values, such as detail: day")
    for name, each in value.items():
        if not _ARGUMENT.fullmatch(str(name)):
            raise InvalidArgument(f'invalid argument "{quoted(name)}"')
        if not isinstance(each, str):
            raise InvalidArgument(f"argument {name} must be a single value")
    return dict(value)
