"""Claims with leases: what a worker holds, what becomes of it when the worker ends, and what a claim costs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from awardspider.delivery.channels.base import Message, sent
from awardspider.storage import outbox
from awardspider.storage.outbox import Claim, Try
from awardspider.storage.store import Store
from tests.support.delivery import KeyedChannel, Post, a_row, write_rows
from tests.support.storage_examples import NOW


@pytest.fixture
def post(store: Store, tmp_path: Path) -> Post:
    return Post(store, tmp_path)


def held(post: Post, channel: str, **known: object) -> Claim:
    """A claim of another worker, which is on another machine."""
    worker = "elsewhere|space|1|abcd"
    return Claim(channel=channel, worker=worker, now=post.clock(), **known)  # type: ignore[arg-type]


def test_a_lease_that_is_over_gives_its_rows_free(post: Post) -> None:
    far = post.add("phone")
    post.put(a_row("one"))
    claimed = outbox.claim(post.store, held(post, "phone", lease=timedelta(seconds=90)))
    assert [row.key for row in claimed.rows] == ["one"]
    post.clock.wait(89)
    post.run()
    assert far.keys == []
    post.clock.wait(1)
    post.run()
    assert far.keys == ["one"]


def test_what_was_being_sent_when_its_worker_died_is_unknown_without_keys_and_sent_again_with(post: Post) -> None:
    plain, keyed = post.add("phone"), post.add("make", KeyedChannel)
    for name in ("phone", "make"):
        post.put(a_row(f"{name} 1", name), a_row(f"{name} 2", name))
        claim = held(post, name, lease=timedelta(seconds=90))
        first = outbox.claim(post.store, claim).rows[0]
        outbox.start(post.store, [first.id], worker=claim.worker, now=NOW, lease=claim.lease)
    post.clock.wait(90)
    post.run()
    assert plain.keys == ["phone 2"]
    assert keyed.keys == ["make 1", "make 2"]
    row = post.rows()["phone 1"]
    assert (row["status"], row["note"], row["tries"]) == ("unknown", outbox.INTERNAL_ERROR, 1)
    assert [each["result"] for each in post.tries("phone 1")] == ["unknown"]
    assert post.rows()["phone 1"]["leased_by"] is None


def test_a_worker_that_slept_past_its_lease_does_not_send_what_another_has(post: Post) -> None:
    far = post.add("phone")
    post.put(*(a_row(f"row {number}") for number in range(3)))
    other = post.dispatcher()

    def says(message: Message) -> object:
        if len(far.got) == 1:  # the machine sleeps, and another dispatcher does the rest
            post.clock.wait(3_600)
            other.run()
        return sent()

    far.says = says  # type: ignore[assignment]
    post.run()
    assert sorted(far.keys) == ["row 0", "row 1", "row 2"]
    assert set(post.statuses().values()) == {"sent"}


def test_stopping_gives_back_what_was_not_sent(post: Post) -> None:
    far = post.add("phone")
    stop = Flag()
    far.says = lambda message: (stop.set(), sent())[1]
    post.put(a_row("one"), a_row("two"))
    post.run(stop=stop)
    assert post.statuses() == {"one": "sent", "two": "waiting"}
    assert post.rows()["two"]["leased_by"] is None
    post.run()
    assert far.keys == ["one", "two"]


# ---- what each step of a worker does ------------------------------------------------------------------------------


def mine(**known: Any) -> Claim:
    return Claim(**{"channel": "phone", "worker": outbox.worker_name(), "now": NOW} | known)


def keys(claims: outbox.Claims) -> list[str]:
    return [row.key for row in claims.rows]


def test_a_row_is_given_to_one_worker_at_a_time(post: Post) -> None:
    post.put(*(a_row(f"row {number}") for number in range(3)))
    first, second = mine(most=2), mine(most=2)
    assert keys(outbox.claim(post.store, first)) == ["row 0", "row 1"]
    assert keys(outbox.claim(post.store, second)) == ["row 2"]
    assert keys(outbox.claim(post.store, second)) == []
    outbox.give_back(post.store, first.worker)
    assert keys(outbox.claim(post.store, second)) == ["row 0", "row 1"]


def test_a_channel_for_one_worker_alone_is_not_shared(post: Post) -> None:
    post.put(*(a_row(f"row {number}") for number in range(3)))
    assert keys(outbox.claim(post.store, mine(most=1, alone=True))) == ["row 0"]
    assert keys(outbox.claim(post.store, mine(most=1, alone=True))) == []
    assert keys(outbox.claim(post.store, mine(most=1, alone=False))) == ["row 1"]


def test_one_call_of_many_rows_takes_several_of_a_subject(post: Post) -> None:
    post.put(*(a_row(f"row {number}", subject="offer") for number in range(4)))
    assert len(outbox.claim(post.store, mine()).rows) == 1
    outbox.retry(post.store, [row["id"] for row in post.rows().values()], NOW)
    one_call = mine(per_call=3, pace=(2, 60.0))
    assert len(outbox.claim(post.store, one_call).rows) == 3


def test_without_room_a_claim_says_when_to_come_again(post: Post) -> None:
    post.put(*(a_row(f"row {number}") for number in range(9)))
    claim = mine(pace=(8, 14.0))  # two at once, and another each two seconds
    assert len(outbox.claim(post.store, claim).rows) == 2
    again = outbox.claim(post.store, claim)
    assert (again.rows, again.again_in) == ((), 2.0)
    assert outbox.claim(post.store, mine(channel="team", pace=(8, 14.0))).again_in is None


def test_a_lost_lease_is_noticed_when_a_row_shall_leave(post: Post) -> None:
    post.put(a_row("one"), a_row("two"))
    claim = mine(lease=timedelta(seconds=90))
    one, two = outbox.claim(post.store, claim).rows
    held = {"worker": claim.worker, "now": NOW, "lease": claim.lease}
    assert outbox.start(post.store, [one.id, two.id], **held) == {one.id, two.id}
    outbox.cancel(post.store, {two.id: "somebody else did"}, NOW)
    assert outbox.start(post.store, [one.id, two.id], **held) == {one.id}


def test_what_has_left_is_not_given_back(post: Post) -> None:
    post.put(a_row("one"), a_row("two"))
    claim = mine(lease=timedelta(seconds=90))
    one, _ = outbox.claim(post.store, claim).rows
    outbox.start(post.store, [one.id], worker=claim.worker, now=NOW, lease=claim.lease)
    outbox.give_back(post.store, claim.worker)
    assert post.statuses() == {"one": "sending", "two": "waiting"}
    later = NOW + timedelta(seconds=90)
    assert keys(outbox.claim(post.store, mine(now=later))) == ["two"]
    assert post.statuses()["one"] == "unknown"


def test_only_that_it_was_sent_counts_from_a_worker_whose_lease_is_over(post: Post) -> None:
    post.put(a_row("one"), a_row("two"))
    slow, quick = mine(lease=timedelta(seconds=90)), mine(now=NOW + timedelta(seconds=90))
    one, two = outbox.claim(post.store, slow).rows
    assert len(outbox.claim(post.store, quick).rows) == 2
    tried: dict[str, Any] = {"note": "", "seconds": 1.0}
    tries = [
        Try(row=one.id, status="sent", result="sent", **tried),
        Try(row=two.id, status="never", result="never", **tried),
    ]
    outbox.finish(post.store, tries, worker=slow.worker, now=NOW + timedelta(seconds=100))
    assert post.statuses() == {"one": "sent", "two": "sending"}


def test_a_worker_that_goes_on_keeps_its_leases(post: Post) -> None:
    post.put(a_row("one"), a_row("two"))
    claim = mine(lease=timedelta(seconds=90))
    one, _ = outbox.claim(post.store, claim).rows
    done = Try(row=one.id, status="sent", result="sent", note="", seconds=1.0)
    at = NOW + timedelta(seconds=80)
    outbox.finish(post.store, [done], worker=claim.worker, now=at, lease=claim.lease)
    assert keys(outbox.claim(post.store, mine(now=NOW + timedelta(seconds=169)))) == []
    assert keys(outbox.claim(post.store, mine(now=NOW + timedelta(seconds=170)))) == ["two"]


def test_thousands_of_rows_end_in_one_call(post: Post) -> None:
    write_rows(post.store, (a_row(f"row {number}") for number in range(1_200)))
    claim = mine(most=5_000, per_call=5_000)
    rows = outbox.claim(post.store, claim).rows
    assert len(rows) == 1_200
    tries = [Try(row=row.id, status="sent", result="sent", note="written", seconds=2.0) for row in rows]
    outbox.finish(post.store, tries, worker=claim.worker, now=NOW)
    assert set(post.statuses().values()) == {"sent"}


def test_a_rest_is_never_shortened(post: Post) -> None:
    post.put(a_row("one"))
    for minutes in (10, 5):
        outbox.rest(post.store, "phone", NOW + timedelta(minutes=minutes))
    assert keys(outbox.claim(post.store, mine(now=NOW + timedelta(minutes=9)))) == []
    assert keys(outbox.claim(post.store, mine(now=NOW + timedelta(minutes=10)))) == ["one"]


# ---- much at once ------------------------------------------------------------------------------------------------


def test_what_a_claim_reads_does_not_grow_with_what_waits(post: Post) -> None:
    """By the plan of the engine: a claim comes by the index, without sorting."""
    write_rows(post.store, (a_row(f"row {number}", subject=f"offer {number % 700}") for number in range(2_000)))
    claim = Claim(channel="phone", worker=outbox.worker_name(), now=NOW)
    with post.store.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE outbox")
            explain = "EXPLAIN "
        else:
            explain = "EXPLAIN QUERY PLAN "
        query = outbox._due(claim, "normal", 50).compile(connection, compile_kwargs={"literal_binds": True})
        plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + str(query).replace("%", "%%")))
    assert "ix_outbox_channel_status_level_due_at_id" in plan
    assert "ix_outbox_channel_subject" in plan
    assert "sort" not in plan.lower()
    assert "temp b-tree" not in plan.lower()
