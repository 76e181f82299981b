"""Lists of the routes that a source monitors, on both engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from awardspider.items import MonitoredRoute, MonitoredRoutes
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.monitored_routes import monitored_routes
from awardspider.storage.recorder import Recorder
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW

HOUR = timedelta(hours=1)
FAR, NEAR = MonitoredRoute("SFO", "FRA"), MonitoredRoute("EWR", "LHR", 60)


def make_list(program: str = "united", *routes: MonitoredRoute, **fields: Any) -> MonitoredRoutes:
    values: dict[str, Any] = {"program": program, "source": "seatsaero", "routes": routes, "seen_at": NOW}
    return MonitoredRoutes(**values | fields)


def test_a_newer_list_replaces_an_older_one(store: Store) -> None:
    write_batch(store, Batch(routes=[make_list("united", FAR, NEAR), make_list("delta")]))
    assert list(monitored_routes(store, "seatsaero")) == [make_list("delta"), make_list("united", FAR, NEAR)]
    assert list(monitored_routes(store, "another")) == []

    newer = make_list("united", NEAR, seen_at=NOW + HOUR)
    write_batch(store, Batch(routes=[newer]))
    write_batch(store, Batch(routes=[make_list("united", FAR)]))
    assert list(monitored_routes(store, "seatsaero")) == [make_list("delta"), newer]


def test_lists_of_the_sandbox_are_stored_separately(store: Store) -> None:
    recorder = Recorder(store, "run", None, "seatsaero@sandbox")
    recorder.add_routes(make_list())
    recorder.flush()
    assert list(monitored_routes(store, "seatsaero")) == []
    assert list(monitored_routes(store, "seatsaero@sandbox")) == [make_list(source="seatsaero@sandbox")]
