"""Hand-off: each message waits until a person has posted it, or skips it."""

from __future__ import annotations

from typing import ClassVar

from awardspider.delivery.channels.base import (
    ChannelConfig,
    ChannelContext,
    DeliveryReport,
    Message,
    handed_off,
    rejected,
    sent,
)
from awardspider.delivery.channels.event_channel import EventChannel
from awardspider.delivery.channels.handoff.captions import caption
from awardspider.delivery.channels.handoff.outlets import Outlet, parse_outlet
from awardspider.delivery.messages.events import AnyEvent, ChannelTest
from awardspider.delivery.messages.links import SHARED_EVENTS
from awardspider.storage.channels import RateLimit


class HandoffChannel(EventChannel):
    """A queue of messages for a person. The address is the outlet where the person posts them."""

    kind = "handoff"
    idempotent = True  # nothing leaves this machine
    rate_limit = RateLimit(calls=1_000, seconds=1.0)
    address_is_secret = False
    options: ClassVar = EventChannel.options

    @classmethod
    def check(cls, config: ChannelConfig, context: ChannelContext) -> None:
        """Raise InvalidArgument for an unknown outlet or an invalid option."""
        cls.check_options(config)
        cls.check_texts(config)
        parse_outlet(config.address)

    @property
    def outlet(self) -> Outlet:
        """The outlet of the channel."""
        return parse_outlet(self.config.address)

    def text(self, event: AnyEvent, message: Message) -> str:
        """Return the text that the person posts."""
        return caption(event, self.outlet, locale=self.locale, zone=self.zone(message), share_link=message.share_link)

    def send(self, event: AnyEvent, message: Message) -> DeliveryReport:
        """Hand the message to a person. A test message needs nobody: it shows only that the channel is valid."""
        if isinstance(event, ChannelTest):
            return sent("messages of this channel wait on the page Posts until a person has posted them")
        if event.event_type not in SHARED_EVENTS:
            return rejected("nobody posts notices for the operator; send them to another channel")
        return handed_off(f"waits for a person to post it ({self.outlet})")
