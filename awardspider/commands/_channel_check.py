"""A message that shows whether a channel works, sent without the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from awardspider import clock
from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.base import Message
from awardspider.delivery.channels.configuration import resolve_config
from awardspider.delivery.messages.events import ChannelTest, event_body
from awardspider.delivery.outbox.dispatcher import build_channel_context
from awardspider.items import EventType
from awardspider.storage.channels import ChannelRow
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.store import Store

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_RESULTS = {
    DeliveryResult.SENT: "sent",
    DeliveryResult.RETRY: "not sent; a later attempt may succeed",
    DeliveryResult.REJECTED: "rejected; another attempt would be rejected too",
    DeliveryResult.UNKNOWN: "unknown; it may have been sent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCheck:
    """The result of a test message. `preview` is what was sent; empty outside the sandbox."""

    is_sent: bool
    text: str
    preview: str


def send_test_message(store: Store, row: ChannelRow, settings: BaseSettings) -> ChannelCheck:
    """Send a test message to a channel. Raise InvalidArgument or InvalidSetting if the channel is invalid."""
    channel = open_channel(resolve_config(row, settings), build_channel_context(store, settings))
    now = clock.now()
    key = f"test:{row.name}:{now:%Y%m%dT%H%M%S%f}"
    body = event_body(ChannelTest(id=key, created_at=now, channel=row.name))
    message = Message(id=0, key=key, type=EventType.TEST, subject=row.name, body=body, created_at=now)
    try:
        (result,) = channel.deliver([message])
        preview = channel.preview(message) if settings["AWARD_SANDBOX_URL"] else ""
    finally:
        channel.close()
    is_sent = result.result is DeliveryResult.SENT
    text = "rows can be written" if channel.syncs_rows and is_sent else _RESULTS[result.result]
    return ChannelCheck(is_sent=is_sent, text=f"{text}{f': {result.note}' if result.note else ''}", preview=preview)
