"""Stored cash fares of flights, on both engines."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from awardspider.items import Detail, Money
from awardspider.search.cash_fares import CashFares, FlightsFare, own_fare
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.cash_fares import find_cash_fares
from awardspider.storage.store import Store
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_segment

MAX_AGE = timedelta(hours=48)


def fares(store: Store, first: date = DAY, last: date = DAY, **fields: Any) -> list[FlightsFare]:
    options = {"seen_since": NOW - MAX_AGE} | fields
    return list(find_cash_fares(store, "LAX", "AUS", first, last, **options))


def test_a_fare_of_any_program_is_found_with_its_source_and_time(store: Store) -> None:
    offer = make_itinerary(program="delta", source="seatsaero")
    write_batch(store, make_batch(offer))
    assert fares(store) == [own_fare(offer)]
    award = make_itinerary(program="aeroplan", source="aeroplan", cash_price=None, seen_at=NOW + timedelta(hours=1))
    found = CashFares(fares(store)).fare_of(award, max_age=MAX_AGE)
    assert found
    assert (found.amount, found.currency, found.source, found.seen_at) == (Decimal("189.30"), "USD", "seatsaero", NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"cash_price": None},
        {"cash_price": Money(Decimal(0), "USD")},
        {"mixed_cabin": True},
        {"mixed_cabin": None, "segments": (make_segment(), make_segment("2", origin="AUS", destination="IAH"))},
        {"detail": Detail.DAY, "segments": ()},
        {"segments": ()},
        {"origin": "BUR"},
        {"destination": "SAT"},
        {"departure_date": DAY + timedelta(days=1)},
        {"seen_at": NOW - MAX_AGE - timedelta(seconds=1)},
    ],
)
def test_other_offers_have_no_fare(store: Store, changes: dict[str, Any]) -> None:
    write_batch(store, make_batch(make_itinerary(**changes)))
    assert fares(store) == []


def test_a_single_flight_counts_without_knowledge_of_mixed_cabins(store: Store) -> None:
    write_batch(store, make_batch(make_itinerary(mixed_cabin=None)))
    assert len(fares(store)) == 1


def test_days_are_inclusive(store: Store) -> None:
    days = [DAY + timedelta(days=n) for n in range(4)]
    write_batch(store, make_batch(*(make_itinerary(departure_date=day) for day in days)))
    assert sorted(fare.departure_date for fare in fares(store, days[1], days[2])) == days[1:3]


def test_an_award_that_is_gone_still_has_a_fare_as_of_the_time_it_was_seen(store: Store) -> None:
    offer = make_itinerary()
    write_batch(store, make_batch(offer))
    write_batch(store, Batch(gone={NOW + timedelta(hours=3): [offer.offer_id]}))
    assert fares(store) == [own_fare(offer)]


def test_an_offer_that_is_seen_again_has_a_fresh_fare(store: Store) -> None:
    offer, later = make_itinerary(seen_at=NOW - 2 * MAX_AGE), NOW - timedelta(hours=1)
    write_batch(store, make_batch(offer))
    assert fares(store) == []
    write_batch(store, Batch(seen={later: [offer.offer_id]}))
    assert [fare.fare.seen_at for fare in fares(store)] == [later]
