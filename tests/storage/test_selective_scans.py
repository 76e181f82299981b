"""The airports that remain of a filter with large places, on both engines."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from awardspider.storage import route_pairs, selective_scans
from awardspider.storage.batches import write_batch
from awardspider.storage.offer_queries import OfferQuery
from awardspider.storage.selective_scans import with_existing_airports
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, make_batch, make_offer

EXISTING = (("LAX", "AUS"), ("SFO", "AUS"), ("SFO", "HND"))


@pytest.fixture(autouse=True)
def _filled(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Store the offers of three routes, and let three airports be many."""
    monkeypatch.setattr(route_pairs, "_FEW_ORIGINS", 2)
    monkeypatch.setattr(route_pairs, "FEW_PAIRS", 2)
    write_batch(store, make_batch(*(make_offer(origin=origin, destination=to) for origin, to in EXISTING)))


def remaining(
    store: Store, origins: Sequence[str] = (), destinations: Sequence[str] = ()
) -> tuple[Sequence[str], Sequence[str]] | None:
    query = OfferQuery(current_at=NOW, origins=origins, destinations=destinations)
    with store.reading() as connection:
        found = with_existing_airports(connection, query)
    return found and (found.origins, found.destinations)


def test_origins_without_offers_are_removed(store: Store) -> None:
    assert remaining(store, ["JFK", "LAX", "SFO"]) == (["LAX", "SFO"], ())
    assert remaining(store, ["JFK", "EWR", "LGA"]) is None


def test_few_airports_remain_as_they_are(store: Store) -> None:
    assert remaining(store) == ((), ())
    assert remaining(store, ["JFK", "LAX"], ["AUS"]) == (["JFK", "LAX"], ["AUS"])


def test_destinations_without_offers_are_removed_if_there_are_many_pairs(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    destinations = ["AUS", "CDG", "HND"]
    assert remaining(store, ["JFK", "LAX", "SFO"], destinations) == (["LAX", "SFO"], destinations)
    monkeypatch.setattr(selective_scans, "_MOST_PAIRS", 5)
    assert remaining(store, ["JFK", "LAX", "SFO"], destinations) == (["LAX", "SFO"], ["AUS", "HND"])
    assert remaining(store, ["JFK", "LAX", "EWR"], ["CDG", "HND", "LHR", "MAD", "OSL", "ZRH"]) is None


def test_destinations_of_all_origins_are_those_with_offers(store: Store) -> None:
    assert remaining(store, (), ["AUS", "CDG", "HND"]) == ((), ["AUS", "HND"])
    assert remaining(store, (), ["CDG", "LHR", "MAD"]) is None
