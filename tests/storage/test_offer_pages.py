"""Pages of the list of offers, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from awardspider.items import AwardOfferItem, Cabin, Money
from awardspider.outcomes import InvalidArgument
from awardspider.search.exchange_rates import shipped_rates
from awardspider.search.judgments import DealClass
from awardspider.storage.batches import write_batch
from awardspider.storage.offer_pages import OfferPage, offer_page
from awardspider.storage.offer_queries import OfferQuery
from awardspider.storage.offer_sorts import OfferSort
from awardspider.storage.store import Store
from tests.support.deal_examples import make_judgment, store_judged
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_offer, make_segment

CURRENT = OfferQuery(current_at=NOW)
RATES = shipped_rates()


def ids(*offers: AwardOfferItem) -> list[str]:
    return [offer.offer_id for offer in offers]


def pages(store: Store, query: OfferQuery, sort: OfferSort, size: int) -> Iterator[OfferPage]:
    cursor = None
    while True:
        page = offer_page(store, query, sort=sort, cursor=cursor, size=size, rates=RATES)
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return


def listed(store: Store, query: OfferQuery = CURRENT, sort: OfferSort = OfferSort.DEAL, size: int = 50) -> list[str]:
    return [offer.id for page in pages(store, query, sort, size) for offer in page.offers]


def on_days(number: int, **fields: object) -> list[AwardOfferItem]:
    return [make_itinerary(departure_date=DAY + timedelta(days=day), **fields) for day in range(number)]


def test_without_offers_the_page_is_empty(store: Store) -> None:
    assert offer_page(store, CURRENT) == OfferPage(offers=[], next_cursor=None, count=0, count_is_capped=False)


def test_the_best_deal_is_first(store: Store) -> None:
    usual, good, low, unknown = on_days(4)
    cheaper = make_itinerary(origin="SFO", miles=11_000)
    day_price = make_offer(origin="SFO", miles=5_000)
    store_judged(store, DealClass.USUAL, usual)
    store_judged(store, DealClass.GOOD, good, cheaper, day_price)
    store_judged(store, DealClass.RECORD_LOW, low)
    write_batch(store, make_batch(unknown))
    assert listed(store) == ids(low, cheaper, good, day_price, usual, unknown)


@pytest.mark.parametrize("sort", OfferSort)
def test_pages_continue_where_the_last_one_ended(store: Store, sort: OfferSort) -> None:
    taxes = (Money(Decimal(5), "USD"), Money(Decimal(900), "JPY"), None, Money(Decimal(7), "EUR"))
    offers = [
        make_itinerary(
            departure_date=DAY + timedelta(days=number % 7),
            segments=(make_segment(str(number % 11)),),
            cabin=list(Cabin)[number % 3],
            miles=None if number % 10 == 3 else 10_000 + 500 * (number % 5),
            taxes=taxes[number % 4],
            seats=(None, 1, 9, 12)[number % 4],
            stops=(0, 1, None)[number % 3],
            duration_minutes=None if number % 6 == 1 else 100 + number % 9,
            fare_name=f"Fare {number}",
            seen_at=NOW - timedelta(minutes=number % 8),
        )
        for number in range(60)
    ]
    baseline = make_judgment().baseline
    assert baseline is not None
    write_batch(store, make_batch(*offers))
    for number, deal_class in enumerate(DealClass):
        judged = structs.replace(baseline, median=20_000 + number * 3_000)
        store_judged(store, deal_class, *offers[number:25:5], baseline=judged)
    query = OfferQuery(current_at=NOW)
    complete = listed(store, query, sort, 500)
    assert len(set(complete)) == len(complete) == len({each.flight_key for each in offers})
    assert listed(store, query, sort, 7) == complete
    assert offer_page(store, query, sort=sort, rates=RATES).count == len(complete)


def test_a_flight_is_listed_once_with_its_first_matching_fare(store: Store) -> None:
    cheap = make_itinerary(fare_name="Saver", miles=10_000, taxes=Money(Decimal(500), "USD"))
    dear = make_itinerary(fare_name="Flex", miles=20_000, taxes=Money(Decimal(5), "USD"))
    write_batch(store, make_batch(cheap, dear))
    assert listed(store) == ids(cheap)
    assert listed(store, sort=OfferSort.TAXES) == ids(dear)
    assert listed(store, OfferQuery(current_at=NOW, max_taxes=Money(Decimal(6), "USD"))) == ids(dear)


def test_taxes_are_compared_in_one_currency(store: Store) -> None:
    amounts = [
        Money(Decimal(100), "JPY"),
        Money(Decimal(20), "USD"),
        Money(Decimal(19), "EUR"),
        Money(Decimal(1), "XXX"),
    ]
    offers = [make_offer(departure_date=DAY + timedelta(days=day), taxes=taxes) for day, taxes in enumerate(amounts)]
    write_batch(store, make_batch(*offers))
    assert listed(store, sort=OfferSort.TAXES) == ids(*offers)
    limit = OfferQuery(current_at=NOW, max_taxes=Money(Decimal(20), "USD"))
    page = offer_page(store, limit, rates=RATES)
    assert {offer.id for offer in page.offers} == set(ids(*offers[:2]))
    assert {offer.id for offer in offer_page(store, limit).offers} == set(ids(offers[1]))


def test_only_confirmed_flights_can_be_selected(store: Store) -> None:
    flight, day = make_itinerary(), make_offer(departure_date=DAY + timedelta(days=1))
    contradicted = make_itinerary(departure_date=DAY + timedelta(days=2))
    write_batch(store, make_batch(flight, day, contradicted))
    write_batch(store, make_batch(unconfirmed={NOW + timedelta(hours=1): ids(contradicted)}))
    assert set(listed(store)) == set(ids(flight, day))
    assert set(listed(store, OfferQuery(current_at=NOW, contradicted=True))) == set(ids(flight, day, contradicted))
    assert listed(store, OfferQuery(current_at=NOW, confirmed=True, contradicted=True)) == ids(flight)


@pytest.mark.parametrize("sort", OfferSort)
def test_many_offers_with_the_same_values_are_listed_once(
    store: Store, sort: OfferSort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awardspider.storage.offer_pages.FEW_OFFERS", -1)
    for name, number in (("MAX_COUNT", 20), ("_FIRST_ROWS", 3), ("_FEWEST_ROWS", 2), ("_MORE_ROWS", 4)):
        monkeypatch.setattr(f"awardspider.storage.offer_pages.{name}", number)
    offers = [
        make_itinerary(segments=(make_segment(str(number)),), taxes=Money(Decimal("5.60"), "USD"))
        for number in range(30)
    ]
    store_judged(store, DealClass.GOOD, *offers)
    for size in (4, 20):
        found = listed(store, sort=sort, size=size)
        assert (len(found), set(found)) == (30, set(ids(*offers)))


def test_gone_departed_and_outdated_offers_are_left_out(store: Store) -> None:
    gone, kept = on_days(2)
    write_batch(store, make_batch(gone, kept))
    write_batch(store, make_batch(gone={NOW: ids(gone)}))
    assert listed(store, OfferQuery(current_at=NOW, max_age=timedelta(hours=1))) == ids(kept)
    assert listed(store, OfferQuery(current_at=NOW + timedelta(hours=2), max_age=timedelta(hours=1))) == []
    assert listed(store, OfferQuery(current_at=NOW + timedelta(days=900))) == []


@pytest.mark.parametrize("cursor", ["x", "W10", "!", "é", "WzEsIm9mZmVyczptaWxlcyIsMCwwLDAsMF0"])
def test_a_cursor_of_another_list_is_rejected(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidArgument, match="open the first page"):
        offer_page(store, CURRENT, cursor=cursor)


def test_counts_are_capped(store: Store) -> None:
    write_batch(store, make_batch(*(make_offer(origin=f"{number:03}") for number in range(1_001))))
    page = offer_page(store, CURRENT)
    assert (page.count, page.count_is_capped, len(page.offers)) == (1_000, True, 50)


@pytest.mark.parametrize("sort", OfferSort)
def test_few_and_many_offers_are_in_the_same_order(
    store: Store, sort: OfferSort, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers = [
        make_itinerary(
            segments=(make_segment(str(number)),), miles=9_000 + number % 3, stops=number % 2, seats=number % 4
        )
        for number in range(30)
    ]
    write_batch(store, make_batch(*offers, make_itinerary(origin="SFO")))
    query = OfferQuery(current_at=NOW, origins=("LAX",), max_miles=20_000)
    few = listed(store, query, sort, 7)
    monkeypatch.setattr("awardspider.storage.offer_pages.FEW_OFFERS", -1)
    assert listed(store, query, sort, 7) == few
    monkeypatch.setattr("awardspider.storage.offer_pages.MAX_COUNT", 10)
    assert listed(store, query, sort, 7) == few
    assert len(few) == 30
