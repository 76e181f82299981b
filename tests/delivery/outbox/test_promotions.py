"""Messages about promotions: one for each watch and channel, combined, held and capped like those about offers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from awardspider.delivery.channels.base import Message
from awardspider.delivery.outbox.enqueue import Enqueuer
from awardspider.items import BonusOrDiscount, EventType, Priority, PromotionItem, PromotionKind
from awardspider.search.notify_prefs import NotifyPrefs, parse_notify_prefs
from awardspider.search.promotion_identity import promotion_id
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.outbox import OPERATOR_NAME, OutboxRow, drop_rows, release_rows
from awardspider.storage.runs import start_run
from awardspider.storage.watches import remove_watch, save_watches, set_active
from tests.support.delivery import SETTINGS, DeliveryHarness, KeyedChannel, PlainChannel, Recipient
from tests.support.held_messages import make_flight, message_row, store_offers
from tests.support.storage_examples import NOW
from tests.support.stored_promotions import store_announcements
from tests.support.stored_watches import store_watches

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ANN, BOB = "Ann", "Bob"
TODAY = NOW.date()
WAIT = {"AWARD_ALERT_WAIT_MINUTES": "30"}


class SingleChannel(PlainChannel):
    """A channel that sends each row by itself, such as a webhook."""

    composes = False


@pytest.fixture
def phone(harness: DeliveryHarness) -> Recipient:
    store_watches(harness.store, ANN, BOB)
    harness.clock.advance_to(NOW)
    return harness.add("phone", KeyedChannel)


def make_bonus(percent: int = 25, **fields: Any) -> PromotionItem:
    values: dict[str, Any] = {
        "kind": PromotionKind.TRANSFER_BONUS,
        "title": f"Amex to Flying Blue: {percent}% bonus",
        "programs": ("flyingblue",),
        "banks": ("amex",),
        "percent": percent,
        "bonus_or_discount": BonusOrDiscount.BONUS,
        "book_by": TODAY + timedelta(days=20),
        "source": "a.example",
        "seen_at": NOW,
    } | fields
    return PromotionItem(**{"link": f"https://a.example/{values['title']}"} | values)


def watch(name: str, **notify: Any) -> PromotionWatch:
    return PromotionWatch(name=name, id=name, notify=parse_notify_prefs(notify) if notify else None)


def enqueue(
    harness: DeliveryHarness, *items: PromotionItem, watches: tuple[PromotionWatch, ...] = (watch(ANN),)
) -> list[OutboxRow]:
    """Store promotions and their messages, as a crawl without a wait does."""
    enqueuer = Enqueuer(harness.store, SETTINGS)
    rows = [row for item in items for row in enqueuer.promotion_rows(item, promotion_id(item), watches)]
    store_announcements(harness.store, *items)
    write_batch(harness.store, Batch(outbox=rows))
    return rows


def titles(message: Message) -> list[str]:
    """Return the titles that a message shows, in order."""
    if message.type is EventType.DIGEST:
        return [promotion["headline"] for promotion in message.body["promotions"]]
    return [message.body["headline"]]


def statuses(harness: DeliveryHarness) -> list[tuple[str, str | None]]:
    return [(row["status"], row["note"]) for row in harness.rows().values() if row["event_type"] != EventType.DIGEST]


# ---- one message for a promotion, watch and channel ---------------------------------------------------------------


def test_a_promotion_is_sent_once_to_each_watch_and_channel_also_by_later_crawls(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    mail = harness.add("mail", KeyedChannel)
    enqueue(harness, make_bonus())
    harness.run()
    harness.clock.advance_to(NOW + HOUR)
    enqueue(harness, make_bonus(seen_at=NOW + HOUR, title="Another blog's title", source="b.example"))
    harness.run()
    assert [titles(message) for message in phone.received] == [["Amex to Flying Blue: 25% bonus"]]
    assert len(mail.received) == 1
    (message,) = phone.received
    assert (message.type, message.body["watches"], message.body["watch_ids"]) == (EventType.PROMOTION, [ANN], [ANN])


@pytest.mark.parametrize("channel", [KeyedChannel, SingleChannel])
def test_a_promotion_of_two_watches_is_one_message_that_names_both(
    harness: DeliveryHarness, channel: type[PlainChannel]
) -> None:
    store_watches(harness.store, ANN, BOB)
    harness.clock.advance_to(NOW)
    recipient = harness.add("phone", channel)
    enqueue(harness, make_bonus(), watches=(watch(ANN), watch(BOB)))
    harness.run()
    (message,) = recipient.received
    assert (message.type, message.subject) == (EventType.PROMOTION, promotion_id(make_bonus()))
    assert message.body["watches"] == [ANN, BOB]
    assert {status for status, _ in statuses(harness)} == {"sent"}


def test_promotions_whose_ids_differ_in_one_digit_are_not_combined(harness: DeliveryHarness) -> None:
    store_watches(harness.store, ANN)
    harness.clock.advance_to(NOW)
    recipient = harness.add("phone", SingleChannel)
    enqueuer = Enqueuer(harness.store, SETTINGS)
    ids = ("1" + "0" * 19, "2" + "0" * 19)
    harness.add_rows(*(row for key in ids for row in enqueuer.promotion_rows(make_bonus(), key, [watch(ANN)])))
    harness.run()
    assert [message.subject for message in recipient.received] == list(ids)


def test_a_watch_that_is_not_stored_is_notified(harness: DeliveryHarness, phone: Recipient) -> None:
    enqueue(harness, make_bonus(), watches=(PromotionWatch(name="Promotions"),))
    harness.run()
    (message,) = phone.received
    assert (message.body["watches"], message.body["watch_ids"]) == (["Promotions"], [])


def test_the_channels_of_a_watch_and_their_events_decide_who_is_notified(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    team, drops = harness.add("team"), harness.add("drops", events=(EventType.OFFER_DROPPED,))
    enqueue(harness, make_bonus(), watches=(watch(ANN, channels={"team": "urgent", "drops": "urgent"}),))
    harness.run()
    assert [len(each.received) for each in (phone, team, drops)] == [0, 1, 0]


# ---- one message for what a crawl finds ---------------------------------------------------------------------------


def test_promotions_that_are_due_together_are_one_message_with_the_best_first(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    sale = make_bonus(
        10, title="sale", kind=PromotionKind.AWARD_SALE, banks=(), bonus_or_discount=BonusOrDiscount.DISCOUNT
    )
    discount = make_bonus(
        40, title="discount", kind=PromotionKind.BUY_MILES, banks=(), bonus_or_discount=BonusOrDiscount.DISCOUNT
    )
    bonus = make_bonus(100, title="bonus", kind=PromotionKind.BUY_MILES, banks=())  # is worth a discount of 50%
    targeted = make_bonus(80, title="targeted", targeted=True)
    soon = make_bonus(25, title="soon", programs=("delta",), book_by=TODAY + timedelta(days=5))
    later = make_bonus(25, title="later")
    best = make_bonus(60, title="best")
    enqueue(harness, sale, discount, bonus, targeted, later, soon, best)
    counts = harness.run()["phone"].counts
    (message,) = phone.received
    assert message.type is EventType.DIGEST
    assert titles(message) == ["best", "soon", "later", "sale", "bonus"]
    assert (message.body["more_promotions"], message.body["more"], message.body["offers"]) == (2, 0, [])
    assert (counts["sent"], counts["in_digest"]) == (1, 7)


def test_messages_wait_for_the_end_of_the_crawl_but_not_forever(harness: DeliveryHarness, phone: Recipient) -> None:
    run_id = start_run(harness.store, program="dealfeeds", spider="dealfeeds", job=None, arguments={}, now=NOW)
    rows = [*Enqueuer(harness.store, SETTINGS | WAIT).promotion_rows(make_bonus(), "p1", [watch(ANN)])]
    assert [row.next_attempt_at for row in rows] == [NOW + timedelta(minutes=30)]
    write_batch(harness.store, Batch(outbox=rows), run_id)
    harness.run()
    assert phone.received == []
    assert release_rows(harness.store, run_id, NOW) == 1
    harness.run()
    assert len(phone.received) == 1


# ---- quiet hours, caps and the digest ------------------------------------------------------------------------------


def test_quiet_hours_hold_a_promotion_unless_it_is_urgent(harness: DeliveryHarness, phone: Recipient) -> None:
    quiet = {"quiet_hours": "09:00-12:00", "timezone": "UTC"}
    enqueue(harness, make_bonus(), watches=(watch(ANN, **quiet), watch(BOB, **quiet, channels={"phone": "urgent"})))
    harness.run()
    assert [message.body["watches"] for message in phone.received] == [[BOB]]
    harness.clock.advance_to(NOW + 2 * HOUR)
    harness.run()
    assert [message.body["watches"] for message in phone.received] == [[BOB], [ANN]]


@pytest.mark.parametrize("channel", [KeyedChannel, SingleChannel])
def test_promotions_beyond_the_daily_cap_are_in_the_digest_with_the_offers(
    harness: DeliveryHarness, channel: type[PlainChannel]
) -> None:
    store_watches(harness.store, ANN, BOB)
    harness.clock.advance_to(NOW)
    recipient = harness.add("phone", channel)
    capped = watch(ANN, max_per_day=1, digest_at="08:00", timezone="UTC")
    enqueue(harness, make_bonus(40, title="first"), watches=(capped,))
    harness.run()
    enqueue(harness, make_bonus(10, title="small"), make_bonus(30, title="large"), watches=(capped,))
    offer = make_flight(1)
    digest = message_row(offer, priority=Priority.DIGEST, watch=BOB, timezone="UTC")
    store_offers(harness, offer, rows=(digest,))
    harness.run()
    assert [titles(message) for message in recipient.received] == [["first"]]
    harness.clock.advance_to(NOW + DAY)
    harness.run()
    message = recipient.received[-1]
    assert (message.type, message.body["kind"]) == (EventType.DIGEST, "daily")
    assert (titles(message), len(message.body["offers"])) == (["large", "small"], 1)
    assert message.body["watches"] == [ANN, BOB]
    assert len(recipient.received) == 2


def test_of_promotions_that_a_channel_sends_by_themselves_the_best_are_within_the_cap(harness: DeliveryHarness) -> None:
    store_watches(harness.store, ANN)
    harness.clock.advance_to(NOW)
    recipient = harness.add("phone", SingleChannel)
    items = [make_bonus(percent) for percent in (10, 30, 20)]
    enqueue(harness, *items, watches=(watch(ANN, max_per_day=2),))
    harness.run()
    assert sorted(message.body["percent"] for message in recipient.received) == [20, 30]


# ---- what is true when a message is due ----------------------------------------------------------------------------


@pytest.mark.parametrize("channel", [KeyedChannel, SingleChannel])
@pytest.mark.parametrize(
    "ended",
    [
        pytest.param({"expired": True, "title": "(EXPIRED) Amex to Flying Blue: 25% bonus"}, id="retitled"),
        pytest.param({}, id="last day over"),
    ],
)
def test_a_promotion_that_has_ended_is_not_sent(
    harness: DeliveryHarness, channel: type[PlainChannel], ended: dict[str, Any]
) -> None:
    store_watches(harness.store, ANN)
    harness.clock.advance_to(NOW)
    recipient = harness.add("phone", channel)
    bonus = make_bonus(book_by=TODAY, entry_id="1")
    enqueue(harness, bonus, watches=(watch(ANN, channels={"phone": "digest"}, digest_at="10:30", timezone="UTC"),))
    if ended:
        store_announcements(harness.store, replace(bonus, seen_at=NOW, **ended))
        harness.clock.advance_to(NOW + HOUR)
    else:
        harness.clock.advance_to(NOW + DAY)
    harness.run()
    assert recipient.received == []
    assert statuses(harness) == [("canceled", "the promotion has ended")]


def test_the_last_day_is_over_at_midnight_in_los_angeles(harness: DeliveryHarness, phone: Recipient) -> None:
    late = watch(ANN, channels={"phone": "digest"}, digest_at="07:30", timezone="UTC")
    enqueue(harness, make_bonus(book_by=TODAY), watches=(late,))
    harness.clock.advance_to(NOW + DAY - 2 * HOUR)  # 00:00 in Los Angeles
    harness.run()
    assert [titles(message) for message in phone.received] == []
    enqueue(harness, make_bonus(30, book_by=TODAY + DAY, seen_at=NOW + DAY - 2 * HOUR), watches=(late,))
    harness.clock.advance_to(NOW + 2 * DAY - 150 * timedelta(minutes=1))  # 23:30 there on the last day
    harness.run()
    assert len(phone.received) == 1


@pytest.mark.parametrize("is_removed", [True, False])
def test_a_paused_or_removed_watch_is_not_notified(
    harness: DeliveryHarness, phone: Recipient, is_removed: bool
) -> None:
    enqueue(harness, make_bonus())
    if is_removed:
        remove_watch(harness.store, ANN, now=NOW)
    else:
        set_active(harness.store, ANN, False, now=NOW)
    harness.run()
    assert phone.received == []
    assert [status for status, _ in statuses(harness)] == ["canceled"]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("channel", [KeyedChannel, SingleChannel])
def test_a_message_has_the_sources_and_terms_that_are_known_when_it_is_due(
    harness: DeliveryHarness, channel: type[PlainChannel], count: int
) -> None:
    store_watches(harness.store, ANN)
    harness.clock.advance_to(NOW)
    recipient = harness.add("phone", channel)
    bonus = make_bonus(book_by=None)
    enqueue(harness, bonus, *(make_bonus(50) for _ in range(count - 1)))
    end = date(2026, 12, 24)
    further = make_bonus(book_by=end, source="b.example", link="https://b.example/x", title="25% de bônus")
    store_announcements(harness.store, further)
    harness.run()
    shown = [
        promotion
        for message in recipient.received
        for promotion in message.body.get("promotions", [message.body])
        if promotion["percent"] == 25
    ]
    (promotion,) = shown
    assert promotion["source_names"] == ["a.example", "b.example"]
    assert (promotion["confidence"], promotion["book_by"]) == ("verified", end.isoformat())
    assert promotion["headline"] == "Amex to Flying Blue: 25% bonus"
    stored = next(row for row in harness.rows().values() if row["subject"] == promotion["promotion_id"])
    assert stored["body"]["source_names"] == ["a.example", "b.example"]


EDITS: list[tuple[dict[str, Any], str]] = [
    ({"min_percent": 30}, "its watch does not include the promotion: "),
    ({"kinds": (PromotionKind.BUY_MILES,)}, "its watch does not include the promotion: "),
    ({"banks": ("chase",)}, "its watch does not include the promotion: "),
    ({"notify": parse_notify_prefs({"channels": {"team": "urgent"}})}, "its watch no longer notifies this channel"),
    ({"min_percent": 25}, ""),
    ({"note": "another note"}, ""),
]


@pytest.mark.parametrize(("edit", "reason"), EDITS)
@pytest.mark.parametrize("channel", [KeyedChannel, SingleChannel])
def test_an_edited_watch_is_not_notified_of_what_it_does_not_include_any_more(
    harness: DeliveryHarness, channel: type[PlainChannel], edit: dict[str, Any], reason: str
) -> None:
    harness.clock.advance_to(NOW)
    recipient = harness.add("phone", channel)
    (saved,) = save_watches(harness.store, [PromotionWatch(name="Bonuses")], now=NOW)
    assert isinstance(saved.watch, PromotionWatch)
    enqueue(harness, make_bonus(), watches=(saved.watch,))
    save_watches(harness.store, [replace(saved.watch, **edit)], now=NOW + HOUR)
    harness.clock.advance_to(NOW + 2 * HOUR)
    harness.run()
    assert len(recipient.received) == (not reason)
    ((status, note),) = statuses(harness)
    assert status == ("canceled" if reason else "sent")
    assert (note or "").startswith(reason)


def test_a_promotion_that_turns_out_to_be_targeted_is_not_sent_to_a_watch_without_such(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    saved = save_watches(
        harness.store, [PromotionWatch(name=name, targeted=name == "all") for name in ("all", "open")], now=NOW
    )
    watches = tuple(each.watch for each in saved if isinstance(each.watch, PromotionWatch))
    enqueue(harness, make_bonus(), watches=watches)
    further = make_bonus(targeted=True, source="b.example", link="https://b.example/x")
    store_announcements(harness.store, further)
    harness.run()
    assert [message.body["watches"] for message in phone.received] == [["all"]]


@pytest.mark.parametrize("how", ["paused", "ended"])
@pytest.mark.parametrize("channel", [KeyedChannel, SingleChannel])
def test_a_canceled_message_does_not_prevent_one_when_the_promotion_is_announced_again(
    harness: DeliveryHarness, channel: type[PlainChannel], how: str
) -> None:
    store_watches(harness.store, ANN)
    harness.clock.advance_to(NOW)
    recipient = harness.add("phone", channel)
    bonus = make_bonus(entry_id="1")
    enqueue(harness, bonus)
    if how == "paused":
        set_active(harness.store, ANN, False, now=NOW)
    else:
        store_announcements(harness.store, replace(bonus, title="(EXPIRED) bonus", expired=True))
    harness.run()
    assert [status for status, _ in statuses(harness)] == ["canceled"]
    set_active(harness.store, ANN, True, now=NOW)
    store_announcements(harness.store, bonus)
    for hour in (1, 2):
        harness.clock.advance_to(NOW + hour * HOUR)
        enqueue(harness, make_bonus(seen_at=NOW + hour * HOUR, source="b.example", link="https://b.example/x"))
        harness.run()
    assert [titles(message) for message in recipient.received] == [["Amex to Flying Blue: 25% bonus"]]
    assert statuses(harness) == [("sent", statuses(harness)[0][1])]


@pytest.mark.parametrize("name", [OPERATOR_NAME, "Ana"])
def test_a_message_that_a_person_canceled_stays_canceled(harness: DeliveryHarness, phone: Recipient, name: str) -> None:
    (row,) = enqueue(harness, make_bonus())
    drop_rows(harness.store, [harness.rows()[row.key]["id"]], NOW, name=name)
    enqueue(harness, make_bonus(source="b.example", link="https://b.example/x"))
    harness.run()
    assert phone.received == []


def test_prefs_without_channels_notify_every_channel_at_its_own_priority(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    harness.add("team", priority=Priority.DIGEST)
    rows = enqueue(harness, make_bonus(), watches=(PromotionWatch(name=ANN, id=ANN, notify=NotifyPrefs()),))
    assert {row.channel: row.priority for row in rows} == {"phone": Priority.NORMAL, "team": Priority.DIGEST}
