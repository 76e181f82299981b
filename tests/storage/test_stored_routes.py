"""The airports between which anything was found or searched, on both engines."""

from __future__ import annotations

from awardspider.storage.batches import write_batch
from awardspider.storage.store import Store
from awardspider.storage.stored_routes import stored_destinations, stored_origins
from tests.support.storage_examples import make_batch, make_offer, make_report, make_search


def test_airports_are_those_of_offers_and_searches(store: Store) -> None:
    assert stored_origins(store) == frozenset()
    report = make_report("a", search=make_search(origin="SEA", destination="NRT"))
    offers = [
        make_offer(),
        make_offer(miles=9),
        make_offer(destination="JFK"),
        make_offer(origin="AUS", destination="LAX"),
    ]
    write_batch(store, make_batch(*offers, reports=[report]))
    assert stored_origins(store) == {"LAX", "AUS", "SEA"}
    assert stored_destinations(store, ["LAX", "SEA", "SFO"]) == {"AUS", "JFK", "NRT"}
    assert stored_destinations(store, ["SFO"]) == frozenset()
    assert stored_destinations(store, []) == frozenset()
