"""The attempts of a worker: each result is stored before the next message is sent, also if the worker then dies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from awardspider.storage.caps import count_sent
from awardspider.storage.channels import remove_channel
from awardspider.storage.claims import (
    WORKER_DIED,
    Attempt,
    ClaimedRow,
    ClaimRequest,
    claim_rows,
    release_claims,
    worker_name,
)
from awardspider.storage.outbox import DeliveryResult, DeliveryStatus
from awardspider.storage.sending import MAX_UNFINISHED, AttemptWriter
from awardspider.storage.store import Store
from tests.support.delivery import DeliveryHarness, make_outbox_row
from tests.support.storage_examples import NOW

LEASE = timedelta(seconds=90)
LATER = NOW + LEASE
MOMENT = MAX_UNFINISHED / 10
REMOTE = "elsewhere|namespace|1|abcd"  # a worker on another host, whose process is not visible


@pytest.fixture
def harness(store: Store, tmp_path: Path) -> DeliveryHarness:
    return DeliveryHarness(store, tmp_path)


@pytest.fixture
def writer(store: Store) -> Iterator[AttemptWriter]:
    opened = AttemptWriter(store, REMOTE)
    yield opened
    opened.close(NOW)


def claim(harness: DeliveryHarness, *keys: str, **fields: Any) -> list[ClaimedRow]:
    """Add rows with these keys, and claim the due rows."""
    harness.add_rows(*(make_outbox_row(key, **fields) for key in keys))
    return [*claim_rows(harness.store, ClaimRequest(channel="phone", worker=REMOTE, now=NOW, lease=LEASE)).rows]


def claim_later(harness: DeliveryHarness, *, idempotent: bool = False) -> list[str]:
    """Claim the due rows as another worker after the lease, and return their keys."""
    request = ClaimRequest(channel="phone", worker=worker_name(), now=LATER, lease=LEASE, idempotent=idempotent)
    return [row.key for row in claim_rows(harness.store, request).rows]


def send(writer: AttemptWriter, row: ClaimedRow, *, repeats: bool = False, **fields: Any) -> bool:
    """Send a message of one row; return False if another worker owns the row."""
    found = writer.start([row.id], now=NOW, lease=LEASE, repeats=repeats)
    writer.record([sent_attempt(row, **fields)], now=NOW + MOMENT)
    return bool(found)


def sent_attempt(row: ClaimedRow, **fields: Any) -> Attempt:
    values = {"status": DeliveryStatus.SENT, "result": DeliveryResult.SENT, "note": "ok", "seconds": 0.1}
    return Attempt(row_id=row.id, **values | fields)


@pytest.mark.parametrize("repeats", [False, True])
def test_finished_rows_are_sent_with_their_attempts(
    harness: DeliveryHarness, writer: AttemptWriter, repeats: bool
) -> None:
    rows = claim(harness, "one", "two", "three")
    for row in rows:
        assert send(writer, row, repeats=repeats, provider_id=f"id {row.key}")
    writer.finish(NOW + MOMENT)
    for key, row in harness.rows().items():
        assert (row["status"], row["attempt_count"], row["note"]) == (DeliveryStatus.SENT, 1, "ok")
        assert (row["message_key"], row["provider_id"], row["ended_at"]) == (key, f"id {key}", NOW + MOMENT)
        assert (row["leased_by"], row["leased_until"], row["started_at"]) == (None, None, None)
        (attempt,) = harness.attempt_rows(key)
        assert (attempt["result"], attempt["attempted_at"], attempt["seconds"]) == ("sent", NOW + MOMENT, 0.1)


def test_if_a_worker_dies_only_the_message_that_it_was_sending_is_unknown(
    harness: DeliveryHarness, writer: AttemptWriter
) -> None:
    one, two, three, _ = claim(harness, "one", "two", "three", "four")
    for row in (one, two):
        send(writer, row)
    writer.start([three.id], now=NOW, lease=LEASE, repeats=False)
    assert claim_later(harness) == ["four"]
    rows = harness.rows()
    assert {key: row["status"] for key, row in rows.items()} == {
        "one": DeliveryStatus.SENT,
        "two": DeliveryStatus.SENT,
        "three": DeliveryStatus.UNKNOWN,
        "four": DeliveryStatus.SENDING,
    }
    assert (rows["three"]["note"], rows["two"]["note"]) == (WORKER_DIED, "ok")
    assert [rows[key]["attempt_count"] for key in ("one", "two", "three")] == [1, 1, 1]
    for key in ("one", "two"):
        assert [(row["result"], row["note"]) for row in harness.attempt_rows(key)] == [("sent", "ok")]


def test_if_a_worker_dies_an_idempotent_channel_repeats_only_the_message_without_a_stored_result(
    harness: DeliveryHarness, writer: AttemptWriter
) -> None:
    one, two, _ = claim(harness, "one", "two", "three")
    for row in (one, two):  # the result of the second one is not stored
        send(writer, row, repeats=True)
    assert claim_later(harness, idempotent=True) == ["two", "three"]
    assert harness.statuses()["one"] == DeliveryStatus.SENT


def test_a_worker_whose_lease_has_expired_starts_no_row_of_another_worker(
    harness: DeliveryHarness, writer: AttemptWriter
) -> None:
    one, two = claim(harness, "one", "two")
    assert send(writer, one)
    assert claim_later(harness) == ["two"]
    assert not writer.start([two.id], now=LATER, lease=LEASE, repeats=False)
    assert harness.statuses() == {"one": DeliveryStatus.SENT, "two": DeliveryStatus.SENDING}  # not unknown any more


def test_rows_that_another_worker_has_completed_have_one_attempt(
    harness: DeliveryHarness, writer: AttemptWriter
) -> None:
    one, two = claim(harness, "one", "two")
    send(writer, one)
    writer.start([two.id], now=NOW, lease=LEASE, repeats=False)
    claim_later(harness)
    writer.finish(LATER)
    assert harness.statuses()["one"] == DeliveryStatus.SENT
    assert len(harness.attempt_rows("one")) == 1


def test_released_rows_are_those_that_were_not_sent(harness: DeliveryHarness, writer: AttemptWriter) -> None:
    one, two, _ = claim(harness, "one", "two", "three")
    send(writer, one, repeats=True)
    writer.start([two.id], now=NOW, lease=LEASE, repeats=True)
    release_claims(harness.store, REMOTE)
    statuses = {"one": DeliveryStatus.SENDING, "two": DeliveryStatus.PENDING, "three": DeliveryStatus.PENDING}
    assert harness.statuses() == statuses
    writer.close(NOW)
    assert harness.statuses() == statuses | {"one": DeliveryStatus.SENT}


def test_the_rows_of_a_slow_channel_are_completed_after_each_message(
    harness: DeliveryHarness, writer: AttemptWriter
) -> None:
    one, two = claim(harness, "one", "two")
    send(writer, one)
    writer.start([two.id], now=NOW, lease=LEASE, repeats=False)
    writer.record([sent_attempt(two)], now=NOW + MOMENT + MAX_UNFINISHED)
    assert set(harness.statuses().values()) == {DeliveryStatus.SENT}


def test_other_results_are_stored_immediately(harness: DeliveryHarness, writer: AttemptWriter) -> None:
    one, two = claim(harness, "one", "two")
    send(writer, one)
    writer.start([two.id], now=NOW, lease=LEASE, repeats=False)
    rejected: dict[str, Any] = {"status": DeliveryStatus.REJECTED, "result": DeliveryResult.REJECTED, "note": "no"}
    writer.record([sent_attempt(two, **rejected)], now=NOW + MOMENT)
    assert harness.statuses() == {"one": DeliveryStatus.SENT, "two": DeliveryStatus.REJECTED}


def test_rows_that_were_sent_stay_sent_if_the_channel_is_removed(
    harness: DeliveryHarness, writer: AttemptWriter
) -> None:
    one, two, _ = claim(harness, "one", "two", "three")
    send(writer, one)
    writer.start([two.id], now=NOW, lease=LEASE, repeats=False)
    assert remove_channel(harness.store, "phone", NOW) == 2
    assert harness.statuses() == {
        "one": DeliveryStatus.SENT,
        "two": DeliveryStatus.CANCELED,
        "three": DeliveryStatus.CANCELED,
    }


def test_rows_that_were_sent_count_for_the_daily_cap_before_they_are_completed(
    harness: DeliveryHarness, writer: AttemptWriter
) -> None:
    one, two = claim(harness, "one", "two", watch_key="Austin")
    send(writer, one)
    writer.start([two.id], now=NOW, lease=LEASE, repeats=False)
    assert harness.statuses()["one"] == DeliveryStatus.SENDING
    assert count_sent(harness.store, "phone", "Austin", NOW) == 1


def test_the_texts_of_a_result_are_made_storable(harness: DeliveryHarness, writer: AttemptWriter) -> None:
    one, two = claim(harness, "one", "two")
    send(writer, one, note="a\0b", provider_id="c\ud800d")
    writer.start([two.id], now=NOW, lease=LEASE, repeats=False)
    row = harness.rows()["one"]
    assert "\0" not in row["note"]
    assert row["note"].startswith("a")
    assert row["provider_id"].startswith("c")
