"""The due messages of a watch with a daily cap, on both engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from awardspider.items import Priority
from awardspider.storage.caps import count_sent, due_rows, move_to_digest
from awardspider.storage.schema import outbox
from awardspider.storage.store import Store
from tests.support.delivery import DeliveryHarness, make_outbox_row, write_rows
from tests.support.held_messages import make_flight, message_row, store_offers
from tests.support.storage_examples import NOW

BOTH = (Priority.URGENT, Priority.NORMAL)


@pytest.fixture
def harness(store: Store, tmp_path: Path) -> DeliveryHarness:
    return DeliveryHarness(store, tmp_path)


def due_ids(harness: DeliveryHarness, *priorities: Priority) -> list[int]:
    rows = due_rows(harness.store, "phone", "Austin", priorities=priorities, now=NOW, max_age=None)
    return [row.id for row in rows]


def test_only_due_and_true_messages_of_the_watch_take_part(harness: DeliveryHarness) -> None:
    flights = [make_flight(number, miles=10_000 + number) for number in range(5)]
    gone, later, urgent, elsewhere, normal = flights
    rows = (
        message_row(gone),
        message_row(later, quiet_hours=["01:00", "23:00"]),
        message_row(urgent, priority=Priority.URGENT),
        message_row(elsewhere, watch="Texas"),
        message_row(normal),
    )
    store_offers(harness, *flights, rows=rows)
    store_offers(harness, gone={NOW: [gone.offer_id]})
    assert due_ids(harness, *BOTH) == [3, 5]
    assert due_ids(harness, Priority.URGENT) == [3]


def test_a_cap_reads_only_the_messages_of_the_watch_by_index(harness: DeliveryHarness) -> None:
    write_rows(
        harness.store,
        (make_outbox_row(f"row {n}", event_type="offer.matched", watch_key=f"watch {n % 500}") for n in range(2_000)),
    )
    with harness.store.writing() as connection:
        half = outbox.update().where(outbox.c.id % 2 == 0).values(status="sent", ended_at=NOW)
        connection.execute(half)
    statements: list[tuple[str, Any]] = []
    event.listen(harness.store.engine, "before_cursor_execute", lambda *args: statements.append((args[2], args[3])))
    count_sent(harness.store, "phone", "watch 7", NOW)
    due_rows(harness.store, "phone", "watch 7", priorities=BOTH, now=NOW, max_age=None)
    move_to_digest(harness.store, "phone", "watch 7", priorities=BOTH, keep=[], until=NOW, now=NOW)
    explained = 0
    with harness.store.reading() as connection:
        is_postgresql = connection.dialect.name == "postgresql"
        if is_postgresql:
            connection.exec_driver_sql("ANALYZE outbox")
        for statement, parameters in [*statements]:
            if "outbox.watch_key =" in statement:
                explain = "EXPLAIN " if is_postgresql else "EXPLAIN QUERY PLAN "
                plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + statement, parameters))
                assert "ix_outbox_watch_key_channel_status_priority_next_attempt_at" in plan, plan
                explained += 1
    assert explained == 3
