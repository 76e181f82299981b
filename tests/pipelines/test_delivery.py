"""Outbox rows that the pipelines write for offers, promotions and failed runs, on a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import case, select

from awardspider.crawling.offer_context import OfferContext
from awardspider.delivery.messages.events import parse_event
from awardspider.delivery.outbox.enqueue import Enqueuer
from awardspider.delivery.outbox.sheet_updates import refresh_sheets
from awardspider.items import AlertEvent, EventType, Priority, PromotionItem, PromotionKind
from awardspider.search.notify_prefs import NotifyPrefs, parse_notify_prefs
from awardspider.search.watches import Watch
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.offers import OfferFilter, find_offers
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.schema import alerts, outbox
from awardspider.storage.store import Store
from tests.support.delivery import SETTINGS
from tests.support.pipeline_crawl import Crawl, add_channel
from tests.support.storage_examples import NOW, make_itinerary, make_offer, make_search, make_segment
from tests.support.stored_promotions import store_announcements
from tests.support.watch_examples import make_watch

HOUR = timedelta(hours=1)
SHEET = SETTINGS | {"AWARD_GOOGLE_SHEET": "1AbC"}


def a_watch(name: str = "Austin", notify: NotifyPrefs | None = None, **values: Any) -> Watch:
    return make_watch(
        **{"name": name, "origin": "LAX", "destination": "AUS", "dates": "2027-03", "notify": notify} | values
    )


def set_status(store: Store, status: str) -> None:
    """Set the status of every message."""
    with store.writing() as connection:
        connection.execute(outbox.update().values(status=status))


def test_messages_for_new_offers_and_prices_well_below_the_last_notification(store: Store) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch())
    for hours, miles in enumerate((12_500, 12_500, 15_000, 13_000, 12_000, 11_875, 11_875)):
        crawl.search(make_itinerary(miles=miles), hours=hours)
        set_status(store, "sent")
    assert crawl.rows("event_type", "created_at") == [
        ("offer.matched", NOW),
        ("offer.dropped", NOW + 5 * HOUR),
    ]
    (_, (dropped,)) = crawl.rows("body")
    assert (dropped["miles"], dropped["previous_miles"], dropped["watches"]) == (11_875, 12_500, ["Austin"])


def test_a_later_crawl_does_not_repeat_a_message(store: Store) -> None:
    add_channel(store)
    for hours in range(3):
        Crawl(store, a_watch()).search(make_itinerary(), hours=hours)
    assert len(Crawl(store, a_watch()).rows("id")) == 1
    with store.reading() as connection:
        rows = connection.execute(select(alerts.c.watch_id, alerts.c.event_type, alerts.c.miles)).all()
    assert rows == [("Austin", "offer.matched", 12_500)]


def test_a_renamed_watch_gets_no_message_again(store: Store) -> None:
    add_channel(store)
    Crawl(store, a_watch(id="a1")).search(make_itinerary())
    Crawl(store, a_watch("Texas", id="a1")).search(make_itinerary(), hours=1)
    Crawl(store, a_watch("Texas", id="a1")).search(make_itinerary(miles=12_000), hours=2)
    crawl = Crawl(store)
    assert crawl.rows("watch_key", "miles") == [("a1", 12_500), ("a1", 12_000)]
    assert [(body["watches"], body["watch_ids"]) for (body,) in crawl.rows("body")] == [
        (["Austin"], ["a1"]),
        (["Texas"], ["a1"]),
    ]
    with store.reading() as connection:
        assert set(connection.scalars(select(alerts.c.watch_id))) == {"a1"}


def test_watches_of_the_same_name_have_their_own_messages(store: Store) -> None:
    add_channel(store)
    add_channel(store, "team")
    urgent = parse_notify_prefs({"channels": {"phone": "urgent"}})
    crawl = Crawl(store, a_watch(id="a1", notify=urgent), a_watch(id="b2", max_miles=10_000), a_watch(id="c3"))
    crawl.search(make_itinerary())
    assert sorted(crawl.rows("watch_key", "channel", "priority")) == [
        ("a1", "phone", "urgent"),
        ("c3", "phone", "normal"),
        ("c3", "team", "normal"),
    ]


def test_messages_have_the_time_zone_of_the_owner_unless_the_watch_has_one(store: Store) -> None:
    add_channel(store)
    own = parse_notify_prefs({"timezone": "UTC"})
    zone = "Asia/Tokyo"
    crawl = Crawl(store, a_watch("one", owner_timezone=zone), a_watch("two", own, owner_timezone=zone))
    crawl.search(make_itinerary())
    assert [prefs["timezone"] for (prefs,) in crawl.rows("notify_prefs")] == [zone, "UTC"]


def test_a_new_watch_is_notified_of_known_offers(store: Store) -> None:
    add_channel(store)
    Crawl(store, a_watch()).search(make_itinerary())
    crawl = Crawl(store, a_watch(), a_watch("Spring"))
    crawl.search(make_itinerary(), hours=1)
    assert [body["watches"] for (body,) in crawl.rows("body")] == [["Austin"], ["Spring"]]


def test_a_flight_that_has_departed_is_stored_but_not_sent(store: Store) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch(), settings=SHEET)
    departure = make_itinerary().segments[0].departs_at
    hours = int((departure - NOW) / HOUR)
    crawl.search(make_itinerary(fare_name="later"), hours=hours)
    assert crawl.rows("channel") == [("sheets",), ("phone",)]
    crawl.search(make_itinerary(fare_name="now"), hours=hours + 1)
    assert len(crawl.rows("id")) == 2
    assert len(list(find_offers(store, OfferFilter()))) == 2


@pytest.mark.parametrize(("departed", "hours_unseen"), [(True, 1), (False, 49), (False, 1)])
def test_spreadsheets_are_updated_once_a_day_while_an_offer_has_expired(
    store: Store, departed: bool, hours_unseen: int
) -> None:
    now = NOW + 50 * HOUR
    departs_at = now - HOUR / 2 if departed else now + 100 * HOUR
    flight = replace(make_segment(), departs_at=departs_at)
    crawl = Crawl(store, a_watch(), settings=SHEET)
    crawl.search(make_itinerary(segments=(flight,)), hours=50 - hours_unseen)
    before = len(crawl.rows("id"))
    for hours in (0, 1):
        refresh_sheets(store, SHEET, now + hours * HOUR)
    expired = departed or hours_unseen > 48
    assert crawl.rows("channel", "event_type")[before:] == [("sheets", "offer.changed")] * expired


@pytest.mark.parametrize(
    ("days", "is_updated"), [(0, False), (16, False), (17, True), (20, True), (21, True), (30, False)]
)
def test_spreadsheets_are_updated_once_a_day_while_the_state_of_a_promotion_has_changed(
    store: Store, days: int, is_updated: bool
) -> None:
    promotion = PromotionItem(
        kind=PromotionKind.TRANSFER_BONUS,
        title="30 % more",
        source="blog",
        link="https://example.com/30",
        book_by=NOW.date() + timedelta(days=20),
        seen_at=NOW,
    )
    store_announcements(store, promotion)
    for hours in (0, 1):
        refresh_sheets(store, SHEET, NOW + days * 24 * HOUR + hours * HOUR)
    with store.reading() as connection:
        rows = connection.execute(select(outbox.c.channel, outbox.c.event_type)).all()
    assert rows == [("sheets", "promotion")] * is_updated


def test_an_offer_that_is_back_is_sent_again_and_gone_notes_are_opt_in(store: Store) -> None:
    add_channel(store)
    add_channel(store, "team", events=(EventType.OFFER_MATCHED, EventType.OFFER_GONE))
    noting = parse_notify_prefs({"gone_note": "yes"})
    crawl = Crawl(store, a_watch(), a_watch("Noted", noting))
    crawl.search(make_itinerary())
    set_status(store, "sent")
    crawl.search(hours=1)
    crawl.search(make_itinerary(), hours=2)
    both = ["phone", "team"]
    assert sorted(crawl.rows("created_at", "channel", "watch_key", "event_type")) == [
        *((NOW, channel, watch, "offer.matched") for channel in both for watch in ("Austin", "Noted")),
        (NOW + HOUR, "team", "Noted", "offer.gone"),
        *((NOW + 2 * HOUR, channel, watch, "offer.matched") for channel in both for watch in ("Austin", "Noted")),
    ]


@pytest.mark.parametrize(("status", "hours", "count"), [("sent", 24, 1), ("sent", 25, 0), ("pending", 1, 0)])
def test_a_gone_note_follows_a_delivered_message_within_a_day(
    store: Store, status: str, hours: int, count: int
) -> None:
    add_channel(store, events=(EventType.OFFER_MATCHED, EventType.OFFER_GONE))
    crawl = Crawl(store, a_watch(notify=parse_notify_prefs({"gone_note": "yes"})))
    crawl.search(make_itinerary())
    set_status(store, status)
    crawl.search(hours=hours)
    crawl.search(hours=hours + 1)
    assert crawl.rows("event_type")[1:] == [("offer.gone",)] * count


@pytest.mark.parametrize(("detail", "rows"), [(None, []), ("itinerary", []), ("day", [("offer.matched",)])])
def test_a_day_price_is_sent_only_if_the_run_requests_no_flights(
    store: Store, detail: str | None, rows: list[tuple[str]]
) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch())
    crawl.spider.detail = detail
    crawl.search(make_offer())
    assert crawl.rows("event_type") == rows


def test_an_offer_without_a_match_has_no_message(store: Store) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch(max_miles=10_000))
    crawl.search(make_itinerary())
    assert crawl.rows("event_type") == []


def test_offer_alert_and_messages_are_stored_in_one_transaction(store: Store) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch())
    offer = make_itinerary()
    crawl.spider.offer_contexts.add(offer, OfferContext(search=make_search(kind="itinerary"), responded_at=NOW))
    crawl.process(offer)
    batch = crawl.recorder._batch
    assert (len(batch.offers), len(batch.alerts), len(batch.outbox)) == (1, 1, 1)
    assert crawl.rows("event_type") == []
    crawl.recorder.flush()
    assert crawl.rows("event_type") == [("offer.matched",)]


# ---- what was delivered ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "count"),
    [
        ("pending", 1), ("sending", 1), ("sent", 1), ("unknown", 1),
        ("canceled", 2), ("rejected", 2),
    ],
)  # fmt: skip
def test_the_next_search_alerts_again_unless_the_message_was_delivered_or_waits(
    store: Store, status: str, count: int
) -> None:
    add_channel(store)
    Crawl(store, a_watch()).search(make_itinerary())
    set_status(store, status)
    crawl = Crawl(store, a_watch())
    crawl.search(make_itinerary(), hours=1)
    crawl.search(make_itinerary(), hours=2)  # the second message waits now
    assert crawl.rows("event_type") == [("offer.matched",)] * count


@pytest.mark.parametrize(
    ("digest_status", "count"), [("pending", 2), ("sent", 2), ("unknown", 2), ("canceled", 3), ("rejected", 3)]
)
def test_a_message_in_a_digest_counts_as_the_digest(store: Store, digest_status: str, count: int) -> None:
    add_channel(store)
    Crawl(store, a_watch()).search(make_itinerary())
    digest = OutboxRow(key="d", channel="phone", event_type=EventType.DIGEST, subject="digest", body={}, created_at=NOW)
    write_batch(store, Batch(outbox=[digest]))
    with store.writing() as connection:
        connection.execute(outbox.update().where(outbox.c.key == "d").values(status=digest_status))
        connection.execute(outbox.update().where(outbox.c.key != "d").values(status="in_digest", digest_id=2))
    crawl = Crawl(store, a_watch())
    crawl.search(make_itinerary(), hours=1)
    assert len(crawl.rows("id")) == count


def test_each_channel_has_its_own_memory(store: Store) -> None:
    add_channel(store)
    add_channel(store, "team")
    Crawl(store, a_watch()).search(make_itinerary())
    with store.writing() as connection:
        connection.execute(outbox.update().values(status=case((outbox.c.channel == "phone", "sent"), else_="rejected")))
    crawl = Crawl(store, a_watch())
    crawl.search(make_itinerary(), hours=1)
    assert crawl.rows("channel", "created_at")[2:] == [("team", NOW + HOUR)]


def test_a_lower_price_is_no_drop_for_someone_who_never_got_the_first_message(store: Store) -> None:
    add_channel(store)
    Crawl(store, a_watch()).search(make_itinerary(miles=20_000))
    crawl = Crawl(store, a_watch())
    crawl.search(make_itinerary(miles=12_000), hours=1)
    assert crawl.rows("event_type", "miles") == [("offer.matched", 20_000), ("offer.matched", 12_000)]
    assert [body["previous_miles"] for (body,) in crawl.rows("body")] == [None, None]


def test_one_fare_for_several_parties_is_one_message_for_each_watch(store: Store) -> None:
    """Each watch gets the price for its own party."""
    add_channel(store)
    solo, couple = a_watch("solo"), a_watch("couple", travelers=2)
    crawl = Crawl(store, solo, couple)
    crawl.search(make_itinerary(miles=12_500))
    crawl.search(make_itinerary(miles=15_000, travelers=2), party=2)
    assert crawl.rows("watch_key", "miles") == [("solo", 12_500), ("couple", 15_000)]
    later = Crawl(store, solo, couple)
    later.search(make_itinerary(miles=12_500), hours=1)
    later.search(make_itinerary(miles=15_000, travelers=2), hours=1, party=2)
    assert len(later.rows("id")) == 2


def test_a_source_without_party_prices_notifies_each_watch_once_of_a_fare(store: Store) -> None:
    add_channel(store)
    solo, couple = a_watch("solo"), a_watch("couple", travelers=2)
    crawl = Crawl(store, solo, couple)
    fare = make_itinerary(source="seatsaero")  # four seats, so it matches both watches
    crawl.search(fare)
    crawl.search(make_itinerary(source="seatsaero", travelers=2), party=2)
    assert crawl.rows("watch_key", "subject") == [(name, fare.offer_id) for name in ("solo", "couple")]


# ---- channels and priorities -------------------------------------------------------------------------------------


def test_a_watch_selects_channels_and_priorities(store: Store) -> None:
    for name in ("phone", "team", "log"):
        add_channel(store, name)
    notify = parse_notify_prefs(
        {"channels": {"phone": "urgent", "team": "digest"}, "timezone": "America/Sao_Paulo", "digest_size": 3}
    )
    crawl = Crawl(store, a_watch(notify=notify))
    crawl.search(make_itinerary())
    assert crawl.rows("channel", "priority", "next_attempt_at") == [
        ("phone", "urgent", NOW),
        ("team", "digest", NOW.replace(hour=11)),
    ]
    ((notify_prefs,), _) = crawl.rows("notify_prefs")
    assert notify_prefs == {
        "quiet_hours": None, "timezone": "America/Sao_Paulo", "max_per_day": 5, "digest_at": "08:00",
        "digest_size": 3, "min_drop": 5, "unconfirmed": "hold", "max_age": None, "gone_note": False, "min_seats": 1,
    }  # fmt: skip


def test_the_priority_of_the_channel_is_the_default(store: Store) -> None:
    add_channel(store, priority=Priority.DIGEST.value)
    crawl = Crawl(store, a_watch())
    crawl.search(make_itinerary())
    assert crawl.rows("priority", "next_attempt_at") == [("digest", NOW.replace(day=23, hour=8))]


def test_each_watch_has_its_own_row_with_its_own_priority_and_conditions(store: Store) -> None:
    add_channel(store)
    slow = a_watch("Slow; and steady", parse_notify_prefs({"channels": {"phone": "digest"}}), min_seats=3)
    fast = a_watch("Fast", parse_notify_prefs({"channels": {"phone": "urgent"}}))
    crawl = Crawl(store, slow, fast)
    crawl.search(make_itinerary())
    rows = crawl.rows("priority", "watch_key", "body", "notify_prefs")
    assert [(priority, watch, body["watches"], prefs["min_seats"]) for priority, watch, body, prefs in rows] == [
        ("digest", "Slow; and steady", ["Slow; and steady"], 3),
        ("urgent", "Fast", ["Fast"], 1),
    ]


def test_an_unknown_channel_is_logged_and_the_others_are_notified(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch(notify=parse_notify_prefs({"channels": "phone, fone"})))
    assert caplog.messages == ['Watch "Austin": unknown channel "fone"']
    crawl.search(make_itinerary())
    assert crawl.rows("channel") == [("phone",)]


def test_a_channel_receives_only_its_event_types(store: Store) -> None:
    add_channel(store, events=(EventType.PROMOTION,))
    add_channel(store, "drops", events=(EventType.OFFER_DROPPED,))
    crawl = Crawl(store, a_watch())
    crawl.search(make_itinerary())
    crawl.search(make_itinerary(miles=9_000), hours=1)
    crawl.recorder.flush()
    assert crawl.rows("channel", "event_type") == [("drops", "offer.dropped")]


# ---- sheets ------------------------------------------------------------------------------------------------------


def test_a_sheet_has_rows_for_changes_and_gone_offers(store: Store) -> None:
    crawl = Crawl(store, a_watch(max_miles=13_000), settings=SHEET)
    crawl.search(make_itinerary())
    crawl.search(make_itinerary(), hours=1)
    crawl.search(make_itinerary(miles=20_000), hours=2)  # no longer a match, but the sheet stays up to date
    crawl.search(hours=3)
    assert crawl.rows("channel", "event_type", "created_at") == [
        ("sheets", "offer.changed", NOW),
        ("sheets", "offer.changed", NOW + 2 * HOUR),
        ("sheets", "offer.gone", NOW + 3 * HOUR),
    ]


def test_the_digest_hour_counts_from_the_response_not_from_the_source(store: Store) -> None:
    add_channel(store)
    notify_prefs = {"channels": {"phone": "digest"}, "timezone": "UTC", "digest_at": "08:00", "digest_size": 5}
    enqueuer = Enqueuer(store, SETTINGS, {"spring": notify_prefs})
    offer = make_offer(seen_at=NOW - 30 * HOUR)
    alerts = (AlertEvent(EventType.OFFER_MATCHED, "spring", channel="phone"),)
    [row] = enqueuer.offer_rows(offer, alerts, NOW)
    assert row.next_attempt_at == datetime(2026, 11, 23, 8, tzinfo=NOW.tzinfo)
    assert (row.created_at, parse_event(row.body).created_at) == (NOW, NOW)
    [again] = enqueuer.offer_rows(offer, alerts, NOW + HOUR)  # available again: another message
    assert again.key != row.key
