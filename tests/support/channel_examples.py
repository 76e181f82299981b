"""Complete channel configurations, contexts and messages for tests of delivery, with the values that a test needs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from awardspider.delivery.channels.base import ChannelConfig, ChannelContext, Message
from awardspider.delivery.messages.events import event_body, offer_event
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, make_itinerary

SENT_AT = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def make_config(address: str, **values: Any) -> ChannelConfig:
    """Return the configuration of a webhook."""
    return ChannelConfig(**{"name": "make", "kind": "webhook", "address": address} | values)


def make_context(store: Store, folder: Path, sandbox_url: str = "", **settings: str) -> ChannelContext:
    """Return a context at SENT_AT; the loopback address is allowed unless the settings differ."""
    return ChannelContext(
        store=store,
        now=lambda: SENT_AT,
        settings={"AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1 localhost"} | settings,
        data_dir=folder,
        sandbox_url=sandbox_url,
        user_agent="awardspider/1 (+https://example.org/é)",
    )


def make_message(**values: Any) -> Message:
    """Return the message of an offer that matched a watch."""
    event = offer_event("offer.matched", "make:1:2", make_itinerary(), NOW, watches=("Austin",))
    defaults = {"id": 1, "key": "make:1:2", "type": "offer.matched", "subject": event.offer_id, "created_at": NOW}
    return Message(**defaults | {"body": event_body(event)} | values)
