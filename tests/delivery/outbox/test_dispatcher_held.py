"""Messages that are held: quiet hours, so many a day, digests; and what is no longer true is not told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awardspider.delivery.channels.base import later
from awardspider.delivery.messages.events import Digest, OfferGone, body_of, offer_event, read_event
from awardspider.delivery.outbox.enqueue import timing
from awardspider.items import AwardOfferItem
from awardspider.storage import outbox
from awardspider.storage.following import Followed
from awardspider.storage.store import Batch, OutboxRow, Store, WatchRow
from tests.support.delivery import Post
from tests.support.storage_examples import NOW, a_segment, an_itinerary, batch_of

TERMS: dict[str, Any] = {"zone": "America/Sao_Paulo", "quiet": None, "digest_at": "08:00", "at_most": None, "best": 2}
HOUR = timedelta(hours=1)
DIGEST_HOUR = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)  # 08:00 in São Paulo; NOW is an hour ahead of it


@pytest.fixture
def post(store: Store, tmp_path: Path) -> Post:
    made = Post(store, tmp_path)
    made.add("phone", events=("offer.matched", "offer.dropped", "offer.gone"))
    return made


def flight(number: int, **known: Any) -> AwardOfferItem:
    return an_itinerary(**{"segments": (a_segment(str(number)),), "watches": ("Austin",)} | known)


def told(offer: AwardOfferItem, kind: str = "offer.matched", level: str = "normal", **terms: Any) -> OutboxRow:
    """The message of an offer, as the pipeline writes it."""
    key = f"phone:{offer.segments[0].flight_number}:{offer.miles}:{kind}"
    mine = TERMS | {"min_seats": 1} | terms
    return OutboxRow(
        key=key,
        channel="phone",
        kind=kind,
        subject=offer.offer_id,
        body=body_of(offer_event(kind, key, offer, offer.seen_at)),
        created_at=offer.seen_at,
        due_at=timing.due_at(level, mine, offer.seen_at),
        level=level,
        watch="Austin",
        terms=mine,
    )


def see(post: Post, *offers: AwardOfferItem, rows: tuple[OutboxRow, ...] = (), **parts: Any) -> None:
    post.store.write(batch_of(*offers, outbox=list(rows), **parts), None)


# ---- quiet hours -------------------------------------------------------------------------------------------------


def test_normal_messages_wait_for_the_end_of_quiet_hours_and_urgent_ones_do_not(post: Post) -> None:
    quiet = {"quiet": ["22:00", "08:00"]}
    normal, urgent = flight(1), flight(2)
    see(post, normal, urgent, rows=(told(normal, **quiet), told(urgent, level="urgent", **quiet)))
    post.run()
    assert [message.subject for message in post.fars["phone"].got] == [urgent.offer_id]
    post.clock.go_to(DIGEST_HOUR - timedelta(seconds=1))
    post.run()
    assert len(post.fars["phone"].got) == 1
    post.clock.go_to(DIGEST_HOUR)
    post.run()
    assert len(post.fars["phone"].got) == 2


def test_what_became_due_in_the_day_but_is_tried_at_night_waits_for_the_morning(post: Post) -> None:
    offer = flight(1)
    see(post, offer, rows=(told(offer, quiet=["22:00", "07:00"]),))
    night = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # midnight in São Paulo
    post.clock.go_to(night)
    assert post.run()["phone"].counts["held"] == 1
    post.clock.go_to(night + 7 * HOUR - timedelta(seconds=1))
    post.run()
    assert post.fars["phone"].got == []
    post.clock.go_to(night + 7 * HOUR)
    post.run()
    assert len(post.fars["phone"].got) == 1


# ---- so many a day -----------------------------------------------------------------------------------------------


def test_so_many_a_day_and_the_rest_in_the_digest(post: Post) -> None:
    flights = [flight(number, miles=10_000 + number) for number in range(1, 7)]
    see(post, *flights, rows=tuple(told(each, at_most=2) for each in flights))
    turn = post.run()["phone"]
    assert (turn.counts["sent"], turn.counts["held"]) == (2, 4)
    post.run()
    assert len(post.fars["phone"].got) == 2
    post.clock.go_to(DIGEST_HOUR)
    post.run()
    *_, digest = post.fars["phone"].got
    event = read_event(digest.body)
    assert isinstance(event, Digest)
    assert [offer.miles for offer in event.offers] == [10_003, 10_004]
    assert (event.more, event.watches) == (2, "Austin")
    assert len(post.fars["phone"].got) == 3


def test_the_next_day_has_its_own_count(post: Post) -> None:
    first, second = flight(1), flight(2)
    see(post, first, rows=(told(first, at_most=1),))
    post.run()
    midnight = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # in São Paulo
    post.clock.go_to(midnight - timedelta(seconds=1))
    late = told(second, at_most=1)
    see(post, second, rows=(late,))
    assert post.run()["phone"].counts["held"] == 1
    third = flight(3)
    see(post, third, rows=(told(third, at_most=1),))
    post.clock.go_to(midnight)
    assert post.run()["phone"].counts["sent"] == 1


# ---- digests -----------------------------------------------------------------------------------------------------


def test_a_digest_is_one_message_at_its_hour_of_what_is_still_true(post: Post) -> None:
    stays, goes, rises = flight(1, miles=12_000), flight(2, miles=9_000), flight(3, miles=10_000)
    flights = (stays, goes, rises)
    see(post, *flights, rows=tuple(told(each, level="digest") for each in flights))
    post.run()
    assert post.fars["phone"].got == []
    later = NOW + timedelta(minutes=20)
    see(post, flight(3, miles=30_000, seen_at=later), gone={later: [goes.offer_id]})
    post.clock.go_to(DIGEST_HOUR)
    post.run()
    (message,) = post.fars["phone"].got
    event = read_event(message.body)
    assert isinstance(event, Digest)
    assert [offer.offer_id for offer in event.offers] == [stays.offer_id]
    assert event.more == 0
    rows = post.rows()
    number = rows[message.key]["id"]
    assert (rows[told(stays).key]["status"], rows[told(stays).key]["part_of"]) == ("digested", number)
    assert rows[told(goes).key]["note"] == "it is gone since 2026-11-22 10:20 UTC"
    assert rows[told(rises).key]["note"] == "it costs 30,000 miles by now, not 10,000"
    post.clock.wait(24 * 3_600)
    post.run()
    assert len(post.fars["phone"].got) == 1


def test_a_digest_of_nothing_that_is_true_is_not_sent(post: Post) -> None:
    offer = flight(1)
    see(post, offer, rows=(told(offer, level="digest"),))
    see(post, gone={NOW + HOUR / 2: [offer.offer_id]})
    post.clock.go_to(DIGEST_HOUR)
    post.run()
    assert post.fars["phone"].got == []
    assert set(post.statuses().values()) == {"canceled"}


# ---- what is no longer true --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now_is", "why"),
    [
        ({"miles": 20_000}, "it costs 20,000 miles by now, not 12,500"),
        ({"seats": 1}, "1 seats are left by now, not 2"),
        ({"miles": 12_000}, None),  # cheaper than told is no reason to be silent
        ({"seats": 2}, None),
        ({"seats": None}, None),
    ],
)
def test_a_held_message_is_checked_again(post: Post, now_is: dict[str, Any], why: str | None) -> None:
    quiet = {"quiet": ["22:00", "08:00"], "min_seats": 2}
    offer = flight(1)
    see(post, offer, rows=(told(offer, **quiet),))
    see(post, flight(1, seen_at=NOW + HOUR / 2, **now_is))
    post.clock.go_to(DIGEST_HOUR)
    post.run()
    (row,) = post.rows().values()
    assert (row["status"], row["note"]) == (("canceled", why) if why else ("sent", "ok"))


def test_a_flight_that_has_left_is_not_told(post: Post) -> None:
    offer = flight(1)
    see(post, offer, rows=(told(offer),))
    other = flight(2)
    see(post, other, rows=(told(other),))
    midnight = datetime(2027, 3, 11, 8, 0, tzinfo=UTC)  # in Los Angeles
    post.clock.go_to(midnight - timedelta(seconds=1))
    post.fars["phone"].says = lambda message: (post.clock.go_to(midnight), later("busy"))[1]
    post.run()
    assert len(post.fars["phone"].got) == 2
    post.clock.wait(10)
    post.run()
    assert {row["note"] for row in post.rows().values()} == {"its day is over"}


def test_of_two_prices_only_the_last_is_told(post: Post) -> None:
    quiet = {"quiet": ["22:00", "08:00"]}
    first, cheaper = flight(1), flight(1, miles=9_000, seen_at=NOW + HOUR / 2)
    see(post, first, rows=(told(first, **quiet),))
    see(post, cheaper, rows=(told(cheaper, "offer.dropped", **quiet),))
    post.clock.go_to(DIGEST_HOUR)
    post.run()
    assert [message.type for message in post.fars["phone"].got] == ["offer.dropped"]
    assert post.rows()[told(first).key]["note"] == "it costs 9,000 miles by now, which another message tells"


def test_a_held_message_does_not_hold_up_an_urgent_one_of_the_same_offer_and_is_not_told_after_it(post: Post) -> None:
    first, cheaper = flight(1), flight(1, miles=9_000, seen_at=NOW + timedelta(minutes=1))
    see(post, first, rows=(told(first, quiet=["22:00", "08:00"]),))
    see(post, cheaper, rows=(told(cheaper, "offer.dropped", level="urgent"),))
    post.clock.wait(60)
    post.run()
    assert [message.type for message in post.fars["phone"].got] == ["offer.dropped"]
    post.clock.go_to(DIGEST_HOUR)
    post.run()
    assert len(post.fars["phone"].got) == 1


# ---- gone and back -----------------------------------------------------------------------------------------------


def test_gone_is_told_to_those_who_were_told_of_the_offer_and_back_cancels_it(post: Post) -> None:
    followed = (Followed(channel="phone"),)
    known, unknown = flight(1), flight(2)
    see(post, known, unknown, rows=(told(known),))
    post.run()
    see(post, gone={NOW + HOUR: [known.offer_id, unknown.offer_id]}, followed=followed)
    post.clock.wait(3_600)
    post.run()
    _, gone = post.fars["phone"].got
    event = read_event(gone.body)
    assert isinstance(event, OfferGone)
    assert (event.offer_id, event.watches, event.miles) == (known.offer_id, "Austin", 12_500)

    back = flight(1, seen_at=NOW + 2 * HOUR)
    see(post, back)
    see(post, gone={NOW + 3 * HOUR: [known.offer_id]}, followed=followed)
    see(post, flight(1, seen_at=NOW + 4 * HOUR))
    post.clock.wait(5 * 3_600)
    post.run()
    assert len(post.fars["phone"].got) == 2
    assert [row["note"] for row in post.rows().values() if row["status"] == "canceled"] == ["it is there again"]


def test_gone_is_told_too_of_what_was_on_its_way_and_not_of_what_waits(post: Post) -> None:
    sending, waiting = flight(1), flight(2)
    see(post, sending, waiting, rows=(told(sending), told(waiting, quiet=["22:00", "08:00"])))
    far = post.fars["phone"]

    def says(message: Any) -> Any:
        if len(far.got) == 1:
            gone = {NOW + timedelta(seconds=1): [sending.offer_id, waiting.offer_id]}
            see(post, gone=gone, followed=(Followed(channel="phone"),))
            post.clock.wait(1)
        return usual(message)

    usual, far.says = far.says, says
    post.run()
    assert [(message.type, message.subject) for message in far.got] == [
        ("offer.matched", sending.offer_id),
        ("offer.gone", sending.offer_id),
    ]
    post.clock.go_to(DIGEST_HOUR)
    post.run()
    assert len(far.got) == 2


def test_a_sheet_hears_of_every_change(post: Post) -> None:
    offer = flight(1)
    sheet = (Followed(channel="sheet", keeps_rows=True),)
    first = OutboxRow(
        key="sheet:1", channel="sheet", kind="offer.changed", subject=offer.offer_id, body={}, created_at=NOW
    )
    see(post, offer, rows=(first,))
    see(post, flight(1, miles=20_000, seen_at=NOW + HOUR), flight(2, seen_at=NOW + HOUR), followed=sheet)
    see(post, gone={NOW + 2 * HOUR: [offer.offer_id]}, followed=sheet)
    kinds = [(row["kind"], row["subject"]) for row in post.rows().values()]
    assert kinds == [("offer.changed", offer.offer_id)] * 2 + [("offer.gone", offer.offer_id)]
    assert Batch(followed=sheet).empty()


# ---- two at once -------------------------------------------------------------------------------------------------


def test_what_another_dispatcher_holds_of_later_messages_does_not_use_up_the_day(post: Post) -> None:
    offers = [flight(number) for number in range(1, 5)]
    levels = ("normal", "normal", "urgent", "urgent")
    see(
        post,
        *offers,
        rows=tuple(told(each, level=level, at_most=1) for each, level in zip(offers, levels, strict=True)),
    )
    other = outbox.worker_name()
    held = outbox.claim(post.store, outbox.Claim(channel="phone", worker=other, now=post.clock(), most=2)).rows
    assert [row.level for row in held] == ["urgent", "urgent"]
    post.run()
    assert [message.subject for message in post.fars["phone"].got] == [offers[0].offer_id]


# ---- watches that nobody wants any more --------------------------------------------------------------------------


def test_what_is_held_for_a_watch_is_not_told_once_it_is_paused(post: Post) -> None:
    post.store.save_watches([WatchRow(name="Austin", active=False, definition={})])
    alone, shared = flight(1), flight(2, watches=("Austin", "Texas"))
    see(post, alone, shared, rows=(told(alone), told(shared)))
    post.run()
    assert [message.subject for message in post.fars["phone"].got] == [shared.offer_id]
    assert {row["note"] for row in post.rows().values() if row["status"] == "canceled"} == {"its watch is paused"}


def test_what_is_held_for_a_watch_goes_with_it(post: Post) -> None:
    post.store.save_watches([WatchRow(name="Austin", active=True, definition={})])
    offer = flight(1)
    see(post, offer, rows=(told(offer, level="digest"),))
    post.store.remove_watch("Austin", NOW)
    post.clock.go_to(DIGEST_HOUR)
    post.run()
    assert post.fars["phone"].got == []
    assert [(row["status"], row["note"]) for row in post.rows().values()] == [("canceled", "its watch was removed")]
