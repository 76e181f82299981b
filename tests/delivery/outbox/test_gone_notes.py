"""Notes about offers that are gone, which say how long after the alert."""

from __future__ import annotations

from datetime import timedelta

import pytest

from awardspider.delivery.messages.events import OfferGone, parse_event
from awardspider.delivery.messages.render import Form, render
from awardspider.items import EventType
from awardspider.storage.outbox import OutboxRow
from tests.support.delivery import DeliveryHarness
from tests.support.held_messages import make_flight, message_row, store_offers
from tests.support.storage_examples import NOW

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("watch_key", "title"), [("tokyo", "Gone after 3 hours: "), ("another", "Gone: ")])
def test_a_note_has_the_time_since_the_alert_of_its_watch(harness: DeliveryHarness, watch_key: str, title: str) -> None:
    events = (EventType.OFFER_MATCHED, EventType.OFFER_DROPPED, EventType.OFFER_GONE)
    phone = harness.add("phone", events=events)
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, watch="tokyo"),))
    harness.run()
    sent_at = harness.rows()[message_row(offer, watch="tokyo").key]["ended_at"]
    ended_at = sent_at + 3 * HOUR
    note = OutboxRow(
        key="gone",
        channel="phone",
        event_type=EventType.OFFER_GONE,
        subject=offer.offer_id,
        body={},
        created_at=ended_at,
        watch_key=watch_key,
    )
    store_offers(harness, gone={ended_at: [offer.offer_id]}, rows=(note,))
    harness.clock.advance_to(ended_at)
    harness.run()
    event = parse_event(phone.received[-1].body)
    assert isinstance(event, OfferGone)
    assert event.previous_at == (sent_at if watch_key == "tokyo" else None)
    assert render(event, form=Form.LONG, locale="en", now=NOW).title.startswith(title)
