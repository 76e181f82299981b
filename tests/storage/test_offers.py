"""Queries for offers, on both engines."""

from __future__ import annotations

from datetime import date

from awardspider.items import Cabin, Detail, SearchKind
from awardspider.storage.batches import write_batch
from awardspider.storage.offers import OfferFilter, find_offers
from awardspider.storage.store import Store
from tests.support.storage_examples import DAY, live_states, make_batch, make_itinerary, make_offer, make_search


def test_live_offers_are_those_in_the_scope_of_a_search(store: Store) -> None:
    inside = [make_offer(), make_offer(cabin=Cabin.BUSINESS), make_offer(detail=Detail.SEATS, miles=None)]
    inside += [make_offer(departure_date=date(2027, 3, day)) for day in (1, 31)]
    outside = [
        make_offer(departure_date=date(2027, 2, 28)),
        make_offer(departure_date=date(2027, 4, 1)),
        make_offer(origin="SFO"),
        make_offer(destination="SFO"),
        make_offer(program="delta", source="delta"),
        make_offer(source="seatsaero"),
        make_offer(program="delta", source="seatsaero"),
        make_offer(travelers=2),
        make_itinerary(),
    ]
    write_batch(store, make_batch(*inside, *outside))
    assert live_states(store, make_search(), "united") == {offer.offer_id: offer.state for offer in inside}
    business = make_search(cabins=(Cabin.BUSINESS, Cabin.FIRST))
    assert live_states(store, business, "united") == {inside[1].offer_id: inside[1].state}
    day = make_search(kind=SearchKind.ITINERARY, first=DAY, last=DAY)
    assert list(live_states(store, day, "united")) == [outside[-1].offer_id]
    assert list(live_states(store, make_search(travelers=2), "united")) == [outside[-2].offer_id]


def test_the_scope_of_a_source_is_all_programs_or_the_target_program(store: Store) -> None:
    offers = [make_offer(program=program, source="seatsaero") for program in ("united", "delta")]
    write_batch(store, make_batch(*offers, make_offer()))
    states = live_states(store, make_search(program="seatsaero"), "seatsaero")
    assert set(states) == {offer.offer_id for offer in offers}
    targeted = make_search(program="seatsaero", target_program="delta")
    assert list(live_states(store, targeted, "seatsaero")) == [offers[1].offer_id]


def test_the_program_filter_matches_programs_and_sources(store: Store) -> None:
    write_batch(
        store,
        make_batch(
            make_offer(),
            make_offer(program="delta", source="delta"),
            make_offer(source="seatsaero"),
            make_offer(program="delta", source="seatsaero"),
        ),
    )

    def found(*programs: str) -> list[tuple[str, str]]:
        rows = find_offers(store, OfferFilter(programs=programs))
        return sorted((row.program, row.source) for row in rows)

    assert found("seatsaero") == [("delta", "seatsaero"), ("united", "seatsaero")]
    assert found("united") == [("united", "seatsaero"), ("united", "united")]
    assert found("seatsaero", "delta") == [("delta", "delta"), ("delta", "seatsaero"), ("united", "seatsaero")]
