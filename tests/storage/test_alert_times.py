"""The times of the last alerts about offers, on both engines."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from awardspider.items import EventType
from awardspider.storage.alert_times import last_alert_times
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.schema import outbox
from awardspider.storage.store import Store
from tests.support.delivery import DeliveryHarness, make_outbox_row, write_rows
from tests.support.held_messages import make_flight, message_row, store_offers
from tests.support.storage_examples import NOW

HOUR = timedelta(hours=1)


def set_values(store: Store, key: str, **values: object) -> None:
    with store.writing() as connection:
        connection.execute(update(outbox).where(outbox.c.key == key).values(**values))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (DeliveryStatus.SENT, NOW),
        (DeliveryStatus.UNKNOWN, NOW),
        (DeliveryStatus.CANCELED, None),
        (DeliveryStatus.REJECTED, None),
    ],
)
def test_an_alert_counts_if_it_was_or_may_have_been_sent(
    store: Store, tmp_path: Path, status: DeliveryStatus, expected: datetime | None
) -> None:
    offer = make_flight(1)
    row = message_row(offer)
    store_offers(DeliveryHarness(store, tmp_path), offer, rows=(row,))
    set_values(store, row.key, status=status, ended_at=NOW)
    found = last_alert_times(store, "phone", [offer.offer_id])
    assert found == ({(offer.offer_id, "Austin"): expected} if expected else {})


@pytest.mark.parametrize(
    ("status", "ended_at"),
    [
        (DeliveryStatus.SENT, NOW + HOUR),
        (DeliveryStatus.PENDING, None),
        (DeliveryStatus.CANCELED, NOW + HOUR),
        (DeliveryStatus.REJECTED, NOW + HOUR),
    ],
)
def test_an_alert_in_a_digest_was_sent_when_the_digest_was(
    store: Store, tmp_path: Path, status: DeliveryStatus, ended_at: datetime | None
) -> None:
    offer = make_flight(1)
    row = message_row(offer)
    store_offers(DeliveryHarness(store, tmp_path), offer, rows=(row,))
    write_rows(store, [make_outbox_row("digest", event_type=EventType.DIGEST)])
    set_values(store, "digest", status=status, ended_at=ended_at)
    set_values(store, row.key, status=DeliveryStatus.IN_DIGEST, ended_at=NOW, digest_id=2)
    found = last_alert_times(store, "phone", [offer.offer_id])
    assert found == ({(offer.offer_id, "Austin"): ended_at} if status is DeliveryStatus.SENT else {})
