"""The best due messages of a watch, on both engines."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from awardspider.items import Money, Priority
from awardspider.storage.caps import best_due_rows, count_sent, move_to_digest
from awardspider.storage.schema import outbox
from awardspider.storage.store import Store
from tests.support.delivery import DeliveryHarness, make_outbox_row, write_rows
from tests.support.held_messages import make_flight, message_row, store_offers
from tests.support.storage_examples import NOW

BOTH = (Priority.URGENT, Priority.NORMAL)


@pytest.fixture
def harness(store: Store, tmp_path: Path) -> DeliveryHarness:
    return DeliveryHarness(store, tmp_path)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


@pytest.mark.parametrize(
    ("best", "other"),
    [
        ({"miles": 29_000}, {"miles": 80_000}),
        ({"miles": 29_000, "taxes": usd("500"), "stops": 2}, {"miles": 30_000, "taxes": usd("5"), "stops": 0}),
        ({"taxes": usd("5")}, {"taxes": usd("500")}),
        ({"taxes": usd("5")}, {"taxes": None}),
        ({"taxes": usd("5"), "stops": 2}, {"taxes": usd("6"), "stops": 0}),
        ({"stops": 0}, {"stops": 1}),
        ({"stops": 1}, {"stops": None}),
        ({"stops": 0, "mixed_cabin": True}, {"stops": 1, "mixed_cabin": False}),
        ({"mixed_cabin": False}, {"mixed_cabin": True}),
        ({"mixed_cabin": None}, {"mixed_cabin": True}),
        # Amounts in different currencies cannot be compared.
        ({"taxes": Money(Decimal(900), "JPY"), "stops": 0}, {"taxes": usd("5"), "stops": 1}),
    ],
)
def test_order_of_due_messages(harness: DeliveryHarness, best: dict[str, Any], other: dict[str, Any]) -> None:
    worse, better = make_flight(1, **other), make_flight(2, **best)
    store_offers(harness, worse, better, rows=(message_row(worse), message_row(better)))
    found, more = best_due_rows(harness.store, "phone", "Austin", priorities=BOTH, count=1, now=NOW, max_age=None)
    assert (found, more) == ([2], True)


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
    assert best_due_rows(harness.store, "phone", "Austin", priorities=BOTH, count=5, now=NOW, max_age=None) == (
        [3, 5],
        False,
    )
    assert best_due_rows(harness.store, "phone", "Austin", priorities=BOTH[:1], count=5, now=NOW, max_age=None) == (
        [3],
        False,
    )


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
    best_due_rows(harness.store, "phone", "watch 7", priorities=BOTH, count=5, now=NOW, max_age=None)
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
    assert explained == 4
