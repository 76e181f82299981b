"""Claims and their leases: what happens when a worker stops, dies or is suspended, and what a claim reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import event

from awardspider.delivery.channels.base import DeliveryReport, Message, sent
from awardspider.items import Priority
from awardspider.storage.channels import RateLimit, back_off
from awardspider.storage.claims import (
    WORKER_DIED,
    Attempt,
    ClaimRequest,
    _due_rows,
    cancel_claimed,
    claim_rows,
    postpone_rows,
    record_attempts,
    release_claims,
    start_sending,
    worker_name,
)
from awardspider.storage.outbox import DeliveryResult, DeliveryStatus, retry_rows
from awardspider.storage.sending import AttemptWriter
from awardspider.storage.store import Store
from tests.support.delivery import DeliveryHarness, KeyedChannel, make_outbox_row, write_rows
from tests.support.storage_examples import NOW

SECOND = timedelta(seconds=1)
LEASE = 90 * SECOND


@pytest.fixture
def harness(store: Store, tmp_path: Path) -> DeliveryHarness:
    return DeliveryHarness(store, tmp_path)


def request(channel: str = "phone", now: datetime = NOW, **fields: Any) -> ClaimRequest:
    """Return the request of a new worker."""
    return ClaimRequest(**{"channel": channel, "worker": worker_name(), "now": now, "lease": LEASE} | fields)


def remote_request(channel: str, now: datetime) -> ClaimRequest:
    """Return the request of a worker on another host, whose process is not visible."""
    return request(channel, now, worker="elsewhere|namespace|1|abcd")


def claim_keys(store: Store, claim_request: ClaimRequest) -> list[str]:
    return [row.key for row in claim_rows(store, claim_request).rows]


# ---- with a dispatcher ---------------------------------------------------------------------------------------------


def test_rows_of_an_expired_lease_are_sent(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    harness.add_rows(make_outbox_row("one"))
    assert claim_keys(harness.store, remote_request("phone", harness.clock())) == ["one"]
    harness.clock.wait(89)
    harness.run()
    assert recipient.keys == []
    harness.clock.wait(1)
    harness.run()
    assert recipient.keys == ["one"]


def test_a_row_of_a_dead_worker_is_unknown_if_it_may_have_been_sent_and_the_channel_is_not_idempotent(
    harness: DeliveryHarness,
) -> None:
    plain, keyed = harness.add("phone"), harness.add("make", KeyedChannel)
    for channel in ("phone", "make"):
        harness.add_rows(make_outbox_row(f"{channel} 1", channel), make_outbox_row(f"{channel} 2", channel))
        claim_request = remote_request(channel, harness.clock())
        first = claim_rows(harness.store, claim_request).rows[0]
        start_sending(harness.store, [first.id], worker=claim_request.worker, now=NOW, lease=LEASE)
    harness.clock.wait(90)
    harness.run()
    assert plain.keys == ["phone 2"]
    assert keyed.keys == ["make 1", "make 2"]
    row = harness.rows()["phone 1"]
    assert (row["status"], row["note"], row["attempt_count"]) == (DeliveryStatus.UNKNOWN, WORKER_DIED, 1)
    assert row["leased_by"] is None
    assert [attempt["result"] for attempt in harness.attempt_rows("phone 1")] == [DeliveryResult.UNKNOWN]


def test_a_worker_that_was_suspended_past_its_lease_sends_nothing_twice(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    harness.add_rows(*(make_outbox_row(f"row {number}") for number in range(3)))
    other = harness.dispatcher()

    def respond(message: Message) -> DeliveryReport:
        if len(recipient.received) == 1:  # suspended, while another dispatcher sends the rest
            harness.clock.wait(3_600)
            other.run()
        return sent()

    recipient.respond = respond
    harness.run()
    assert sorted(recipient.keys) == ["row 0", "row 1", "row 2"]
    assert set(harness.statuses().values()) == {DeliveryStatus.SENT}


def test_a_stopped_worker_releases_unsent_rows(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    stop = Event()

    def respond(message: Message) -> DeliveryReport:
        stop.set()
        return sent()

    recipient.respond = respond
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    harness.run(stop=stop)
    assert harness.statuses() == {"one": DeliveryStatus.SENT, "two": DeliveryStatus.PENDING}
    assert harness.rows()["two"]["leased_by"] is None
    harness.run()
    assert recipient.keys == ["one", "two"]


# ---- single steps --------------------------------------------------------------------------------------------------


def test_a_row_is_claimed_by_one_worker_at_a_time(harness: DeliveryHarness) -> None:
    harness.add_rows(*(make_outbox_row(f"row {number}") for number in range(3)))
    first, second = request(limit=2), request(limit=2)
    assert claim_keys(harness.store, first) == ["row 0", "row 1"]
    assert claim_keys(harness.store, second) == ["row 2"]
    assert claim_keys(harness.store, second) == []
    release_claims(harness.store, first.worker)
    assert claim_keys(harness.store, second) == ["row 0", "row 1"]


def test_an_exclusive_channel_is_claimed_by_one_worker_at_a_time(harness: DeliveryHarness) -> None:
    harness.add_rows(*(make_outbox_row(f"row {number}") for number in range(3)))
    assert claim_keys(harness.store, request(limit=1, exclusive=True)) == ["row 0"]
    assert claim_keys(harness.store, request(limit=1, exclusive=True)) == []
    assert claim_keys(harness.store, request(limit=1)) == ["row 1"]


def test_only_a_call_with_several_messages_takes_several_rows_of_a_subject(harness: DeliveryHarness) -> None:
    harness.add_rows(*(make_outbox_row(f"row {number}", subject="offer") for number in range(4)))
    assert len(claim_rows(harness.store, request()).rows) == 1
    retry_rows(harness.store, [row["id"] for row in harness.rows().values()], NOW)
    limit = RateLimit(calls=2, seconds=60.0)
    assert len(claim_rows(harness.store, request(batch_size=3, rate_limit=limit)).rows) == 3


def test_a_claim_above_the_rate_limit_returns_the_time_to_wait(harness: DeliveryHarness) -> None:
    harness.add_rows(*(make_outbox_row(f"row {number}") for number in range(9)))
    limit = RateLimit(calls=8, seconds=14.0)  # a burst of two calls, then one every two seconds
    assert len(claim_rows(harness.store, request(rate_limit=limit)).rows) == 2
    second = claim_rows(harness.store, request(rate_limit=limit))
    assert (second.rows, second.retry_in) == ((), 2.0)
    assert claim_rows(harness.store, request("team", rate_limit=limit)).retry_in is None


def test_calls_counted_with_a_clock_that_was_ahead_do_not_stop_a_channel(harness: DeliveryHarness) -> None:
    harness.add_rows(*(make_outbox_row(f"row {number}") for number in range(9)))
    limit = RateLimit(calls=8, seconds=14.0)
    ahead = replace(request(rate_limit=limit), now=NOW + timedelta(days=400))
    assert len(claim_rows(harness.store, ahead).rows) == 2
    assert len(claim_rows(harness.store, request(rate_limit=limit)).rows) == 2
    assert claim_rows(harness.store, request(rate_limit=limit)).retry_in == 2.0


def test_rows_that_another_worker_took_over_are_not_started(harness: DeliveryHarness) -> None:
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    claim_request = request()
    one, two = claim_rows(harness.store, claim_request).rows
    worker: dict[str, Any] = {"worker": claim_request.worker, "now": NOW, "lease": LEASE}
    assert start_sending(harness.store, [one.id, two.id], **worker) == {one.id, two.id}
    cancel_claimed(harness.store, {two.id: "removed"}, worker=claim_request.worker, now=NOW)
    assert start_sending(harness.store, [one.id, two.id], **worker) == {one.id}


def test_a_suspended_worker_changes_no_row_that_another_one_sent(harness: DeliveryHarness) -> None:
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    suspended = remote_request("phone", NOW)
    one, two = claim_rows(harness.store, suspended).rows
    other = request(now=NOW + LEASE)
    assert [row.id for row in claim_rows(harness.store, other).rows] == [one.id, two.id]
    results = [
        Attempt(row_id=row.id, status=DeliveryStatus.SENT, result=DeliveryResult.SENT, note="ok", seconds=None)
        for row in (one, two)
    ]
    record_attempts(harness.store, results, worker=other.worker, now=NOW + LEASE)
    cancel_claimed(harness.store, {one.id: "outdated"}, worker=suspended.worker, now=NOW + LEASE)
    postpone_rows(harness.store, [two.id], worker=suspended.worker, until=NOW + 2 * LEASE)
    assert set(harness.statuses().values()) == {DeliveryStatus.SENT}


def test_started_rows_are_not_released(harness: DeliveryHarness) -> None:
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    claim_request = request()
    one, _ = claim_rows(harness.store, claim_request).rows
    start_sending(harness.store, [one.id], worker=claim_request.worker, now=NOW, lease=LEASE)
    release_claims(harness.store, claim_request.worker)
    assert harness.statuses() == {"one": DeliveryStatus.SENDING, "two": DeliveryStatus.PENDING}
    assert claim_keys(harness.store, request(now=NOW + LEASE)) == ["two"]
    assert harness.statuses()["one"] == DeliveryStatus.UNKNOWN


def test_after_its_lease_only_the_result_sent_of_a_worker_counts(harness: DeliveryHarness) -> None:
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    slow, quick = request(), request(now=NOW + LEASE)
    one, two = claim_rows(harness.store, slow).rows
    assert len(claim_rows(harness.store, quick).rows) == 2
    attempts = [
        Attempt(row_id=one.id, status=DeliveryStatus.SENT, result=DeliveryResult.SENT, note="", seconds=1.0),
        Attempt(row_id=two.id, status=DeliveryStatus.REJECTED, result=DeliveryResult.REJECTED, note="", seconds=1.0),
    ]
    record_attempts(harness.store, attempts, worker=slow.worker, now=NOW + LEASE + 10 * SECOND)
    assert harness.statuses() == {"one": DeliveryStatus.SENT, "two": DeliveryStatus.SENDING}


def test_recording_an_attempt_can_extend_the_other_leases(harness: DeliveryHarness) -> None:
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    claim_request = request()
    one, _ = claim_rows(harness.store, claim_request).rows
    attempt = Attempt(row_id=one.id, status=DeliveryStatus.SENT, result=DeliveryResult.SENT, note="", seconds=1.0)
    at = NOW + 80 * SECOND
    record_attempts(harness.store, [attempt], worker=claim_request.worker, now=at, lease=LEASE)
    assert claim_keys(harness.store, request(now=at + LEASE - SECOND)) == []
    assert claim_keys(harness.store, request(now=at + LEASE)) == ["two"]


def test_more_than_a_thousand_rows_can_be_recorded_at_once(harness: DeliveryHarness) -> None:
    write_rows(harness.store, (make_outbox_row(f"row {number}") for number in range(1_200)))
    claim_request = request(limit=5_000, batch_size=5_000)
    rows = claim_rows(harness.store, claim_request).rows
    assert len(rows) == 1_200
    attempts = [
        Attempt(row_id=row.id, status=DeliveryStatus.SENT, result=DeliveryResult.SENT, note="written", seconds=2.0)
        for row in rows
    ]
    record_attempts(harness.store, attempts, worker=claim_request.worker, now=NOW)
    assert set(harness.statuses().values()) == {DeliveryStatus.SENT}


def test_a_back_off_is_never_shortened(harness: DeliveryHarness) -> None:
    harness.add_rows(make_outbox_row("one"))
    for minutes in (10, 5):
        back_off(harness.store, "phone", NOW + timedelta(minutes=minutes))
    assert claim_keys(harness.store, request(now=NOW + timedelta(minutes=9))) == []
    assert claim_keys(harness.store, request(now=NOW + timedelta(minutes=10))) == ["one"]


def test_a_claim_reads_in_the_order_of_the_index(harness: DeliveryHarness) -> None:
    """The query plan uses the indexes and does not sort, so a claim does not read the backlog."""
    write_rows(
        harness.store, (make_outbox_row(f"row {number}", subject=f"offer {number % 700}") for number in range(2_000))
    )
    with harness.store.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE outbox")
            explain = "EXPLAIN "
        else:
            explain = "EXPLAIN QUERY PLAN "
        query = _due_rows(request(), Priority.NORMAL, 50)
        sql = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
        plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + sql.replace("%", "%%")))
    assert "ix_outbox_channel_status_priority_next_attempt_at_id" in plan
    assert "ix_outbox_subject_channel" in plan
    assert "sort" not in plan.lower()
    assert "temp b-tree" not in plan.lower()


def test_no_step_of_a_delivery_reads_the_backlog(harness: DeliveryHarness) -> None:
    write_rows(harness.store, (make_outbox_row(f"row {number}") for number in range(2_000)))
    statements: list[tuple[str, Any]] = []
    event.listen(harness.store.engine, "before_cursor_execute", lambda *args: statements.append((args[2], args[3])))
    claim_request = request(limit=5)
    rows = claim_rows(harness.store, claim_request).rows
    worker: dict[str, Any] = {"worker": claim_request.worker, "now": NOW, "lease": LEASE}
    start_sending(harness.store, [rows[0].id], **worker)
    attempt = Attempt(row_id=rows[0].id, status=DeliveryStatus.SENT, result=DeliveryResult.SENT, note="", seconds=1.0)
    record_attempts(harness.store, [attempt], **worker)
    writer = AttemptWriter(harness.store, claim_request.worker)
    for row in rows[1:4]:
        writer.start([row.id], now=NOW, lease=LEASE, repeats=False)
        writer.record([replace(attempt, row_id=row.id)], now=NOW)
    writer.close(NOW)
    release_claims(harness.store, claim_request.worker)
    with harness.store.reading() as connection:
        is_postgresql = connection.dialect.name == "postgresql"
        if is_postgresql:
            connection.exec_driver_sql("ANALYZE outbox")
        explain = "EXPLAIN " if is_postgresql else "EXPLAIN QUERY PLAN "
        plans = {
            statement: "\n".join(str(row) for row in connection.exec_driver_sql(explain + statement, parameters))
            for statement, parameters in [*statements]
            if statement.startswith(("SELECT", "UPDATE")) and "outbox" in statement
        }
    assert len(plans) > 5
    for statement, plan in plans.items():
        assert "Seq Scan on outbox" not in plan, statement
        assert "SCAN outbox" not in plan, statement
