"""Every kind of channel: one file each. They are loaded when one is needed, because some take half a second."""

from __future__ import annotations

from importlib import import_module

from awardspider.delivery.channels.base import Channel, ChannelConfig, Surroundings
from awardspider.outcomes import InvalidArgument

# Kind -> module and class.
KINDS = {
    "sheets": ("sheets.channel", "SheetsChannel"),
    "webhook": ("webhook.channel", "WebhookChannel"),
    "apprise": ("apprise.channel", "AppriseChannel"),
    "command": ("command.channel", "CommandChannel"),
}


def kind_of(name: str) -> type[Channel]:
    """The class of a kind. Raises BadArgument for one that we do not have."""
    if name not in KINDS:
        raise InvalidArgument(f"there is no kind of channel named {name!r}; write {', '.join(KINDS)}")
    module, class_name = KINDS[name]
    found: type[Channel] = getattr(import_module(f"{__name__}.{module}"), class_name)
    return found


def open_channel(config: ChannelConfig, surroundings: Surroundings) -> Channel:
    """A channel that can deliver. Raises BadArgument where its address or options cannot be."""
    kind = kind_of(config.kind)
    kind.check(config, surroundings)
    return kind(config, surroundings)
