"""The dispatcher with real stores, an injected clock and fake recipients: results, retries, order, rate limits."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from threading import Event as StopEvent
from typing import ClassVar

import pytest

from awardspider.delivery.channels.base import DeliveryReport, Message, rejected, retry, sent, unknown
from awardspider.delivery.outbox.channel_run import (
    MAX_BACKOFF_SECONDS,
    MAX_CONSECUTIVE_FAILURES,
    MAX_RUN_DURATION,
    MIN_BACKOFF_SECONDS,
    ROWS_PER_CLAIM,
    ChannelRunResult,
    backoff_seconds,
)
from awardspider.delivery.outbox.timing import JITTER, RETRY_DELAYS
from awardspider.outcomes import StorageError
from awardspider.storage.channels import RateLimit
from tests.support.delivery import DeliveryHarness, KeyedChannel, PlainChannel, make_outbox_row
from tests.support.storage_examples import NOW

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


class RatedChannel(KeyedChannel):
    """A channel with a limit of ten calls per second."""

    rate_limit: ClassVar[RateLimit] = RateLimit(calls=10, seconds=1.0)


# ---- results and retries -----------------------------------------------------------------------------------------


def test_due_messages_are_sent_and_recorded(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    harness.add_rows(
        make_outbox_row("one"),
        make_outbox_row("two"),
        make_outbox_row("tomorrow", next_attempt_at=NOW + timedelta(days=1)),
    )
    result = harness.run()["phone"]
    assert result.counts == {"sent": 2, "in_digest": 0}
    assert recipient.keys == ["one", "two"]
    row = harness.rows()["one"]
    assert (row["status"], row["attempt_count"], row["provider_id"], row["note"]) == (
        "sent",
        1,
        f"id {row['id']}",
        "ok",
    )
    assert (row["ended_at"], row["leased_by"], row["leased_until"]) == (NOW, None, None)
    (attempt,) = harness.attempt_rows("one")
    assert (attempt["result"], attempt["note"], attempt["attempted_at"], attempt["retry_at"]) == (
        "sent",
        "ok",
        NOW,
        None,
    )
    assert attempt["seconds"] >= 0
    assert harness.statuses()["tomorrow"] == "pending"
    assert harness.run()["phone"].counts.total() == 0


def test_retries_follow_the_schedule_and_end_after_ten_attempts(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    recipient.respond = lambda message: retry("503 busy")
    harness.add_rows(make_outbox_row("one"))
    actual = []
    for _ in range(len(RETRY_DELAYS)):
        harness.run()
        row = harness.rows()["one"]
        assert row["status"] == "pending"
        actual.append((row["next_attempt_at"] - harness.clock()).total_seconds())
        harness.clock.advance_to(row["next_attempt_at"] - SECOND)
        harness.run()
        assert harness.rows()["one"]["attempt_count"] == len(actual)  # not a second early
        harness.clock.advance_to(row["next_attempt_at"])
    factors = [seconds / delay for seconds, delay in zip(actual, RETRY_DELAYS, strict=True)]
    assert all(1 - JITTER <= factor <= 1 + JITTER for factor in factors)
    assert len({round(factor, 6) for factor in factors}) > 5
    harness.run()
    row = harness.rows()["one"]
    assert (row["status"], row["attempt_count"]) == ("rejected", 10)
    assert row["note"] == "gave up after 10 attempts; last: 503 busy"
    assert timedelta(days=2) < harness.clock() - NOW < timedelta(days=4)
    assert [attempt["result"] for attempt in harness.attempt_rows("one")] == ["retry"] * 10
    assert harness.attempt_rows("one")[-1]["retry_at"] is None


@pytest.mark.parametrize(("wait_seconds", "expected"), [(90.0, 90), (100_000.0, 3_600)])
def test_retry_after_delays_the_channel_up_to_an_hour(
    harness: DeliveryHarness, wait_seconds: float, expected: int
) -> None:
    recipient = harness.add("phone")
    recipient.reports.append(retry("429", wait_seconds))
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    harness.run()
    assert recipient.keys == ["one"]
    harness.clock.advance_to(NOW + timedelta(seconds=expected - 20))
    harness.run()
    assert recipient.keys == ["one"]
    harness.clock.advance_to(NOW + timedelta(seconds=expected - 1))
    harness.run()  # a run waits for the end of a short back-off
    assert sorted(recipient.keys) == ["one", "one", "two"]
    assert min(recipient.times[1:]) == NOW + timedelta(seconds=expected)


def test_a_dispatcher_ends_if_the_recipient_accepts_nothing(harness: DeliveryHarness) -> None:
    """It must not wait for one short delay after the other."""
    harness.add("phone").respond = lambda message: retry("429", 3.0)
    harness.add_rows(*(make_outbox_row(f"row {number}") for number in range(50)))
    harness.run()
    assert NOW <= harness.clock() <= NOW + MAX_RUN_DURATION
    assert set(harness.statuses().values()) == {"pending"}


def test_a_recipient_that_asks_for_short_delays_is_not_given_up_within_minutes(harness: DeliveryHarness) -> None:
    recipient = harness.add("make", KeyedChannel)
    recipient.respond = lambda message: retry("429", 5.0)
    harness.add_rows(make_outbox_row("one", "make"))
    while harness.clock() < NOW + HOUR / 15:
        harness.run()
        harness.clock.wait(5)
    assert len(recipient.received) > 4 * len(RETRY_DELAYS)
    harness.clock.advance_to(NOW + HOUR)
    recipient.respond = lambda message: retry("503 busy")
    harness.run()
    row = harness.rows()["one"]
    assert row["status"] == "pending"
    assert (
        HOUR / 2 <= row["next_attempt_at"] - harness.clock() <= 3 * HOUR
    )  # the delay that fits the age of the message
    harness.clock.advance_to(NOW + timedelta(days=4))
    harness.run()
    assert harness.rows()["one"]["status"] == "rejected"


def test_a_rejected_message_does_not_stop_the_others(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    recipient.reports.append(rejected("the number does not exist"))
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    harness.run()
    assert harness.statuses() == {"one": "rejected", "two": "sent"}
    assert harness.rows()["one"]["note"] == "the number does not exist"


def test_unknown_results_are_retried_only_on_idempotent_channels(harness: DeliveryHarness) -> None:
    plain, keyed = harness.add("phone"), harness.add("make", KeyedChannel)
    for recipient in (plain, keyed):
        recipient.reports.append(unknown("no response within 20 seconds"))
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two", "make"))
    harness.run()
    assert harness.statuses() == {"one": "unknown", "two": "pending"}
    harness.clock.advance_to(NOW + timedelta(days=1))
    harness.run()
    assert harness.statuses() == {"one": "unknown", "two": "sent"}
    assert (plain.keys, keyed.keys) == (["one"], ["two", "two"])
    assert [attempt["result"] for attempt in harness.attempt_rows("two")] == ["unknown", "sent"]


def test_an_exception_of_a_channel_is_unknown_and_keeps_its_message_secret(
    harness: DeliveryHarness, caplog: pytest.LogCaptureFixture
) -> None:
    recipient = harness.add("phone")

    def fail(message: Message) -> DeliveryReport:
        try:
            raise OSError("no route to https://hooks.example.com/secret/token")
        except OSError as error:
            raise RuntimeError("the password is open-sesame") from error

    recipient.respond = fail
    harness.add_rows(make_outbox_row("one"))
    with caplog.at_level(logging.ERROR):
        harness.run()
    row = harness.rows()["one"]
    assert (row["status"], row["note"]) == ("unknown", "internal error in the channel: RuntimeError")
    (record,) = (record for record in caplog.records if record.getMessage() == "Channel phone failed")
    shown = logging.Formatter().format(record)
    assert "in fail" in shown
    assert "RuntimeError" in shown
    assert "open-sesame" not in shown.replace('raise RuntimeError("the password is open-sesame")', "")
    assert "secret/token" not in shown


def test_the_back_off_grows_with_the_number_of_consecutive_failures() -> None:
    delays = [backoff_seconds(failures) for failures in range(40)]
    assert delays[:MAX_CONSECUTIVE_FAILURES] == [0.0] * MAX_CONSECUTIVE_FAILURES
    assert delays[MAX_CONSECUTIVE_FAILURES : MAX_CONSECUTIVE_FAILURES + 3] == [
        MIN_BACKOFF_SECONDS,
        2 * MIN_BACKOFF_SECONDS,
        4 * MIN_BACKOFF_SECONDS,
    ]
    assert delays[-1] == MAX_BACKOFF_SECONDS


def test_a_recipient_that_is_down_gets_one_message_a_minute(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    recipient.respond = lambda message: retry("connection refused")
    harness.add_rows(*(make_outbox_row(f"row {number}") for number in range(50)))
    while harness.clock() < NOW + HOUR / 6:
        harness.run()
        harness.clock.wait(10)
    gaps = [(after - before).total_seconds() for before, after in pairwise(recipient.times)]
    assert gaps[: MAX_CONSECUTIVE_FAILURES - 1] == [0.0] * (MAX_CONSECUTIVE_FAILURES - 1)
    assert all(gap >= MAX_BACKOFF_SECONDS for gap in gaps[15:])  # also in later runs
    assert 15 < len(recipient.times) < 25
    recipient.respond = lambda message: sent()
    harness.clock.wait(MAX_BACKOFF_SECONDS)
    harness.run()
    count = len(recipient.times)
    recipient.reports.append(retry("busy"))  # one success has ended the back-off
    harness.add_rows(*(make_outbox_row(f"more {number}") for number in range(10)))
    harness.run()
    assert len(recipient.times) == count + 10


def test_a_recipient_that_fails_now_and_then_is_hardly_slowed_down(harness: DeliveryHarness) -> None:
    share = 0.5
    random = Random(3)
    count = {}
    for name, failing in (("healthy", 0.0), ("failing", share)):  # one after the other, because they share the clock
        start, stop, successes = harness.clock(), StopEvent(), []

        def respond(
            message: Message,
            failing: float = failing,
            end: datetime = start + 10 * SECOND,
            stop: StopEvent = stop,
            successes: list[str] = successes,
        ) -> DeliveryReport:
            if harness.clock() >= end:
                stop.set()
            if random.random() < failing:
                return retry("500")
            successes.append(message.key)
            return sent()

        harness.add(name, RatedChannel).respond = respond
        harness.add_rows(*(make_outbox_row(f"{name} {number}", name) for number in range(120)))
        harness.run(only=frozenset({name}), stop=stop)
        count[name] = len(successes)
    assert count["failing"] / count["healthy"] > (1 - share) * 0.85


def test_a_failing_channel_does_not_delay_the_others(harness: DeliveryHarness) -> None:
    failing, other = harness.add("failing"), harness.add("other")
    failing.respond = lambda message: retry("down", 600)
    harness.add_rows(make_outbox_row("one", "failing"), make_outbox_row("two", "other"))
    harness.run()
    assert other.keys == ["two"]


# ---- order -------------------------------------------------------------------------------------------------------


def test_a_message_waits_for_older_messages_of_its_subject(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    recipient.reports.append(retry("busy"))
    harness.add_rows(
        make_outbox_row("first", subject="offer"), make_outbox_row("second", subject="offer"), make_outbox_row("other")
    )
    harness.run()
    assert recipient.keys == ["first", "other"]
    harness.clock.advance_to(harness.rows()["first"]["next_attempt_at"])
    harness.run()
    assert recipient.keys == ["first", "other", "first", "second"]


def test_messages_of_a_subject_keep_their_order(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    harness.add_rows(*(make_outbox_row(f"row {number:03}", subject=f"offer {number % 3}") for number in range(120)))
    harness.run()
    assert len(recipient.received) == 120
    for subject in {message.subject for message in recipient.received}:
        keys = [message.key for message in recipient.received if message.subject == subject]
        assert keys == sorted(keys)


def test_urgent_messages_are_sent_first(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"), make_outbox_row("urgent", priority="urgent"))
    harness.run()
    assert recipient.keys == ["urgent", "one", "two"]


def test_a_held_message_does_not_delay_an_urgent_one(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    harness.add_rows(
        make_outbox_row("tomorrow", subject="offer", next_attempt_at=NOW + timedelta(hours=8)),
        make_outbox_row("now", subject="offer", priority="urgent"),
    )
    harness.run()
    assert recipient.keys == ["now"]


# ---- rate limits and parallel channels ---------------------------------------------------------------------------


class SlowChannel(KeyedChannel):
    """A channel with a limit of six calls in ten seconds."""

    rate_limit: ClassVar[RateLimit] = RateLimit(calls=6, seconds=10.0)


class OnePerMinuteChannel(KeyedChannel):
    """A channel with a limit of one call per minute."""

    rate_limit: ClassVar[RateLimit] = RateLimit(calls=1, seconds=60.0)


@pytest.mark.parametrize("channel", [SlowChannel, OnePerMinuteChannel])
def test_dispatchers_share_the_rate_limit(harness: DeliveryHarness, channel: type[PlainChannel]) -> None:
    recipient = harness.add("phone", channel)
    harness.add_rows(*(make_outbox_row(f"row {number}") for number in range(30)))
    while "pending" in harness.statuses().values():
        stop = StopEvent()
        recipient.respond = lambda message, stop=stop: (stop.set(), sent())[1]  # type: ignore[misc]
        harness.run(stop=stop)  # each dispatcher sends one message
    assert len(recipient.times) == 30
    times, limit = recipient.times, channel.rate_limit
    span = timedelta(seconds=limit.seconds)
    assert max(sum(start <= other < start + span for other in times) for start in times) <= limit.calls
    assert times[-1] - times[0] <= 2.5 * 30 / limit.calls * span  # not far below the limit either


def test_a_long_backlog_does_not_delay_the_other_channels(harness: DeliveryHarness) -> None:
    slow, quick = harness.add("bulk"), harness.add("phone")
    rows = 3 * ROWS_PER_CLAIM

    def respond(message: Message) -> object:
        harness.clock.wait(1.0)
        if len(slow.received) == 10:
            harness.add_rows(make_outbox_row("news"))
        return sent()

    sent_before = []
    quick.respond = lambda message: (sent_before.append(len(slow.received)), sent())[1]
    slow.respond = respond  # type: ignore[assignment]
    harness.add_rows(*(make_outbox_row(f"bulk {number}", "bulk") for number in range(rows)))
    results = harness.run()
    assert results["bulk"].counts["sent"] == rows
    assert quick.keys == ["news"]
    assert sent_before[0] <= 3 * MAX_RUN_DURATION.total_seconds()  # before the end of the backlog and of its claim


def test_watch_waits_for_due_messages_and_stops(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two", next_attempt_at=NOW + timedelta(seconds=12)))
    stop, waits, rounds = StopEvent(), [], []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        harness.clock.wait(seconds)
        if len(waits) == 5:
            stop.set()

    dispatcher = harness.dispatcher(stop=stop)
    dispatcher._wait = wait
    dispatcher.watch(rounds.append)
    assert recipient.keys == ["one", "two"]
    assert recipient.times[1] - NOW == timedelta(seconds=12)
    assert [result.counts["sent"] for results in rounds for result in results] == [1, 1]
    assert waits == [5.0, 5.0, 2.0, 5.0, 5.0]


def test_watch_waits_for_a_database_that_cannot_be_used(
    harness: DeliveryHarness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recipient = harness.add("phone")
    harness.add_rows(make_outbox_row("row"))
    stop = StopEvent()
    dispatcher = harness.dispatcher(stop=stop)
    run, failures = dispatcher.run, [1, 2]

    def fail_at_first() -> list[ChannelRunResult]:
        if failures:
            raise StorageError(f"failure {failures.pop(0)}")
        return run()

    monkeypatch.setattr(dispatcher, "run", fail_at_first)
    with caplog.at_level(logging.INFO):
        dispatcher.watch(lambda results: stop.set())
    assert recipient.keys == ["row"]
    messages = [record.getMessage() for record in caplog.records if record.name.endswith("dispatcher")]
    assert messages == ["No messages are sent: failure 1", "Messages are sent again"]


def test_watch_does_not_spin_while_a_channel_backs_off(harness: DeliveryHarness) -> None:
    recipient = harness.add("phone")
    recipient.reports.append(retry("429", 60.0))
    harness.add_rows(make_outbox_row("one"), make_outbox_row("two"))
    stop, waits = StopEvent(), []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        harness.clock.wait(seconds)
        if len(recipient.received) == 3:
            stop.set()

    dispatcher = harness.dispatcher(stop=stop)
    dispatcher._wait = wait
    dispatcher.watch(lambda results: None)
    assert sorted(recipient.keys) == ["one", "one", "two"]
    assert len(waits) < 20
