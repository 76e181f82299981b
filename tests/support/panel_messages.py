"""Messages, offers and channels in the database of a panel, with the values that a test needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from awardspider.delivery.channels.configuration import default_events
from awardspider.delivery.messages.events import event_body, offer_event
from awardspider.items import AwardOfferItem, EventType
from awardspider.storage import schema
from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.outbox import DeliveryResult, DeliveryStatus
from awardspider.storage.store import Store
from tests.support.panel import Panel
from tests.support.storage_examples import NOW, make_itinerary

PUBLIC_URL = "https://deals.example.org"


@pytest.fixture
def panel(sqlite_store: Store, tmp_path: Path) -> Iterator[Panel]:
    """Yield a panel on an empty SQLite database at the time of the messages, with a public address."""
    with Panel(sqlite_store, tmp_path, now=NOW, AWARD_PUBLIC_URL=PUBLIC_URL) as opened:
        yield opened


def add_channel_row(store: Store, name: str, kind: str, address: str, now: datetime, **options: str) -> None:
    """Store a channel that accepts the default events of its kind."""
    events = default_events(kind)
    row = ChannelRow(name=name, kind=kind, address=address, options=options, events=events, created_at=now)
    save_channel(store, row)


def add_message(
    store: Store,
    now: datetime,
    *,
    offer: AwardOfferItem | None = None,
    body: dict[str, Any] | None = None,
    key: str = "phone:1",
    **columns: Any,
) -> int:
    """Store a message about an offer and return its id; with a result, it has an attempt too."""
    offer = offer or make_itinerary()
    event = offer_event(EventType.OFFER_MATCHED, key, offer, now, watches=["Secret plan"], watch_ids=["w1"])
    result = columns.pop("result", None)
    values = {
        "key": key,
        "message_key": key,
        "channel": "phone",
        "event_type": EventType.OFFER_MATCHED,
        "subject": offer.offer_id,
        "flight_key": offer.flight_key,
        "body": body or event_body(event),
        "created_at": now,
        "next_attempt_at": now,
        "status": DeliveryStatus.PENDING,
    }
    with store.writing() as connection:
        (row_id,) = connection.execute(insert(schema.outbox).values(values | columns)).inserted_primary_key or (0,)
        if result:
            attempt = {"outbox_id": row_id, "attempted_at": now, "result": DeliveryResult(result), "note": "because"}
            connection.execute(insert(schema.attempts).values(attempt))
    return int(row_id)


def add_post(store: Store, now: datetime, **columns: Any) -> int:
    """Store a message that waits for a person, and return its id."""
    values = {"channel": "snap", "status": DeliveryStatus.AWAITING_HUMAN, "ended_at": now, "attempt_count": 1}
    return add_message(store, now, result="handed_off", **values | columns)


def change_offer(store: Store, offer_id: str, **columns: Any) -> None:
    """Change columns of a stored offer."""
    with store.writing() as connection:
        connection.execute(update(schema.offers).where(schema.offers.c.id == offer_id).values(columns))
