"""Channels that send one event at a time, in a language and a time zone."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from awardspider.delivery.channels.base import (
    GROUP_BY_OFFER,
    GROUP_BY_WATCH,
    GROUP_OPTION,
    Channel,
    ChannelConfig,
    DeliveryReport,
    Message,
    rejected,
)
from awardspider.delivery.messages.events import AnyEvent, parse_event
from awardspider.delivery.messages.language import has_phrases
from awardspider.outcomes import InvalidArgument


class EventChannel(Channel):
    """A channel that sends one event at a time, in the language and time zone that its options select."""

    options: ClassVar[Mapping[str, str]] = {
        "locale": "the language of the texts: en, pt_BR or es, optionally with another country; default AWARD_LOCALE",
        "timezone": "the time zone of the texts, unless a watch has its own: such as America/Sao_Paulo; default UTC",
        GROUP_OPTION: "what becomes one message: all that is found for a watch at one time (watch, the default), "
        "or each offer (offer)",
    }

    @classmethod
    def check_texts(cls, config: ChannelConfig) -> None:
        """Raise InvalidArgument for an unknown language, time zone or group."""
        if (locale := config.options.get("locale")) and not has_phrases(locale):
            raise InvalidArgument(f"unknown locale {locale!r}; use en, pt_BR or es")
        if (name := config.options.get("timezone")) and _zone(name) is None:
            raise InvalidArgument(f"unknown time zone {name!r}; write one such as America/Sao_Paulo")
        if (group := config.options.get(GROUP_OPTION)) and group not in (GROUP_BY_WATCH, GROUP_BY_OFFER):
            raise InvalidArgument(f"unknown group {group!r}; use {GROUP_BY_WATCH} or {GROUP_BY_OFFER}")

    def zone(self, message: Message) -> ZoneInfo | None:
        """Return the time zone of the watch, else that of the channel; None means UTC.

        A watch without a time zone has UTC, so UTC does not override the channel.
        """
        of_watch = message.timezone if message.timezone != "UTC" else ""
        return _zone(of_watch or self.config.options.get("timezone"))

    def deliver(self, messages: Sequence[Message]) -> list[DeliveryReport]:
        """Send the event of each message."""
        return [self._deliver(message) for message in messages]

    def _deliver(self, message: Message) -> DeliveryReport:
        try:
            event = parse_event(message.body)
        except msgspec.ValidationError as error:
            return rejected(f"invalid event: {error}")
        return self.send(event, message)

    def preview(self, message: Message) -> str:
        """Return the text or JSON of the message."""
        return self.text(parse_event(message.body), message)

    @abstractmethod
    def text(self, event: AnyEvent, message: Message) -> str:
        """Return what is sent for an event, in a readable form."""

    @abstractmethod
    def send(self, event: AnyEvent, message: Message) -> DeliveryReport:
        """Send one event."""


def _zone(name: str | None) -> ZoneInfo | None:
    """Return a time zone, or None for no name or an unknown one."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
