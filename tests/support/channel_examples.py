"""Channels, messages and surroundings for tests of delivery: each is complete, and takes what the test cares about."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from awardspider.delivery.channels.base import ChannelConfig, Message, Surroundings
from awardspider.delivery.messages.events import body_of, offer_event
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, an_itinerary

SENT_AT = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def a_config(address: str, **known: Any) -> ChannelConfig:
    """A webhook's configuration."""
    return ChannelConfig(**{"name": "make", "kind": "webhook", "address": address} | known)


def around(store: Store, folder: Path, sandbox_url: str = "", **settings: str) -> Surroundings:
    """Surroundings at SENT_AT; the loopback address is allowed unless the settings say otherwise."""
    return Surroundings(
        store=store,
        now=lambda: SENT_AT,
        settings={"AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1 localhost"} | settings,
        data_dir=folder,
        sandbox_url=sandbox_url,
        user_agent="awardspider/1 (+https://example.org/é)",
    )


def a_message(**known: Any) -> Message:
    """The message of an offer that a watch found."""
    event = offer_event("offer.matched", "make:1:2", an_itinerary(watches=("Austin",)), NOW)
    values = {"number": 1, "key": "make:1:2", "type": "offer.matched", "subject": event.offer_id, "created_at": NOW}
    return Message(**values | {"body": body_of(event)} | known)
