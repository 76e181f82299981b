"""Claims with leases: what a worker holds, what becomes of it when the worker ends, and what a claim costs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from awardspider.delivery.channels.base import Message, sent
from awardspider.storage.channels import back_off
from awardspider.storage.claims import (
    WORKER_DIED,
    Attempt,
    ClaimRequest,
    _due_rows,
    cancel_claimed,
    claim_rows,
    record_attempts,
    release_claims,
    start_sending,
    worker_name,
)
from awardspider.storage.outbox import retry_rows
from awardspider.storage.store import Store
from tests.support.delivery import DeliveryHarness, KeyedChannel, make_outbox_row, write_rows
from tests.support.storage_examples import NOW


@pytest.fixture
def harness(store: Store, tmp_path: Path) -> DeliveryHarness:
    return DeliveryHarness(store, tmp_path)


def held(harness: DeliveryHarness, channel: str, **known: object) -> ClaimRequest:
    """A claim of another worker, which is on another machine."""
    worker = "elsewhere|space|1|abcd"
    return ClaimRequest(channel=channel, worker=worker, now=harness.clock(), **known)  # type: ignore[arg-type]


def test_a_lease_that_is_over_gives_its_rows_free(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    harness.add_rows(make_outbox_row("one"))
    claimed = claim_rows(harness.store, held(harness, "phone", lease=timedelta(seconds=90)))
    assert [row.key for row in claimed.rows] == ["one"]
    harness.clock.wait(89)
    harness.run()
    assert recipient.keys == []
    harness.clock.wait(1)
    harness.run()
    assert recipient.keys == ["one"]


def test_what_was_being_sent_when_its_worker_died_is_unknown_without_keys_and_sent_again_with(
    harness: DeliveryHarness,
) -> None:
    plain, keyed = harness.add("phone"), harness.add("make", KeyedChannel)
    for name in ("phone", "make"):
        harness.add_rows(make_outbox_row(f"{name} 1", name), make_outbox_row(f"{name} 2", name))
        claim = held(harness, name, lease=timedelta(seconds=90))
        first = claim_rows(harness.store, claim).rows[0]
        start_sending(harness.store, [first.id], worker=claim.worker, now=NOW, lease=claim.lease)
    harness.clock.wait(90)
    harness.run()
    assert plain.keys == ["phone 2"]
    assert keyed.keys == ["make 1", "make 2"]
    row = harness.rows()["phone 1"]
    assert (row["status"], row["note"], row["attempt_count"]) == ("unknown", WORKER_DIED, 1)
    assert [each["result"] for each in harness.attempt_rows("phone 1")] == ["unknown"]
    assert harness.rows()["phone 1"]["leased_by"] is None


def test_a_worker_that_slept_past_its_lease_does_not_send_what_another_has(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    harness.add_rows(*(make_outbox_row(f"row {number}") for number in range(3)))
    other = harness.dispatcher()

    def respond(message: Message) -> object:
        if len(recipient.received) == 1:  # the machine sleeps, and another dispatcher does the rest
            harness.clock.wait(3_600)
            other.run()
        return sent()

    recipient.respond = respond  # type: ignore[assignment]
    harness.run()
    assert sorted(recipient.keys) == ["row 0", "row 1", "row 2"]
    assert set(harness.statuses().values()) == {"sent"}


def test_stopping_gives_back_what_was_not_sent(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    stop = Flag()
    recipient.respond = lambda message: (stop.set(), sent())[1]
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    harness.run(stop=stop)
    assert harness.statuses() == {"one": "sent", "two": "pending"}
    assert harness.rows()["two"]["leased_by"] is None
    harness.run()
    assert recipient.keys == ["one", "two"]


# ---- what each step of a worker does ------------------------------------------------------------------------------


def mine(**known: Any) -> ClaimRequest:
    return ClaimRequest(**{"channel": "phone", "worker": worker_name(), "now": NOW} | known)


def keys(claims: ClaimRequest) -> list[str]:
    return [row.key for row in claims.rows]


def test_a_row_is_given_to_one_worker_at_a_time(harness: DeliveryHarness) -> None:
    harness.add_rows(*(make_outbox_row(f"row {number}") for number in range(3)))
    first, second = mine(most=2), mine(most=2)
    assert keys(claim_rows(harness.store, first)) == ["row 0", "row 1"]
    assert keys(claim_rows(harness.store, second)) == ["row 2"]
    assert keys(claim_rows(harness.store, second)) == []
    release_claims(harness.store, first.worker)
    assert keys(claim_rows(harness.store, second)) == ["row 0", "row 1"]


def test_a_channel_for_one_worker_alone_is_not_shared(harness: DeliveryHarness) -> None:
    harness.add_rows(*(make_outbox_row(f"row {number}") for number in range(3)))
    assert keys(claim_rows(harness.store, mine(most=1, alone=True))) == ["row 0"]
    assert keys(claim_rows(harness.store, mine(most=1, alone=True))) == []
    assert keys(claim_rows(harness.store, mine(most=1, alone=False))) == ["row 1"]


def test_one_call_of_many_rows_takes_several_of_a_subject(harness: DeliveryHarness) -> None:
    harness.add_rows(*(make_outbox_row(f"row {number}", subject="offer") for number in range(4)))
    assert len(claim_rows(harness.store, mine()).rows) == 1
    retry_rows(harness.store, [row["id"] for row in harness.rows().values()], NOW)
    one_call = mine(per_call=3, pace=(2, 60.0))
    assert len(claim_rows(harness.store, one_call).rows) == 3


def test_without_room_a_claim_says_when_to_come_again(harness: DeliveryHarness) -> None:
    harness.add_rows(*(make_outbox_row(f"row {number}") for number in range(9)))
    claim = mine(pace=(8, 14.0))  # two at once, and another each two seconds
    assert len(claim_rows(harness.store, claim).rows) == 2
    again = claim_rows(harness.store, claim)
    assert (again.rows, again.again_in) == ((), 2.0)
    assert claim_rows(harness.store, mine(channel="team", pace=(8, 14.0))).again_in is None


def test_a_lost_lease_is_noticed_when_a_row_shall_leave(harness: DeliveryHarness) -> None:
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    claim = mine(lease=timedelta(seconds=90))
    one, two = claim_rows(harness.store, claim).rows
    held = {"worker": claim.worker, "now": NOW, "lease": claim.lease}
    assert start_sending(harness.store, [one.id, two.id], **held) == {one.id, two.id}
    cancel_claimed(harness.store, {two.id: "somebody else did"}, NOW)
    assert start_sending(harness.store, [one.id, two.id], **held) == {one.id}


def test_what_has_left_is_not_given_back(harness: DeliveryHarness) -> None:
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    claim = mine(lease=timedelta(seconds=90))
    one, _ = claim_rows(harness.store, claim).rows
    start_sending(harness.store, [one.id], worker=claim.worker, now=NOW, lease=claim.lease)
    release_claims(harness.store, claim.worker)
    assert harness.statuses() == {"one": "sending", "two": "pending"}
    later = NOW + timedelta(seconds=90)
    assert keys(claim_rows(harness.store, mine(now=later))) == ["two"]
    assert harness.statuses()["one"] == "unknown"


def test_only_that_it_was_sent_counts_from_a_worker_whose_lease_is_over(harness: DeliveryHarness) -> None:
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    slow, quick = mine(lease=timedelta(seconds=90)), mine(now=NOW + timedelta(seconds=90))
    one, two = claim_rows(harness.store, slow).rows
    assert len(claim_rows(harness.store, quick).rows) == 2
    tried: dict[str, Any] = {"note": "", "seconds": 1.0}
    tries = [
        Attempt(row=one.id, status="sent", result="sent", **tried),
        Attempt(row=two.id, status="rejected", result="rejected", **tried),
    ]
    record_attempts(harness.store, tries, worker=slow.worker, now=NOW + timedelta(seconds=100))
    assert harness.statuses() == {"one": "sent", "two": "sending"}


def test_a_worker_that_goes_on_keeps_its_leases(harness: DeliveryHarness) -> None:
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    claim = mine(lease=timedelta(seconds=90))
    one, _ = claim_rows(harness.store, claim).rows
    done = Attempt(row=one.id, status="sent", result="sent", note="", seconds=1.0)
    at = NOW + timedelta(seconds=80)
    record_attempts(harness.store, [done], worker=claim.worker, now=at, lease=claim.lease)
    assert keys(claim_rows(harness.store, mine(now=NOW + timedelta(seconds=169)))) == []
    assert keys(claim_rows(harness.store, mine(now=NOW + timedelta(seconds=170)))) == ["two"]


def test_thousands_of_rows_end_in_one_call(harness: DeliveryHarness) -> None:
    write_rows(harness.store, (make_outbox_row(f"row {number}") for number in range(1_200)))
    claim = mine(most=5_000, per_call=5_000)
    rows = claim_rows(harness.store, claim).rows
    assert len(rows) == 1_200
    tries = [Attempt(row=row.id, status="sent", result="sent", note="written", seconds=2.0) for row in rows]
    record_attempts(harness.store, tries, worker=claim.worker, now=NOW)
    assert set(harness.statuses().values()) == {"sent"}


def test_a_rest_is_never_shortened(harness: DeliveryHarness) -> None:
    harness.add_rows(make_outbox_row("one"))
    for minutes in (10, 5):
        back_off(harness.store, "phone", NOW + timedelta(minutes=minutes))
    assert keys(claim_rows(harness.store, mine(now=NOW + timedelta(minutes=9)))) == []
    assert keys(claim_rows(harness.store, mine(now=NOW + timedelta(minutes=10)))) == ["one"]


# ---- much at once ------------------------------------------------------------------------------------------------


def test_what_a_claim_reads_does_not_grow_with_what_waits(harness: DeliveryHarness) -> None:
    """By the plan of the engine: a claim comes by the index, without sorting."""
    write_rows(
        harness.store, (make_outbox_row(f"row {number}", subject=f"offer {number % 700}") for number in range(2_000))
    )
    claim = ClaimRequest(channel="phone", worker=worker_name(), now=NOW)
    with harness.store.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE outbox")
            explain = "EXPLAIN "
        else:
            explain = "EXPLAIN QUERY PLAN "
        query = _due_rows(claim, "normal", 50).compile(connection, compile_kwargs={"literal_binds": True})
        plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + str(query).replace("%", "%%")))
    assert "ix_outbox_channel_status_priority_next_attempt_at_id" in plan
    assert "ix_outbox_channel_subject" in plan
    assert "sort" not in plan.lower()
    assert "temp b-tree" not in plan.lower()
