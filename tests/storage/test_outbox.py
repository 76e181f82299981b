"""Outbox rows and alerts, on both engines."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from awardspider.items import EventType
from awardspider.storage import schema
from awardspider.storage.alerts import Alert
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.outbox import DeliveryStatus, OutboxFilter, OutboxRow, find_rows, make_future_messages_due
from awardspider.storage.runs import start_run
from awardspider.storage.store import Store
from tests.support.delivery import make_outbox_row
from tests.support.storage_examples import NOW


def test_a_row_with_an_existing_key_is_ignored(store: Store) -> None:
    rows = [
        OutboxRow(
            key="k",
            channel=channel,
            event_type=EventType.OFFER_MATCHED,
            subject="1",
            body={"miles": 1, "é": None},
            created_at=NOW,
        )
        for channel in ("sheets", "webhook")
    ]
    write_batch(store, Batch(outbox=[rows[0]]))
    write_batch(store, Batch(outbox=rows))
    (row,) = find_rows(store, OutboxFilter())
    assert (row["channel"], row["body"]) == ("sheets", {"miles": 1, "é": None})
    assert (row["status"], row["next_attempt_at"]) == (DeliveryStatus.PENDING, NOW)


def test_an_alert_refers_to_its_watch_and_run(store: Store) -> None:
    run_id = start_run(store, program="united", spider="united", job=None, arguments={}, now=NOW)
    write_batch(store, Batch(alerts=[Alert(watch_id=None, offer_id="1", miles=9, created_at=NOW)]), run_id)
    with store.reading() as connection:
        row = connection.execute(select(schema.alerts)).mappings().one()
    assert (row["watch_id"], row["offer_id"], row["miles"], row["run_id"]) == (None, "1", 9, run_id)
    assert row["event_type"] == EventType.OFFER_MATCHED


def test_messages_stored_with_a_clock_that_was_ahead_become_due_once(store: Store) -> None:
    ahead = NOW + timedelta(days=400)
    rows = [
        make_outbox_row("ahead", created_at=ahead),
        make_outbox_row("held", next_attempt_at=NOW + timedelta(hours=9)),
        make_outbox_row("retried", created_at=ahead, next_attempt_at=NOW + timedelta(hours=2)),
    ]
    write_batch(store, Batch(outbox=rows))
    assert make_future_messages_due(store, NOW) == 1
    assert make_future_messages_due(store, NOW) == 0
    with store.reading() as connection:
        stored = connection.execute(select(schema.outbox.c.key, schema.outbox.c.next_attempt_at)).all()
    due = {row.key: row.next_attempt_at - NOW for row in stored}
    assert due == {"ahead": timedelta(0), "held": timedelta(hours=9), "retried": timedelta(hours=2)}
