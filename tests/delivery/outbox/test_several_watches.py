"""Messages for several watches: one message names them all, but each is held, canceled or sent separately."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awardspider.delivery.channels.base import DeliveryReport, retry, unknown
from awardspider.delivery.messages.events import Digest, parse_event
from awardspider.items import EventType, Priority
from awardspider.search.owners import Owner
from awardspider.storage.claims import ClaimRequest, claim_rows, group_rows, worker_name
from awardspider.storage.outbox import FollowUp
from awardspider.storage.owners import save_owner
from awardspider.storage.watches import find_watches, remove_watch, set_active
from tests.support.delivery import DeliveryHarness, KeyedChannel, Recipient
from tests.support.held_messages import QUIET, make_flight, message_row, store_offers
from tests.support.storage_examples import NOW
from tests.support.stored_watches import rename_watch, store_watches

HOUR = timedelta(hours=1)
DIGEST_HOUR = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)  # 08:00 in São Paulo, an hour after NOW
ANN, BOB = "Ann; and Amy", "Bob"  # a separator inside a name must not split it


@pytest.fixture
def phone(harness: DeliveryHarness) -> Recipient:
    store_watches(harness.store, ANN, BOB)
    return harness.add("phone", KeyedChannel)


@pytest.fixture
def single_events(harness: DeliveryHarness) -> Recipient:
    """Return the recipient of a channel that sends each offer by itself."""
    store_watches(harness.store, ANN, BOB)
    return harness.add("phone", KeyedChannel, options={"group": "offer"})


def names(recipient: Recipient) -> list[list[str]]:
    """Return the watches in each message."""
    return [message.body["watches"] for message in recipient.received]


def statuses(harness: DeliveryHarness) -> dict[str, tuple[str, str | None]]:
    """Return status and note for each watch."""
    return {row["watch_key"]: (row["status"], row["note"]) for row in harness.rows().values() if row["watch_key"]}


def test_watches_that_are_due_together_share_one_message(harness: DeliveryHarness, phone: Recipient) -> None:
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, watch=ANN), message_row(offer, watch=BOB)))
    counts = harness.run()["phone"].counts
    (message,) = phone.received
    assert message.body["watches"] == [ANN, BOB]
    assert message.body["id"] == message.key == message_row(offer, watch=ANN).key
    assert counts["sent"] == 1
    assert {status for status, _ in statuses(harness).values()} == {"sent"}
    for watch in (ANN, BOB):
        assert [attempt["result"] for attempt in harness.attempt_rows(message_row(offer, watch=watch).key)] == ["sent"]


@pytest.mark.parametrize("action", ["remove", "pause"])
def test_removing_or_pausing_a_watch_does_not_cancel_the_message_of_another(
    harness: DeliveryHarness, phone: Recipient, action: str
) -> None:
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, watch=ANN, **QUIET), message_row(offer, watch=BOB, **QUIET)))
    if action == "remove":
        remove_watch(harness.store, ANN, NOW)
    else:
        set_active(harness.store, ANN, False, now=NOW)
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert names(phone) == [[BOB]]
    note = "its watch was removed" if action == "remove" else "its watch is paused"
    assert statuses(harness) == {ANN: ("canceled", note), BOB: ("sent", "ok")}
    assert [stored.watch.name for stored in find_watches(harness.store, now=NOW)] == [BOB]


def test_each_watch_needs_its_own_number_of_seats(harness: DeliveryHarness, phone: Recipient) -> None:
    offer = make_flight(1, seats=4)
    rows = (message_row(offer, watch=ANN, min_seats=4, **QUIET), message_row(offer, watch=BOB, **QUIET))
    store_offers(harness, offer, rows=rows)
    store_offers(harness, make_flight(1, seats=2, seen_at=NOW + HOUR / 2))
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert names(phone) == [[BOB]]
    assert statuses(harness)[ANN] == ("canceled", "seats left: 2; its watch needs 4")


def test_quiet_hours_and_zones_apply_to_each_watch(harness: DeliveryHarness, phone: Recipient) -> None:
    offer = make_flight(1)
    quiet = {"quiet_hours": ["22:00", "07:00"]}
    harness.clock.advance_to(datetime(2026, 11, 23, 3, 0, tzinfo=UTC))  # midnight in São Paulo, noon in Tokyo
    rows = (message_row(offer, watch=ANN, **quiet), message_row(offer, watch=BOB, **quiet, timezone="Asia/Tokyo"))
    store_offers(harness, offer, rows=rows)
    harness.run()
    assert names(phone) == [[BOB]]
    harness.clock.advance_to(datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    harness.run()
    assert names(phone) == [[BOB], [ANN]]
    assert len({message.key for message in phone.received}) == 2  # otherwise, the recipient drops the second one


def test_an_urgent_watch_does_not_wait_for_a_digest_of_another(harness: DeliveryHarness, phone: Recipient) -> None:
    offer = make_flight(1)
    rows = (
        message_row(offer, watch=ANN, priority=Priority.DIGEST),
        message_row(offer, watch=BOB, priority=Priority.URGENT),
    )
    store_offers(harness, offer, rows=rows)
    harness.run()
    assert names(phone) == [[BOB]]
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert names(phone)[1] == [ANN]
    assert phone.received[1].type == "digest"


def test_caps_are_counted_for_each_watch(harness: DeliveryHarness, single_events: Recipient) -> None:
    flights = [make_flight(number, miles=10_000 + number) for number in (1, 2)]
    caps = {ANN: 1, BOB: 5}
    rows = [message_row(offer, watch=name, max_per_day=cap) for offer in flights for name, cap in caps.items()]
    store_offers(harness, *flights, rows=tuple(rows))
    harness.run()
    assert names(single_events) == [[ANN, BOB], [BOB]]
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert [offer["watches"] for offer in single_events.received[2].body["offers"]] == [[ANN]]


@pytest.mark.parametrize("result", [retry("busy"), unknown("no response")])
def test_a_repeated_message_keeps_its_key_and_takes_no_further_watch(
    harness: DeliveryHarness, phone: Recipient, result: DeliveryReport
) -> None:
    """The recipient may have the first one and drops a message with the same key."""
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, watch=ANN), message_row(offer, watch=BOB)))
    phone.reports.append(result)
    harness.run()
    store_offers(harness, offer, rows=(message_row(offer, watch="Carol"),))
    remove_watch(harness.store, ANN, harness.clock())
    harness.clock.advance_to(max(row["next_attempt_at"] for row in harness.rows().values()))
    harness.run()
    first, *others = phone.received
    assert first.body["watches"] == [ANN, BOB]
    assert {tuple(message.body["watches"]): message.key for message in others} == {
        (BOB,): first.key,
        ("Carol",): message_row(offer, watch="Carol").key,
    }
    assert all(message.body["id"] == message.key for message in others)


@pytest.mark.parametrize("result", [retry("busy"), unknown("no response")])
def test_a_repeated_message_keeps_its_place_within_the_daily_maximum(
    harness: DeliveryHarness, phone: Recipient, result: DeliveryReport
) -> None:
    """The recipient may have it, so it must not be in a digest too."""
    offers = {number: make_flight(number, miles=10_000 * number) for number in (1, 2)}
    rows = {number: message_row(offer, watch=ANN, max_per_day=1) for number, offer in offers.items()}
    store_offers(harness, offers[2], rows=(rows[2],))
    phone.reports.append(result)
    harness.run()
    store_offers(harness, offers[1], rows=(rows[1],))  # better, but too late
    harness.run()
    harness.clock.advance_to(harness.rows()[rows[2].key]["next_attempt_at"])
    harness.run()
    assert phone.keys == [rows[2].key] * 2
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert [offer["miles"] for offer in phone.received[2].body["offers"]] == [10_000]


def test_a_message_is_not_split_at_the_limit_of_a_claim(harness: DeliveryHarness, phone: Recipient) -> None:
    offers = [make_flight(number) for number in range(3)]
    rows = [message_row(offer, watch=f"watch {number}") for offer in offers for number in range(4)]
    store_offers(harness, *offers, rows=tuple(rows))
    request = ClaimRequest(channel="phone", worker=worker_name(), now=NOW, limit=5)
    claimed = claim_rows(harness.store, request).rows
    assert [len(group) for group in group_rows(claimed)] == [4, 4]


def test_a_message_whose_worker_died_is_sent_again_with_the_same_key(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, watch=ANN),))
    lease = timedelta(seconds=90)
    claim_rows(harness.store, ClaimRequest(channel="phone", worker="elsewhere|x|1|a", now=NOW, lease=lease))
    store_offers(harness, offer, rows=(message_row(offer, watch=BOB),))
    harness.clock.wait(90)
    harness.run()
    assert [(message.key, message.body["watches"]) for message in phone.received] == [
        (message_row(offer, watch=ANN).key, [ANN]),  # may have arrived, so nothing may be added
        (message_row(offer, watch=BOB).key, [BOB]),
    ]


def test_a_drop_for_one_watch_is_a_new_offer_for_another(harness: DeliveryHarness, single_events: Recipient) -> None:
    offer = make_flight(1, miles=9_000)
    drop = EventType.OFFER_DROPPED
    rows = (message_row(offer, drop, watch=ANN, previous_miles=12_000), message_row(offer, watch=BOB))
    store_offers(harness, offer, rows=rows)
    other = make_flight(2, miles=9_000)
    rows = (
        message_row(other, drop, watch=ANN, previous_miles=12_000),
        message_row(other, drop, watch=BOB, previous_miles=10_000),
    )
    store_offers(harness, other, rows=rows)
    harness.run()
    assert [
        (message.type, message.body["type"], message.body["previous_miles"]) for message in single_events.received
    ] == [
        ("offer.matched", "offer.matched", None),
        ("offer.dropped", "offer.dropped", 10_000),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, [(2, [ANN, BOB])]), ({"miles": 15_000}, [(1, [ANN]), (2, [BOB])])],
)
def test_a_fare_for_two_parties_is_one_message_at_one_price(
    harness: DeliveryHarness, phone: Recipient, changes: dict[str, Any], expected: list[Any]
) -> None:
    for_one, for_two = make_flight(1), make_flight(1, travelers=2, **changes)
    store_offers(harness, for_one, for_two, rows=(message_row(for_one, watch=ANN), message_row(for_two, watch=BOB)))
    harness.run()
    assert [(message.body["travelers"], message.body["watches"]) for message in phone.received] == expected
    assert [message.subject for message in phone.received] == [message.body["offer_id"] for message in phone.received]


def test_a_digest_lists_an_offer_once_for_all_its_watches(harness: DeliveryHarness, phone: Recipient) -> None:
    offers = [make_flight(number, miles=10_000 + number) for number in (1, 2)]
    rows = [message_row(offer, watch=watch, priority=Priority.DIGEST) for offer in offers for watch in (ANN, BOB)]
    store_offers(harness, *offers, rows=tuple(rows))
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    (message,) = phone.received
    event = parse_event(message.body)
    assert isinstance(event, Digest)
    assert (event.watches, event.more) == ([ANN, BOB], 0)
    assert [entry.watches for entry in event.offers] == [[ANN, BOB]] * 2


def test_a_digest_that_was_not_sent_loses_the_offers_of_a_removed_watch(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    offer, other = make_flight(1), make_flight(2)
    rows = [message_row(offer, watch=watch, priority=Priority.DIGEST) for watch in (ANN, BOB)]
    store_offers(harness, offer, other, rows=(*rows, message_row(other, watch=ANN, priority=Priority.DIGEST)))
    harness.clock.advance_to(DIGEST_HOUR)
    phone.reports.append(retry("busy"))
    harness.run()
    remove_watch(harness.store, ANN, harness.clock())
    harness.clock.wait(10)
    harness.run()
    first, second = phone.received
    assert (first.body["watches"], second.body["watches"]) == ([ANN, BOB], [BOB])
    assert [entry["watches"] for entry in second.body["offers"]] == [[BOB]]


def test_messages_have_the_name_of_a_watch_when_they_are_sent(harness: DeliveryHarness, phone: Recipient) -> None:
    offer, other = make_flight(1), make_flight(2)
    rows = (
        message_row(offer, watch=ANN, is_stored=True),
        message_row(other, watch=BOB, priority=Priority.DIGEST, is_stored=True),
    )
    store_offers(harness, offer, other, rows=rows)
    rename_watch(harness.store, ANN, "Amy", now=NOW)
    harness.run()
    harness.clock.advance_to(DIGEST_HOUR)
    phone.reports.append(retry("busy"))
    harness.run()
    rename_watch(harness.store, BOB, "Rob", now=harness.clock())
    harness.clock.wait(10)
    harness.run()
    rename_watch(harness.store, BOB, "Robert", now=harness.clock())
    assert names(phone) == [["Amy"], [BOB], ["Rob"]]
    assert [message.body["watch_ids"] for message in phone.received] == [[ANN], [BOB], [BOB]]
    assert {row["watch_key"]: row["body"]["watches"] for row in harness.rows().values()} == {
        ANN: ["Amy"], BOB: ["Rob"], None: ["Rob"],
    }  # fmt: skip


def test_watches_of_the_same_name_share_a_message_that_has_the_name_once(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    rename_watch(harness.store, BOB, "Tokyo", now=NOW)
    offer = make_flight(1)
    rows = [message_row(offer, watch=watch, is_stored=True) for watch in (ANN, BOB)]
    rows = [replace(row, body=row.body | {"watches": ["Tokyo"]}) for row in rows]
    store_offers(harness, offer, rows=tuple(rows))
    harness.run()
    (message,) = phone.received
    assert (message.body["watches"], message.body["watch_ids"]) == (["Tokyo"], [ANN, BOB])
    assert statuses(harness) == {ANN: ("sent", "ok"), BOB: ("sent", "ok")}


def test_a_gone_offer_has_the_current_names_of_watches_and_those_of_removed_ones(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    harness.add("phone", KeyedChannel, events=(EventType.OFFER_MATCHED, EventType.OFFER_GONE))
    phone = harness.recipients["phone"]
    offer = make_flight(1)
    store_offers(harness, offer, rows=tuple(message_row(offer, watch=watch, is_stored=True) for watch in (ANN, BOB)))
    harness.run()
    rename_watch(harness.store, ANN, "Amy", now=NOW)
    remove_watch(harness.store, BOB, NOW)
    store_offers(harness, gone={NOW + HOUR: [offer.offer_id]}, follow_ups=(FollowUp(channel="phone"),))
    harness.clock.advance_to(NOW + HOUR)
    harness.run()
    gone = phone.received[-1]
    assert (gone.type, gone.body["watches"], gone.body["watch_ids"]) == (EventType.OFFER_GONE, ["Amy", BOB], [ANN, BOB])


def test_a_gone_offer_has_the_ids_of_all_watches_of_the_same_name(harness: DeliveryHarness) -> None:
    phone = harness.add("phone", KeyedChannel, events=(EventType.OFFER_MATCHED, EventType.OFFER_GONE))
    store_watches(harness.store, ANN)
    store_watches(harness.store, BOB, owner_id=save_owner(harness.store, Owner(name="Bob"), now=NOW).id)
    for watch in (ANN, BOB):
        rename_watch(harness.store, watch, "Tokyo", now=NOW)
    offer = make_flight(1)
    store_offers(harness, offer, rows=tuple(message_row(offer, watch=watch, is_stored=True) for watch in (ANN, BOB)))
    harness.run()
    store_offers(harness, gone={NOW + HOUR: [offer.offer_id]}, follow_ups=(FollowUp(channel="phone"),))
    harness.clock.advance_to(NOW + HOUR)
    harness.run()
    gone = phone.received[-1]
    assert (gone.type, gone.body["watches"], gone.body["watch_ids"]) == (EventType.OFFER_GONE, ["Tokyo"], [ANN, BOB])


@pytest.mark.parametrize("priority", [Priority.NORMAL, Priority.DIGEST])
def test_messages_written_after_their_watch_was_removed_are_canceled(
    harness: DeliveryHarness, phone: Recipient, priority: Priority
) -> None:
    remove_watch(harness.store, ANN, NOW)  # while a crawl that uses it is running
    offer = make_flight(1)
    rows = [message_row(offer, watch=watch, priority=priority, is_stored=True) for watch in (ANN, BOB)]
    store_offers(harness, offer, rows=(*rows, message_row(offer, watch="ad hoc", priority=priority)))
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert names(phone) == [[BOB, "ad hoc"]]
    assert statuses(harness)[ANN] == ("canceled", "its watch was removed")


def test_a_gone_offer_is_reported_for_all_watches_that_were_notified(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    harness.add("phone", KeyedChannel, events=(EventType.OFFER_MATCHED, EventType.OFFER_GONE))
    phone = harness.recipients["phone"]
    offer = make_flight(1)
    rows = (message_row(offer, watch=ANN), message_row(offer, watch=BOB), message_row(offer, watch="Carol", **QUIET))
    store_offers(harness, offer, rows=rows)
    harness.run()
    store_offers(harness, gone={NOW + HOUR / 2: [offer.offer_id]}, follow_ups=(FollowUp(channel="phone"),))
    harness.clock.advance_to(NOW + HOUR / 2)
    harness.run()
    assert [(message.type, message.body["watches"]) for message in phone.received] == [
        ("offer.matched", [ANN, BOB]),
        ("offer.gone", [ANN, BOB]),
    ]


@pytest.mark.parametrize(("miles", "expected"), [(12_500, [(2, [ANN, BOB])]), (15_000, [(1, [ANN]), (2, [BOB])])])
def test_a_fare_that_is_gone_for_two_parties_is_one_message_at_one_price(
    harness: DeliveryHarness, miles: int, expected: list[Any]
) -> None:
    harness.add("phone", KeyedChannel, events=(EventType.OFFER_MATCHED, EventType.OFFER_GONE))
    phone = harness.recipients["phone"]
    offers = [make_flight(1, miles=12_500), make_flight(1, miles=miles, travelers=2)]
    rows = [message_row(offer, watch=watch) for offer, watch in zip(offers, (ANN, BOB), strict=True)]
    store_offers(harness, *offers, rows=tuple(rows))
    harness.run()
    phone.received.clear()
    gone = {NOW + HOUR / 2: [offer.offer_id for offer in offers]}
    store_offers(harness, gone=gone, follow_ups=(FollowUp(channel="phone"),))
    harness.clock.advance_to(NOW + HOUR / 2)
    phone.reports.append(retry("busy"))
    harness.run()
    harness.clock.wait(10)
    harness.run()
    sent = {message.key: (message.body["travelers"], message.body["watches"]) for message in phone.received}
    assert sorted(sent.values()) == expected
    assert {message.type for message in phone.received} == {message.body["type"] for message in phone.received}
    assert {message.type for message in phone.received} == {EventType.OFFER_GONE}
    assert len(phone.received) == len(expected) + 1  # with the repeated one


def test_a_hold_in_the_past_is_logged_once_and_lasts_a_minute(
    harness: DeliveryHarness, phone: Recipient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, watch=ANN),))
    past = NOW - HOUR
    monkeypatch.setattr("awardspider.delivery.outbox.timing.quiet_until", lambda prefs, now: past)
    dispatcher = harness.dispatcher()
    for _ in range(3):
        dispatcher.run()
        harness.clock.wait(30)
    assert caplog.messages == ["Messages of channel phone would be held until a time that has passed"]
    monkeypatch.undo()
    harness.clock.wait(60)
    dispatcher.run()
    assert phone.times == [harness.clock()]
