"""One message for what is found for a watch: summaries, messages of top deals, shared flights, caps and quiet hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from awardspider.delivery.channels.base import Message, retry
from awardspider.delivery.messages.events import Digest, parse_event
from awardspider.items import AwardOfferItem, EventType, Priority
from awardspider.storage.channels import back_off
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.watches import remove_watch, set_active
from tests.support.deal_examples import store_matches
from tests.support.delivery import DeliveryHarness, KeyedChannel, Recipient
from tests.support.held_messages import QUIET, make_flight, message_row, store_offers
from tests.support.storage_examples import NOW
from tests.support.stored_watches import rename_watch, store_watches

HOUR = timedelta(hours=1)
DIGEST_HOUR = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)  # 08:00 in São Paulo, an hour after NOW
ANN, BOB, CAROL = "Ann", "Bob", "Carol"


@pytest.fixture
def phone(harness: DeliveryHarness) -> Recipient:
    store_watches(harness.store, ANN, BOB)
    return harness.add("phone", KeyedChannel)


def flights(count: int, first: int = 1) -> list[AwardOfferItem]:
    """Return flights of different prices, the cheapest first."""
    return [make_flight(number, miles=10_000 + number) for number in range(first, first + count)]


def deal_row(offer: AwardOfferItem, deal_class: str = "exceptional", **fields: Any) -> OutboxRow:
    row = message_row(offer, **fields)
    return replace(row, body=row.body | {"deal_class": deal_class})


def notify_before(harness: DeliveryHarness, *watches: str) -> None:
    """Send one message about each watch, so that the next one is not the first, on the day before."""
    for number, watch in enumerate(watches):
        offer = make_flight(900 + number)
        store_offers(harness, offer, rows=(message_row(offer, watch=watch),))
    harness.clock.advance_to(NOW)
    harness.run()
    for recipient in harness.recipients.values():
        recipient.received.clear()


def shown(message: Message) -> tuple[str, list[Any], int]:
    """Return the kind of a message, the prices that it shows, and the number of further offers."""
    if message.type is not EventType.DIGEST:
        return "", [message.body["miles"]], 0
    assert isinstance(parse_event(message.body), Digest)
    return message.body["kind"], [offer["miles"] for offer in message.body["offers"]], message.body["more"]


def all_shown(recipient: Recipient) -> list[tuple[str, list[Any], int]]:
    return [shown(message) for message in recipient.received]


# ---- one message for each watch ----------------------------------------------------------------------------------


def test_what_is_found_for_a_watch_is_one_message_with_the_best_offers(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    notify_before(harness, ANN)
    offers = flights(12)
    store_offers(harness, *offers, rows=tuple(message_row(offer, watch=ANN) for offer in reversed(offers)))
    counts = harness.run()["phone"].counts
    assert all_shown(phone) == [("crawl", [10_001, 10_002], 10)]
    assert (counts["sent"], counts["in_digest"]) == (1, 12)
    (message,) = phone.received
    rows = harness.rows()
    assert (rows[message.key]["watch_key"], rows[message.key]["status"]) == (ANN, "sent")
    parts = [rows[message_row(offer, watch=ANN).key] for offer in offers]
    assert {(part["status"], part["digest_id"]) for part in parts} == {("in_digest", rows[message.key]["id"])}
    harness.clock.wait(24 * 3_600)
    harness.run()
    assert len(phone.received) == 1


def test_one_offer_is_a_single_message(harness: DeliveryHarness, phone: Recipient) -> None:
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, watch=ANN),))
    harness.run()
    assert [(message.type, message.key) for message in phone.received] == [
        (EventType.OFFER_MATCHED, message_row(offer, watch=ANN).key)
    ]


def test_the_first_message_about_a_watch_is_one_summary(harness: DeliveryHarness, phone: Recipient) -> None:
    """Also if some of the offers are exceptional."""
    offers = flights(4)
    rows = [deal_row(offer, watch=ANN) for offer in offers[2:]] + [
        message_row(offer, watch=ANN) for offer in offers[:2]
    ]
    store_offers(harness, *offers, rows=tuple(rows))
    harness.run()
    assert all_shown(phone) == [("first", [10_003, 10_001], 2)]  # the best, and the lowest price
    more = flights(2, first=10)
    store_offers(harness, *more, rows=tuple(message_row(offer, watch=ANN) for offer in more))
    harness.run()
    assert all_shown(phone)[1:] == [("crawl", [10_010, 10_011], 0)]


def test_a_summary_shows_the_lowest_price_also_if_it_is_no_deal(harness: DeliveryHarness, phone: Recipient) -> None:
    offers = flights(4)
    rows = [message_row(offers[0], watch=ANN), *(deal_row(offer, "good", watch=ANN) for offer in offers[1:])]
    store_offers(harness, *offers, rows=tuple(rows))
    harness.run()
    assert all_shown(phone) == [("first", [10_002, 10_001], 2)]


@pytest.mark.parametrize(("days", "kind"), [(29, "first"), (31, "crawl")])
def test_a_watch_with_an_old_match_is_not_new_even_without_a_message(
    harness: DeliveryHarness, phone: Recipient, days: int, kind: str
) -> None:
    store_matches(harness.store, ANN, make_flight(900), since=NOW - timedelta(days=days))
    offers = flights(2)
    store_offers(harness, *offers, rows=tuple(message_row(offer, watch=ANN) for offer in offers))
    harness.run()
    assert all_shown(phone) == [(kind, [10_001, 10_002], 0)]


@pytest.mark.parametrize("group", ["watch", "offer"])
def test_a_channel_can_have_each_offer_by_itself(harness: DeliveryHarness, group: str) -> None:
    phone = harness.add("phone", options={"group": group}, events=(EventType.OFFER_MATCHED,))
    offers = flights(3)
    store_offers(harness, *offers, rows=tuple(map(message_row, offers)))
    harness.run()
    assert [message.type for message in phone.received] == (["digest"] if group == "watch" else ["offer.matched"] * 3)


def test_what_is_found_while_a_channel_backs_off_is_one_message(harness: DeliveryHarness, phone: Recipient) -> None:
    notify_before(harness, ANN)
    back_off(harness.store, "phone", NOW + HOUR)
    first, second = flights(2)
    store_offers(harness, first, rows=(message_row(first, watch=ANN),))
    harness.run()
    store_offers(harness, second, rows=(message_row(second, watch=ANN),))
    harness.run()
    assert phone.received == []
    harness.clock.advance_to(NOW + HOUR)
    harness.run()
    assert all_shown(phone) == [("crawl", [10_001, 10_002], 0)]


def test_fares_of_the_same_flights_are_one_offer(harness: DeliveryHarness, phone: Recipient) -> None:
    offers = [make_flight(1, miles=miles, fare_name=f"Fare {miles}") for miles in (15_000, 20_000, 30_000)]
    rows = [replace(message_row(offer, watch=ANN), flight_key=offer.flight_key) for offer in offers]
    store_offers(harness, *offers, rows=tuple(rows))
    harness.run()
    assert [(message.type, message.body["miles"], message.subject) for message in phone.received] == [
        (EventType.OFFER_MATCHED, 15_000, offers[0].offer_id)
    ]
    assert sorted(harness.statuses().values()) == ["canceled", "canceled", "sent"]


def test_the_same_flights_on_neighboring_dates_are_one_entry(harness: DeliveryHarness, phone: Recipient) -> None:
    notify_before(harness, ANN)
    days = [date(2027, 3, day) for day in (10, 11, 12, 20)]
    offers = [make_flight(1, departure_date=day, seats=day.day - 8) for day in days]
    other = make_flight(2, miles=90_000)
    rows = [replace(message_row(offer, watch=ANN), key=f"{offer.departure_date}") for offer in offers]
    store_offers(harness, *offers, other, rows=(*rows, message_row(other, watch=ANN)))
    harness.run()
    (message,) = phone.received
    first, second = message.body["offers"]
    assert (first["dates"], first["seats"]) == (["2027-03-10", "2027-03-11", "2027-03-12"], 2)
    assert (second.get("dates") or [], second["departure_date"]) == ([], "2027-03-20")
    assert message.body["more"] == 1


# ---- top deals ---------------------------------------------------------------------------------------------------


def test_up_to_three_top_deals_have_messages_of_their_own(harness: DeliveryHarness, phone: Recipient) -> None:
    notify_before(harness, ANN)
    offers = flights(5)
    rows = [deal_row(offer, watch=ANN) for offer in offers[:2]] + [deal_row(offers[2], "record_low", watch=ANN)]
    rows += [message_row(offer, watch=ANN) for offer in offers[3:]]
    store_offers(harness, *offers, rows=tuple(rows))
    harness.run()
    assert sorted(all_shown(phone)) == [
        ("", [10_001], 0), ("", [10_002], 0), ("", [10_003], 0), ("crawl", [10_004, 10_005], 0),
    ]  # fmt: skip


def test_more_top_deals_lead_the_summary(harness: DeliveryHarness, phone: Recipient) -> None:
    notify_before(harness, ANN)
    offers = flights(6)
    rows = [message_row(offer, watch=ANN) for offer in offers[:2]] + [
        deal_row(offer, watch=ANN) for offer in offers[2:]
    ]
    store_offers(harness, *offers, rows=tuple(rows))
    harness.run()
    assert all_shown(phone) == [("crawl", [10_003, 10_001], 4)]  # the best, and the lowest price


# ---- several watches ---------------------------------------------------------------------------------------------


def test_a_flight_of_several_watches_is_shown_once(harness: DeliveryHarness, phone: Recipient) -> None:
    """In the message of the watch that was created first, which names the others."""
    store_watches(harness.store, CAROL)
    with harness.store.writing() as connection:
        connection.exec_driver_sql("UPDATE watches SET created_at = '2026-11-21 09:00:00+00:00' WHERE id = 'Bob'")
    notify_before(harness, ANN, BOB, CAROL)
    offers = flights(5)
    of_watch = {ANN: offers[:4], BOB: offers[1:3], CAROL: offers[:1]}
    rows = [message_row(offer, watch=watch) for watch, own in of_watch.items() for offer in own]
    store_offers(harness, *offers, rows=tuple(rows))
    harness.run()
    assert [(message.body["watches"], shown(message)) for message in phone.received] == [
        ([BOB, ANN], ("crawl", [10_002, 10_003], 0)),
        ([ANN, CAROL], ("crawl", [10_001, 10_004], 0)),
    ]
    assert [offer["watches"] for offer in phone.received[1].body["offers"]] == [[ANN, CAROL], [ANN]]
    statuses = {row["status"] for row in harness.rows().values() if row["event_type"] != "digest"}
    assert statuses == {"sent", "in_digest"}  # "sent" are the earlier messages


def test_a_held_watch_is_not_in_the_message_of_another(harness: DeliveryHarness, phone: Recipient) -> None:
    notify_before(harness, ANN, BOB)
    offers = flights(2)
    rows = [message_row(offer, watch=ANN) for offer in offers] + [
        message_row(offer, watch=BOB, **QUIET) for offer in offers
    ]
    store_offers(harness, *offers, rows=tuple(rows))
    harness.run()
    assert [message.body["watches"] for message in phone.received] == [[ANN]]
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert [message.body["watches"] for message in phone.received] == [[ANN], [BOB]]


def test_a_waiting_summary_keeps_the_offers_of_another_watch_if_its_own_is_removed(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    notify_before(harness, ANN, BOB)
    offers = flights(3)
    rows = [message_row(offer, watch=ANN) for offer in offers] + [message_row(offers[1], watch=BOB)]
    store_offers(harness, *offers, rows=tuple(rows))
    phone.reports.append(retry("busy"))
    harness.run()
    remove_watch(harness.store, ANN, harness.clock())
    harness.clock.wait(10)
    harness.run()
    first, second = phone.received
    assert (first.body["watches"], first.key) == ([ANN, BOB], second.key)
    assert (second.body["watches"], shown(second)) == ([BOB], ("crawl", [10_002], 0))


def test_a_waiting_summary_without_any_offer_is_canceled(harness: DeliveryHarness, phone: Recipient) -> None:
    offers = flights(2)
    store_offers(harness, *offers, rows=tuple(message_row(offer, watch=ANN) for offer in offers))
    phone.reports.append(retry("busy"))
    harness.run()
    set_active(harness.store, ANN, False, now=harness.clock())
    harness.clock.wait(10)
    harness.run()
    assert len(phone.received) == 1
    assert set(harness.statuses().values()) == {"canceled"}


def test_a_waiting_summary_has_the_new_name_of_its_watch(harness: DeliveryHarness, phone: Recipient) -> None:
    offers = flights(2)
    store_offers(harness, *offers, rows=tuple(message_row(offer, watch=ANN, is_stored=True) for offer in offers))
    phone.reports.append(retry("busy"))
    harness.run()
    rename_watch(harness.store, ANN, "Amy", now=harness.clock())
    harness.clock.wait(10)
    harness.run()
    assert [message.body["watches"] for message in phone.received] == [[ANN], ["Amy"]]
    assert [offer["watches"] for offer in phone.received[1].body["offers"]] == [["Amy"], ["Amy"]]


# ---- caps --------------------------------------------------------------------------------------------------------


def test_a_cap_counts_a_summary_as_one_message(harness: DeliveryHarness, phone: Recipient) -> None:
    notify_before(harness, ANN)  # the first message of the day
    for first in (1, 10, 20):
        offers = flights(3, first=first)
        store_offers(harness, *offers, rows=tuple(message_row(offer, watch=ANN, max_per_day=3) for offer in offers))
        harness.run()
    assert all_shown(phone) == [("crawl", [10_001, 10_002], 1), ("crawl", [10_010, 10_011], 1)]
    late = make_flight(30)
    store_offers(harness, late, rows=(message_row(late, watch=ANN, max_per_day=3),))
    assert harness.run()["phone"].counts["held"] == 1
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert all_shown(phone)[2:] == [("daily", [10_020, 10_021], 2)]


def test_the_last_message_of_a_day_is_a_summary_of_everything(harness: DeliveryHarness, phone: Recipient) -> None:
    notify_before(harness, ANN)
    offers = flights(4)
    rows = [deal_row(offers[3], watch=ANN, max_per_day=2)]
    rows += [message_row(offer, watch=ANN, max_per_day=2) for offer in offers[:3]]
    store_offers(harness, *offers, rows=tuple(rows))
    harness.run()
    assert all_shown(phone) == [("crawl", [10_004, 10_001], 2)]


def test_the_best_top_deals_have_the_messages_that_are_left(harness: DeliveryHarness, phone: Recipient) -> None:
    notify_before(harness, ANN)
    offers = flights(3)
    store_offers(harness, *offers, rows=tuple(deal_row(offer, watch=ANN, max_per_day=3) for offer in offers))
    harness.run()
    assert sorted(all_shown(phone)) == [("", [10_001], 0), ("crawl", [10_002, 10_003], 0)]


def test_a_watch_is_not_named_in_another_message_if_that_takes_its_last_one(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    notify_before(harness, ANN, BOB)
    offers = flights(4)
    rows = [message_row(offer, watch=ANN) for offer in offers[:2]]
    rows += [message_row(offer, watch=BOB, max_per_day=2) for offer in offers[1:]]
    store_offers(harness, *offers, rows=tuple(rows))
    harness.run()
    assert [(message.body["watches"], shown(message)) for message in phone.received] == [
        ([ANN], ("crawl", [10_001, 10_002], 0)),
        ([BOB], ("crawl", [10_002, 10_003], 1)),
    ]


def test_a_message_that_names_a_watch_counts_for_its_cap(harness: DeliveryHarness, phone: Recipient) -> None:
    notify_before(harness, ANN, BOB)
    shared, own = flights(2), flights(2, first=10)
    rows = [message_row(offer, watch=watch, max_per_day=2) for offer in shared for watch in (ANN, BOB)]
    store_offers(harness, *shared, rows=tuple(rows))
    harness.run()
    store_offers(harness, *own, rows=tuple(message_row(offer, watch=BOB, max_per_day=2) for offer in own))
    assert harness.run()["phone"].counts["held"] == 2
    assert [message.body["watches"] for message in phone.received] == [[ANN, BOB]]


# ---- held and checked again --------------------------------------------------------------------------------------


def test_what_waits_for_the_end_of_quiet_hours_is_checked_again_and_sent_as_one_message(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    offers = flights(4)
    store_offers(harness, *offers, rows=tuple(message_row(offer, watch=ANN, **QUIET) for offer in offers))
    harness.run()
    store_offers(harness, gone={NOW + HOUR / 2: [offers[0].offer_id]})
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert all_shown(phone) == [("first", [10_002, 10_003], 1)]
    notes = {row["note"] for row in harness.rows().values() if row["status"] == "canceled"}
    assert notes == {"the offer has been gone since 2026-11-22 10:30 UTC"}


def test_a_summary_that_is_retried_waits_for_the_end_of_quiet_hours(harness: DeliveryHarness, phone: Recipient) -> None:
    night = ["07:30", "09:00"]  # from half an hour after NOW, in São Paulo
    offers = flights(2)
    store_offers(harness, *offers, rows=tuple(message_row(offer, watch=ANN, quiet_hours=night) for offer in offers))
    phone.reports.append(retry("busy", 3_000.0))
    harness.run()
    harness.clock.advance_to(NOW + timedelta(seconds=3_001))
    assert harness.run()["phone"].counts["held"] == 1
    harness.clock.advance_to(DIGEST_HOUR + HOUR)
    harness.run()
    assert len({message.key for message in phone.received}) == 1
    assert phone.times[1:] == [DIGEST_HOUR + HOUR]


@pytest.mark.parametrize(("seconds", "status"), [(3_600, "canceled"), (10_800, "sent"), (None, "sent")])
def test_a_watch_limits_the_age_of_its_offers(
    harness: DeliveryHarness, phone: Recipient, seconds: int | None, status: str
) -> None:
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, watch=ANN, max_age=seconds),))
    harness.clock.advance_to(NOW + 2 * HOUR)
    harness.run()
    (row,) = harness.rows().values()
    assert row["status"] == status
    if status == "canceled":
        assert row["note"] == "the offer was last seen on 2026-11-22 10:00 UTC, which is too long ago"


def test_an_urgent_row_makes_its_summary_urgent(harness: DeliveryHarness, phone: Recipient) -> None:
    offers = flights(3)
    priorities = (Priority.URGENT, Priority.URGENT, Priority.NORMAL)
    rows = [
        message_row(offer, watch=ANN, priority=priority, **QUIET)
        for offer, priority in zip(offers, priorities, strict=True)
    ]
    store_offers(harness, *offers, rows=tuple(rows))
    harness.run()
    assert all_shown(phone) == [("first", [10_001, 10_002], 0)]
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert all_shown(phone)[1:] == [("", [10_003], 0)]
