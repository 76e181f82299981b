"""The time zone of a watch reaches the channel, also in a digest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from awardspider.items import EventType, Priority
from tests.delivery.outbox.test_dispatcher_held import DIGEST_HOUR, make_flight, message_row, store_offers
from tests.support.delivery import DeliveryHarness, make_outbox_row


@pytest.mark.parametrize("priority", [Priority.NORMAL, Priority.DIGEST])
def test_messages_have_the_time_zone_of_their_watch(harness: DeliveryHarness, priority: Priority) -> None:
    phone = harness.add("phone", events=(EventType.OFFER_MATCHED,))
    offers = [make_flight(1), make_flight(2)]
    store_offers(harness, *offers, rows=tuple(message_row(offer, priority=priority) for offer in offers))
    harness.clock.advance_to(DIGEST_HOUR + timedelta(minutes=1))
    harness.run()
    assert {message.timezone for message in phone.received} == {"America/Sao_Paulo"}
    assert len(phone.received) == (1 if priority is Priority.DIGEST else 2)


def test_messages_without_a_watch_have_no_time_zone(harness: DeliveryHarness) -> None:
    phone = harness.add("phone")
    harness.add_rows(make_outbox_row("one"))
    harness.run()
    assert [message.timezone for message in phone.received] == [""]
