"""The kinds of channels. Each is imported on first use, because some imports take half a second."""

from __future__ import annotations

from importlib import import_module

from awardspider.delivery.channels.base import Channel, ChannelConfig, ChannelContext
from awardspider.outcomes import InvalidArgument

#: Kind -> module and class.
KINDS = {
    "sheets": ("sheets.channel", "SheetsChannel"),
    "webhook": ("webhook.channel", "WebhookChannel"),
    "apprise": ("apprise.channel", "AppriseChannel"),
    "command": ("command.channel", "CommandChannel"),
    "handoff": ("handoff.channel", "HandoffChannel"),
}


def channel_class(kind: str) -> type[Channel]:
    """Return the channel class for a kind. Raise InvalidArgument for an unknown kind."""
    if kind not in KINDS:
        raise InvalidArgument(f"unknown kind of channel {kind!r}; use one of {', '.join(KINDS)}")
    module, class_name = KINDS[kind]
    found: type[Channel] = getattr(import_module(f"{__name__}.{module}"), class_name)
    return found


def open_channel(config: ChannelConfig, context: ChannelContext) -> Channel:
    """Return a channel that is ready to deliver. Raise InvalidArgument if its address or options are invalid."""
    found = channel_class(config.kind)
    found.check(config, context)
    return found(config, context)
