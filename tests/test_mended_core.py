"""Offers that are back though their source saw them before, and what was told of them before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, select

from awardspider.crawling.field_coverage import FIELDS
from awardspider.delivery.messages.events import read_event
from awardspider.delivery.outbox.enqueue import Outbox
from awardspider.items import AlertEvent, AwardOfferItem, Search
from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.recording import Recorder
from awardspider.storage.store import Alert, Batch, Store
from awardspider.storage.tables import offers, price_points
from tests.support.delivery import SETTINGS
from tests.support.storage_examples import DAY, NOW, an_offer

HOUR = timedelta(hours=1)


def stored(store: Store) -> dict[str, Any]:
    with store.reading() as connection:
        return dict(connection.execute(select(offers)).mappings().one())


def write(store: Store, item: AwardOfferItem) -> None:
    store.write(Batch(offers={item.offer_id: item}), None)


# ---- a source that says itself when it saw an offer ----------------------------------------------------------------


def gone_at_noon(store: Store) -> str:
    """An offer that its source saw at ten, and that a look at noon did not find."""
    offer = an_offer(seen_at=NOW, answered_at=NOW)
    write(store, offer)
    store.write(Batch(gone={NOW + 2 * HOUR: [offer.offer_id]}), None)
    assert stored(store)["gone_at"] == NOW + 2 * HOUR
    return offer.offer_id


def test_what_a_new_look_found_is_there_though_its_source_saw_it_before_it_was_gone(store: Store) -> None:
    offer_id = gone_at_noon(store)
    write(store, an_offer(miles=9_000, seen_at=NOW + HOUR, answered_at=NOW + 3 * HOUR))
    row = stored(store)
    assert (row["id"], row["gone_at"], row["miles"]) == (offer_id, None, 9_000)
    assert (row["last_seen_at"], row["changed_at"]) == (NOW + HOUR, NOW + 3 * HOUR)
    with store.reading() as connection:
        points = connection.execute(select(price_points).order_by(price_points.c.seen_at)).all()
    told = [((point.seen_at - NOW) / HOUR, point.miles, point.gone) for point in points]
    assert told == [(0, 12_500, False), (2, None, True), (3, 9_000, False)]


def test_what_is_read_again_from_before_it_was_gone_does_not_bring_it_back(store: Store) -> None:
    gone_at_noon(store)
    write(store, an_offer(miles=9_000, seen_at=NOW + HOUR / 2, answered_at=NOW + HOUR))
    write(store, an_offer(miles=8_000, seen_at=NOW + HOUR, answered_at=NOW + HOUR))
    row = stored(store)
    assert (row["gone_at"], row["miles"]) == (NOW + 2 * HOUR, 12_500)


def test_a_digest_waits_for_its_hour_whenever_the_source_saw_the_offer(store: Store) -> None:
    save_channel(store, ChannelRow(name="phone", kind="webhook", address="https://hooks.example.com/", created_at=NOW))
    terms = {"channels": {"phone": "digest"}, "zone": "UTC", "digest_at": "08:00", "best": 5}
    outbox = Outbox(store, SETTINGS, {"spring": terms})
    offer = an_offer(seen_at=NOW - 30 * HOUR, answered_at=NOW)
    offer.news = (AlertEvent("offer.matched", "spring"),)
    [row] = outbox.message_rows(offer)
    assert row.due_at == datetime(2026, 11, 23, 8, tzinfo=NOW.tzinfo)
    event_told = read_event(row.body)
    assert (row.created_at, event_told.created_at) == (NOW, NOW)
    offer.answered_at = NOW + HOUR  # it was gone, and is back: another message
    [again] = outbox.message_rows(offer)
    assert again.key != row.key


def test_what_pipelines_say_of_an_offer_is_no_evidence_of_drift() -> None:
    assert not {"change", "news", "watches", "answered_at"} & set(FIELDS)


# ---- what was told before ------------------------------------------------------------------------------------------


def test_what_was_told_is_asked_once_for_the_offers_of_a_search(store: Store) -> None:
    items = [an_offer(departure_date=DAY + timedelta(days=number)) for number in range(200)]
    alerts = [
        Alert(watch="spring", offer_id=item.offer_id, miles=miles, created_at=NOW)
        for item in items[:100]
        for miles in (13_000, 12_500)
    ]
    store.write(Batch(offers={item.offer_id: item for item in items}, alerts=alerts), None)
    recorder = Recorder(store, "run", None)
    search = Search(
        program="united", kind="calendar", origin="LAX", destination="AUS", first=DAY, last=DAY + timedelta(days=300)
    )
    assert len(recorder.live_offers(search, "united")) == 200
    statements: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *about: statements.append(about[2]))
    assert all(recorder.told(item.offer_id) == {"spring": 12_500} for item in items[:100])
    assert all(recorder.told(item.offer_id) == {} for item in items[100:])
    assert len([text for text in statements if "alerts" in text]) == 1
    recorder.alert(Alert(watch="autumn", offer_id=items[0].offer_id, miles=9_000, created_at=NOW))
    assert recorder.told(items[0].offer_id) == {"spring": 12_500, "autumn": 9_000}


def test_what_was_told_is_known_of_offers_of_no_search_too(store: Store) -> None:
    offer = an_offer()
    alert = Alert(watch="spring", offer_id=offer.offer_id, miles=9_000, created_at=NOW)
    store.write(Batch(alerts=[alert]), None)
    assert Recorder(store, "run", None).told(offer.offer_id) == {"spring": 9_000}
