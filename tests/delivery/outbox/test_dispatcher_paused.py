"""Paused channels: the notice on another channel, resuming, and removal."""

from __future__ import annotations

from typing import Any

import pytest

from awardspider.delivery.channels.base import ChannelConfig, ChannelContext, retry, sent
from awardspider.delivery.messages.events import ChannelPaused, parse_event
from awardspider.delivery.outbox.timing import RETRY_DELAYS
from awardspider.items import EventType
from awardspider.outcomes import InvalidArgument
from awardspider.storage.batches import write_batch
from awardspider.storage.channels import PausedBy, channel_states, pause_channel, remove_channel, resume_channel
from tests.support.delivery import DeliveryHarness, KeyedChannel, PlainChannel, make_outbox_row
from tests.support.storage_examples import NOW, make_batch, make_itinerary


def test_an_invalid_token_pauses_the_channel_with_one_notice_on_another(harness: DeliveryHarness) -> None:
    broken, other, third = harness.add("make"), harness.add("phone"), harness.add("team")
    broken.respond = lambda message: retry("410 gone", pauses=True)
    harness.add_rows(*(make_outbox_row(f"row {number}", "make") for number in range(3)))
    results = harness.run()
    assert results["make"].paused == "410 gone"
    assert broken.keys == ["row 0"]
    (notice,) = other.received
    event = parse_event(notice.body)
    assert isinstance(event, ChannelPaused)
    assert (event.channel, event.reason, event.pending) == ("make", "410 gone", 3)
    assert third.received == []
    harness.clock.wait(100_000)
    harness.run()
    assert len(other.received) == 1
    assert broken.keys == ["row 0"]
    assert {row["status"] for row in harness.rows().values() if row["channel"] == "make"} == {"pending"}

    broken.respond = lambda message: sent()
    assert resume_channel(harness.store, "make", now=harness.clock())
    harness.run()
    assert sorted(broken.keys) == ["row 0", "row 0", "row 1", "row 2"]
    assert {row["status"] for row in harness.rows().values()} == {"sent"}


def test_pauses_do_not_use_up_attempts(harness: DeliveryHarness) -> None:
    broken = harness.add("make")
    broken.respond = lambda message: retry("401", pauses=True)
    harness.add_rows(make_outbox_row("one", "make"))
    for _ in range(len(RETRY_DELAYS) + 3):
        harness.run()
        assert resume_channel(harness.store, "make", now=harness.clock())
        harness.clock.wait(1)
    broken.respond = lambda message: retry("503")
    harness.run()
    assert harness.statuses() == {"one": "pending"}


def test_the_notice_can_use_a_channel_that_this_dispatcher_does_not_serve(harness: DeliveryHarness) -> None:
    broken, other = harness.add("make"), harness.add("phone")
    broken.respond = lambda message: retry("410 gone", pauses=True)
    harness.add_rows(make_outbox_row("one", "make"))
    harness.run(only=frozenset({"make"}))
    assert other.received == []
    harness.run()
    assert [message.type for message in other.received] == ["channel.paused"]


def test_a_pause_without_another_channel_is_logged(harness: DeliveryHarness, caplog: pytest.LogCaptureFixture) -> None:
    broken = harness.add("make")
    harness.add("deals", events=(EventType.OFFER_MATCHED,))
    broken.respond = lambda message: retry("410 gone", pauses=True)
    harness.add_rows(make_outbox_row("one", "make"))
    harness.run()
    assert "No other channel accepts the notice that channel make is paused" in caplog.text
    assert channel_states(harness.store)["make"].paused_reason == "410 gone"


class InvalidChannel(PlainChannel):
    """A channel with an invalid configuration."""

    def __init__(self, config: ChannelConfig, context: ChannelContext, recipient: object) -> None:
        raise InvalidArgument("invalid address")


class BrokenChannel(PlainChannel):
    """A channel with a bug."""

    def __init__(self, config: ChannelConfig, context: ChannelContext, recipient: object) -> None:
        raise KeyError("token")


@pytest.mark.parametrize(
    ("channel", "reason"),
    [(InvalidChannel, "invalid address"), (BrokenChannel, "internal error in the channel: KeyError")],
)
def test_a_channel_that_cannot_be_opened_is_paused_and_the_others_are_served(
    harness: DeliveryHarness, channel: type[PlainChannel], reason: str
) -> None:
    harness.add("make", channel)
    phone = harness.add("phone")
    harness.add_rows(make_outbox_row("one", "make"), make_outbox_row("two"))
    harness.run()
    assert channel_states(harness.store)["make"].paused_reason == reason
    assert "two" in phone.keys
    assert harness.statuses()["one"] == "pending"


def test_an_unreadable_row_pauses_its_channel_only(harness: DeliveryHarness) -> None:
    phone, make = harness.add("phone"), harness.add("make", KeyedChannel)
    offer = make_itinerary()
    fields: dict[str, Any] = {
        "subject": offer.offer_id,
        "watch_key": "Austin",
        "notify_prefs": {"quiet_hours": ["22:00"]},
    }
    row = make_outbox_row("invalid", event_type="offer.matched", **fields)
    write_batch(harness.store, make_batch(offer, outbox=[row, make_outbox_row("valid", "make")]))
    results = harness.run()
    assert results["phone"].paused == "internal error while sending: ValueError"
    assert "valid" in make.keys
    assert harness.statuses()["invalid"] == "pending"
    assert phone.received == []


def test_paused_channels_are_not_opened(harness: DeliveryHarness) -> None:
    harness.add("phone")
    pause_channel(harness.store, "phone", reason="holiday", by=PausedBy.OPERATOR, now=NOW)
    harness.add_rows(make_outbox_row("one"))
    harness.run()
    assert (harness.opened, harness.statuses()) == ([], {"one": "pending"})


def test_removing_a_channel_cancels_its_pending_messages(harness: DeliveryHarness) -> None:
    harness.add("phone")
    harness.add_rows(make_outbox_row("one"))
    assert remove_channel(harness.store, "phone", NOW) == 1
    assert harness.statuses() == {"one": "canceled"}
