"""Messages that a person posts by hand: they wait, block a second message, and end as posted, skipped or canceled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from awardspider.delivery.outbox.dispatcher import Dispatcher
from awardspider.storage import schema
from awardspider.storage.channels import ChannelRow, remove_channel, save_channel
from awardspider.storage.compositions import count_messages
from awardspider.storage.handoffs import (
    UNDO_PERIOD,
    count_waiting,
    mark_posted,
    skip_post,
    undo_post,
    waiting_messages,
)
from awardspider.storage.outbox import cancel_watch, drop_rows
from awardspider.storage.watches import remove_watch
from tests.support.delivery import DeliveryHarness, make_match_row
from tests.support.storage_examples import NOW, make_itinerary
from tests.support.stored_watches import store_watches


@pytest.fixture
def waiting(harness: DeliveryHarness) -> DeliveryHarness:
    """Hand off one offer that matches two watches."""
    save_channel(harness.store, ChannelRow(name="snap", kind="handoff", address="snapchat", created_at=NOW))
    store_watches(harness.store, "Tokyo", "Asia")
    offer = make_itinerary()
    harness.add_rows(make_match_row(offer, "snap", "Tokyo"), make_match_row(offer, "snap", "Asia"))
    (result,) = Dispatcher(harness.context, wait=harness.clock.wait).run()
    assert result.counts["awaiting_human"] == 1, "one message for both watches"
    return harness


def only_id(harness: DeliveryHarness) -> int:
    (message,) = waiting_messages(harness.store)
    return message.rows[0].id


def test_a_message_waits_for_a_person_in_one_group(waiting: DeliveryHarness) -> None:
    (message,) = waiting_messages(waiting.store)
    assert [row.watch_key for row in message.rows] == ["Tokyo", "Asia"]
    assert message.since == NOW
    assert count_waiting(waiting.store) == 1
    assert {*waiting.statuses().values()} == {"awaiting_human"}
    assert waiting.attempt_rows(message.key)[0]["result"] == "handed_off"


def test_a_second_dispatcher_run_leaves_it_waiting(waiting: DeliveryHarness) -> None:
    waiting.clock.advance_to(NOW + timedelta(days=2))
    Dispatcher(waiting.context, wait=waiting.clock.wait).run()
    assert {*waiting.statuses().values()} == {"awaiting_human"}


def test_posting_records_who_and_when_for_all_its_rows(waiting: DeliveryHarness) -> None:
    later = NOW + timedelta(hours=1)
    assert mark_posted(waiting.store, only_id(waiting), "Ana", later)
    rows = waiting.rows().values()
    assert {(row["status"], row["note"], row["ended_at"]) for row in rows} == {("sent", "posted by Ana", later)}
    assert waiting_messages(waiting.store) == []


def test_a_message_is_posted_only_once(waiting: DeliveryHarness) -> None:
    row_id = only_id(waiting)
    assert mark_posted(waiting.store, row_id, "Ana", NOW)
    assert not mark_posted(waiting.store, row_id, "Bia", NOW)
    assert not skip_post(waiting.store, row_id, "Bia", NOW)


def test_skipping_cancels_it(waiting: DeliveryHarness) -> None:
    assert skip_post(waiting.store, only_id(waiting), "Ana", NOW)
    assert {row["note"] for row in waiting.rows().values()} == {"skipped by Ana"}
    assert {*waiting.statuses().values()} == {"canceled"}


@pytest.mark.parametrize("finish", [mark_posted, skip_post])
def test_a_decision_can_be_undone_for_a_short_time(waiting: DeliveryHarness, finish: object) -> None:
    row_id = only_id(waiting)
    assert callable(finish)
    finish(waiting.store, row_id, "Ana", NOW)
    assert undo_post(waiting.store, row_id, NOW + UNDO_PERIOD)
    assert count_waiting(waiting.store) == 1
    finish(waiting.store, row_id, "Ana", NOW)
    assert not undo_post(waiting.store, row_id, NOW + UNDO_PERIOD + timedelta(seconds=1))


def test_another_owner_neither_sees_nor_changes_it(waiting: DeliveryHarness) -> None:
    row_id = only_id(waiting)
    assert waiting_messages(waiting.store, owner_id="somebody") == []
    assert count_waiting(waiting.store, owner_id="somebody") == 0
    assert not mark_posted(waiting.store, row_id, "Eve", NOW, owner_id="somebody")
    assert not undo_post(waiting.store, row_id, NOW, owner_id="somebody")


def test_undo_leaves_what_was_not_decided_with_it(waiting: DeliveryHarness) -> None:
    """The row of one owner, who canceled it, stays canceled when another owner posts the message and undoes that."""
    tokyo, asia = (row.id for row in waiting_messages(waiting.store)[0].rows)
    assert drop_rows(waiting.store, [tokyo], NOW, name="Ana") == 1
    assert mark_posted(waiting.store, asia, "Ben", NOW)
    assert not undo_post(waiting.store, tokyo, NOW), "it was not posted"
    assert undo_post(waiting.store, asia, NOW)
    canceled, waits = waiting.rows().values()
    assert (canceled["status"], canceled["note"]) == ("canceled", "canceled by Ana")
    assert waits["status"] == "awaiting_human"


@pytest.mark.parametrize("finish", [mark_posted, skip_post])
def test_undo_leaves_earlier_decisions(waiting: DeliveryHarness, finish: Callable[..., bool]) -> None:
    tokyo, asia = (row.id for row in waiting_messages(waiting.store)[0].rows)
    with waiting.store.writing() as connection:
        outbox = schema.outbox
        earlier = {"status": "canceled", "note": "skipped by Ben", "ended_at": NOW}
        connection.execute(outbox.update().where(outbox.c.id == tokyo).values(earlier))
    assert finish(waiting.store, asia, "Ben", NOW + timedelta(seconds=1))
    assert undo_post(waiting.store, asia, NOW + timedelta(seconds=2))
    assert [*waiting.statuses().values()] == ["canceled", "awaiting_human"]


def test_undo_leaves_the_rows_of_a_watch_that_was_removed(waiting: DeliveryHarness) -> None:
    row_id = only_id(waiting)
    assert skip_post(waiting.store, row_id, "Ana", NOW)
    remove_watch(waiting.store, "Tokyo", NOW)
    assert undo_post(waiting.store, row_id, NOW)
    assert [*waiting.statuses().values()] == ["canceled", "awaiting_human"]


def test_it_counts_toward_the_daily_maximum(waiting: DeliveryHarness) -> None:
    with waiting.store.reading() as connection:
        counts = count_messages(connection, "snap", ["Tokyo", "Asia"], NOW - timedelta(hours=1))
    assert counts == {"Tokyo": 1, "Asia": 1}


def test_the_operator_cancels_it(waiting: DeliveryHarness) -> None:
    (message,) = waiting_messages(waiting.store)
    assert drop_rows(waiting.store, [row.id for row in message.rows], NOW) == 2
    assert count_waiting(waiting.store) == 0


def test_removing_the_watch_cancels_only_its_rows(waiting: DeliveryHarness) -> None:
    with waiting.store.writing() as connection:
        cancel_watch(connection, "Tokyo", NOW)
    (message,) = waiting_messages(waiting.store)
    assert [row.watch_key for row in message.rows] == ["Asia"]


def test_removing_the_channel_cancels_it(waiting: DeliveryHarness) -> None:
    assert remove_channel(waiting.store, "snap", NOW) == 2
    assert {*waiting.statuses().values()} == {"canceled"}
