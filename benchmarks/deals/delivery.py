"""Delivery in the benchmark: the real dispatcher, with a channel in this process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from scrapy.settings import Settings

from awardspider.delivery.channels.base import Channel, ChannelConfig, ChannelContext, DeliveryReport, Message, sent
from awardspider.delivery.channels.configuration import DEFAULT_EVENTS
from awardspider.delivery.outbox.dispatcher import Dispatcher
from awardspider.storage.channels import ChannelRow, RateLimit, save_channel
from awardspider.storage.store import Store


class LocalChannel(Channel):
    """A channel that accepts every message."""

    kind = "webhook"
    idempotent: ClassVar[bool] = True
    rate_limit: ClassVar[RateLimit] = RateLimit(calls=1_000_000, seconds=1.0)

    @classmethod
    def check(cls, config: ChannelConfig, context: ChannelContext) -> None:
        """Accept any configuration."""

    def deliver(self, messages: Sequence[Message]) -> list[DeliveryReport]:
        """Accept the messages."""
        return [sent() for _ in messages]


def save_local_channel(store: Store, now: datetime) -> None:
    """Store the channel."""
    fields: dict[str, Any] = {"kind": "webhook", "address": "https://hooks.example.com", "events": DEFAULT_EVENTS}
    save_channel(store, ChannelRow(name="local", created_at=now, **fields))


def deliver(store: Store, folder: Path, now: datetime, settings: dict[str, Any]) -> None:
    """Send what is due at a time."""
    all_settings = Settings(settings)
    all_settings.setmodule("awardspider.settings", priority="default")
    context = ChannelContext(store=store, now=lambda: now, settings=all_settings, data_dir=folder)
    Dispatcher(context, opener=LocalChannel, wait=lambda seconds: None).run()
