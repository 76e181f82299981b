"""The time zone of a watch reaches the channel, also in a digest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from awardspider.delivery.messages.events import event_body, offer_event
from awardspider.items import EventType, Priority
from awardspider.storage.batches import write_batch
from awardspider.storage.outbox import OutboxRow
from tests.support.delivery import DeliveryHarness, make_outbox_row
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_segment

PREFS = {"timezone": "America/Sao_Paulo", "min_seats": 1}


@pytest.mark.parametrize(
    ("priority", "group", "count"),
    [(Priority.NORMAL, "watch", 1), (Priority.NORMAL, "offer", 2), (Priority.DIGEST, "watch", 1)],
)
def test_messages_have_the_time_zone_of_their_watch(
    harness: DeliveryHarness, priority: Priority, group: str, count: int
) -> None:
    phone = harness.add("phone", events=(EventType.OFFER_MATCHED,), options={"group": group})
    offers = [make_itinerary(segments=(make_segment(number),)) for number in ("1", "2")]
    rows = [
        OutboxRow(
            key=f"phone:{offer.offer_id}",
            channel="phone",
            event_type=EventType.OFFER_MATCHED,
            subject=offer.offer_id,
            body=event_body(offer_event(EventType.OFFER_MATCHED, offer.offer_id, offer, NOW, watches=("Austin",))),
            created_at=NOW,
            next_attempt_at=NOW,
            priority=priority,
            watch_key="Austin",
            notify_prefs=PREFS,
        )
        for offer in offers
    ]
    write_batch(harness.store, make_batch(*offers, outbox=rows))
    harness.clock.advance_to(NOW + timedelta(minutes=1))
    harness.run()
    assert [message.timezone for message in phone.received] == ["America/Sao_Paulo"] * count


def test_messages_without_a_watch_have_no_time_zone(harness: DeliveryHarness) -> None:
    phone = harness.add("phone")
    harness.add_rows(make_outbox_row("one"))
    harness.run()
    assert [message.timezone for message in phone.received] == [""]
