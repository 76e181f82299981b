"""Messages about round trips: combined with those of other watches, and true in both directions when they are sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from awardspider.delivery.messages.events import TRIP_FIELDS, OfferEvent, event_body, offer_event, parse_event
from awardspider.items import AwardOfferItem, EventType, Money
from awardspider.search.trip_partners import TripPartner
from awardspider.storage.outbox import OutboxRow
from tests.support.delivery import DeliveryHarness, KeyedChannel, Recipient
from tests.support.held_messages import QUIET, make_flight, message_row, store_offers
from tests.support.storage_examples import NOW
from tests.support.stored_watches import store_watches

HOUR = timedelta(hours=1)
BACK = {"origin": "AUS", "destination": "LAX", "departure_date": date(2027, 3, 15)}


@pytest.fixture
def phone(harness: DeliveryHarness) -> Recipient:
    store_watches(harness.store, "one way")
    store_watches(harness.store, "round trip")
    return harness.add("phone", KeyedChannel)


def trip_row(offer: AwardOfferItem, partner: AwardOfferItem, **prefs: Any) -> OutboxRow:
    """Return the message for the round trip of an offer."""
    row = message_row(offer, watch="round trip", **prefs)
    assert offer.taxes
    taxes = Money(offer.taxes.amount * 2, "USD")
    trip = TripPartner(offer=partner, is_return=True, nights=5, miles=25_000, taxes=taxes)
    event = offer_event(EventType.OFFER_MATCHED, row.key, offer, NOW, watches=["round trip"], partner=trip)
    return replace(row, body=event_body(event))


@pytest.mark.parametrize("is_first", [True, False])
def test_one_fare_as_one_way_and_as_part_of_a_round_trip_is_one_message(
    harness: DeliveryHarness, phone: Recipient, is_first: bool
) -> None:
    offer, partner = make_flight(1), make_flight(2, **BACK)
    rows = trip_row(offer, partner), message_row(offer, watch="one way")
    store_offers(harness, offer, partner, rows=rows if is_first else rows[::-1])
    harness.run()
    (message,) = phone.received
    assert set(message.body["watches"]) == {"one way", "round trip"}
    event = parse_event(message.body)
    assert isinstance(event, OfferEvent)
    assert event.trip
    assert (event.trip.other_flights, event.trip.nights, event.trip.miles) == ("UA2", 5, 25_000)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"miles": 13_000}, "the offer now costs 13,000 miles, not 12,500"),
        ({"seats": 0}, "seats left: 0; its watch needs 1"),
        ({}, "the offer has been gone since 2026-11-22 11:00 UTC"),
    ],
)
def test_a_held_message_is_canceled_if_the_other_direction_is_no_longer_available(
    harness: DeliveryHarness, phone: Recipient, change: dict[str, Any], reason: str
) -> None:
    offer, partner = make_flight(1), make_flight(2, **BACK)
    store_offers(harness, offer, partner, rows=(trip_row(offer, partner, **QUIET),))
    later = NOW + HOUR  # in the quiet hours
    gone = {} if change else {later: [partner.offer_id]}
    changed = (make_flight(2, **BACK, **change, seen_at=later),) if change else ()
    store_offers(harness, *changed, gone=gone)
    harness.clock.advance_to(NOW + 2 * HOUR)
    harness.run()
    assert phone.received == []
    (row,) = harness.rows().values()
    assert (row["status"], row["note"]) == ("canceled", f"the other direction of the round trip: {reason}")


def test_a_cheaper_other_direction_is_still_sent(harness: DeliveryHarness, phone: Recipient) -> None:
    offer, partner = make_flight(1), make_flight(2, **BACK)
    store_offers(harness, offer, partner, rows=(trip_row(offer, partner),))
    store_offers(harness, make_flight(2, **BACK, miles=12_000))
    harness.run()
    assert len(phone.received) == 1


def test_messages_of_earlier_versions_have_no_round_trip() -> None:
    body = message_row(make_flight(1)).body
    assert {body.pop(field) for field in TRIP_FIELDS} == {None}
    event = parse_event(body)
    assert isinstance(event, OfferEvent)
    assert event.trip is None
