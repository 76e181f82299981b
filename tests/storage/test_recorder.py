"""The recorder of a run, on both engines."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import event

from awardspider.storage.alerts import Alert
from awardspider.storage.batches import write_batch
from awardspider.storage.recorder import Recorder
from awardspider.storage.store import Store
from tests.support.storage_examples import DAY, NOW, make_batch, make_offer, make_search


def test_notified_prices_are_read_once_for_the_offers_of_a_search(store: Store) -> None:
    items = [make_offer(departure_date=DAY + timedelta(days=number)) for number in range(200)]
    alerts = [
        Alert(watch_id="spring", offer_id=item.offer_id, miles=miles, created_at=NOW)
        for item in items[:100]
        for miles in (13_000, 12_500)
    ]
    write_batch(store, make_batch(*items, alerts=alerts))
    recorder = Recorder(store, "run", None)
    search = make_search(first=DAY, last=DAY + timedelta(days=300))
    assert len(recorder.live_offers(search, "united")) == 200
    statements: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert all(recorder.last_alert_miles(item.offer_id) == {"spring": 12_500} for item in items[:100])
    assert all(recorder.last_alert_miles(item.offer_id) == {} for item in items[100:])
    assert len([text for text in statements if "alerts" in text]) == 1
    recorder.add_alert(Alert(watch_id="autumn", offer_id=items[0].offer_id, miles=9_000, created_at=NOW))
    assert recorder.last_alert_miles(items[0].offer_id) == {"spring": 12_500, "autumn": 9_000}


def test_notified_prices_are_read_for_offers_outside_of_searches(store: Store) -> None:
    offer = make_offer()
    alert = Alert(watch_id="spring", offer_id=offer.offer_id, miles=9_000, created_at=NOW)
    write_batch(store, make_batch(alerts=[alert]))
    assert Recorder(store, "run", None).last_alert_miles(offer.offer_id) == {"spring": 9_000}
