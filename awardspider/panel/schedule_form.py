"""The form of an entry of the schedule: fields as written, and the entry that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from awardspider.operations.schedule_fields import FieldError, build_entry, entry_fields
from awardspider.outcomes import InvalidArgument
from awardspider.panel.program_choices import spider_names
from awardspider.storage.schedule import ScheduledTask, ScheduleEntry

#: Fields of the form. `subject` is `spider:NAME` or `task:NAME`; `arguments` has one NAME=VALUE a line.
FIELDS = ("name", "subject", "every", "cron", "timezone", "jitter", "max_run_time", "arguments")

# Fields of an entry that are another field of the form.
_FORM_FIELDS = {"spider": "subject", "task": "subject"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryForm:
    """The fields of a form as written. `field` names the one with the error, or is empty."""

    values: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(FIELDS, ""))
    error: str = ""
    field: str = ""


def form_of(entry: ScheduleEntry) -> EntryForm:
    """Return the form that describes an entry."""
    fields = entry_fields(entry)
    arguments = "\n".join(f"{name}={value}" for name, value in entry.arguments.items())
    subject = f"spider:{entry.spider}" if entry.spider else f"task:{entry.task}"
    written = {name: str(fields.get(name) or "") for name in FIELDS}
    return EntryForm(values=written | {"subject": subject, "arguments": arguments})


def written_form(parameters: Mapping[str, object]) -> EntryForm:
    """Return the form that was sent."""
    return EntryForm(values={name: str(parameters.get(name) or "").strip() for name in FIELDS})


def entry_of(form: EntryForm, *, name: str = "", active: bool = True) -> ScheduleEntry:
    """Return the entry that a form describes; `name` is that of the entry that is edited. Raise FieldError."""
    kind, _, subject = form.values["subject"].partition(":")
    if kind not in ("spider", "task") or not subject:
        raise FieldError("subject", "choose a program or task")
    fields: dict[str, object] = {key: form.values[key] for key in FIELDS if key not in ("subject", "arguments")}
    arguments = _arguments(form.values["arguments"])
    fields |= {kind: subject, "arguments": arguments or None, "active": active}
    if name:
        fields["name"] = name
    return build_entry(fields, spider_names())


def with_error(form: EntryForm, error: InvalidArgument) -> EntryForm:
    """Return a form with the error at its field."""
    name = error.field if isinstance(error, FieldError) and error.field else ""
    name = _FORM_FIELDS.get(name, name)
    return EntryForm(values=form.values, error=str(error), field=name if name in FIELDS else "")


def task_names() -> list[str]:
    """Return the names of the tasks that can be scheduled."""
    return [task.value for task in ScheduledTask]


def _arguments(text: str) -> dict[str, str]:
    arguments = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = line.partition("=")
        if not equals:
            raise FieldError("arguments", f"arguments: write one NAME=VALUE a line, not {line[:40]!r}")
        arguments[name.strip()] = value.strip()
    return arguments
