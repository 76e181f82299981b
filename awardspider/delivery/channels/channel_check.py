"""A message that shows whether a channel works, sent without the outbox."""

from __future__ import annotations

from dataclasses import dataclass

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.base import ChannelContext, Message
from awardspider.delivery.channels.configuration import resolve_config
from awardspider.delivery.messages.events import ChannelTest, event_body
from awardspider.items import EventType
from awardspider.storage.channels import ChannelRow
from awardspider.storage.outbox import DeliveryResult

_RESULTS = {
    DeliveryResult.SENT: "sent",
    DeliveryResult.RETRY: "not sent; a later attempt may succeed",
    DeliveryResult.REJECTED: "rejected; another attempt would be rejected too",
    DeliveryResult.UNKNOWN: "unknown; it may have been sent",
    DeliveryResult.HANDED_OFF: "waits for a person",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCheck:
    """The result of a test message, with the note of the recipient. `preview` is empty outside the sandbox."""

    result: DeliveryResult
    syncs_rows: bool
    note: str
    preview: str

    @property
    def is_sent(self) -> bool:
        """True if the recipient accepted the message."""
        return self.result is DeliveryResult.SENT

    @property
    def text(self) -> str:
        """The result in words."""
        text = "rows can be written" if self.syncs_rows and self.is_sent else _RESULTS[self.result]
        return f"{text}{f': {self.note}' if self.note else ''}"


def send_test_message(context: ChannelContext, row: ChannelRow) -> ChannelCheck:
    """Send a test message to a channel. Raise InvalidArgument or InvalidSetting if the channel is invalid."""
    channel = open_channel(resolve_config(row, context.settings), context)
    now = context.now()
    key = f"test:{row.name}:{now:%Y%m%dT%H%M%S%f}"
    body = event_body(ChannelTest(id=key, created_at=now, channel=row.name))
    message = Message(id=0, key=key, type=EventType.TEST, subject=row.name, body=body, created_at=now)
    try:
        (report,) = channel.deliver([message])
        preview = channel.preview(message) if context.sandbox_url else ""
    finally:
        channel.close()
    return ChannelCheck(result=report.result, syncs_rows=channel.syncs_rows, note=report.note, preview=preview)
