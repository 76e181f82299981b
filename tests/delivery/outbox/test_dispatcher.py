"""The dispatcher with real stores, and a clock, dice and far sides of the test's own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Event as Flag
from typing import ClassVar

import pytest

from awardspider.delivery.channels.base import (
    Message,
    Pace,
    later,
    never,
    sent,
    unknown,
)
from awardspider.delivery.outbox.channel_run import DOWN_SECONDS, FAILURES_IN_A_ROW, ROWS_AT_ONCE, TURN_LASTS
from awardspider.delivery.outbox.timing import JITTER, WAITS
from awardspider.storage.store import Store
from tests.support.delivery import KeyedChannel, PlainChannel, Post, a_row
from tests.support.storage_examples import NOW

SECOND = timedelta(seconds=1)


@pytest.fixture
def post(store: Store, tmp_path: Path) -> Post:
    return Post(store, tmp_path)


# ---- what becomes of a try ---------------------------------------------------------------------------------------


def test_what_is_due_is_sent_and_written_down(post: Post) -> None:
    far = post.add("phone")
    post.put(a_row("one"), a_row("two"), a_row("tomorrow", due_at=NOW + timedelta(days=1)))
    turn = post.run()["phone"]
    assert turn.counts == {"sent": 2, "digested": 0}
    assert far.keys == ["one", "two"]
    row = post.rows()["one"]
    assert (row["status"], row["tries"], row["far_id"], row["note"]) == ("sent", 1, f"far {row['id']}", "ok")
    assert (row["ended_at"], row["leased_by"], row["leased_until"]) == (NOW, None, None)
    (attempt,) = post.tries("one")
    assert (attempt["result"], attempt["note"], attempt["tried_at"], attempt["later_at"]) == ("sent", "ok", NOW, None)
    assert attempt["seconds"] >= 0
    assert post.statuses()["tomorrow"] == "waiting"
    assert post.run()["phone"].counts.total() == 0


def test_later_waits_longer_each_time_and_ends_after_ten_tries_in_three_days(post: Post) -> None:
    far = post.add("phone")
    far.says = lambda message: later("503 busy")
    post.put(a_row("one"))
    waits = []
    for _ in range(len(WAITS)):
        post.run()
        row = post.rows()["one"]
        assert row["status"] == "waiting"
        waits.append((row["due_at"] - post.clock()).total_seconds())
        post.clock.go_to(row["due_at"] - SECOND)
        post.run()
        assert post.rows()["one"]["tries"] == len(waits)  # not a second early
        post.clock.go_to(row["due_at"])
    assert all(wait * (1 - JITTER) <= waited <= wait * (1 + JITTER) for wait, waited in zip(WAITS, waits, strict=True))
    assert len({round(waited / wait, 6) for wait, waited in zip(WAITS, waits, strict=True)}) > 5  # the jitter is real
    post.run()
    row = post.rows()["one"]
    assert (row["status"], row["tries"]) == ("never", 10)
    assert row["note"] == "given up after 10 tries; the last: 503 busy"
    assert timedelta(days=2) < post.clock() - NOW < timedelta(days=4)
    assert [each["result"] for each in post.tries("one")] == ["later"] * 10
    assert post.tries("one")[-1]["later_at"] is None


@pytest.mark.parametrize(("asked", "waited"), [(90.0, 90), (100_000.0, 3_600)])
def test_a_retry_after_is_kept_to_for_the_whole_channel_up_to_an_hour(post: Post, asked: float, waited: int) -> None:
    far = post.add("phone")
    far.results.append(later("429", asked))
    post.put(a_row("one"), a_row("two"))
    post.run()
    assert far.keys == ["one"]
    post.clock.go_to(NOW + timedelta(seconds=waited - 1))
    post.run()
    assert far.keys == ["one"]
    post.clock.go_to(NOW + timedelta(seconds=waited))
    post.run()
    assert sorted(far.keys) == ["one", "one", "two"]


def test_never_ends_a_row_and_not_the_others(post: Post) -> None:
    far = post.add("phone")
    far.results.append(never("the number does not exist"))
    post.put(a_row("one"), a_row("two"))
    post.run()
    assert post.statuses() == {"one": "never", "two": "sent"}
    assert post.rows()["one"]["note"] == "the number does not exist"


def test_unknown_is_tried_again_only_where_keys_are_kept(post: Post) -> None:
    plain, keyed = post.add("phone"), post.add("make", KeyedChannel)
    for far in (plain, keyed):
        far.results.append(unknown("no answer within 20 seconds"))
    post.put(a_row("one"), a_row("two", "make"))
    post.run()
    assert post.statuses() == {"one": "unknown", "two": "waiting"}
    post.clock.go_to(NOW + timedelta(days=1))
    post.run()
    assert post.statuses() == {"one": "unknown", "two": "sent"}
    assert (plain.keys, keyed.keys) == (["one"], ["two", "two"])
    assert [each["result"] for each in post.tries("two")] == ["unknown", "sent"]


def test_a_channel_that_raises_is_unknown_and_shows_no_more_than_the_kind_of_error(post: Post) -> None:
    far = post.add("phone")

    def fails(message: Message) -> object:
        raise RuntimeError("the password is open-sesame")

    far.says = fails  # type: ignore[assignment]  # that is the defect
    post.put(a_row("one"))
    post.run()
    row = post.rows()["one"]
    assert (row["status"], row["note"]) == ("unknown", "the channel itself failed: RuntimeError")


def test_a_far_side_that_is_down_is_left_alone_for_a_while(post: Post) -> None:
    far = post.add("phone")
    far.says = lambda message: later("connection refused")
    post.put(*(a_row(f"row {number}") for number in range(20)))
    post.run()
    assert len(far.got) == FAILURES_IN_A_ROW
    post.run()
    assert len(far.got) == FAILURES_IN_A_ROW
    post.clock.wait(DOWN_SECONDS)
    far.says = lambda message: sent()
    post.run()
    post.clock.go_to(NOW + timedelta(hours=1))
    post.run()
    assert set(post.statuses().values()) == {"sent"}


def test_a_second_channel_does_not_wait_for_one_that_fails(post: Post) -> None:
    bad, good = post.add("bad"), post.add("good")
    bad.says = lambda message: later("down", 600)
    post.put(a_row("one", "bad"), a_row("two", "good"))
    post.run()
    assert good.keys == ["two"]


# ---- order -------------------------------------------------------------------------------------------------------


def test_a_newer_message_of_a_subject_waits_for_the_older_one_and_others_do_not(post: Post) -> None:
    far = post.add("phone")
    far.results.append(later("busy"))
    post.put(a_row("first", subject="offer"), a_row("second", subject="offer"), a_row("other"))
    post.run()
    assert far.keys == ["first", "other"]
    post.clock.go_to(post.rows()["first"]["due_at"])
    post.run()
    assert far.keys == ["first", "other", "first", "second"]


def test_many_messages_of_one_subject_keep_their_order(post: Post) -> None:
    far = post.add("phone")
    post.put(*(a_row(f"row {number:03}", subject=f"offer {number % 3}") for number in range(120)))
    post.run()
    assert len(far.got) == 120
    for subject in {message.subject for message in far.got}:
        keys = [message.key for message in far.got if message.subject == subject]
        assert keys == sorted(keys)


def test_urgent_goes_first(post: Post) -> None:
    far = post.add("phone")
    post.put(a_row("one"), a_row("two"), a_row("fire", level="urgent"))
    post.run()
    assert far.keys == ["fire", "one", "two"]


def test_a_message_that_is_held_for_its_hour_does_not_hold_up_an_urgent_one(post: Post) -> None:
    far = post.add("phone")
    post.put(
        a_row("for the morning", subject="offer", due_at=NOW + timedelta(hours=8)),
        a_row("now", subject="offer", level="urgent"),
    )
    post.run()
    assert far.keys == ["now"]


# ---- pace and turns ----------------------------------------------------------------------------------------------


class SlowChannel(KeyedChannel):
    """Six calls in any ten seconds."""

    pace: ClassVar[Pace] = Pace(most=6, seconds=10.0)


class OneAMinuteChannel(KeyedChannel):
    """One call a minute."""

    pace: ClassVar[Pace] = Pace(most=1, seconds=60.0)


@pytest.mark.parametrize("channel", [SlowChannel, OneAMinuteChannel])
def test_the_pace_is_kept_by_all_dispatchers_together(post: Post, channel: type[PlainChannel]) -> None:
    far = post.add("phone", channel)
    post.put(*(a_row(f"row {number}") for number in range(30)))
    while "waiting" in post.statuses().values():
        stop = Flag()
        far.says = lambda message, stop=stop: (stop.set(), sent())[1]  # type: ignore[misc]
        post.run(stop=stop)  # each sends one message, and another comes after it
    assert len(far.times) == 30
    span = timedelta(seconds=channel.pace.seconds)
    most = max(sum(start <= other < start + span for other in far.times) for start in far.times)
    assert most <= channel.pace.most
    assert far.times[-1] - far.times[0] <= 2.5 * 30 / channel.pace.most * span  # nor is it far slower than it may be


def test_a_long_backlog_of_one_channel_leaves_the_others_their_turns(post: Post) -> None:
    slow, quick = post.add("bulk"), post.add("phone")
    rows = 3 * ROWS_AT_ONCE

    def says(message: Message) -> object:
        post.clock.wait(1.0)
        if len(slow.got) == 10:
            post.put(a_row("news"))
        return sent()

    before = []
    quick.says = lambda message: (before.append(len(slow.got)), sent())[1]
    slow.says = says  # type: ignore[assignment]
    post.put(*(a_row(f"bulk {number}", "bulk") for number in range(rows)))
    turns = post.run()
    assert turns["bulk"].counts["sent"] == rows
    assert quick.keys == ["news"]
    assert before[0] <= 3 * TURN_LASTS.total_seconds()  # not after the whole backlog, nor after what was claimed of it


def test_watching_waits_for_what_is_due_and_ends_when_told(post: Post) -> None:
    far = post.add("phone")
    post.put(a_row("one"), a_row("two", due_at=NOW + timedelta(seconds=12)))
    stop, waits, told = Flag(), [], []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        post.clock.wait(seconds)
        if len(waits) == 5:
            stop.set()

    dispatcher = post.dispatcher(stop=stop)
    dispatcher._wait = wait
    dispatcher.watch(told.append)
    assert far.keys == ["one", "two"]
    assert far.times[1] - NOW == timedelta(seconds=12)
    assert [turn.counts["sent"] for turns in told for turn in turns] == [1, 1]
    assert waits == [5.0, 5.0, 2.0, 5.0, 5.0]


def test_watching_does_not_spin_while_a_channel_rests(post: Post) -> None:
    far = post.add("phone")
    far.results.append(later("429", 60.0))
    post.put(a_row("one"), a_row("two"))
    stop, waits = Flag(), []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        post.clock.wait(seconds)
        if len(far.got) == 3:
            stop.set()

    dispatcher = post.dispatcher(stop=stop)
    dispatcher._wait = wait
    dispatcher.watch(lambda turns: None)
    assert sorted(far.keys) == ["one", "one", "two"]
    assert len(waits) < 20
