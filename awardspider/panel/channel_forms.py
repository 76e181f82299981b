"""The form that adds a channel: its fields for each kind, and the channel that it describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import FormData

from awardspider.delivery.channels import channel_class
from awardspider.delivery.channels.configuration import OPERATOR_EVENTS
from awardspider.delivery.channels.handoff.outlets import Outlet
from awardspider.delivery.channels.management import EVENT_CHOICES, NewChannel
from awardspider.items import EventType, Priority
from awardspider.outcomes import InvalidArgument

#: Options with a field of their own; the others are lines of NAME=VALUE.
_FIELDS = ("locale", "timezone", "group", "timeout")
_HEADERS = "header.NAME"
_MAX_LENGTH = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelForm:
    """The fields of the form as a person filled them in. Secrets are left out when it is shown again."""

    kind: str
    values: Mapping[str, str] = field(default_factory=dict)
    events: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """The names of the options with a field for this kind."""
        return tuple(name for name in _FIELDS if name in channel_class(self.kind).options)

    @property
    def has_headers(self) -> bool:
        """Return whether the kind has headers, one a line."""
        return _HEADERS in channel_class(self.kind).options

    @property
    def address_is_secret(self) -> bool:
        """Return whether the address must not be shown."""
        return channel_class(self.kind).address_is_secret

    @property
    def syncs_rows(self) -> bool:
        """Return whether the kind syncs rows, so that it has no events."""
        return channel_class(self.kind).syncs_rows

    @property
    def outlets(self) -> tuple[str, ...]:
        """The addresses to choose from; none for kinds whose address is typed."""
        return tuple(Outlet) if self.kind == "handoff" else ()

    def value(self, name: str) -> str:
        """Return the value of a field, or an empty string."""
        return self.values.get(name, "")


def read_form(kind: str, data: FormData) -> tuple[ChannelForm, NewChannel]:
    """Return the form as it is shown again, and the channel. Raise InvalidArgument for an invalid field."""
    form = shown_form(kind, data)
    given = {name: _text(data, name) for name in ("name", "priority", *_FIELDS, "address", "secret", "headers")}
    for name, text in given.items():
        if len(text) > _MAX_LENGTH:
            raise InvalidArgument(f"{name} is longer than {_MAX_LENGTH:,} characters")
    options = {name: value for name in form.options if (value := given.get(name, ""))}
    if form.has_headers:
        options |= _parse_headers(given["headers"])
    events = tuple(EventType(name) for name in form.events)
    new = NewChannel(
        name=given["name"],
        kind=kind,
        address=given["address"],
        options=options,
        secrets=(given["secret"],) if given["secret"] else (),
        events=() if form.syncs_rows else events,
        priority=None if form.syncs_rows else Priority(form.values["priority"] or Priority.NORMAL),
    )
    return form, new


def shown_form(kind: str, data: FormData) -> ChannelForm:
    """Return the form with the fields of a request, without secrets."""
    names = ["name", "priority", *_FIELDS]
    if not channel_class(kind).address_is_secret:
        names.append("address")
    values = {name: _text(data, name) for name in names}
    if values["priority"] not in list(Priority):
        values["priority"] = ""
    chosen = {str(name) for name in data.getlist("events")}
    return ChannelForm(kind=kind, values=values, events=tuple(name for name in EVENT_CHOICES if name in chosen))


def is_operator_event(event: EventType) -> bool:
    """Return whether an event is for the person who runs awardspider."""
    return event in OPERATOR_EVENTS


def _text(data: FormData, name: str) -> str:
    value = data.get(name)
    return value.strip() if isinstance(value, str) else ""


def _parse_headers(text: str) -> dict[str, str]:
    """Return the options of headers, one a line, such as `x-make-apikey: KEY`."""
    options: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        if not (colon and name.strip() and value.strip()):
            raise InvalidArgument("a header is one line such as x-make-apikey: KEY")
        options[f"header.{name.strip()}"] = value.strip()
    return options
