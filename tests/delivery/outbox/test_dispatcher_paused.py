"""A channel that cannot be used any more: paused, with one notice through another, and resumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from awardspider.delivery.channels.base import ChannelConfig, Surroundings, later, sent
from awardspider.delivery.messages.events import ChannelPaused, read_event
from awardspider.delivery.outbox.timing import WAITS
from awardspider.outcomes import InvalidArgument
from awardspider.storage.channels import channel_states_of, pause_channel, remove_channel, resume_channel
from awardspider.storage.store import Store
from tests.support.delivery import PlainChannel, Post, a_row
from tests.support.storage_examples import NOW


@pytest.fixture
def post(store: Store, tmp_path: Path) -> Post:
    return Post(store, tmp_path)


def test_a_dead_token_pauses_the_channel_with_one_notice_through_another(post: Post) -> None:
    dead, other, third = post.add("make"), post.add("phone"), post.add("team")
    dead.says = lambda message: later("410 gone", pauses=True)
    post.put(*(a_row(f"row {number}", "make") for number in range(3)))
    turns = post.run()
    assert turns["make"].paused == "410 gone"
    assert dead.keys == ["row 0"]
    (notice,) = other.got
    event = read_event(notice.body)
    assert isinstance(event, ChannelPaused)
    assert (event.channel, event.reason, event.waiting) == ("make", "410 gone", 3)
    assert third.got == []
    post.clock.wait(100_000)
    post.run()
    assert len(other.got) == 1
    assert dead.keys == ["row 0"]
    assert {row["status"] for row in post.rows().values() if row["channel"] == "make"} == {"waiting"}

    dead.says = lambda message: sent()
    assert resume_channel(post.store, "make", now=post.clock())
    post.run()
    assert sorted(dead.keys) == ["row 0", "row 0", "row 1", "row 2"]
    assert {row["status"] for row in post.rows().values()} == {"sent"}


def test_pausing_again_and_again_uses_up_no_tries(post: Post) -> None:
    dead = post.add("make")
    dead.says = lambda message: later("401", pauses=True)
    post.put(a_row("one", "make"))
    for _ in range(len(WAITS) + 3):
        post.run()
        assert resume_channel(post.store, "make", now=post.clock())
        post.clock.wait(1)
    dead.says = lambda message: later("503")
    post.run()
    assert post.statuses() == {"one": "waiting"}


def test_the_notice_reaches_a_channel_that_this_dispatcher_does_not_serve(post: Post) -> None:
    dead, other = post.add("make"), post.add("phone")
    dead.says = lambda message: later("410 gone", pauses=True)
    post.put(a_row("one", "make"))
    post.run(only=frozenset({"make"}))
    assert other.got == []
    post.run()
    assert [message.type for message in other.got] == ["channel.paused"]


def test_a_pause_that_nobody_can_be_told_of_is_logged(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    dead = post.add("make")
    post.add("deals", events=("offer.matched",))
    dead.says = lambda message: later("410 gone", pauses=True)
    post.put(a_row("one", "make"))
    post.run()
    assert "No other channel can tell that make is paused" in caplog.text
    assert channel_states_of(post.store)["make"].paused_reason == "410 gone"


class ImpossibleChannel(PlainChannel):
    """Cannot be opened."""

    def __init__(self, config: ChannelConfig, surroundings: Surroundings, far: object) -> None:
        raise InvalidArgument("there is no such address")


class BrokenChannel(PlainChannel):
    """Has a defect."""

    def __init__(self, config: ChannelConfig, surroundings: Surroundings, far: object) -> None:
        raise KeyError("token")


@pytest.mark.parametrize(
    ("channel", "reason"),
    [(ImpossibleChannel, "there is no such address"), (BrokenChannel, "the channel itself failed: KeyError")],
)
def test_a_channel_that_cannot_be_opened_is_paused_and_the_others_are_served(
    post: Post, channel: type[PlainChannel], reason: str
) -> None:
    post.add("make", channel)
    phone = post.add("phone")
    post.put(a_row("one", "make"), a_row("two"))
    post.run()
    assert channel_states_of(post.store)["make"].paused_reason == reason
    assert "two" in phone.keys
    assert post.statuses()["one"] == "waiting"


def test_a_paused_channel_is_not_even_opened(post: Post) -> None:
    post.add("phone")
    pause_channel(post.store, "phone", reason="holiday", by="operator", now=NOW)
    post.put(a_row("one"))
    post.run()
    assert (post.decode, post.statuses()) == ([], {"one": "waiting"})


def test_removing_a_channel_cancels_what_waits_for_it(post: Post) -> None:
    post.add("phone")
    post.put(a_row("one"))
    assert remove_channel(post.store, "phone", NOW) == 1
    assert post.statuses() == {"one": "canceled"}
