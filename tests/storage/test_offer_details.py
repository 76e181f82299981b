"""Tests of what is stored about one offer, on both engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Cabin, SearchKind
from awardspider.outcomes import InvalidArgument
from awardspider.search.owners import build_owner
from awardspider.storage.batches import write_batch
from awardspider.storage.offer_details import OfferDetails, find_offer_details
from awardspider.storage.owners import save_owner
from awardspider.storage.store import Store
from tests.support.deal_examples import store_matches
from tests.support.delivery import make_match_row
from tests.support.storage_examples import (
    DAY,
    NOW,
    make_batch,
    make_itinerary,
    make_offer,
    make_report,
    make_search,
    make_segment,
)
from tests.support.stored_watches import store_watches

OFFER = make_itinerary()


def details(store: Store, offer: AwardOfferItem = OFFER, **options: Any) -> OfferDetails:
    return find_offer_details(store, offer.offer_id, now=NOW, max_age=None, **options)


def test_an_unknown_id_is_an_error(store: Store) -> None:
    with pytest.raises(InvalidArgument, match="no stored offer"):
        details(store)


def test_the_prices_of_the_offer_and_of_its_day_are_found(store: Store) -> None:
    day = make_offer(miles=11_000)
    write_batch(store, make_batch(OFFER, day))
    found = details(store)
    assert [point.values["miles"] for point in found.points] == [OFFER.miles]
    assert [point.values["miles"] for point in found.day_points] == [11_000]
    assert details(store, day).day_points == []


def test_the_same_flights_are_found_at_other_programs_and_numbers(store: Store) -> None:
    codeshare = make_itinerary(
        program="aeroplan", source="aeroplan", segments=(make_segment("8297", marketing_carrier="AC"),)
    )
    dearer = make_itinerary(fare_name="Everyday", miles=30_000)
    business = make_itinerary(cabin=Cabin.BUSINESS, miles=9_000)
    other = make_itinerary(segments=(make_segment("55", operating_carrier=None),))
    write_batch(store, make_batch(OFFER, codeshare, dearer, business, other))
    assert [offer.id for offer in details(store).same_flights] == [
        codeshare.offer_id,
        dearer.offer_id,
        business.offer_id,
    ]


def test_for_the_price_of_a_day_the_flights_of_the_day_are_found(store: Store) -> None:
    day = make_offer()
    other_cabin = make_itinerary(cabin=Cabin.FIRST)
    write_batch(store, make_batch(OFFER, day, other_cabin, make_itinerary(departure_date=DAY + timedelta(days=1))))
    assert [offer.id for offer in details(store, day).same_flights] == [OFFER.offer_id]


def test_only_searches_that_cover_the_route_and_day_are_found(store: Store) -> None:
    searches = {
        "month": make_search(),
        "other-route": make_search(destination="SFO"),
        "other-month": make_search(first=DAY + timedelta(days=40), last=DAY + timedelta(days=50)),
        "flights": make_search(kind=SearchKind.ITINERARY, first=DAY, last=DAY),
    }
    reports = [
        make_report(key, search=search, requested_at=NOW + number * timedelta(minutes=1))
        for number, (key, search) in enumerate(searches.items())
    ]
    write_batch(store, make_batch(OFFER, reports=reports))
    assert [search.id for search in details(store).searches] == ["flights", "month"]


def test_an_owner_sees_only_own_watches_and_messages(store: Store) -> None:
    for owner in ("ana", "ben"):
        save_owner(store, build_owner(name=owner), now=NOW, new_id=owner)
        store_watches(store, f"{owner}'s watch", owner_id=owner)
        store_matches(store, f"{owner}'s watch", OFFER)
    rows = [make_match_row(OFFER, "phone", f"{owner}'s watch") for owner in ("ana", "ben")]
    write_batch(store, make_batch(OFFER, outbox=rows))
    everything, own = details(store), details(store, owner_id="ana")
    assert [watch.name for watch in everything.watches] == ["ana's watch", "ben's watch"]
    assert [message.watch for message in everything.messages] == ["ben's watch", "ana's watch"]
    assert ([watch.name for watch in own.watches], [message.watch for message in own.messages]) == (
        ["ana's watch"],
        ["ana's watch"],
    )


def test_a_match_that_ended_comes_last(store: Store) -> None:
    store_watches(store, "a", "b")
    store_matches(store, "a", OFFER, ended_at=NOW)
    store_matches(store, "b", OFFER)
    write_batch(store, make_batch(OFFER))
    assert [(watch.name, watch.ended_at) for watch in details(store).watches] == [("b", None), ("a", NOW)]
