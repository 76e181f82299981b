"""Held messages: quiet hours, daily caps, digests, and checks of outdated messages at delivery time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awardspider.delivery.channels.base import retry
from awardspider.delivery.messages.events import Digest, OfferGone, parse_event
from awardspider.items import EventType, Priority
from awardspider.storage.batches import Batch
from awardspider.storage.claims import ClaimRequest, claim_rows, worker_name
from awardspider.storage.outbox import FollowUp, OutboxRow
from awardspider.storage.watches import remove_watch
from tests.support.delivery import DeliveryHarness, Recipient
from tests.support.held_messages import QUIET, make_flight, message_row, store_offers
from tests.support.storage_examples import NOW, make_itinerary, make_segment
from tests.support.stored_watches import store_watches

FOLLOW_UPS = (FollowUp(channel="phone"),)
HOUR = timedelta(hours=1)
DIGEST_HOUR = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)  # 08:00 in São Paulo, an hour after NOW


@pytest.fixture
def phone(harness: DeliveryHarness) -> Recipient:
    return harness.add("phone", events=(EventType.OFFER_MATCHED, EventType.OFFER_DROPPED, EventType.OFFER_GONE))


@pytest.fixture
def single_events(harness: DeliveryHarness) -> Recipient:
    """Return the recipient of a channel that sends each offer by itself."""
    return harness.add("phone", events=(EventType.OFFER_MATCHED, EventType.OFFER_DROPPED), options={"group": "offer"})


def digest_flights(phone: Recipient) -> list[list[str]]:
    """Return the flights of each digest that was received."""
    events = [parse_event(message.body) for message in phone.received]
    return [[event.offer.flights for event in digest.offers] for digest in events if isinstance(digest, Digest)]


# ---- quiet hours -------------------------------------------------------------------------------------------------


def test_quiet_hours_hold_normal_but_not_urgent_messages(harness: DeliveryHarness, phone: Recipient) -> None:
    normal, urgent = make_flight(1), make_flight(2)
    store_offers(
        harness,
        normal,
        urgent,
        rows=(message_row(normal, **QUIET), message_row(urgent, priority=Priority.URGENT, **QUIET)),
    )
    harness.run()
    assert [message.subject for message in phone.received] == [urgent.offer_id]
    harness.clock.advance_to(DIGEST_HOUR - timedelta(seconds=1))
    harness.run()
    assert len(phone.received) == 1
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert len(phone.received) == 2


def test_quiet_hours_apply_at_delivery_time(harness: DeliveryHarness, phone: Recipient) -> None:
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, quiet_hours=["22:00", "07:00"]),))
    night = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # midnight in São Paulo
    harness.clock.advance_to(night)
    assert harness.run()["phone"].counts["held"] == 1
    harness.clock.advance_to(night + 7 * HOUR - timedelta(seconds=1))
    harness.run()
    assert phone.received == []
    harness.clock.advance_to(night + 7 * HOUR)
    harness.run()
    assert len(phone.received) == 1


# ---- daily caps --------------------------------------------------------------------------------------------------


def test_messages_above_the_daily_cap_go_into_the_digest(harness: DeliveryHarness, single_events: Recipient) -> None:
    flights = [make_flight(number, miles=10_000 + number) for number in range(1, 7)]
    store_offers(harness, *flights, rows=tuple(message_row(offer, max_per_day=2) for offer in flights))
    counts = harness.run()["phone"].counts
    assert (counts["sent"], counts["held"]) == (2, 4)
    harness.run()
    assert len(single_events.received) == 2
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    *_, digest = single_events.received
    event = parse_event(digest.body)
    assert isinstance(event, Digest)
    assert [offer_event.offer.miles for offer_event in event.offers] == [10_003, 10_004]
    assert (event.more, event.watches) == (2, ["Austin"])
    assert len(single_events.received) == 3


def test_the_daily_cap_sends_the_best_of_a_long_backlog(harness: DeliveryHarness, single_events: Recipient) -> None:
    """Also if the best ones are beyond the first claim; the others are held at once."""
    flights = [make_flight(number, miles=90_000 - 100 * number) for number in range(1, 121)]
    store_offers(harness, *flights, rows=tuple(message_row(offer, max_per_day=5) for offer in flights))
    counts = harness.run()["phone"].counts
    assert (counts["sent"], counts["held"]) == (5, 115)
    assert sorted(message.body["miles"] for message in single_events.received) == [
        78_000,
        78_100,
        78_200,
        78_300,
        78_400,
    ]
    cheaper = make_flight(200, miles=20_000)
    store_offers(harness, cheaper, rows=(message_row(cheaper, max_per_day=5),))
    harness.run()
    assert len(single_events.received) == 5
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert [offer["miles"] for offer in single_events.received[-1].body["offers"]] == [20_000, 78_500]
    assert single_events.received[-1].body["more"] == 114


def test_the_daily_cap_starts_again_at_midnight(harness: DeliveryHarness, phone: Recipient) -> None:
    first, second = make_flight(1), make_flight(2)
    store_offers(harness, first, rows=(message_row(first, max_per_day=1),))
    harness.run()
    midnight = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # in São Paulo
    harness.clock.advance_to(midnight - timedelta(seconds=1))
    late = message_row(second, max_per_day=1)
    store_offers(harness, second, rows=(late,))
    assert harness.run()["phone"].counts["held"] == 1
    third = make_flight(3)
    store_offers(harness, third, rows=(message_row(third, max_per_day=1),))
    harness.clock.advance_to(midnight)
    assert harness.run()["phone"].counts["sent"] == 1


# ---- digests -----------------------------------------------------------------------------------------------------


def test_a_digest_has_the_offers_that_are_still_valid(harness: DeliveryHarness, phone: Recipient) -> None:
    valid, gone, dearer = make_flight(1, miles=12_000), make_flight(2, miles=9_000), make_flight(3, miles=10_000)
    flights = (valid, gone, dearer)
    store_offers(harness, *flights, rows=tuple(message_row(offer, priority=Priority.DIGEST) for offer in flights))
    harness.run()
    assert phone.received == []
    later = NOW + timedelta(minutes=20)
    store_offers(harness, make_flight(3, miles=30_000, seen_at=later), gone={later: [gone.offer_id]})
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    (message,) = phone.received
    event = parse_event(message.body)
    assert isinstance(event, Digest)
    assert [offer.offer_id for offer in event.offers] == [valid.offer_id]
    assert event.more == 0
    rows = harness.rows()
    row = rows[message_row(valid).key]
    assert (row["status"], row["digest_id"]) == ("in_digest", rows[message.key]["id"])
    assert rows[message_row(gone).key]["note"] == "the offer has been gone since 2026-11-22 10:20 UTC"
    assert rows[message_row(dearer).key]["note"] == "the offer now costs 30,000 miles, not 10,000"
    harness.clock.wait(24 * 3_600)
    harness.run()
    assert len(phone.received) == 1


def test_a_digest_without_valid_offers_is_not_sent(harness: DeliveryHarness, phone: Recipient) -> None:
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, priority=Priority.DIGEST),))
    store_offers(harness, gone={NOW + HOUR / 2: [offer.offer_id]})
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert phone.received == []
    assert set(harness.statuses().values()) == {"canceled"}


def test_a_retried_digest_drops_offers_that_are_gone(harness: DeliveryHarness, phone: Recipient) -> None:
    gone, valid = make_flight(1, miles=9_000), make_flight(2)
    store_offers(
        harness,
        gone,
        valid,
        rows=(message_row(gone, priority=Priority.DIGEST), message_row(valid, priority=Priority.DIGEST)),
    )
    harness.clock.advance_to(DIGEST_HOUR)
    phone.reports.append(retry("busy"))
    harness.run()
    store_offers(harness, gone={DIGEST_HOUR + timedelta(seconds=1): [gone.offer_id]}, follow_ups=FOLLOW_UPS)
    harness.clock.wait(60)
    harness.run()
    assert digest_flights(phone) == [["UA1", "UA2"], ["UA2"]]
    first, second = phone.received
    assert (first.key, first.body["id"], first.body["created_at"]) == (
        second.key,
        second.body["id"],
        second.body["created_at"],
    )
    rows = harness.rows()
    assert rows[message_row(gone).key]["note"] == "the offer has been gone since 2026-11-22 11:00 UTC"
    assert rows[second.key]["body"] == second.body
    assert [
        row["event_type"] for row in rows.values() if row["event_type"] == "offer.gone"
    ] == []  # the offer was never sent


def test_a_retried_digest_without_valid_offers_is_canceled(harness: DeliveryHarness, phone: Recipient) -> None:
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, priority=Priority.DIGEST),))
    harness.clock.advance_to(DIGEST_HOUR)
    phone.reports.append(retry("busy"))
    harness.run()
    store_offers(harness, gone={DIGEST_HOUR + timedelta(seconds=1): [offer.offer_id]})
    harness.clock.wait(60)
    assert harness.run()["phone"].counts["canceled"] == 1
    assert set(harness.statuses().values()) == {"canceled"}
    (digest,) = (row for row in harness.rows().values() if row["event_type"] == "digest")
    assert (digest["note"], digest["leased_by"]) == ("nothing in it is still true", None)


# ---- outdated messages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"miles": 20_000}, "the offer now costs 20,000 miles, not 12,500"),
        ({"seats": 1}, "seats left: 1; its watch needs 2"),
        ({"miles": 12_000}, None),
        ({"seats": 2}, None),
        ({"seats": None}, None),
    ],
)
def test_held_messages_are_checked_at_delivery_time(
    harness: DeliveryHarness, phone: Recipient, changes: dict[str, Any], note: str | None
) -> None:
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, **QUIET, min_seats=2),))
    store_offers(harness, make_flight(1, seen_at=NOW + HOUR / 2, **changes))
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    (row,) = harness.rows().values()
    assert (row["status"], row["note"]) == (("canceled", note) if note else ("sent", "ok"))


def test_messages_of_departed_flights_are_canceled(harness: DeliveryHarness, single_events: Recipient) -> None:
    departure = NOW + 2 * HOUR
    flights = [make_itinerary(segments=(replace(make_segment(number), departs_at=departure),)) for number in "12"]
    store_offers(harness, *flights, rows=tuple(map(message_row, flights)))
    harness.clock.advance_to(departure - timedelta(seconds=1))
    single_events.respond = lambda message: (harness.clock.advance_to(departure), retry("busy"))[1]
    harness.run()
    assert len(single_events.received) == 2
    harness.clock.wait(10)
    harness.run()
    assert {row["note"] for row in harness.rows().values()} == {"the flight has departed"}


@pytest.mark.parametrize("priority", [Priority.NORMAL, Priority.DIGEST])
def test_messages_of_unconfirmed_offers_are_canceled(
    harness: DeliveryHarness, phone: Recipient, priority: Priority
) -> None:
    unconfirmed, confirmed = make_flight(1, miles=15_000), make_flight(2, miles=15_000)
    rows = tuple(message_row(offer, priority=priority, **QUIET) for offer in (unconfirmed, confirmed))
    ids = [unconfirmed.offer_id, confirmed.offer_id]
    store_offers(harness, unconfirmed, confirmed, rows=rows)
    later = NOW + HOUR / 4
    store_offers(harness, unconfirmed={later: ids})
    store_offers(harness, confirmed={later + HOUR / 4: ids[1:]})
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    stored = harness.rows()
    assert stored[rows[0].key]["note"] == "a calendar has contradicted the offer since 2026-11-22 10:15 UTC"
    assert stored[rows[1].key]["status"] == ("sent" if priority is Priority.NORMAL else "in_digest")


@pytest.mark.parametrize(("hours", "status"), [("3", "sent"), ("1", "canceled"), ("0", "sent")])
def test_messages_of_offers_that_were_not_seen_lately_are_canceled(
    harness: DeliveryHarness, phone: Recipient, hours: str, status: str
) -> None:
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer),))
    harness.context = replace(harness.context, settings={**harness.context.settings, "AWARD_MAX_AGE_HOURS": hours})
    harness.clock.advance_to(NOW + 2 * HOUR)
    harness.run()
    [row] = harness.rows().values()
    assert row["status"] == status


def test_gone_is_not_sent_after_the_departure(harness: DeliveryHarness, phone: Recipient) -> None:
    departure = NOW + 2 * HOUR
    flight = make_itinerary(segments=(replace(make_segment(), departs_at=departure),))
    store_offers(harness, flight, rows=(message_row(flight),))
    harness.run()
    store_offers(harness, gone={departure - HOUR: [flight.offer_id]}, follow_ups=FOLLOW_UPS)
    harness.clock.advance_to(departure)
    harness.run()
    assert [message.type for message in phone.received] == [EventType.OFFER_MATCHED]
    assert "the flight has departed" in {row["note"] for row in harness.rows().values()}


def test_only_the_last_of_two_prices_is_sent(harness: DeliveryHarness, phone: Recipient) -> None:
    first, cheaper = make_flight(1), make_flight(1, miles=9_000, seen_at=NOW + HOUR / 2)
    store_offers(harness, first, rows=(message_row(first, **QUIET),))
    store_offers(harness, cheaper, rows=(message_row(cheaper, EventType.OFFER_DROPPED, **QUIET),))
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert [message.type for message in phone.received] == ["offer.dropped"]
    assert harness.rows()[message_row(first).key]["note"] == "the price is now 9,000 miles, as a later message reports"


def test_a_held_message_is_canceled_by_an_urgent_one_of_the_same_offer(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    first, cheaper = make_flight(1), make_flight(1, miles=9_000, seen_at=NOW + timedelta(minutes=1))
    store_offers(harness, first, rows=(message_row(first, **QUIET),))
    store_offers(harness, cheaper, rows=(message_row(cheaper, EventType.OFFER_DROPPED, priority=Priority.URGENT),))
    harness.clock.wait(60)
    harness.run()
    assert [message.type for message in phone.received] == ["offer.dropped"]
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert len(phone.received) == 1


def test_an_offer_that_is_available_again_is_sent_once(harness: DeliveryHarness, phone: Recipient) -> None:
    first, again = make_flight(1), make_flight(1, seen_at=NOW + HOUR / 2)
    store_offers(harness, first, rows=(message_row(first, **QUIET),))
    store_offers(harness, gone={NOW + HOUR / 4: [first.offer_id]}, follow_ups=FOLLOW_UPS)
    store_offers(harness, again, rows=(replace(message_row(again, **QUIET), key="again"),))
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert len(phone.received) == 1
    assert harness.statuses()["again"] == "sent"
    assert harness.rows()[message_row(first).key]["note"] == "a later message reports the same price"


# ---- gone offers -------------------------------------------------------------------------------------------------


def test_gone_is_sent_where_the_offer_was_sent_unless_it_is_available_again(
    harness: DeliveryHarness, phone: Recipient
) -> None:
    sent, unsent = make_flight(1), make_flight(2)
    store_offers(harness, sent, unsent, rows=(message_row(sent),))
    harness.run()
    store_offers(harness, gone={NOW + HOUR: [sent.offer_id, unsent.offer_id]}, follow_ups=FOLLOW_UPS)
    harness.clock.wait(3_600)
    harness.run()
    _, gone = phone.received
    event = parse_event(gone.body)
    assert isinstance(event, OfferGone)
    assert (event.offer_id, event.watches, event.offer.miles) == (sent.offer_id, ["Austin"], 12_500)

    back = make_flight(1, seen_at=NOW + 2 * HOUR)
    store_offers(harness, back)
    store_offers(harness, gone={NOW + 3 * HOUR: [sent.offer_id]}, follow_ups=FOLLOW_UPS)
    store_offers(harness, make_flight(1, seen_at=NOW + 4 * HOUR))
    harness.clock.wait(5 * 3_600)
    harness.run()
    assert len(phone.received) == 2
    assert [row["note"] for row in harness.rows().values() if row["status"] == "canceled"] == [
        "the offer is available again"
    ]


def test_gone_is_sent_for_offers_of_a_digest(harness: DeliveryHarness, phone: Recipient) -> None:
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, priority=Priority.DIGEST),))
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    store_offers(harness, gone={DIGEST_HOUR + HOUR: [offer.offer_id]}, follow_ups=FOLLOW_UPS)
    harness.clock.wait(2 * 3_600)
    harness.run()
    assert [message.type for message in phone.received] == ["digest", "offer.gone"]


def test_gone_is_sent_for_messages_being_sent_but_not_for_held_ones(harness: DeliveryHarness, phone: Recipient) -> None:
    sending, held = make_flight(1), make_flight(2)
    store_offers(harness, sending, held, rows=(message_row(sending), message_row(held, **QUIET)))

    def respond(message: Any) -> Any:
        if len(phone.received) == 1:
            gone = {NOW + timedelta(seconds=1): [sending.offer_id, held.offer_id]}
            store_offers(harness, gone=gone, follow_ups=FOLLOW_UPS)
            harness.clock.wait(1)
        return respond_normally(message)

    respond_normally, phone.respond = phone.respond, respond
    harness.run()
    assert [(message.type, message.subject) for message in phone.received] == [
        ("offer.matched", sending.offer_id),
        ("offer.gone", sending.offer_id),
    ]
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert len(phone.received) == 2


def test_a_sheet_follows_every_change(harness: DeliveryHarness) -> None:
    offer = make_flight(1)
    sheet = (FollowUp(channel="sheet", syncs_rows=True),)
    first = OutboxRow(
        key="sheet:1", channel="sheet", event_type="offer.changed", subject=offer.offer_id, body={}, created_at=NOW
    )
    store_offers(harness, offer, rows=(first,))
    store_offers(
        harness, make_flight(1, miles=20_000, seen_at=NOW + HOUR), make_flight(2, seen_at=NOW + HOUR), follow_ups=sheet
    )
    store_offers(harness, gone={NOW + 2 * HOUR: [offer.offer_id]}, follow_ups=sheet)
    changes = [(row["event_type"], row["subject"]) for row in harness.rows().values()]
    assert changes == [("offer.changed", offer.offer_id)] * 2 + [("offer.gone", offer.offer_id)]
    assert not Batch(follow_ups=sheet)


# ---- two dispatchers ---------------------------------------------------------------------------------------------


def test_later_messages_of_another_dispatcher_do_not_count_for_the_daily_cap(
    harness: DeliveryHarness, single_events: Recipient
) -> None:
    offers = [make_flight(number) for number in range(1, 5)]
    priorities = (Priority.NORMAL, Priority.NORMAL, Priority.URGENT, Priority.URGENT)
    store_offers(
        harness,
        *offers,
        rows=tuple(
            message_row(offer, priority=priority, max_per_day=1)
            for offer, priority in zip(offers, priorities, strict=True)
        ),
    )
    other = worker_name()
    claimed = claim_rows(harness.store, ClaimRequest(channel="phone", worker=other, now=harness.clock(), limit=2)).rows
    assert [row.priority for row in claimed] == ["urgent", "urgent"]
    harness.run()
    assert [message.subject for message in single_events.received] == [offers[0].offer_id]


# ---- paused and removed watches ----------------------------------------------------------------------------------


def test_held_messages_of_a_paused_watch_are_canceled(harness: DeliveryHarness, phone: Recipient) -> None:
    store_watches(harness.store, "Austin", active=False)
    alone, shared = make_flight(1), make_flight(2)
    rows = (message_row(alone), message_row(shared), message_row(shared, watch="Texas"))
    store_offers(harness, alone, shared, rows=rows)
    harness.run()
    assert [(message.subject, message.body["watches"]) for message in phone.received] == [(shared.offer_id, ["Texas"])]
    assert {row["note"] for row in harness.rows().values() if row["status"] == "canceled"} == {"its watch is paused"}


def test_held_messages_of_a_removed_watch_are_canceled(harness: DeliveryHarness, phone: Recipient) -> None:
    store_watches(harness.store, "Austin")
    offer = make_flight(1)
    store_offers(harness, offer, rows=(message_row(offer, priority=Priority.DIGEST),))
    remove_watch(harness.store, "Austin", NOW)
    harness.clock.advance_to(DIGEST_HOUR)
    harness.run()
    assert phone.received == []
    assert [(row["status"], row["note"]) for row in harness.rows().values()] == [("canceled", "its watch was removed")]
