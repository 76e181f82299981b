"""Offers whose source saw them before its response, and the prices in earlier notifications."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, select

from awardspider.items import AwardOfferItem, Search
from awardspider.storage.alerts import Alert
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.recorder import Recorder
from awardspider.storage.schema import offers, price_points
from awardspider.storage.store import Store
from tests.support.storage_examples import DAY, NOW, an_offer

HOUR = timedelta(hours=1)


def stored_row(store: Store) -> dict[str, Any]:
    with store.reading() as connection:
        return dict(connection.execute(select(offers)).mappings().one())


def write(store: Store, item: AwardOfferItem, responded_at: datetime) -> None:
    write_batch(store, Batch(offers={item.offer_id: item}, responded_at={item.offer_id: responded_at}))


# ---- a source with its own times ---------------------------------------------------------------------------------


def store_gone_offer(store: Store) -> str:
    """Store an offer that its source saw at ten and that a response at noon did not contain; return its id."""
    offer = an_offer(seen_at=NOW)
    write(store, offer, NOW)
    write_batch(store, Batch(gone={NOW + 2 * HOUR: [offer.offer_id]}))
    assert stored_row(store)["gone_at"] == NOW + 2 * HOUR
    return offer.offer_id


def test_a_later_response_brings_an_offer_back_even_if_it_was_seen_before_it_was_gone(store: Store) -> None:
    offer_id = store_gone_offer(store)
    write(store, an_offer(miles=9_000, seen_at=NOW + HOUR), NOW + 3 * HOUR)
    row = stored_row(store)
    assert (row["id"], row["gone_at"], row["miles"]) == (offer_id, None, 9_000)
    assert (row["last_seen_at"], row["changed_at"]) == (NOW + HOUR, NOW + 3 * HOUR)
    with store.reading() as connection:
        points = connection.execute(select(price_points).order_by(price_points.c.seen_at)).all()
    history = [((point.seen_at - NOW) / HOUR, point.miles, point.gone) for point in points]
    assert history == [(0, 12_500, False), (2, None, True), (3, 9_000, False)]


def test_an_earlier_response_does_not_bring_an_offer_back(store: Store) -> None:
    store_gone_offer(store)
    write(store, an_offer(miles=9_000, seen_at=NOW + HOUR / 2), NOW + HOUR)
    write(store, an_offer(miles=8_000, seen_at=NOW + HOUR), NOW + HOUR)
    row = stored_row(store)
    assert (row["gone_at"], row["miles"]) == (NOW + 2 * HOUR, 12_500)


# ---- prices in earlier notifications -----------------------------------------------------------------------------


def test_notified_prices_are_read_once_for_the_offers_of_a_search(store: Store) -> None:
    items = [an_offer(departure_date=DAY + timedelta(days=number)) for number in range(200)]
    alerts = [
        Alert(watch="spring", offer_id=item.offer_id, miles=miles, created_at=NOW)
        for item in items[:100]
        for miles in (13_000, 12_500)
    ]
    write_batch(store, Batch(offers={item.offer_id: item for item in items}, alerts=alerts))
    recorder = Recorder(store, "run", None)
    search = Search(
        program="united", kind="calendar", origin="LAX", destination="AUS", first=DAY, last=DAY + timedelta(days=300)
    )
    assert len(recorder.live_offer_states(search, "united")) == 200
    statements: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert all(recorder.last_alert_miles(item.offer_id) == {"spring": 12_500} for item in items[:100])
    assert all(recorder.last_alert_miles(item.offer_id) == {} for item in items[100:])
    assert len([text for text in statements if "alerts" in text]) == 1
    recorder.add_alert(Alert(watch="autumn", offer_id=items[0].offer_id, miles=9_000, created_at=NOW))
    assert recorder.last_alert_miles(items[0].offer_id) == {"spring": 12_500, "autumn": 9_000}


def test_notified_price_of_an_offer_outside_of_searches(store: Store) -> None:
    offer = an_offer()
    alert = Alert(watch="spring", offer_id=offer.offer_id, miles=9_000, created_at=NOW)
    write_batch(store, Batch(alerts=[alert]))
    assert Recorder(store, "run", None).last_alert_miles(offer.offer_id) == {"spring": 9_000}
