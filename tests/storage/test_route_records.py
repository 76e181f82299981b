"""The programs and cabins with prices on a route, on both engines."""

from __future__ import annotations

from awardspider.items import Cabin
from awardspider.storage.route_records import RecordedCabin, recorded_cabins
from awardspider.storage.store import Store
from tests.support.route_prices import store_record


def test_cabins_are_listed_once_for_all_airports(store: Store) -> None:
    store_record(store, 70_000, 3)
    store_record(store, 65_000, 2, destination="HND", days=9)
    store_record(store, 30_000, 1, cabin="economy")
    store_record(store, 10_000, 1, destination="LHR")
    store_record(store, 20_000, 1, mixed_cabin=True, cabin="first")
    store_record(store, 60_000, 1, program="american")
    store_record(store, 5_000, 1, scope="region_pair")

    found = recorded_cabins(store, ["united", "american", "delta"], ["LAX"], ["NRT", "HND"])

    assert found == [
        RecordedCabin(program="american", cabin=Cabin.BUSINESS, lowest=60_000, days=5),
        RecordedCabin(program="united", cabin=Cabin.ECONOMY, lowest=30_000, days=5),
        RecordedCabin(program="united", cabin=Cabin.BUSINESS, lowest=65_000, days=9),
    ]
    assert recorded_cabins(store, ["delta"], ["LAX"], ["NRT"]) == []
