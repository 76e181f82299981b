"""Notes about offers that are gone, which say how long after the alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from awardspider.delivery.messages.events import OfferGone, parse_event
from awardspider.delivery.messages.render import Form, render
from awardspider.items import AwardOfferItem, EventType
from awardspider.storage.outbox import OutboxRow
from tests.support.delivery import DeliveryHarness
from tests.support.held_messages import make_flight, message_row, store_offers
from tests.support.storage_examples import DAY, NOW

HOUR = timedelta(hours=1)
MATCHES = (EventType.OFFER_MATCHED, EventType.OFFER_DROPPED)


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


@pytest.mark.parametrize(("name", "shown"), [("first day", True), ("second day", True), ("dearer", False)])
def test_only_flights_that_a_summary_showed_have_a_note(harness: DeliveryHarness, name: str, shown: bool) -> None:
    """The summary shows the two days of the same flights as one entry, and counts the dearer flights."""
    phone = harness.add("phone", events=(*MATCHES, EventType.OFFER_GONE))
    offers = {
        "first day": make_flight(1),
        "second day": make_flight(1, departure_date=DAY + timedelta(days=1)),
        "dearer": make_flight(9, miles=90_000),
    }
    rows = [replace(message_row(offer, watch="tokyo", digest_size=1), key=key) for key, offer in offers.items()]
    store_offers(harness, *offers.values(), rows=tuple(rows))
    harness.run()
    assert [message.type for message in phone.received] == [EventType.DIGEST]
    assert [len(entry["dates"]) for entry in phone.received[0].body["offers"]] == [2]
    ended_at = harness.clock()
    note = gone_row(offers[name], ended_at)
    store_offers(harness, gone={ended_at: [offers[name].offer_id]}, rows=(note,))
    harness.run()
    assert harness.rows()["gone"]["status"] == ("sent" if shown else "canceled")
    assert len(phone.received) == 1 + shown


@pytest.mark.parametrize("is_back", [False, True])
def test_quiet_hours_hold_a_note(harness: DeliveryHarness, is_back: bool) -> None:
    phone = harness.add("phone", events=(*MATCHES, EventType.OFFER_GONE))
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, watch="tokyo"),))
    harness.run()
    ended_at = harness.clock()
    prefs = {"quiet_hours": ["00:00", "23:00"], "timezone": "UTC"}
    store_offers(harness, gone={ended_at: [offer.offer_id]}, rows=(gone_row(offer, ended_at, notify_prefs=prefs),))
    harness.run()
    assert len(phone.received) == 1
    if is_back:
        offer.seen_at = ended_at + HOUR
        store_offers(harness, offer)
    harness.clock.advance_to(ended_at.replace(hour=23))
    harness.run()
    assert [message.type for message in phone.received[1:]] == ([] if is_back else [EventType.OFFER_GONE])
    assert harness.rows()["gone"]["note"] == ("the offer is available again" if is_back else "ok")


def gone_row(offer: AwardOfferItem, at: datetime, **values: Any) -> OutboxRow:
    return OutboxRow(
        key="gone",
        channel="phone",
        event_type=EventType.OFFER_GONE,
        subject=offer.offer_id,
        body={},
        created_at=at,
        watch_key="tokyo",
        **values,
    )
