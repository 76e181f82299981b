"""Cash fares and cents per point of a crawl's offers, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from awardspider.crawling.offer_context import OfferContext
from awardspider.items import AwardOfferItem, Detail, Money, Search, SearchKind
from awardspider.outcomes import InvalidSetting
from awardspider.pipelines.cash_fares import CashFareFinder, OfferValue
from awardspider.search.judgments import DealClass, Judgment
from awardspider.storage.batches import write_batch
from awardspider.storage.offers import OfferRow, offers_by_id
from awardspider.storage.store import Store
from tests.support.pipeline_crawl import Crawl
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_report, make_search, make_segment


def award(**fields: Any) -> AwardOfferItem:
    """Return an award of Aeroplan on the flights of `make_itinerary`, without a cash fare."""
    return make_itinerary(**{"program": "aeroplan", "source": "aeroplan", "cash_price": None} | fields)


def search(**fields: Any) -> Search:
    return make_search(**{"kind": SearchKind.ITINERARY, "first": DAY, "last": DAY, "id": "1"} | fields)


@contextmanager
def queries(store: Store) -> Iterator[list[str]]:
    """Collect the queries for offers."""
    found: list[str] = []

    def collect(_: object, __: object, statement: str, *___: object) -> None:
        if "FROM offers" in statement:
            found.append(statement)

    event.listen(store.engine, "before_cursor_execute", collect)
    yield found
    event.remove(store.engine, "before_cursor_execute", collect)


def test_an_offer_without_a_price_in_money_has_that_of_another_program(store: Store) -> None:
    write_batch(store, make_batch(make_itinerary(seen_at=NOW - timedelta(hours=5))))
    fare, cents = CashFareFinder(store, {}).value_of(award(), search())
    assert fare
    assert (fare.amount, fare.source, fare.seen_at) == (Decimal("189.30"), "united", NOW - timedelta(hours=5))
    assert cents == Decimal("1.47")  # (189.30 - 5.60) / 12,500


def test_amounts_are_converted(store: Store) -> None:
    fare, cents = CashFareFinder(store, {}).value_of(
        make_itinerary(cash_price=Money(Decimal(200), "EUR"), taxes=Money(Decimal(0), "EUR")), search()
    )
    assert fare
    assert (fare.amount, fare.currency) == (200, "EUR")
    assert cents is not None
    assert Decimal("1.6") < cents < Decimal("2")


@pytest.mark.parametrize(
    "changes",
    [
        {"taxes": None},
        {"miles": None},
        {"taxes": Money(Decimal(5), "XXX")},
        {"mixed_cabin": True},
        {"detail": Detail.DAY, "segments": ()},
        {"segments": (make_segment("5", operating_carrier=None),)},
        {"seen_at": NOW + timedelta(hours=49)},
    ],
)
def test_without_a_comparable_fare_there_is_no_value(store: Store, changes: dict[str, Any]) -> None:
    write_batch(store, make_batch(make_itinerary()))
    assert CashFareFinder(store, {}).value_of(award(**changes), search()) == OfferValue()


def test_fares_are_queried_once_for_each_search_and_only_if_they_are_needed(store: Store) -> None:
    write_batch(store, make_batch(make_itinerary()))
    finder = CashFareFinder(store, {})
    with queries(store) as found:
        assert finder.value_of(make_itinerary(), search()).cents_per_point
        assert finder.value_of(make_itinerary(detail=Detail.DAY, segments=()), search()) == OfferValue()
        assert found == []
        for number in ("1297", "5", "6"):
            finder.value_of(award(segments=(make_segment(number),)), search())
        assert len(found) == 1
        finder.value_of(award(), search(id="2"))
        assert len(found) == 2


def test_without_an_age_only_the_own_price_counts(store: Store) -> None:
    write_batch(store, make_batch(make_itinerary()))
    finder = CashFareFinder(store, {"AWARD_CASH_FARE_HOURS": "0"})
    with queries(store) as found:
        assert finder.value_of(award(), search()) == OfferValue()
        assert finder.value_of(make_itinerary(), search()).cents_per_point == Decimal("1.47")
    assert found == []


def test_an_invalid_age_is_an_error(store: Store) -> None:
    with pytest.raises(InvalidSetting):
        CashFareFinder(store, {"AWARD_CASH_FARE_HOURS": "soon"})


# ---- judgments -----------------------------------------------------------------------------------------------------


class ValuedCrawl(Crawl):
    """A crawl of one day's flights that keeps the judgments of its offers."""

    def find(self, *offers: AwardOfferItem, hours: int = 0) -> list[Judgment]:
        """Process a search that finds these offers, and return their judgments."""
        at = NOW + timedelta(hours=hours)
        one = search(id=f"s{at}", program=offers[0].source)
        contexts = [OfferContext(search=one, responded_at=at) for _ in offers]
        for offer, context in zip(offers, contexts, strict=True):
            offer.seen_at = at
            self.spider.offer_contexts.add(offer, context)
            self.process(offer)
        self.process(make_report(one.id, search=one, offers=len(offers), requested_at=at))
        self.recorder.flush()
        judgments = [context.judgment for context in contexts]
        assert all(judgments)
        return [judgment for judgment in judgments if judgment]


