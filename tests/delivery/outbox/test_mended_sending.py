"""Digests that waited long, messages that say the same, far sides that always ask for a little patience, defects."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from awardspider.delivery.channels.base import Message, later
from awardspider.delivery.messages.events import Digest, read_event
from awardspider.storage.following import Followed
from awardspider.storage.store import Store
from tests.delivery.outbox.test_dispatcher_held import DIGEST_HOUR, HOUR, flight, see, told
from tests.support.delivery import KeyedChannel, Post, a_row
from tests.support.storage_examples import NOW

FOLLOWED = (Followed(channel="phone"),)
QUIET = {"quiet": ["22:00", "08:00"]}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def post(store: Store, tmp_path: Path) -> Post:
    made = Post(store, tmp_path)
    made.add("phone", events=("offer.matched", "offer.dropped", "offer.gone"))
    return made


def digests(post: Post) -> list[list[str]]:
    """The flights of each digest that was tried."""
    events = [read_event(message.body) for message in post.fars["phone"].got]
    return [[offer.flights or "" for offer in event.offers] for event in events if isinstance(event, Digest)]


# ---- digests -----------------------------------------------------------------------------------------------------


def test_a_digest_that_failed_to_go_tells_what_is_true_when_it_goes(post: Post) -> None:
    goes, stays = flight(1, miles=9_000), flight(2)
    see(post, goes, stays, rows=(told(goes, level="digest"), told(stays, level="digest")))
    post.clock.go_to(DIGEST_HOUR)
    post.fars["phone"].results.append(later("busy"))
    post.run()
    see(post, gone={DIGEST_HOUR + timedelta(seconds=1): [goes.offer_id]}, followed=FOLLOWED)
    post.clock.wait(60)
    post.run()
    assert digests(post) == [["UA1", "UA2"], ["UA2"]]
    first, second = post.fars["phone"].got
    assert (first.key, first.body["id"], first.body["created_at"]) == (
        second.key,
        second.body["id"],
        second.body["created_at"],
    )
    rows = post.rows()
    assert rows[told(goes).key]["note"] == "it is gone since 2026-11-22 11:00 UTC"
    assert rows[second.key]["body"] == second.body
    assert [row["kind"] for row in rows.values() if row["kind"] == "offer.gone"] == []  # nobody had heard of it


def test_a_digest_of_which_nothing_is_left_is_canceled(post: Post) -> None:
    offer = flight(1)
    see(post, offer, rows=(told(offer, level="digest"),))
    post.clock.go_to(DIGEST_HOUR)
    post.fars["phone"].results.append(later("busy"))
    post.run()
    see(post, gone={DIGEST_HOUR + timedelta(seconds=1): [offer.offer_id]})
    post.clock.wait(60)
    assert post.run()["phone"].counts["canceled"] == 1
    assert set(post.statuses().values()) == {"canceled"}
    (digest,) = (row for row in post.rows().values() if row["kind"] == "digest")
    assert (digest["note"], digest["leased_by"]) == ("nothing in it is true any more", None)


def test_gone_is_told_of_an_offer_that_a_digest_told(post: Post) -> None:
    offer = flight(1)
    see(post, offer, rows=(told(offer, level="digest"),))
    post.clock.go_to(DIGEST_HOUR)
    post.run()
    see(post, gone={DIGEST_HOUR + HOUR: [offer.offer_id]}, followed=FOLLOWED)
    post.clock.wait(2 * 3_600)
    post.run()
    assert [message.type for message in post.fars["phone"].got] == ["digest", "offer.gone"]


# ---- the same, twice ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("watches", "count"), [(("Austin",), 1), (("Austin", "Texas"), 1), (("Texas",), 2)])
def test_an_offer_that_went_and_came_back_while_it_was_held_is_told_once_a_watch(
    post: Post, watches: tuple[str, ...], count: int
) -> None:
    first, again = flight(1), flight(1, seen_at=NOW + HOUR / 2, watches=watches)
    see(post, first, rows=(told(first, **QUIET),))
    see(post, gone={NOW + HOUR / 4: [first.offer_id]}, followed=FOLLOWED)
    see(post, again, rows=(replace(told(again, **QUIET), key="again"),))
    post.clock.go_to(DIGEST_HOUR)
    post.run()
    assert len(post.fars["phone"].got) == count
    assert post.statuses()["again"] == "sent"
    assert post.rows()[told(first).key]["note"] == ("ok" if count == 2 else "a later message tells the same")


# ---- patience ----------------------------------------------------------------------------------------------------


def test_a_far_side_that_asks_for_a_few_seconds_each_time_is_not_given_up_in_a_minute(post: Post) -> None:
    far = post.add("make", KeyedChannel)
    far.says = lambda message: later("429", 5.0)
    post.put(a_row("one", "make"))
    while post.clock() < NOW + HOUR:
        post.run()
        post.clock.wait(5)
    assert len(far.got) > 700
    far.says = lambda message: later("503 busy")
    post.run()
    row = post.rows()["one"]
    assert row["status"] == "waiting"
    assert HOUR / 2 <= row["due_at"] - post.clock() <= 3 * HOUR  # as far on in the schedule as its age says
    post.clock.go_to(NOW + timedelta(days=4))
    post.run()
    assert post.rows()["one"]["status"] == "never"


# ---- defects of ours ---------------------------------------------------------------------------------------------


def test_a_row_that_cannot_be_read_pauses_its_channel_and_no_other(post: Post) -> None:
    other = post.add("make", KeyedChannel)
    offer = flight(1)
    odd = replace(told(offer), key="odd", body={"miles": "many"})
    see(post, offer, rows=(odd, a_row("fine", "make")))
    turns = post.run()
    assert turns["phone"].paused == "sending failed: TypeError"
    assert other.keys[:1] == ["fine"]
    assert post.statuses()["odd"] == "waiting"
    assert post.fars["phone"].got == []


def test_a_defect_is_logged_without_its_words(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    def fails(message: Message) -> Any:
        try:
            raise OSError("no route to https://hooks.example.com/secret/token")
        except OSError as error:
            raise RuntimeError("the password is open-sesame") from error

    post.fars["phone"].says = fails
    post.put(a_row("one"))
    with caplog.at_level(logging.ERROR):
        post.run()
    (record,) = (record for record in caplog.records if record.getMessage() == "The channel phone failed")
    shown = logging.Formatter().format(record)
    assert "in fails" in shown
    assert "RuntimeError" in shown
    assert "open-sesame" not in shown.replace('raise RuntimeError("the password is open-sesame")', "")
    assert "secret/token" not in shown