def stored(store: Store, offer: AwardOfferItem) -> OfferRow:
    return offers_by_id(store, [offer.offer_id])[offer.offer_id]


def test_an_offer_of_an_unknown_class_is_stored_with_its_value(store: Store) -> None:
    offer = make_itinerary()
    (judgment,) = ValuedCrawl(store).find(offer)
    assert (judgment.deal_class, judgment.cents_per_point) == (DealClass.UNKNOWN, Decimal("1.47"))
    assert stored(store, offer).judgment == judgment


def test_an_offer_without_a_fare_or_class_has_no_stored_judgment(store: Store) -> None:
    offer = make_itinerary(cash_price=None)
    ValuedCrawl(store).find(offer)
    assert stored(store, offer).judgment is None


def test_an_unchanged_offer_gets_a_fare_that_was_found_later(store: Store) -> None:
    offer = make_itinerary(cash_price=None)
    (before,) = ValuedCrawl(store).find(offer)
    assert before.cents_per_point is None
    write_batch(store, make_batch(make_itinerary(program="delta", source="delta")))
    (after,) = ValuedCrawl(store).find(make_itinerary(cash_price=None), hours=1)
    assert (after.cents_per_point, after.cash_fare and after.cash_fare.source) == (Decimal("1.47"), "delta")
    assert stored(store, offer).judgment == after


def test_a_fare_is_kept_until_it_is_too_old(store: Store) -> None:
    write_batch(store, make_batch(make_itinerary(program="delta", source="delta")))
    values = []
    for hours in (0, 47, 49):
        (judgment,) = ValuedCrawl(store).find(make_itinerary(cash_price=None), hours=hours)
        values.append((judgment.cents_per_point, judgment.cash_fare and judgment.cash_fare.seen_at))
    assert values == [(Decimal("1.47"), NOW), (Decimal("1.47"), NOW), (None, None)]
    judgment_row = stored(store, make_itinerary(cash_price=None)).judgment
    assert judgment_row is None or judgment_row.cents_per_point is None


def test_a_new_own_price_in_money_replaces_the_value(store: Store) -> None:
    offer = make_itinerary()
    ValuedCrawl(store).find(offer)
    (judgment,) = ValuedCrawl(store).find(make_itinerary(cash_price=Money(Decimal("255.60"), "USD")), hours=1)
    assert judgment.cents_per_point == 2
    assert stored(store, offer).judgment == judgment


def test_an_offer_that_is_the_same_is_not_written_again(store: Store) -> None:
    offer = make_itinerary()
    (first,) = ValuedCrawl(store).find(offer)
    crawl = ValuedCrawl(store)
    (again,) = crawl.find(make_itinerary(), hours=1)
    assert again == first
    assert stored(store, offer).judgment == first
